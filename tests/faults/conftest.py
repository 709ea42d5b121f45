from collections.abc import Iterator

import pytest

from tests.faults.house import House, Street, street


@pytest.fixture(scope="session")
def quick_street() -> Iterator[Street]:
    """A cluster that forgets when the machine goes down, not when a process does."""
    with street(durable=False) as it:
        yield it


@pytest.fixture
def house(quick_street: Street) -> House:
    """Two fresh databases, keys and a ledger, to be killed in."""
    return quick_street.house()
