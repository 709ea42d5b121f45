"""A stocked shelf, and the outside world of a sale: text messages, cashiers and insurers."""

import pytest

from tests.cashiers import Cashier
from tests.insurance import InsurerSimulators
from tests.jobs import forget_jobs
from tests.sales.shop import Shop
from tests.world import World


@pytest.fixture
def shop(world: World, cashiers: dict[str, Cashier], insurers: InsurerSimulators) -> Shop:
    """The shop with everything around it running for real."""
    forget_jobs()
    return Shop(world, cashiers, insurers)
