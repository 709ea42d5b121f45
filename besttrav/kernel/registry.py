"""Loads what settings name. The only road from the house to `besttrav.providers` and to private packages."""

from functools import cache
from importlib import import_module
from threading import RLock

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_building = RLock()


def provider(port: str) -> object:
    """The provider configured for `port` in `settings.PROVIDERS`, built once per process with its options.

    Raises ImproperlyConfigured, naming the settings key, when the port is not configured or its class cannot be loaded.
    """
    with _building:  # Two threads that ask first at the same moment get the same one.
        return _built(port)


def forget_providers() -> None:
    """Build providers anew at the next call: for tests that change `settings.PROVIDERS`."""
    _built.cache_clear()


@cache
def _built(port: str) -> object:
    try:
        entry = settings.PROVIDERS[port]
        module, _, name = entry["class"].rpartition(".")
        return getattr(import_module(module), name)(**entry.get("options", {}))
    except (KeyError, ImportError, AttributeError, TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"settings.PROVIDERS[{port!r}] names no usable provider: {error}") from error
