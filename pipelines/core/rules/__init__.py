"""Business rules as data: what the rules workbook holds, allows and defaults to."""

from pipelines.core.rules.conditions import Condition, parse_conditions
from pipelines.core.rules.declaration import all_sheets, all_tables
from pipelines.core.rules.tables import DEFAULT_VERSION, default_rows, default_rules
from pipelines.core.rules.vocabulary import stage_vocabulary

__all__ = [
    "DEFAULT_VERSION",
    "Condition",
    "all_sheets",
    "all_tables",
    "default_rows",
    "default_rules",
    "parse_conditions",
    "stage_vocabulary",
]
