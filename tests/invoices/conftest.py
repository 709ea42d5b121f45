import pytest

from tests.conftest import StoppedClock
from tests.invoices.office import Office
from tests.invoicing import InvoicingSimulator
from tests.jobs import forget_jobs
from tests.sales.conftest import shop

__all__ = ["office", "shop"]


@pytest.fixture
def office(invoicing: InvoicingSimulator, stopped_clock: StoppedClock) -> Office:
    """A policy that stands, with the platform for invoices running for real."""
    forget_jobs()
    return Office(invoicing, stopped_clock)
