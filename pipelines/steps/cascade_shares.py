"""How one metric's targets are shared, as the rules workbook and history say."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from pipelines.core.cascade.rules import Shares
from pipelines.steps.cascade_inputs import CompanyInputs


def shares_of(inputs: CompanyInputs, metric: str) -> Shares:
    """Return how one metric is shared: its own season and weights before those for all metrics."""
    basis = inputs.season["settings"][0]
    return Shares(
        quarter_weights=_season(inputs, metric, "quarter")
        if basis["quarter_basis"] == "weights"
        else None,
        month_weights=_season(inputs, metric, "month")
        if basis["month_basis"] == "weights"
        else None,
        basis={kind: inputs.settings[f"{kind}_basis"] for kind in ("region", "team", "person")},
        written=_written(inputs, metric),
        history=inputs.history.get(metric) or inputs.history.get("signed_amount", {}),
        ramp=inputs.ramp,
    )


def _season(inputs: CompanyInputs, metric: str, kind: str) -> dict[int, Decimal] | None:
    rows = [row for row in inputs.season["rows"] if row["kind"] == kind]
    own = [row for row in rows if row["metric"] == metric] or [
        row for row in rows if row["metric"] is None
    ]
    return {row["position"]: row["weight_rate"] for row in own} or None


def _written(inputs: CompanyInputs, metric: str) -> dict[tuple[str, str], Decimal]:
    """Return written shares by unit or person id; names are resolved like those of targets."""
    ids = {name: unit for unit, (name, _, _) in inputs.directory.units.items()}
    people = {name: person for person, name in inputs.directory.people.items()}
    found: dict[tuple[str, str], Decimal] = {}
    for row in sorted(inputs.written, key=lambda row: row["metric"] is not None):
        if row["metric"] not in (None, metric) or row["dimension"] in {
            "product_line",
            "customer_type",
        }:
            continue
        names = people if row["dimension"] == "person" else ids
        member = names.get(row["member"], row["member"])
        parent = ids.get(row["parent"], row["parent"] or "")
        found[(parent or inputs.root, member)] = row["share_rate"]
    return found


def mix_of(
    inputs: CompanyInputs, metric: str, years: np.ndarray
) -> tuple[list[tuple[str, str]], np.ndarray]:
    """Return product line × customer type and their weight in each segment's year, in millionths.

    By written shares or equally where the sheet Weights says so, else by what was signed in the
    twelve months before the year. Where nothing is known one part stands for all.
    """
    known = [mix for year, mix in inputs.mix.items() if year in set(years.tolist())]
    parts = sorted({key for mix in known for key in mix})
    if not parts or parts == [("unknown", "unknown")]:
        return [("(all)", "(all)")], np.ones((len(years), 1), dtype=np.int64)
    margins = [
        _margin(inputs, metric, name, at, parts)
        for at, name in enumerate(("product_line", "customer_type"))
    ]
    if margins == [None, None]:
        table = np.zeros((len(years), len(parts)), dtype=np.int64)
        for row, year in enumerate(years.tolist()):
            mix = inputs.mix.get(year) or inputs.mix[min(inputs.mix, key=lambda y: abs(y - year))]
            total = sum(mix.values())
            table[row] = [int(mix.get(part, Decimal(0)) * 1_000_000 / total) for part in parts]
        return parts, table
    return _by_margins(inputs, years, margins)


def _margin(
    inputs: CompanyInputs, metric: str, dimension: str, at: int, parts: list[tuple[str, str]]
) -> dict[str, Decimal] | None:
    basis = inputs.settings[f"{dimension}_basis"]
    if basis == "equal":
        return dict.fromkeys((part[at] for part in parts), Decimal(1))
    rows = [
        row for row in inputs.written
        if row["dimension"] == dimension and row["metric"] in (None, metric) and not row["parent"]
    ]  # fmt: skip
    return {row["member"]: row["share_rate"] for row in rows} if basis == "share" and rows else None


def _by_margins(
    inputs: CompanyInputs,
    years: np.ndarray,
    margins: list[dict[str, Decimal] | None],
) -> tuple[list[tuple[str, str]], np.ndarray]:
    """Multiply the shares of both dimensions; one without written shares keeps its history."""
    values = []
    for at, written in enumerate(margins):
        margin = dict(written or {})
        if written is None:
            for mix in inputs.mix.values():
                for part, value in mix.items():
                    margin[part[at]] = margin.get(part[at], Decimal(0)) + value
        total = sum(margin.values())
        values.append({name: value / total for name, value in margin.items()})
    every = [(line, kind) for line in sorted(values[0]) for kind in sorted(values[1])]
    row = [int(values[0][line] * values[1][kind] * 1_000_000) for line, kind in every]
    return every, np.tile(np.array(row, dtype=np.int64), (len(years), 1))
