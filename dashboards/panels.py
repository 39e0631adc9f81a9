"""The kinds of panels, so that a dashboard reads as a list of questions and queries.

In a query ``$T`` stands for the selector of the chosen targets and ``$P`` for the period of a
rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

Panel: TypeAlias = stat.Panel | table.Panel | timeseries.Panel
Steps: TypeAlias = Sequence[tuple[float | None, str]]

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
NONE_IS_GOOD: Steps = ((None, "green"), (1, "red"))
FEW_ARE_FINE: Steps = ((None, "green"), (1, "orange"))


def number(title: str, expr: str, what: str, steps: Steps, unit: str = "short") -> stat.Panel:
    """One number, coloured by its steps; without data it says that it is not known."""
    coloured = [Threshold(value=value, color=color) for value, color in steps]
    return (
        stat.Panel()
        .title(title)
        .description(what)
        .datasource(SOURCE)
        .with_target(_query(expr, title).instant())
        .unit(unit)
        .no_value("not known")
        .color_mode(BigValueColorMode.BACKGROUND)
        .graph_mode(BigValueGraphMode.NONE)
        .thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(coloured))
        .height(4)
        .span(3)
    )


def lines(
    title: str, queries: Mapping[str, str], *, unit: str = "short", what: str = "", span: int = 8
) -> timeseries.Panel:
    """Numbers over time, by legend."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(what)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .fill_opacity(6)
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(show_legend=True)
        )
        .height(8)
        .span(span)
    )
    for place, (legend, expr) in enumerate(queries.items()):
        panel = panel.with_target(_query(expr, legend).ref_id(chr(ord("A") + place)))
    return panel


def stacked(title: str, queries: Mapping[str, str], *, unit: str = "short") -> timeseries.Panel:
    """Parts of a whole over time."""
    stacking = common.StackingConfig().mode(StackingMode.NORMAL)
    return lines(title, queries, unit=unit).stacking(stacking).fill_opacity(25)


def listing(title: str, expr: str, what: str, *, hidden: Sequence[str]) -> table.Panel:
    """The labels of what stands now."""
    panel = (
        table.Panel()
        .title(title)
        .description(what)
        .datasource(SOURCE)
        .with_target(_query(expr, "").instant().format(PromQueryFormat.TABLE))
        .no_value("none")
        .height(8)
        .span(12)
    )
    for column in ("Time", "__name__", "instance", *hidden):
        hide = [DynamicConfigValue(id_val="custom.hidden", value=True)]
        panel = panel.override_by_name(column, hide)
    return panel


def _query(expr: str, legend: str) -> prometheus.Dataquery:
    whole = expr.replace("$T", 'target=~"$target"').replace("$P", "$__rate_interval")
    return prometheus.Dataquery().expr(whole).legend_format(legend).datasource(SOURCE)
