"""How dbt nodes appear in Dagster: keys by layer, groups by stage of the flow, owners, both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

from pipelines.orchestration.asset_keys import asset_key, input_key


class FlowTranslator(DagsterDbtTranslator):
    """Name and describe dbt models the way the flow reads from sources to published marts."""

    def __init__(self, partitions: dg.PartitionsDefinition) -> None:
        # enable_source_tests_as_checks would let dbt start after a failed blocking check on a source.
        super().__init__(
            DagsterDbtTranslatorSettings(
                enable_asset_checks=True,
                enable_source_tests_as_checks=False,
                enable_source_metadata=False,
                enable_duplicate_source_asset_keys=True,
            )
        )
        self._partitions = partitions

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Return schema and name: ["marts", "mart_gap"], ["landed", "orders"]."""
        if dbt_resource_props["resource_type"] == "source":
            return input_key(dbt_resource_props["source_name"], dbt_resource_props["name"])
        return asset_key(dbt_resource_props["schema"], dbt_resource_props["name"])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the stage of the flow that the folder declares."""
        meta = dbt_resource_props.get("config", {}).get("meta", {}) or {}
        group: str | None = meta.get("dagster", {}).get("group")
        return group

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return the description in English and Chinese, or the model's first comment: its grain."""
        meta = dbt_resource_props.get("config", {}).get("meta", {}) or {}
        described = dbt_resource_props.get("description") or _first_comment(dbt_resource_props)
        return "\n\n".join(text for text in (described, meta.get("zh")) if text)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str] | None:
        """Return the owning team that the contract names, else the data team."""
        meta = dbt_resource_props.get("config", {}).get("meta", {}) or {}
        return [f"team:{meta.get('owner', 'data_team')}"]

    def get_partitions_def(
        self, dbt_resource_props: Mapping[str, Any]
    ) -> dg.PartitionsDefinition | None:
        """Return the daily partitions of D."""
        return self._partitions


def _first_comment(props: Mapping[str, Any]) -> str:
    code = str(props.get("raw_code") or "")
    lines = []
    for line in code.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return "\n".join(lines)
