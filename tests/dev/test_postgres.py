"""The embedded PostgreSQL: safe by default, and hard to confuse."""

import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dev.postgres import Cluster, find_installation, temporary_cluster
from dev.trouble import Trouble

pytestmark = pytest.mark.cluster


@pytest.fixture
def base() -> Iterator[Path]:
    # Not tmp_path: as root the server runs as somebody else, who may not pass through pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="besttrav-cluster-"))
    yield folder
    shutil.rmtree(folder)


def answer(cluster: Cluster, question: str) -> object:
    with psycopg.connect(cluster.url("postgres")) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row
        return row[0]


def test_nobody_comes_in_without_the_password() -> None:
    with temporary_cluster() as cluster:
        assert answer(cluster, "SELECT current_user") == "postgres"
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(cluster.url("postgres").replace(cluster.password, "wrong"))


def test_a_restart_keeps_the_data_and_secrets_are_closed(base: Path) -> None:
    cluster = Cluster(base, durable=True)
    cluster.start()
    try:
        with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE kept")
        assert answer(cluster, "SHOW fsync") == "on"
        cluster.stop()
        cluster.start()
        assert answer(cluster, "SELECT count(*) FROM pg_database WHERE datname = 'kept'") == 1
    finally:
        cluster.stop()
    assert stat.S_IMODE((base / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE((base / "data").stat().st_mode) == 0o700


def test_a_killed_server_starts_again_beside_its_stale_pid_file(base: Path) -> None:
    cluster = Cluster(base, durable=True)
    cluster.start()
    os.kill(cluster.pid, signal.SIGKILL)
    again = Cluster(base, durable=True)
    try:
        again.start()
        assert answer(again, "SELECT 1") == 1
    finally:
        again.stop()
        cluster.stop()


def test_a_server_left_by_a_killed_launcher_is_ended_first(base: Path) -> None:
    left_behind = Cluster(base, durable=False)
    left_behind.start()
    again = Cluster(base, durable=False)
    try:
        again.start()
        assert left_behind.has_ended
        assert answer(again, "SELECT 1") == 1
    finally:
        again.stop()
        left_behind.stop()


def test_a_pid_file_that_names_somebody_else_is_forgotten_and_nobody_is_hurt(base: Path) -> None:
    cluster = Cluster(base, durable=False)
    cluster.start()
    cluster.stop()
    (base / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{base / 'data'}\n")
    try:
        cluster.start()
        assert answer(cluster, "SELECT 1") == 1
    finally:
        cluster.stop()


def test_a_copy_of_the_programs_serves_where_the_wheel_is_out_of_reach(base: Path) -> None:
    cluster = Cluster(base, durable=False)
    base.chmod(0o711)
    cluster._installation = cluster._copied(find_installation())
    try:
        cluster.start()
        assert str(base) in str(answer(cluster, "SELECT setting FROM pg_config WHERE name = 'BINDIR'"))
    finally:
        cluster.stop()


def test_data_of_another_major_version_is_refused_with_a_way_out(base: Path) -> None:
    cluster = Cluster(base, durable=False)
    (base / "data").mkdir()
    (base / "data" / "PG_VERSION").write_text("14\n")
    with pytest.raises(Trouble, match="belongs to PostgreSQL 14") as trouble:
        cluster.start()
    assert "mv " in str(trouble.value)
