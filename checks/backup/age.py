"""
title = "The newest base backup is too old"
why   = '''What was written since the newest backup can only be replayed from archived WAL, the longer
the slower; without an archive it is lost.'''
fix   = '''Take a backup: pg_basebackup -D DIRECTORY -X stream -c fast. Then find why the last did not run.'''
every    = "10m"
reads    = ["sources.backups"]
unit     = "seconds"
high     = 93600
critical = 259200
[metrics.thorbis_backup_age_seconds]
type  = "gauge"
help  = "Age of the newest base backup"
labels = ["path"]
"""

from collections.abc import Iterator

from thorbis_ops.model import Answer, Row


def rows(folders: Answer) -> Iterator[Row]:
    """The age of the newest backup of each folder; a folder without one is the worst case."""
    for folder in folders.rows:
        if folder["age"] is None:
            yield {**folder, "value": None, "severity": "critical", "detail": "no backup at all"}
        else:
            yield {**folder, "value": folder["age"], "detail": f"newest of {folder['count']}"}
