"""The shop with the outside world around it, for journeys that begin after the application."""

from tests.sales.conftest import shop

__all__ = ["shop"]
