"""A helper process beside the night: it works on a second core while the night goes on in this one.

Libraries that load slowly load there, and what nobody waits for is begun there. The helper holds no
state: without it, or when it dies, the same functions run in this process. See docs/adr/0064.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Generic, ParamSpec, TypeVar

from pipelines.operations.usage import helped

P = ParamSpec("P")
T = TypeVar("T")
_helpers: list[Helper] = []


class Work(Generic[T]):
    """A call that was begun; `result` waits for it."""

    def __init__(self, call: Callable[[], T], helper: Helper | None) -> None:
        self._call = call
        self._helper = helper
        self._answer: tuple[bool, Any] | None = None

    def result(self) -> T:
        """Return what the function returned, or raise what it raised.

        Where no helper runs, or it was killed, the function runs here and now.
        """
        if self._answer is None and self._helper is not None:
            self._helper.receive()
        if self._answer is None:
            return self._call()
        succeeded, value = self._answer
        if not succeeded:
            raise value
        result: T = value
        return result

    def answered(self, *, succeeded: bool, value: Any) -> None:
        """Keep the answer until somebody asks for it."""
        self._answer = (succeeded, value)


class Helper:
    """The process, and the one call that it works on."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.orchestration.helper"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._open: Work[Any] | None = None

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def send(self, call: Callable[..., Any], args: Any, kwargs: Any, work: Work[Any]) -> None:
        """Begin a call; the one before it is waited for."""
        self.receive()
        assert self._process.stdin is not None
        try:
            pickle.dump((call, args, kwargs), self._process.stdin)
            self._process.stdin.flush()
        except BrokenPipeError:  # it was killed, for memory say: the night can do without
            self._forget()
        else:
            self._open = work

    def receive(self) -> None:
        """Wait for the call that is open, if one is."""
        work, self._open = self._open, None
        if work is None:
            return
        assert self._process.stdout is not None
        try:
            succeeded, value, cpu_seconds = pickle.load(self._process.stdout)
        except EOFError:
            self._forget()
        else:
            helped(cpu_seconds)
            work.answered(succeeded=succeeded, value=value)

    def end(self) -> None:
        """Let it go: its input ends, and so does it."""
        self._process.communicate()

    def _forget(self) -> None:
        if self in _helpers:
            _helpers.remove(self)


@contextmanager
def helper_process() -> Iterator[None]:
    """Keep a helper process for as long as this lasts; it ends with this one, however that ends."""
    helper = Helper()
    _helpers.append(helper)
    try:
        yield
    finally:
        if helper in _helpers:
            _helpers.remove(helper)
        helper.end()


def begin(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Work[T]:
    """Begin a function of a module in the helper process, with arguments that can be pickled.

    Without a helper it runs when its result is asked for.
    """
    helper = _helpers[-1] if _helpers else None
    work: Work[T] = Work(lambda: function(*args, **kwargs), helper)
    if helper is not None:
        helper.send(function, args, kwargs, work)
    return work


def serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer calls until there are no more, each with the processor time since the answer before."""
    spent = 0.0
    while True:
        try:
            function, args, kwargs = pickle.load(asked)
        except EOFError:
            return
        value: object
        try:
            value, succeeded = function(*args, **kwargs), True
        except Exception as failure:  # noqa: BLE001 (raised where the result is asked for)
            value, succeeded = failure, False
        before, spent = spent, time.process_time()
        answers.write(_packed(succeeded, value, spent - before))
        answers.flush()


def _packed(succeeded: bool, value: object, cpu_seconds: float) -> bytes:
    """Return an answer that can be read; some exceptions can not be made anew from their arguments."""
    try:
        packed = pickle.dumps((succeeded, value, cpu_seconds))
        if not succeeded:
            pickle.loads(packed)
    except (pickle.PicklingError, TypeError, AttributeError):
        packed = pickle.dumps((False, RuntimeError(repr(value)), cpu_seconds))
    return packed


if __name__ == "__main__":
    # What libraries print must not come between the answers.
    own, sys.stdout = sys.stdout.buffer, sys.stderr
    serve(sys.stdin.buffer, own)
    # Every answer was flushed; taking the libraries apart would keep the night waiting a second.
    os._exit(0)
