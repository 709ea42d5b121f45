"""A shop with everything around it, for stories that begin with a sale."""

from tests.sales.conftest import shop

__all__ = ["shop"]
