"""Ask a web service: paced, retried where the cause may pass, and silent about keys."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from pipelines.settings.secrets import Secret
from pipelines.sources.pace import Pace
from pipelines.sources.pull import ConnectionLost, PullFailed

# It would write every address into the log, and a published sheet's address is its key.
logging.getLogger("httpx").setLevel(logging.WARNING)

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
TRIES = 3
LONGEST_WAIT_SECONDS = 60.0
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


class TryAgain(ConnectionLost):
    """The service asked to be called later."""

    def __init__(self, message_en: str, message_zh: str, after_seconds: float) -> None:
        super().__init__(message_en, message_zh)
        self.after_seconds = after_seconds


@dataclass(frozen=True)
class Web:
    """One service and how to speak to it.

    Attributes:
        name: the source, for messages.
        title: the service, for messages.
        address: beginning of every URL.
        secrets: what must stand in no message.
        headers: sent with every call.
    """

    name: str
    title: str
    address: str
    secrets: Sequence[Secret]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def ask(
        self,
        pace: Pace,
        method: str,
        path: str,
        check: Callable[[int, Any], None],
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """Make one call and return its JSON answer, decimals exact.

        Args:
            pace: the service's limit.
            method: GET or POST.
            path: appended to the address.
            check: looks at status and answer; raises TryAgain or PullFailed.
            body: sent as JSON.
            query: appended to the URL.

        Raises:
            ConnectionLost: no answer, or only "later", in three tries.
            PullFailed: the service refused, or answered something that is no JSON.
        """
        return self.retried(lambda: self._once(pace, method, path, check, body, query))

    def retried(self, call: Callable[[], Any]) -> Any:
        """Make a call up to three times; again only after a lost connection or a busy service."""
        tries = Retrying(
            stop=stop_after_attempt(TRIES),
            wait=_wait,
            retry=retry_if_exception_type(ConnectionLost),
            reraise=True,
        )
        try:
            return tries(call)
        except TryAgain as error:
            raise ConnectionLost(error.message_en, error.message_zh).without(self.secrets) from None
        except PullFailed as error:
            raise error.without(self.secrets) from None

    def _once(
        self,
        pace: Pace,
        method: str,
        path: str,
        check: Callable[[int, Any], None],
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None,
    ) -> Any:
        pace.wait()
        try:
            answer = httpx.request(
                method, self.address + path, json=body, params=query,
                headers=dict(self.headers), timeout=TIMEOUT,
            )  # fmt: skip
        except httpx.RequestError as error:
            raise self.lost(error) from None
        try:
            content = json.loads(answer.content, parse_float=Decimal)
        except ValueError:
            self.judge(answer)
            raise self.refused(f"status {answer.status_code}, and the answer is no JSON") from None
        check(answer.status_code, content)
        self.judge(answer)
        return content

    def judge(self, answer: httpx.Response) -> None:
        """Raise for a status that is no success."""
        if answer.status_code in BUSY:
            raise self.busy(f"status {answer.status_code}", _retry_after(answer))
        if answer.status_code in (401, 403):
            raise self.refused(f"status {answer.status_code}: the key is wrong or lacks the right")
        if not answer.is_success:
            raise self.refused(f"status {answer.status_code}")

    def lost(self, error: httpx.RequestError) -> ConnectionLost:
        """Say that the service cannot be reached."""
        what = f"{type(error).__name__}: {error}"[:300]
        return ConnectionLost(
            f"{self.name}: {self.title} cannot be reached ({what}). The last landing stays in "
            "force. Check the network, the proxy and `address:`, then run again.",
            f"{self.name}：无法连接 {self.title}（{what}）。沿用上次的数据。"
            "请检查网络、代理和 address 后重跑。",
        )

    def busy(self, why: str, after_seconds: float = 1.0) -> TryAgain:
        """Say that the service wants to be asked later."""
        return TryAgain(
            f"{self.name}: {self.title} is busy or was asked too often ({why}). The last landing "
            "stays in force. Run again later.",
            f"{self.name}：{self.title} 繁忙或调用过于频繁（{why}）。沿用上次的数据，请稍后重跑。",
            after_seconds,
        )

    def rows_by_id(
        self, page: Callable[[str], Any], rows_a_page: int, named: str
    ) -> Iterator[dict[str, Any]]:
        """Yield records page by page in order of `_id`: an offset slips when rows are added meanwhile.

        Args:
            page: the records after an id; after '' the first.
            rows_a_page: a page with fewer is the last.
            named: what the answer calls the records, for the message.

        Raises:
            PullFailed: the answer holds no list, or the same page again, which would never end.
        """
        last = ""
        while True:
            rows = page(last)
            if not isinstance(rows, list):
                raise self.refused(f"the answer has no `{named}`")
            yield from rows
            if len(rows) < rows_a_page:
                return
            if rows[-1]["_id"] <= last:
                raise self.refused("it gives the same page again")
            last = rows[-1]["_id"]

    def refused(self, why: str) -> PullFailed:
        """Say that the service will not give the rows."""
        return PullFailed(
            f"{self.name}: {self.title} refused: {why[:500]}. The last landing stays in force. "
            "Correct this source in company.yml, its secret, or its rights over there.",
            f"{self.name}：{self.title} 拒绝了请求：{why[:500]}。沿用上次的数据。"
            "请检查 company.yml 中该来源的设置、密钥及其权限。",
        )


_BACK_OFF = wait_exponential_jitter(initial=1, max=10)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.after_seconds if isinstance(error, TryAgain) else 0.0
    return max(asked, float(_BACK_OFF(state)))


def _retry_after(answer: httpx.Response) -> float:
    given = answer.headers.get("retry-after", "")
    return min(float(given), LONGEST_WAIT_SECONDS) if given.isdigit() else 1.0
