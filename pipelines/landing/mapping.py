"""Which column of a file is which of ours, for one table and one source."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from rapidfuzz import fuzz, process

from pipelines.core.names import normalise_name
from pipelines.landing.contract import Entity
from pipelines.settings import SourceSettings
from pipelines.sources.headers import header_unit
from pipelines.sources.presets import Conditions, EntityPreset, load_preset


class RequiredColumnMissing(Exception):
    """A table lacks a column without which none of its rows can be used: the source is blocked."""

    def __init__(self, message_en: str, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_en = message_en
        self.message_zh = message_zh


@dataclass(frozen=True)
class Binding:
    """Where the value of one canonical column comes from: cells (joined when several) or a constant.

    `is_number` takes a cell that a sheet shows as a date back to its number; `constant_cell` names the
    cell that carries the constant, where tables that differ in constants alone are read together.
    """

    positions: tuple[int, ...] = ()
    constant: str | None = None
    constant_cell: str | None = None
    unit_factor: Decimal = Decimal(1)
    separator: str = "|"
    is_number: bool = False


@dataclass(frozen=True)
class Override:
    """Another cell that decides a column's value where it says one of these words (normalised → ours)."""

    position: int
    words: dict[str, str]


@dataclass(frozen=True)
class ColumnPlan:
    """The mapping of one table, and what did not fit.

    `marks` are facts about the export that stand on every row (in `extra`); `only_where` blanks a
    column in rows where another one, already mapped, has none of the named values.
    """

    bindings: dict[str, Binding]
    extra: dict[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    allowed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    date_order: str = ""
    marks: dict[str, str] = field(default_factory=dict)
    only_where: dict[str, Conditions] = field(default_factory=dict)
    overrides: dict[str, tuple[Override, ...]] = field(default_factory=dict)

    @property
    def layout(self) -> str:
        """Two tables of one layout are read by the same SQL."""
        return repr(self)

    @property
    def constants(self) -> dict[str, str]:
        """Return column → text for every column that a constant fills."""
        return {n: b.constant for n, b in self.bindings.items() if b.constant is not None}

    def with_constants_as_cells(self) -> ColumnPlan:
        """Return the plan that reads its constants from cells `k_<column>`.

        A wide sheet is one table per month, alike but for the month: planned as one they cost one.
        """
        lifted = {
            name: replace(self.bindings[name], constant=None, constant_cell=f"k_{name}")
            for name in self.constants
        }
        return replace(self, bindings=self.bindings | lifted)


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
) -> ColumnPlan:
    """Map the headers of one table to canonical columns.

    company.yml overrides the preset column by column; a column that nobody maps is kept as extra.

    Args:
        entity: what the rows are.
        source: the configured source.
        headers: cleaned header texts, by position.
        where: file and sheet, for messages.
        vocabulary: the company's words for stages, regions, product lines, people.

    Raises:
        RequiredColumnMissing: names the column, the headers looked for and the nearest one found.
    """
    preset = entity_preset(entity, source)
    by_name = _positions(headers)
    bindings: dict[str, Binding] = {}
    for column in entity.columns:
        bound = _bind(column.name, source, preset, by_name)
        if bound is not None:
            bindings[column.name] = replace(bound, is_number=column.name in source.as_numbers)
    _check_required(entity, source, preset, bindings, headers, where)
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
    return ColumnPlan(
        bindings, extra, missing, values, allowed, order, preset.marks, only_where, overrides
    )


def _overrides(
    preset: EntityPreset, source: SourceSettings, by_name: dict[str, tuple[int, Decimal]]
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


def _positions(headers: tuple[str, ...]) -> dict[str, tuple[int, Decimal]]:
    """Return normalised header → (position, unit factor); the first of two equal headers wins."""
    found: dict[str, tuple[int, Decimal]] = {}
    for position, header in enumerate(headers):
        clean, factor = header_unit(header)
        for spelling, unit in ((header, factor), (clean, factor)):
            found.setdefault(normalise_name(spelling), (position, unit))
    found.pop("", None)
    return found


def _wanted(name: str, source: SourceSettings, preset: EntityPreset) -> tuple[str, ...]:
    own = source.columns.get(name)
    if own is not None:
        return (own,) if isinstance(own, str) else tuple(own)
    return preset.columns.get(name, ())


def _bind(
    name: str, source: SourceSettings, preset: EntityPreset, by_name: dict[str, tuple[int, Decimal]]
) -> Binding | None:
    if name in source.constants:
        return Binding(constant=source.constants[name])
    composed = source.compose.get(name) or (
        () if name in source.columns else preset.compose.get(name, ())
    )
    if composed:
        places = [by_name.get(normalise_name(part)) for part in composed]
        if all(place is not None for place in places):
            separator = preset.join.get(name, "|")
            return Binding(
                positions=tuple(place[0] for place in places if place), separator=separator
            )
        # The parts are not there: the system may also have written the key itself.
    for header in _wanted(name, source, preset):
        place = by_name.get(normalise_name(header))
        if place is not None:
            return Binding(positions=(place[0],), unit_factor=place[1])
    if name in preset.constants:
        return Binding(constant=preset.constants[name])
    return None


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
    wanted = _wanted(column.name, source, preset) or preset.compose.get(column.name, ())
    named = " / ".join(wanted) or column.name
    raise column_missing(where, column.name, named, headers, source.name, column.zh)


def column_missing(
    where: str, column: str, named: str, headers: tuple[str, ...], source: str, zh: str = ""
) -> RequiredColumnMissing:
    """Word the error of a missing column: what was looked for, the nearest header, and the fix."""
    # Each spelling is compared by itself: joined, they resemble nothing.
    filled = [header for header in headers if header]
    near = [process.extractOne(word, filled, scorer=fuzz.WRatio) for word in named.split(" / ")]
    best = max((found for found in near if found), key=lambda found: found[1], default=None)
    guess = f"{best[0]!r}" if best else "-"
    listed = ", ".join(h for h in headers if h)[:300]
    return RequiredColumnMissing(
        f"{where}: required column {column!r} (header {named!r}) is missing; the nearest header "
        f"found is {guess}. Found: {listed}. Fix: rename the header, or add "
        f"`columns: {{{column}: <header>}}` to source {source!r} in company.yml.",
        f"{where}：缺少必填列「{zh or column}」（表头 {named}）；最接近的表头是 {guess}。"
        f"修复：改正表头，或在 company.yml 的来源 {source} 中写 columns: {{{column}: 表头}}。",
    )


def mapped_headers(
    entity: Entity, source: SourceSettings, preset: EntityPreset
) -> dict[str, set[str]]:
    """Return column → normalised headers that would be taken for it."""
    return {
        column.name: {normalise_name(header) for header in _wanted(column.name, source, preset)}
        for column in entity.columns
    }
