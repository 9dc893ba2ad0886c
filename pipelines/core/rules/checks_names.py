"""Contradictions in the organisation, the aliases and the merge decisions."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

from pipelines.core.names import nearest, said_nearest
from pipelines.core.rules.checks_common import shown
from pipelines.core.rules.model import Finding, Row, TableRows, Text, matching_key


def organisation(rows: TableRows) -> Iterator[Finding]:
    """Parents exist, nobody is his own ancestor, validity runs forward and never overlaps."""
    table = rows["organisation"]
    names = {matching_key(row.values["node"]): str(row.values["node"]) for row in table}
    parents: dict[str, set[str]] = defaultdict(set)
    for index, row in enumerate(table):
        node, parent = matching_key(row.values["node"]), row.values["parent"]
        if parent is not None:
            parents[node].add(matching_key(parent))
            if matching_key(parent) not in names:
                near = [each.name for each in nearest(str(parent), names.values())]
                zh, en = said_nearest(near)
                text = Text("表中的节点" + zh, "a node of this sheet" + en)
                yield Finding("organisation", index, "parent", str(parent), text)
        start, end = row.values["valid_from"], row.values["valid_to"]
        if start is not None and end is not None and end < start:  # type: ignore[operator]
            text = Text(f"不早于生效日期 {start}", f"no earlier than Valid from, {start}")
            yield Finding("organisation", index, "valid_to", shown(end), text)
    for index, row in enumerate(table):
        if _is_own_ancestor(matching_key(row.values["node"]), parents):
            text = Text("不形成循环的上级", "a parent that is not below this node")
            yield Finding("organisation", index, "parent", shown(row.values["parent"]), text)
    yield from _overlaps(table)


def _is_own_ancestor(node: str, parents: dict[str, set[str]]) -> bool:
    seen: set[str] = set()
    waiting = list(parents.get(node, ()))
    while waiting:
        each = waiting.pop()
        if each == node:
            return True
        if each not in seen:
            seen.add(each)
            waiting.extend(parents.get(each, ()))
    return False


def _span(row: Row) -> tuple[dt.date, dt.date]:
    start, end = row.values["valid_from"], row.values["valid_to"]
    return (
        start if isinstance(start, dt.date) else dt.date.min,
        end if isinstance(end, dt.date) else dt.date.max,
    )


def _overlaps(table: list[Row]) -> Iterator[Finding]:
    spans: dict[str, list[tuple[dt.date, dt.date]]] = defaultdict(list)
    for index, row in enumerate(table):
        start, end = _span(row)
        node = matching_key(row.values["node"])
        if any(start <= other_end and other_start <= end for other_start, other_end in spans[node]):
            text = Text(
                "同一节点不重叠的起止日期", "dates that do not overlap another row of this node"
            )
            yield Finding("organisation", index, "valid_from", shown(row.values["node"]), text)
        spans[node].append((start, end))


def aliases(rows: TableRows) -> Iterator[Finding]:
    """An alias leads straight to a name that is no alias itself."""
    stands_for = {
        (row.values["kind"], matching_key(row.values["alias"])): row.values["name"]
        for row in rows["aliases"]
    }
    for index, row in enumerate(rows["aliases"]):
        name = matching_key(row.values["name"])
        further = stands_for.get((row.values["kind"], name))
        if further is not None and matching_key(further) != name:
            text = Text(f"最终的标准名称：{further}", f"the final name: {further}")
            yield Finding("aliases", index, "name", shown(row.values["name"]), text)


def decisions(rows: TableRows) -> Iterator[Finding]:
    """Two records are two, a pair is decided once, and nothing kept apart is merged by a detour."""
    root: dict[str, str] = {}

    def find(record: str) -> str:
        while root.get(record, record) != record:
            record = root[record]
        return record

    pairs = [
        (matching_key(row.values["record_a"]), matching_key(row.values["record_b"]))
        for row in rows["decisions"]
    ]
    seen: set[frozenset[str]] = set()
    for index, (pair, row) in enumerate(zip(pairs, rows["decisions"], strict=True)):
        written = f"{row.values['record_a']} / {row.values['record_b']}"
        if pair[0] == pair[1]:
            yield Finding(
                "decisions", index, "record_b", written, Text("另一条记录", "another record")
            )
        elif frozenset(pair) in seen and pair not in pairs[:index]:
            # The same order is caught as a repeated key; this is the pair the other way round.
            yield Finding(
                "decisions", index, "record_b", written, Text("每对只写一行", "one row a pair")
            )
        seen.add(frozenset(pair))
        if row.values["decision"] == "merge":
            root[find(pair[0])] = find(pair[1])
    for index, (pair, row) in enumerate(zip(pairs, rows["decisions"], strict=True)):
        if (
            row.values["decision"] == "keep_apart"
            and pair[0] != pair[1]
            and find(pair[0]) == find(pair[1])
        ):
            text = Text(
                "与其他行的合并不矛盾的决定", "a decision that other rows' merges do not contradict"
            )
            yield Finding("decisions", index, "decision", "分开/keep apart", text)
