"""Personal data in full, for the restricted schema: marts show it masked."""

from __future__ import annotations

import duckdb

from pipelines.core.sql_text import quote_name
from pipelines.publish.night import Column
from pipelines.publish.postgres.tables import TableCopy

# table → schema and table of the build, and its columns under their published names
_SOURCES: dict[str, tuple[str, str, dict[str, str]]] = {
    "person_contact": (
        "landed",
        "people",
        {"person_id": "person_id", "name": "person_name", "email": "email"},
    ),
    "customer_contact": (
        "intermediate",
        "int_customer",
        {
            "customer_id": "customer_id", "account_name": "customer_name",
            "owner_id": "owner_id", "phone": "phone", "email": "email",
        },
    ),
    "contact": (
        "landed",
        "contacts",
        {
            "contact_id": "contact_id", "account_id": "account_id", "name": "contact_name",
            "title": "title", "phone": "phone", "email": "email",
        },
    ),
    "lead_contact": (
        "landed",
        "leads",
        {
            "lead_id": "lead_id", "name": "lead_name", "owner_id": "owner_id", "phone": "phone",
            "wechat_id": "wechat_id",
        },
    ),
}  # fmt: skip
_COMMENTS = {
    "person_contact": "One row per person: e-mail in full / 每人一行：完整邮箱",
    "customer_contact": "One row per customer: phone, e-mail in full / 每客户一行：完整电话与邮箱",
    "contact": "One row per contact: phone and e-mail in full / 每联系人一行：完整电话与邮箱",
    "lead_contact": "One row per lead: phone and WeChat in full / 每条线索一行：完整电话与微信",
}


def restricted_tables(duck: duckdb.DuckDBPyConnection, database: str) -> list[TableCopy]:
    """Describe what the build holds of personal data; a build without an entity lacks its table."""
    tables = []
    for name, (schema, source, columns) in _SOURCES.items():
        rows = duck.execute(
            "select column_name, data_type from duckdb_columns() "
            "where database_name = ? and schema_name = ? and table_name = ?",
            [database, schema, source],
        ).fetchall()
        types = dict(rows)
        present = {old: new for old, new in columns.items() if old in types}
        if not present:
            continue
        listed = ", ".join(
            f"{quote_name(old)} as {quote_name(new)}" for old, new in present.items()
        )
        place = ".".join(map(quote_name, (database, schema, source)))
        tables.append(
            TableCopy(
                name=name,
                source=f"(select {listed} from {place})",
                columns=tuple(
                    Column(new, types[old], is_nullable=True, comment=None)
                    for old, new in present.items()
                ),
                comment=_COMMENTS[name],
            )
        )
    return tables
