"""Which pages another site may lead to. All others open from our own pages, from the address bar or from an app."""

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


def entry_page(view: View) -> View:
    """A public page that links on other sites may open directly."""
    view.is_entry_page = True  # type: ignore[attr-defined]  # functions carry attributes; the type of a view does not say so
    return view


def is_entry_page(view: Callable[..., Any]) -> bool:
    return bool(getattr(view, "is_entry_page", False))
