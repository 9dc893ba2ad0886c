"""One door to every source that is asked for its rows: resolve its secrets, pull, try again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from pipelines.core.cursor import CursorValue
from pipelines.settings import AnyPullSource, DatabaseSource, FxiaokeSource, GoogleSheetsSource
from pipelines.settings.secrets import Secret, is_reference, resolve_secret
from pipelines.settings.services import JiandaoyunSource
from pipelines.sources.pull import ConnectionLost, Pulled, PullFailed

if TYPE_CHECKING:
    from pipelines.sources.fxiaoke import Fxiaoke
    from pipelines.sources.google_sheets import GoogleSheet
    from pipelines.sources.jiandaoyun import Jiandaoyun

TRIES = 3


@dataclass(frozen=True)
class PullOrder:
    """What a pull depends on.

    Attributes:
        source: the configured source.
        root: the company folder: its secrets, and where relative paths begin.
        pulled_at: when the pull begins (UTC).
        zone: time zone of times without one.
        reached: cursor value reached before; None pulls everything.
        definition: what of the source decides which rows come; kept in the file.
        sleep: waits between tries.
    """

    source: AnyPullSource
    root: Path
    pulled_at: datetime
    zone: ZoneInfo
    reached: CursorValue | None = None
    definition: str = ""
    sleep: Callable[[float], None] = time.sleep


def pull_source(order: PullOrder, target: Path) -> Pulled:
    """Write a source's rows to a Parquet file of text.

    Raises:
        PullFailed: in words for people, without any secret; ConnectionLost after three tries.
        SecretUnavailable: a secret is not set or lies open.
    """
    source = order.source
    if isinstance(source, DatabaseSource):
        return _pull_database(order, source, target)
    with _as_documented(source.name):
        if isinstance(source, JiandaoyunSource):
            return _jiandaoyun(source, order.root).pull(target)
        if isinstance(source, FxiaokeSource):
            return _fxiaoke(source, order.root).pull(target)
        return _google(source, order.root).pull(target)


def reach_source(order: PullOrder) -> None:
    """Ask a source for as little as shows that it can be reached; raises as `pull_source`."""
    source = order.source
    if isinstance(source, DatabaseSource):
        _reach_database(order, source)
        return
    with _as_documented(source.name):
        if isinstance(source, JiandaoyunSource):
            _jiandaoyun(source, order.root).fields()
        elif isinstance(source, FxiaokeSource):
            _fxiaoke(source, order.root).fields()
        else:
            _google(source, order.root).reach()


@contextmanager
def _as_documented(name: str) -> Iterator[None]:
    """Tell an answer that is built otherwise than the service's documents say."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        what = f"{type(error).__name__}: {error}"[:200]
        raise PullFailed(
            f"{name}: the service answered otherwise than its documents say ({what}). The last "
            "landing stays in force. Check `address:`; else the service has changed.",
            f"{name}：服务的返回与其文档不符（{what}）。沿用上次的数据。"
            "请检查 address；否则该服务已变更。",
        ) from None


def _reach_database(order: PullOrder, source: DatabaseSource) -> None:
    from pipelines.sources.database import reach_database
    from pipelines.sources.database_pull import DatabasePull

    url, secrets = _url(source, order.root)
    try:
        reach_database(DatabasePull(source, url, order.root, None, order.pulled_at, order.zone))
    except PullFailed as error:
        raise error.without(secrets) from None


def _pull_database(order: PullOrder, source: DatabaseSource, target: Path) -> Pulled:
    from pipelines.sources.database import pull_database
    from pipelines.sources.database_pull import DatabasePull

    url, secrets = _url(source, order.root)
    pull = DatabasePull(source, url, order.root, order.reached, order.pulled_at, order.zone)
    tries = Retrying(
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential_jitter(initial=1, max=10),
        retry=retry_if_exception_type(ConnectionLost),
        sleep=order.sleep,
        reraise=True,
    )
    try:
        # Each try begins anew: a half-read answer is worth nothing.
        return tries(pull_database, pull, target, order.definition)
    except PullFailed as error:
        raise error.without(secrets) from None


def _url(source: DatabaseSource, root: Path) -> tuple[str, tuple[Secret, ...]]:
    if not is_reference(source.url):
        return source.url, ()
    secret = resolve_secret(source.url, root)
    return secret.reveal(), (secret,)


def _jiandaoyun(source: JiandaoyunSource, root: Path) -> Jiandaoyun:
    from pipelines.sources.jiandaoyun import Jiandaoyun

    return Jiandaoyun(source, resolve_secret(source.key, root))


def _fxiaoke(source: FxiaokeSource, root: Path) -> Fxiaoke:
    from pipelines.sources.fxiaoke import Fxiaoke

    secret, code = (
        resolve_secret(name, root) for name in (source.app_secret, source.permanent_code)
    )
    return Fxiaoke(source, secret, code)


def _google(source: GoogleSheetsSource, root: Path) -> GoogleSheet:
    from pipelines.sources.google_sheets import GoogleSheet

    key = resolve_secret(source.key, root) if source.key else None
    published = None
    if source.published:
        is_named = is_reference(source.published)
        published = (
            resolve_secret(source.published, root)
            if is_named
            else Secret(source.published, "published address")
        )
    return GoogleSheet(source, key, published)
