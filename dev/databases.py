"""The two databases by their addresses: there or made. Runs inside the environment, without Django."""

from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from dev.postgres import OLDEST_MAJOR
from dev.trouble import Trouble


def make_sure_of(url: str) -> None:
    """Return when the database exists; make it when it does not and the account may."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            _require_version(connection)
    except psycopg.OperationalError as error:
        if not _is_missing(url):
            raise _unreachable(url, error) from error
        _create(url)


def _is_missing(url: str) -> bool:
    """Whether the server lets us in and lacks this database. Its catalogue says so: a refusal is only words, in the server's language."""
    try:
        with psycopg.connect(_beside(url), connect_timeout=10) as connection:
            return connection.execute("SELECT FROM pg_database WHERE datname = %s", [_name(url)]).fetchone() is None
    except psycopg.OperationalError:
        return False


def _create(url: str) -> None:
    name = _name(url)
    try:
        with psycopg.connect(_beside(url), connect_timeout=10, autocommit=True) as connection:
            _require_version(connection)
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name)))
    except (psycopg.errors.InsufficientPrivilege, psycopg.OperationalError) as error:
        owner = unquote(urlsplit(url).username or "postgres")
        raise Trouble(
            f"The database {name} is not there, and {owner} may not make it: {_first_line(error)}",
            f"""Have it made by whoever may: CREATE DATABASE "{name}" OWNER "{owner}" TEMPLATE template0 ENCODING 'UTF8';""",
        ) from error


def _require_version(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    if connection.info.server_version < OLDEST_MAJOR * 10_000:
        raise Trouble(
            f"The server is PostgreSQL {connection.info.server_version // 10_000}; Besttrav needs {OLDEST_MAJOR} or newer.",
            "Point BESTTRAV_DATABASE_URL and BESTTRAV_VAULT_URL at a newer one, or unset both: then one is started for you.",
        )


def _unreachable(url: str, error: Exception) -> Trouble:
    place = urlsplit(url)
    return Trouble(
        f"The database {_name(url)} on {place.hostname}:{place.port or 5432} cannot be reached: {_first_line(error)}",
        "Look at BESTTRAV_DATABASE_URL and BESTTRAV_VAULT_URL, or unset both: then a server is started for you.",
    )


def _beside(url: str) -> str:
    """The database that every server has, with the same account."""
    return urlunsplit(urlsplit(url)._replace(path="/postgres"))


def _name(url: str) -> str:
    return unquote(urlsplit(url).path.lstrip("/"))


def _first_line(error: Exception) -> str:
    """The server's words; an address with its password is never among them."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
