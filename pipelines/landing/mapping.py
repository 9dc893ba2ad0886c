"""Which column of a file is which of ours, for one table and one source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pipelines.core.names import normalise_name
from pipelines.landing.contract import Entity
from pipelines.landing.missing import column_missing
from pipelines.landing.plan import Binding, ColumnPlan, Override
from pipelines.settings import SourceSettings
from pipelines.sources.headers import bare_header, header_unit, title_unit
from pipelines.sources.presets import EntityPreset, load_preset

_Places = dict[str, tuple[int, Decimal | None]]


@dataclass(frozen=True)
class Vocabulary:
    """The company's words: column → normalised spelling → our value.

    `strict` columns accept nothing else (an unmapped stage is an error row, not a silent null);
    in the others a word that nobody listed stands as it is.
    """

    words: dict[str, dict[str, str]] = field(default_factory=dict)
    strict: frozenset[str] = frozenset()


def plan_columns(
    entity: Entity,
    source: SourceSettings,
    headers: tuple[str, ...],
    where: str,
    vocabulary: Vocabulary,
    title: str = "",
    *,
    is_typed: bool,
) -> ColumnPlan:
    """Map the headers of one table to canonical columns.

    company.yml overrides the preset column by column; a column that nobody maps is kept as extra.
    An amount whose header names no unit has the title's: 单位：万元 stands once over a whole sheet.

    Args:
        entity: what the rows are.
        source: the configured source.
        headers: cleaned header texts, by position.
        where: file and sheet, for messages.
        vocabulary: the company's words for stages, regions, product lines, people.
        title: what stands above the header.
        is_typed: cells may be numbers already, as in a workbook.

    Raises:
        RequiredColumnMissing: names the column, the headers looked for and the nearest one found.
    """
    preset = entity_preset(entity, source)
    by_name = _positions(headers)
    bindings: dict[str, Binding] = {}
    for column in entity.columns:
        bound = _bind(column.name, source, preset, by_name, is_name=column.name == "name")
        if bound is not None:
            bindings[column.name] = replace(bound, is_number=column.name in source.as_numbers)
    _check_required(entity, source, preset, bindings, headers, where)
    bindings, unit = _with_title_unit(entity, bindings, title)
    overrides = _overrides(preset, source, by_name)
    used = {position for binding in bindings.values() for position in binding.positions}
    used |= {override.position for found in overrides.values() for override in found}
    extra = {header: i for i, header in enumerate(headers) if i not in used and header}
    missing = tuple(c.name for c in entity.columns if c.name not in bindings)
    own = {column.name for column in entity.columns}
    values = {
        name: _words(
            preset.values.get(name, {}) | source.values.get(name, {}),
            vocabulary.words.get(name, {}),
        )
        for name in own & {*preset.values, *source.values, *vocabulary.words}
    }
    allowed = {
        name: tuple(sorted(set(vocabulary.words[name].values())))
        for name in own & vocabulary.strict
    }
    order = source.date_order or preset.date_order
    only_where = {k: v for k, v in preset.only_where.items() if k not in source.columns}
    comma = "" if source.decimal == "." else "typed" if is_typed else "text"
    return ColumnPlan(
        bindings, extra, missing, values, allowed, order, preset.marks, only_where, overrides, unit, comma
    )  # fmt: skip


def _with_title_unit(
    entity: Entity, bindings: dict[str, Binding], title: str
) -> tuple[dict[str, Binding], str]:
    """Give the title's unit to amounts without one; a table with a column of units says it itself."""
    unit = None if "unit" in bindings else title_unit(title)
    amounts = {
        column.name: replace(bindings[column.name], unit_factor=unit[1])
        for column in entity.columns
        if unit and column.type == "money" and column.name in bindings
        if bindings[column.name].positions and bindings[column.name].unit_factor is None
    }
    return bindings | amounts, unit[0] if unit and amounts else ""


def _overrides(
    preset: EntityPreset, source: SourceSettings, by_name: _Places
) -> dict[str, tuple[Override, ...]]:
    """Return the deciding cells that the table has; a column mapped in company.yml decides for itself."""
    found: dict[str, tuple[Override, ...]] = {}
    for column, cells in preset.overrides.items():
        places = [(by_name.get(normalise_name(header)), words) for header, words in cells.items()]
        if column not in source.columns:
            found[column] = tuple(
                Override(place[0], {normalise_name(theirs): ours for theirs, ours in words.items()})
                for place, words in places
                if place is not None
            )
    return {column: decided for column, decided in found.items() if decided}


