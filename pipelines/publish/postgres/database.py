"""Reach the PostgreSQL database that BI servers read; its address is a secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from pipelines.publish.errors import PublishError
from pipelines.settings.secrets import Secret, resolve_secret

if TYPE_CHECKING:
    import psycopg

TRIES = 3
_CONNECT_SECONDS = 10
_Result = TypeVar("_Result")


class PostgresLostError(PublishError):
    """Say that the database cannot be reached or went away; another try may succeed."""


class Database:
    """One PostgreSQL database, dedicated to one company's marts.

    Args:
        reference: `env:NAME` of its URL.
        root: the company folder, whose secrets.env may hold it.
    """

    def __init__(self, reference: str, root: Path) -> None:
        self._reference, self._root = reference, root

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """Hold one connection outside any transaction; it is closed in the end.

        Raises:
            PostgresLostError: the server is down, refuses, or went away meanwhile.
            SecretUnavailable: the address is not set, or lies open.
        """
        psycopg = driver()
        secret = resolve_secret(self._reference, self._root)
        try:
            con = psycopg.connect(
                _libpq_url(secret.reveal()),
                autocommit=True,
                connect_timeout=_CONNECT_SECONDS,
                application_name="gapwise",
                options="-c timezone=UTC -c client_min_messages=error -c search_path=pg_catalog",
            )
        except psycopg.Error as error:
            raise PostgresLostError(self._unreachable(error, secret)) from None
        try:
            yield con
        except psycopg.OperationalError as error:
            if not con.broken:
                raise
            raise PostgresLostError(self._unreachable(error, secret)) from None
        finally:
            con.close()

    def _unreachable(self, error: Exception, secret: Secret) -> str:
        said = secret.scrub(" ".join(str(error).split())[:500])
        return (
            f"PostgreSQL ({self._reference}) cannot be reached or went away: {said}. Readers "
            "keep the night they have. Check that the server runs and this machine may connect, "
            "then run again."
        )


def retried(action: Callable[[], _Result]) -> _Result:
    """Do something that leaves nothing behind when the connection is lost, up to three times."""
    tries = Retrying(
        retry=retry_if_exception_type(PostgresLostError),
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential_jitter(initial=0.5, max=5),
        reraise=True,
    )
    return tries(action)


def run(con: psycopg.Connection[tuple[Any, ...]], sql: str) -> None:
    """Execute SQL whose names and texts are quoted already; it may hold several statements."""
    con.execute(sql.encode())


def _libpq_url(url: str) -> str:
    """Return the URL as libpq wants it; SQLAlchemy's name of a driver is no part of it."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{separator}{rest}"


def driver() -> Any:
    """Return psycopg.

    Raises:
        PublishError: it is not installed; says the fix.
    """
    try:
        import psycopg
    except ImportError:
        raise PublishError(
            "publish.postgres is set in company.yml, but its driver is not installed. "
            'Fix: pip install "gapwise[postgres]"'
        ) from None
    return psycopg
