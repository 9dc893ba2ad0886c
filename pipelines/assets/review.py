"""The list of customer pairs for a person to decide on, written after each publish."""

from __future__ import annotations

import dagster as dg

from pipelines.asset_keys import MARTS_FILE
from pipelines.publish.files import replace_file_atomically
from pipelines.resources import NightResource

REVIEW = dg.AssetKey(["published", "customer_matches"])
MATCHES = dg.AssetKey(["marts", "mart_customer_match"])


def review_asset(
    partitions: dg.PartitionsDefinition,
) -> dg.AssetsDefinition:
    """Return the step that writes published/review/customer_matches.xlsx."""
    spec = dg.AssetSpec(
        key=REVIEW,
        deps=[MATCHES, MARTS_FILE],
        group_name="published",
        kinds={"file"},
        owners=["team:sales_operations"],
        description="published/review/customer_matches.xlsx: pairs of customers to decide on and "
        "paste into the rules workbook. 待人工判断的疑似重复客户，填好后粘贴到规则表“合并决定”。",
    )

    @dg.multi_asset(specs=[spec], name="list_matches", can_subset=False, partitions_def=partitions)
    def list_matches(night: NightResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        with night.night.step("list customer matches"):
            count = _write(night)
        return dg.MaterializeResult(asset_key=REVIEW, metadata={"dagster/row_count": count})

    return list_matches


def _write(resource: NightResource) -> int:
    """Write the list of the night that readers see; an older D that is only rebuilt writes none."""
    import duckdb

    from pipelines.tell.review_list import review_workbook

    night = resource.night
    with duckdb.connect(str(night.folder.build_file), read_only=True) as con:
        found = con.execute(
            "from marts.mart_customer_match "
            "order by match_probability_rate desc nulls first, record_a, record_b"
        )
        names = [column[0] for column in found.description or ()]
        pairs = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    if night.publishes:
        language = night.settings.company.languages[0]
        path = night.folder.published / "review" / "customer_matches.xlsx"
        replace_file_atomically(path, review_workbook(pairs, language, night.as_of))
    return len(pairs)
