"""What every test may ask for, and the PostgreSQL they run on.

One cluster is started for the whole run, and every xdist worker gets its own pair of databases in it, unless BESTTRAV_DATABASE_URL and
BESTTRAV_VAULT_URL name a server. Settings are read from the environment, so it is arranged here before Django is set up.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from besttrav.kernel import clock
from dev.postgres import temporary_cluster

if TYPE_CHECKING:  # Imported for real by the fixtures: Django is set up after this file is read.
    from pytest_django import Settings as SettingsWrapper

    from tests.carrier import CarrierSimulator
    from tests.cashiers import Cashier
    from tests.insurance import InsurerSimulators, Later
    from tests.invoicing import InvoicingSimulator
    from tests.world import World

pytest_plugins = ["tests.browser"]

URLS = {"BESTTRAV_DATABASE_URL": "besttrav", "BESTTRAV_VAULT_URL": "besttrav_vault"}
WITHOUT_DATABASE = ("kernel", "providers", "dev", "house")
WHOLE = os.environ.get("BESTTRAV_SOAK") == "1"

_at_the_end = ExitStack()
atexit.register(_at_the_end.close)  # Should even the settings fail to load, nothing is left running.


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("dist", "no") != "no":
        # This process only hands out work; its workers shall not inherit its settings, but make their own.
        del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure() -> None:
    _at_the_end.close()


def _find_postgres() -> None:
    """Only the first process does this; its workers inherit the addresses."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    given = [name for name in URLS if os.environ.get(name)]
    if len(given) == 1:
        raise pytest.UsageError(f"only {given[0]} is set: name both databases, or none")
    os.environ["BESTTRAV_TESTS_ON"] = "a server of yours" if given else "a cluster of its own"
    if not given:
        cluster = _at_the_end.enter_context(temporary_cluster())
        os.environ.update({name: cluster.url(database) for name, database in URLS.items()})


def _arrange_settings() -> None:
    """Keyrings and the like go to a folder of this process's own; nothing of a site that runs beside us is read."""
    state = tempfile.mkdtemp(prefix="besttrav-tests-")
    _at_the_end.callback(shutil.rmtree, state, ignore_errors=True)
    os.environ.update({"BESTTRAV_STATE": state, "BESTTRAV_SECRET_KEY": "a key for tests only, and long enough to please everyone"})
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright runs a loop in the test's own thread, and Django mistakes it for async code.
    # Here and not later: folders' conftest files are imported next, and they import models.
    import django

    django.setup()


_find_postgres()
_arrange_settings()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Every test may use both databases, in a transaction taken back at its end, but for the rooms that promise to need none."""
    room = item.path.relative_to(Path(__file__).parent).parts[0]
    if room not in WITHOUT_DATABASE and item.get_closest_marker("django_db") is None:
        item.add_marker(pytest.mark.django_db(databases=["default", "vault"]))


@pytest.hookimpl(trylast=True)  # after the order was shuffled, which stays within the two halves
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [item for item in items if _is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    # What is taken back before what is flushed, for a flush leaves the journal and the queue. In each half the long ones first, or the last
    # of them would keep one core while the others rest.
    items.sort(key=lambda item: (_is_flushed(item), _is_quick(item)))


def _is_left_out(item: pytest.Item) -> bool:
    on_a_server = os.environ["BESTTRAV_TESTS_ON"] == "a server of yours"
    return (item.get_closest_marker("cluster") is not None and on_a_server) or (item.get_closest_marker("soak") is not None and not WHOLE)


def _is_flushed(item: pytest.Item) -> bool:
    """Whether what it writes is committed."""
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction")) or "transactional_db" in getattr(item, "fixturenames", ())


def _is_quick(item: pytest.Item) -> bool:
    """Whether it neither drives a browser nor starts programs to kill them."""
    rooms = item.path.relative_to(Path(__file__).parent).parts
    return "playwright" not in getattr(item, "fixturenames", ()) and rooms[0] not in ("dev", "faults")


@pytest.fixture(scope="session")
def sample() -> Callable[[int, int], int]:
    """How much of a long sweep to run: `sample(fixed, whole)` is `fixed` in `make test` and `whole` in `make soak`."""
    return lambda fixed, whole: whole if WHOLE else fixed


@pytest.fixture(autouse=True)
def _ledger_of_ones_own(settings: "SettingsWrapper", tmp_path_factory: pytest.TempPathFactory) -> None:
    """No rollback takes back what an erasure wrote outside; nobody else shall miss the people of another test."""
    settings.ERASURE_LEDGER = str(tmp_path_factory.mktemp("ledger") / "erasures.jsonl")


class StoppedClock:
    """Time that stands still until the test moves it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.move_to(clock.now())

    def move_to(self, moment: datetime) -> None:
        self._stack.enter_context(clock.frozen(moment))

    def advance(self, by: timedelta) -> None:
        self.move_to(clock.now() + by)


