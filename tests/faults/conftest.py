from collections.abc import Iterator

import pytest
from django.core.management import call_command

from tests.cashiers import Cashier
from tests.faults.house import House, Street, street
from tests.insurance import InsurerSimulators
from tests.jobs import forget_jobs
from tests.sales.shop import Shop
from tests.world import World


@pytest.fixture(scope="session")
def quick_street() -> Iterator[Street]:
    """A cluster that forgets when the machine goes down, not when a process does."""
    with street(durable=False) as it:
        yield it


@pytest.fixture
def house(quick_street: Street) -> House:
    """Two fresh databases, keys and a ledger, to be killed in."""
    return quick_street.house()


@pytest.fixture
def shop(world: World, cashiers: dict[str, Cashier], insurers: InsurerSimulators) -> Shop:
    """The shop with everything around it running for real."""
    return Shop(world, cashiers, insurers)


@pytest.fixture(autouse=True)
def _empty_databases(request: pytest.FixtureRequest) -> None:
    """Whoever asks about everything there is begins with nothing: visits of page tests may be written after those have ended."""
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        for alias in ("default", "vault"):
            call_command("flush", database=alias, verbosity=0, interactive=False, inhibit_post_migrate=True)
        forget_jobs()
