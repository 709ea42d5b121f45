"""The two databases by their addresses: there, made, or told how to have them made."""

from collections.abc import Iterator

import psycopg
import pytest

from dev.databases import make_sure_of
from dev.postgres import Cluster, free_port, temporary_cluster
from dev.trouble import Trouble

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with temporary_cluster() as cluster, psycopg.connect(cluster.url("postgres"), autocommit=True) as owner:
        owner.execute("CREATE ROLE maker LOGIN CREATEDB PASSWORD 'quiet'")
        owner.execute("CREATE ROLE guest LOGIN PASSWORD 'quiet'")
        yield cluster


def address(server: Cluster, account: str, database: str) -> str:
    return f"postgresql://{account}:quiet@127.0.0.1:{server.port}/{database}"


def test_an_account_that_may_make_databases_gets_the_missing_one_as_its_own(server: Cluster) -> None:
    url = address(server, "maker", "orders")
    make_sure_of(url)
    make_sure_of(url)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE book ()")


def test_an_account_that_may_not_is_told_what_to_have_made(server: Cluster) -> None:
    with pytest.raises(Trouble, match="guest may not make it") as trouble:
        make_sure_of(address(server, "guest", "letters"))
    assert """CREATE DATABASE "letters" OWNER "guest" """ in str(trouble.value)


def test_an_account_nobody_knows_is_not_taken_for_a_missing_database(server: Cluster) -> None:
    with pytest.raises(Trouble, match="cannot be reached"):
        make_sure_of(address(server, "stranger", "letters"))


def test_a_server_that_is_not_there_is_said_to_be_out_of_reach() -> None:
    with pytest.raises(Trouble, match="cannot be reached"):
        make_sure_of(f"postgresql://maker:quiet@127.0.0.1:{free_port()}/orders")
