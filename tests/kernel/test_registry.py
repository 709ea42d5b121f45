"""Settings name the vendors; the registry builds each once and says which line is wrong."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from besttrav.kernel.registry import forget_providers, provider


class Carrier:
    """A vendor that takes its time to start."""

    def __init__(self, *, sender: str) -> None:
        time.sleep(0.05)
        self.sender = sender


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    forget_providers()
    yield
    forget_providers()


def configured(settings: Settings, **entry: Any) -> None:
    settings.PROVIDERS = {"carrier": entry}


def test_a_provider_is_built_with_its_options_once(settings: Settings) -> None:
    configured(settings, **{"class": f"{__name__}.Carrier", "options": {"sender": "Besttrav"}})
    carrier = provider("carrier")
    assert carrier is provider("carrier")
    assert type(carrier).__name__ == "Carrier"
    assert vars(carrier) == {"sender": "Besttrav"}


def test_threads_that_ask_at_the_same_moment_get_the_same_provider(settings: Settings) -> None:
    configured(settings, **{"class": f"{__name__}.Carrier", "options": {"sender": "Besttrav"}})
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(provider("carrier"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({id(each) for each in found}) == 1


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"class": ""},
        {"class": "Carrier"},
        {"class": "besttrav.nowhere.Carrier"},
        {"class": "besttrav.kernel.registry.Carrier"},
        {"class": f"{__name__}.Carrier", "options": {"colour": "red"}},
    ],
)
def test_a_wrong_line_is_named(settings: Settings, entry: dict[str, Any]) -> None:
    configured(settings, **entry)
    with pytest.raises(ImproperlyConfigured, match=r"settings\.PROVIDERS\['carrier'\]"):
        provider("carrier")


def test_a_port_without_a_line_is_named(settings: Settings) -> None:
    settings.PROVIDERS = {}
    with pytest.raises(ImproperlyConfigured, match="insurer"):
        provider("insurer")
