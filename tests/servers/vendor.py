"""A vendor's service on this machine: answers as its documents say and refuses what they forbid."""

from __future__ import annotations

import json
import threading
import time
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Answer:
    """What goes back: text, or a value written as JSON."""

    body: Any
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Vendor(ABC):
    """Base of the vendors: counts calls, and lets a test fail the next ones."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.next_answers: deque[Answer | None] = deque()
        self._times: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    @abstractmethod
    def answer(self, call: Call) -> Answer:
        """Answer one call as the vendor documents it."""

    def is_too_often(self, what: str, calls: int, seconds: float) -> bool:
        """Say whether a call comes too soon, over a sliding window."""
        now, times = time.monotonic(), self._times[what]
        while times and now - times[0] >= seconds:
            times.popleft()
        times.append(now)
        return len(times) > calls

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._respond))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _respond(self, call: Call) -> Answer | None:
        with self._lock:
            self.calls.append(call)
            if self.next_answers:
                return self.next_answers.popleft()
            return self.answer(call)


def _handler(respond: Callable[[Call], Answer | None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            text = self.rfile.read(length)
            answer = respond(
                Call(
                    method=self.command,
                    path=parts.path,
                    query={name: values[0] for name, values in parse_qs(parts.query).items()},
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=json.loads(text) if text else None,
                )
            )
            if answer is None:  # the line goes dead
                self.connection.close()
                return
            body = answer.body
            content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
