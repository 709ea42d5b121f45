"""A shop with everything around it, for stories about contracts that were sold."""

from tests.sales.conftest import shop

__all__ = ["shop"]
