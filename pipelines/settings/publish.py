"""Where finished nights go besides the published folder, and who may see which rows there."""

from __future__ import annotations

from pydantic import Field, model_validator

from pipelines.settings.alerts import SECRET
from pipelines.settings.base import Strict


class RowPolicies(Strict):
    """Which database login sees which rows of the marts in PostgreSQL; others see no rows."""

    everything: list[str] = Field(
        default_factory=list, description="Logins that see every row 可看全部数据的登录名"
    )
    people: dict[str, str] = Field(
        default_factory=dict, description="Login: person id, sees own rows 登录名: 人员编号"
    )
    teams: dict[str, str] = Field(
        default_factory=dict, description="Login: team, sees the team and its people 登录名: 团队"
    )


class Publish(Strict):
    """Where finished nights go besides the published folder."""

    postgres: str | None = Field(
        None,
        pattern=SECRET,
        description="A PostgreSQL database for BI servers, as env:NAME: its URL is a secret",
    )
    row_policies: RowPolicies | None = Field(
        None, description="Who sees which rows in PostgreSQL; absent: bi_reader sees all"
    )
    keep_versions: int = Field(
        14, ge=2, description="Published nights kept for `gapwise rollback`, the newest included"
    )

    @model_validator(mode="after")
    def _policies_need_a_database(self) -> Publish:
        if self.row_policies is not None and self.postgres is None:
            raise ValueError("row_policies hold in PostgreSQL only; set postgres: env:NAME too")
        return self
