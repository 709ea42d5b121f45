"""The staff shell: who looks stands over every page."""

from datetime import UTC, datetime

from django.test import RequestFactory

from besttrav.console.views.watermark import watermark
from besttrav.kernel import clock, ids
from besttrav.kernel.actors import Actor


def clerk() -> Actor:
    return Actor.staff(id=ids.new_id(), number="0417", roles=frozenset({"clerk"}))


def test_the_watermark_names_the_staff_number_and_the_minute_in_beijing() -> None:
    request = RequestFactory().get("/staff/watermark.svg")
    request.actor = clerk()  # type: ignore[attr-defined]  # as the people room sets it
    with clock.frozen(datetime(2026, 11, 22, 16, 5, tzinfo=UTC)):
        response = watermark(request)

    assert response["Content-Type"] == "image/svg+xml"
    assert response["Cache-Control"] == "no-store"
    assert "0417 2026-11-23 00:05" in response.content.decode()