@pytest.fixture
def stopped_clock() -> Iterator[StoppedClock]:
    """Time stands still at the present moment; `advance(...)` and `move_to(...)` move it."""
    with ExitStack() as stack:
        yield StoppedClock(stack)


@pytest.fixture
def drain() -> Callable[[], int]:
    """Run the jobs deferred so far, and those they defer, here and now in the test's own transaction; a failing one fails the test.

    Returns how many ran. Jobs scheduled for a later moment of `clock` stay.
    """
    # Jobs are known only once Django is set up, which happens after this file is imported.
    from tests.jobs import run_due_jobs

    return run_due_jobs


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Close the connections kept beside Django's before the test databases are dropped."""
    yield
    from besttrav.journal import aside

    aside.disconnect()


@pytest.fixture(scope="session")
def running_carrier() -> "Iterator[CarrierSimulator]":
    """The simulated text message carrier, once per process."""
    from tests.carrier import running_carrier

    with running_carrier() as simulator:
        yield simulator


@pytest.fixture
def carrier(running_carrier: "CarrierSimulator", settings: "SettingsWrapper") -> "Iterator[CarrierSimulator]":
    """The simulated carrier with empty books, wired to the product; numbers of nobody count as mobiles."""
    from besttrav.kernel.registry import forget_providers

    settings.OUTGOING_ALLOWED = [running_carrier.address.removeprefix("http://")]
    entry = settings.PROVIDERS["carrier"]
    settings.PROVIDERS = settings.PROVIDERS | {"carrier": entry | {"options": entry["options"] | {"address": running_carrier.address}}}
    settings.INVENTED_PHONES = "12"
    forget_providers()
    running_carrier.forget()
    yield running_carrier
    forget_providers()


@pytest.fixture(scope="session")
def running_insurers() -> "Iterator[InsurerSimulators]":
    """The simulated insurers, once per process."""
    from tests.insurance import running_insurers

    with running_insurers() as simulators:
        yield simulators


@pytest.fixture
def insurers(running_insurers: "InsurerSimulators", settings: "SettingsWrapper") -> "Iterator[InsurerSimulators]":
    """The simulated insurers with empty books, wired to the product; their callbacks arrive in `insurers.mailbox`."""
    from besttrav.kernel.registry import forget_providers

    running_insurers.wire(settings)
    forget_providers()
    running_insurers.forget()
    yield running_insurers
    forget_providers()


@pytest.fixture(scope="session")
def running_invoicing() -> "Iterator[InvoicingSimulator]":
    """The simulated platform for invoices, once per process."""
    from tests.invoicing import running_invoicing

    with running_invoicing() as simulator:
        yield simulator


@pytest.fixture
def invoicing(running_invoicing: "InvoicingSimulator", settings: "SettingsWrapper") -> "Iterator[InvoicingSimulator]":
    """The simulated platform with empty books, wired to the product."""
    from besttrav.kernel.registry import forget_providers

    running_invoicing.wire(settings)
    forget_providers()
    running_invoicing.forget()
    yield running_invoicing
    forget_providers()


@pytest.fixture(scope="session")
def running_cashiers() -> "Iterator[dict[str, Cashier]]":
    """The simulated payment channels, once per process."""
    from tests.cashiers import running_cashiers

    with running_cashiers() as cashiers:
        yield cashiers


@pytest.fixture
def cashiers(running_cashiers: "dict[str, Cashier]", settings: "SettingsWrapper") -> "Iterator[dict[str, Cashier]]":
    """Both channels with empty books, wired to the product."""
    from besttrav.kernel.registry import forget_providers

    entries = {name: settings.PROVIDERS[name] | {"options": cashier.options} for name, cashier in running_cashiers.items()}
    settings.PROVIDERS = settings.PROVIDERS | entries
    settings.OUTGOING_ALLOWED = [
        *settings.OUTGOING_ALLOWED,
        *(cashier.address.removeprefix("http://") for cashier in running_cashiers.values()),
    ]
    forget_providers()
    for cashier in running_cashiers.values():
        cashier.forget()
    yield running_cashiers
    forget_providers()


@pytest.fixture
def later(insurers: "InsurerSimulators", stopped_clock: StoppedClock) -> "Later":
    """Moves our clock and the insurers' together: `later(seconds)`."""
    from tests.insurance import Later

    return Later(insurers, stopped_clock)


@pytest.fixture
def wechat(cashiers: "dict[str, Cashier]") -> "Cashier":
    return cashiers["wechat"]


@pytest.fixture
def alipay(cashiers: "dict[str, Cashier]") -> "Cashier":
    return cashiers["alipay"]


@pytest.fixture
def world(carrier: "CarrierSimulator") -> "World":
    """The cast: see tests/world.py."""
    from tests.world import World

    return World(carrier)