def entity_preset(entity: Entity, source: SourceSettings) -> EntityPreset:
    """Return how the source's preset writes the entity; without one, the canonical names count."""
    return load_preset(source.preset).entity(entity.name) if source.preset else _canonical(entity)


def known_words(
    entity: Entity, source: SourceSettings, vocabulary: Vocabulary, column: str
) -> dict[str, str]:
    """Return every spelling that one column knows: normalised spelling → our value."""
    preset = load_preset(source.preset).entity(entity.name) if source.preset else _canonical(entity)
    mapped = preset.values.get(column, {}) | source.values.get(column, {})
    return _words(mapped, vocabulary.words.get(column, {}))


def _words(mapped: dict[str, str], company: dict[str, str]) -> dict[str, str]:
    """Return normalised spelling → our value: the mapping's words first, then the company's."""
    final = dict(company)
    for theirs, ours in mapped.items():
        final[normalise_name(theirs)] = company.get(normalise_name(ours), ours)
    return final


def _canonical(entity: Entity) -> EntityPreset:
    return EntityPreset(columns={c.name: (c.name, c.zh) for c in entity.columns})


def _positions(headers: tuple[str, ...]) -> _Places:
    """Return normalised header → (position, unit factor); the first of two equal headers wins."""
    found: _Places = {}
    marked: list[tuple[str, int, Decimal | None]] = []
    for position, header in enumerate(headers):
        bare = bare_header(header)
        clean, factor = header_unit(bare)
        unit = None if clean == bare else factor
        for spelling in (header, header_unit(header)[0]):
            found.setdefault(normalise_name(spelling), (position, unit))
        marked += [(spelling, position, unit) for spelling in (bare, clean)]
    # A header without a form's marks comes before one that only has its name inside them.
    for spelling, position, unit in marked:
        found.setdefault(normalise_name(spelling), (position, unit))
    found.pop("", None)
    return found


def _wanted(name: str, source: SourceSettings, preset: EntityPreset) -> tuple[str, ...]:
    own = source.columns.get(name)
    if own is not None:
        return (own,) if isinstance(own, str) else tuple(own)
    return preset.columns.get(name, ())


def _bind(
    name: str,
    source: SourceSettings,
    preset: EntityPreset,
    by_name: _Places,
    *,
    is_name: bool,
) -> Binding | None:
    if name in source.constants:
        return Binding(constant=source.constants[name])
    if name in source.multiply:
        return _product(source.multiply[name], by_name)
    composed = source.compose.get(name) or (
        () if name in source.columns else preset.compose.get(name, ())
    )
    if composed:
        places = [by_name.get(normalise_name(part)) for part in composed]
        if all(place is not None for place in places):
            separator = preset.join.get(name, " " if is_name else "|")
            return Binding(
                positions=tuple(place[0] for place in places if place), separator=separator
            )
        # The parts are not there: the system may also have written the key itself.
    for header in _wanted(name, source, preset):
        # Order ID is order_id: people write our own names with spaces.
        spaced = header.replace("_", " ")
        place = by_name.get(normalise_name(header)) or by_name.get(normalise_name(spaced))
        if place is not None:
            return Binding(positions=(place[0],), unit_factor=place[1])
    if name in preset.constants:
        return Binding(constant=preset.constants[name])
    return None


def _product(factors: Sequence[str], by_name: _Places) -> Binding | None:
    """Return the binding of a column that is the product of several: Quantity, UnitPrice, 1-Discount."""
    places = []
    for factor in factors:
        own = by_name.get(normalise_name(factor))
        off = by_name.get(normalise_name(factor.removeprefix("1-"))) if own is None else None
        if own is None and (off is None or not factor.startswith("1-")):
            return None
        places.append((own or off, own is None))
    positions = [(place[0], is_off) for place, is_off in places if place]
    return Binding(
        positions=tuple(position for position, _ in positions),
        is_product=True,
        shares_off=tuple(position for position, is_off in positions if is_off),
    )


def _check_required(
    entity: Entity,
    source: SourceSettings,
    preset: EntityPreset,
    bindings: dict[str, Binding],
    headers: tuple[str, ...],
    where: str,
) -> None:
    lacking = [c for c in entity.columns if c.required and c.name not in bindings]
    if entity.any_required and not any(name in bindings for name in entity.any_required):
        lacking.append(entity.column(entity.any_required[0]))
    if not lacking:
        return
    column = lacking[0]
    wanted = source.multiply.get(column.name) or (
        _wanted(column.name, source, preset) or preset.compose.get(column.name, ())
    )
    named = " / ".join(wanted) or column.name
    raise column_missing(where, column.name, named, headers, source.name, column.zh)
