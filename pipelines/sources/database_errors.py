"""What a database driver's error means: gone away (try again) or refused (say what to mend)."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

from pipelines.sources.pull import ConnectionLost, PullFailed

# MySQL and MariaDB: too many connections, cannot connect, gone away, lost, killed, shutting down.
_MYSQL_LOST = frozenset({1040, 1053, 1927, 2002, 2003, 2006, 2013, 2014, 2055, 4031})
# PostgreSQL: connection failures, too many connections, shutdown, crash, starting up.
_POSTGRES_LOST = ("08", "53300", "57P01", "57P02", "57P03")
_POSTGRES_REFUSED = (
    "authentication failed",
    "does not exist",
    "pg_hba.conf",
    "no password supplied",
)
_DRIVERS = {
    "postgresql+adbc": "gapwise[fast]",
    "postgresql": "psycopg[binary]",
    "mysql": "PyMySQL",
    "mariadb": "PyMySQL",
}


def failure_of(error: SQLAlchemyError, name: str, while_connecting: bool) -> PullFailed:
    """Return what to tell about a driver's error; parameters and SQL are left out of it.

    Args:
        error: what SQLAlchemy raised.
        name: the source.
        while_connecting: whether no connection stood yet.
    """
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = " ".join(str(cause).split())[:500] or type(cause).__name__
    return told_failure(name, text, is_lost(error, while_connecting))


def told_failure(name: str, text: str, is_passing: bool) -> PullFailed:
    """Return a failure in both languages: gone away, so that trying again may help, or refused."""
    if is_passing:
        return ConnectionLost(
            f"{name}: the database cannot be reached or went away: {text}. The last landing stays "
            "in force. Check that the server runs and this machine may connect, then run again.",
            f"{name}：数据库无法连接或连接中断：{text}。沿用上次的数据。"
            "请检查服务器是否运行、本机是否可连接，然后重跑。",
        )
    return PullFailed(
        f"{name}: the database refused: {text}. The last landing stays in force. Correct `url:`, "
        "`table:` or `query:` in company.yml, or the rights of the database user.",
        f"{name}：数据库拒绝了请求：{text}。沿用上次的数据。"
        "请改正 company.yml 中的 url、table 或 query，或数据库用户的权限。",
    )


def is_lost(error: SQLAlchemyError, while_connecting: bool) -> bool:
    """Say whether the connection failed, so that another try may succeed."""
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    cause = error.orig
    state = getattr(cause, "sqlstate", None)
    if state:
        return is_lost_state(str(state))
    first = cause.args[0] if cause is not None and cause.args else None
    if isinstance(first, int):
        return first in _MYSQL_LOST
    text = str(cause)
    if type(cause).__module__.startswith("sqlite3"):
        return "locked" in text or "busy" in text
    return while_connecting and not is_refusal(text)


def is_lost_state(state: str) -> bool:
    """Say whether PostgreSQL's own code of an error means that the connection failed."""
    return state.startswith(_POSTGRES_LOST)


def is_refusal(text: str) -> bool:
    """Say whether a server that gave no code turned us away: trying again may lock an account."""
    return any(word in text for word in _POSTGRES_REFUSED)


def driver_missing(error: ImportError | NoSuchModuleError, name: str, dialect: str) -> PullFailed:
    """Return what to tell where the driver of a database is not installed."""
    extra = _DRIVERS.get(dialect) or _DRIVERS.get(dialect.split("+", maxsplit=1)[0])
    fix = f'pip install "{extra}"' if extra else "install the driver of that database"
    return PullFailed(
        f"{name}: no driver for {dialect} is installed ({type(error).__name__}). Fix: {fix}",
        f"{name}：未安装 {dialect} 的驱动。修复：{fix}",
    )
