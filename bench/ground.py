"""What the benches stand on: two cores, a durable PostgreSQL of their own, both databases migrated, the measured models' tables."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dev import translations
from dev.postgres import Cluster

CORES = 2


@contextmanager
def prepared() -> Iterator[None]:
    """Everything set up while the block runs, and gone afterwards."""
    _keep_to_cores()
    base = Path(tempfile.mkdtemp(prefix="besttrav-bench-"))
    cluster = Cluster(base / "postgres")
    try:
        translations.compile_stale()
        base.chmod(0o711)
        cluster.start()
        _settle(cluster, base / "state")
        _make_databases(cluster)
        yield
        _hang_up()
    finally:
        cluster.stop()
        shutil.rmtree(base, ignore_errors=True)


def begin_django() -> None:
    """Set Django up from the environment: here, and in every process the benches start."""
    import django

    django.setup()


def _keep_to_cores() -> None:
    # macOS cannot say on which cores a program runs; there the machine is taken as it is.
    if hasattr(os, "sched_setaffinity"):
        with suppress(OSError):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])


def _settle(cluster: Cluster, state: Path) -> None:
    for name in [name for name in os.environ if name.startswith("BESTTRAV_")]:
        del os.environ[name]
    os.environ |= {
        "BESTTRAV_DATABASE_URL": cluster.url("besttrav"),
        "BESTTRAV_VAULT_URL": cluster.url("besttrav_vault"),
        "BESTTRAV_STATE": str(state),
        "BESTTRAV_SECRET_KEY": "for the bench only, where nobody comes to visit",
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "BENCH_DATABASE_PID": str(cluster.pid),
    }
    begin_django()


def _make_databases(cluster: Cluster) -> None:
    import psycopg
    from django.apps import apps
    from django.core.management import call_command
    from django.db import connection

    with psycopg.connect(cluster.url("postgres"), autocommit=True) as server:
        server.execute("CREATE DATABASE besttrav")
        server.execute("CREATE DATABASE besttrav_vault")
    for alias in ("default", "vault"):
        call_command("migrate", database=alias, verbosity=0)
    with connection.schema_editor() as editor:
        for model in apps.get_app_config("bench").get_models():
            editor.create_model(model)


def _hang_up() -> None:
    from django.db import connections

    from besttrav.journal import aside

    aside.disconnect()
    connections.close_all()
