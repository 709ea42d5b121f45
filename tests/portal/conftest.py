"""People at their browsers, and the shop with the outside world around it, for the doors."""

from collections.abc import Callable

from django.test import Client

from tests.promises.conftest import browser_of
from tests.sales.conftest import shop
from tests.world import Colleague, Customer

Browser = Callable[[Customer | Colleague], Client]

__all__ = ["Browser", "browser_of", "shop"]
