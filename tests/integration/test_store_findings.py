"""History is kept: what was found, when it opened, worsened and closed, and what was reviewed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from thorbis_ops.model import Finding, Severity
from thorbis_ops.store import Store, connect, migrate, open_store
from thorbis_ops.store.evidence import keep_evidence, last_evidence
from thorbis_ops.store.findings import open_findings, save_findings
from thorbis_ops.store.pauses import Pause, pause, paused, pauses, resume

NOW = datetime.now(UTC).replace(microsecond=0)
LATER = NOW + timedelta(hours=1)
CHECK = "isolation.rls_disabled"


@pytest.fixture
async def store(db: str) -> AsyncIterator[Store]:
    session = await connect(db)
    await migrate(session)
    await session.close()
    async with await open_store(db, now=NOW) as opened:
        yield opened


def finding(severity: Severity = Severity.HIGH, name: str = 'table:"Ü ber"."😀%s"') -> Finding:
    return Finding(
        target="main",
        check=CHECK,
        object=name,
        severity=severity,
        title="Row security is off",
        value=1.5,
        evidence={"policies": (), "rows": 3},
    )


async def events(store: Store) -> list[tuple[object, ...]]:
    async with store.transaction() as cursor:
        await cursor.execute(
            "select event, severity_before, severity_after from thorbis_ops.finding_events"
            " order by at, event"
        )
        return [tuple(row.values()) for row in await cursor.fetchall()]


async def test_a_finding_lives_from_opening_to_closing(store: Store) -> None:
    times = [NOW + timedelta(hours=n) for n in range(4)]
    await save_findings(store, "main", [finding()], (), [CHECK], times[0])
    await save_findings(store, "main", [finding(Severity.CRITICAL)], (), [CHECK], times[1])
    (standing,) = await open_findings(store, "main")
    assert (standing.opened_at, standing.last_seen_at) == (times[0], times[1])
    assert standing.finding.severity is Severity.CRITICAL
    assert standing.finding.object == 'table:"Ü ber"."😀%s"'
    assert standing.finding.evidence == {"policies": [], "rows": 3}
    await save_findings(store, "main", [finding(Severity.LOW)], (), [CHECK], times[2])
    changes = await save_findings(store, "main", [], (), [CHECK], times[3])
    assert [f.key for f in changes.closed] == [finding().key]
    assert await open_findings(store) == ()
    assert await events(store) == [
        ("opened", None, "high"),
        ("worsened", "high", "critical"),
        ("improved", "critical", "low"),
        ("closed", "low", None),
    ]


async def test_silence_closes_nothing(store: Store) -> None:
    await save_findings(store, "main", [finding()], (), [CHECK], NOW)
    unanswered = await save_findings(store, "main", [], [CHECK], [CHECK], LATER)
    not_asked = await save_findings(store, "main", [], (), ["other.check"], LATER)
    assert len(unanswered.unseen) == len(not_asked.unseen) == 1
    (standing,) = await open_findings(store)
    assert standing.last_seen_at == NOW, "what was not seen is not said to have been seen"


async def test_another_target_keeps_its_own(store: Store) -> None:
    await save_findings(store, "main", [finding()], (), [CHECK], NOW)
    changes = await save_findings(store, "other", [], (), [CHECK], LATER)
    assert not changes.any
    assert len(await open_findings(store, "main")) == 1
    assert await open_findings(store, "other") == ()


async def test_what_comes_back_opens_again(store: Store) -> None:
    for found in ([finding()], [], [finding()]):
        changes = await save_findings(store, "main", found, (), [CHECK], NOW)
    assert len(changes.opened) == 1
    assert len(await open_findings(store)) == 1


async def test_evidence_is_kept_beside_the_one_before(store: Store) -> None:
    async def keep(result: dict[str, object], at: datetime) -> tuple[bool, object]:
        kept = await keep_evidence(store, target="m", subject="review", at=at, result=result)
        return kept.moved, kept.previous and kept.previous.result

    assert await keep({"a": 1, "b": float("nan")}, NOW) == (True, None)
    assert await keep({"b": float("nan"), "a": 1}, LATER) == (False, {"a": 1, "b": "nan"})
    assert await keep({"a": 2}, LATER) == (True, {"a": 1, "b": "nan"})


async def test_evidence_holds_whatever_was_seen_and_subjects_do_not_mix(store: Store) -> None:
    odd = {"nul": "\0", "when": NOW, "names": {"b", "a"}, "emoji": "😀", "none": None}
    await keep_evidence(store, target="m", subject="odd", at=NOW, result=odd)
    last = await last_evidence(store, target="m", subject="odd")
    assert last is not None
    assert last.result == {**odd, "nul": "\\0", "when": str(NOW), "names": ["a", "b"]}
    assert await last_evidence(store, target="m", subject="other") is None


async def test_a_pause_holds_one_job_or_all_until_its_time(store: Store) -> None:
    await pause(store, Pause(job="reindex", paused_by="dba", reason="release", paused_at=NOW))
    assert await paused(store, "analyze", NOW) is None
    held = await paused(store, "reindex", LATER)
    assert held is not None
    assert held.reason == "release"
    until = NOW + timedelta(minutes=5)
    await pause(store, Pause(job="*", paused_by="dba", reason="all", paused_at=NOW, until=until))
    assert [p.job for p in await pauses(store, NOW)] == ["*", "reindex"]
    assert await paused(store, "analyze", NOW) is not None
    assert await paused(store, "analyze", until) is None
    assert await resume(store, "reindex")
    assert not await resume(store, "reindex")
