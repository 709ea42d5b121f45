"""The door for insurers: proves nothing by itself, answers in the insurer's own words, and tells strangers nothing."""

import pytest
from django.test import Client

from besttrav.insurers.models import InboxItem
from tests.insurance import DECIDES_AFTER, Delivered, InsurerSimulators, Later
from tests.insurers.test_exchanges import Sale

pytestmark = pytest.mark.usefixtures("collected_static")

ADDRESS = "/api/callbacks/insurers/{}/"


@pytest.fixture(params=["heyan", "yunhang"])
def delivered(request: pytest.FixtureRequest, insurers: InsurerSimulators, later: Later) -> Delivered:
    """A genuine callback, as it came over the wire."""
    Sale(request.param).work()
    later(DECIDES_AFTER + 1)
    return insurers.mailbox.take()[0]


@pytest.fixture
def outside() -> Client:
    """Somebody with no cookie and no form's token, as an insurer is."""
    return Client(enforce_csrf_checks=True)


def post(outside: Client, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    kind = headers.get("content-type", "application/octet-stream")
    sent = {name: value for name, value in headers.items() if name not in {"host", "content-length", "content-type"}}
    response = outside.post(path, body, content_type=kind, headers=sent)
    return response.status_code, response.content


def test_a_genuine_callback_is_taken_and_answered(outside: Client, delivered: Delivered) -> None:
    status, content = post(outside, delivered.path, delivered.headers, delivered.body)

    assert status == 200
    assert content in (b'{"received":true}',) or b"<FanHuiMa>0000</FanHuiMa>" in content
    assert InboxItem.objects.count() == 1


def test_the_same_one_again_is_answered_and_not_counted(outside: Client, delivered: Delivered) -> None:
    answers = [post(outside, delivered.path, delivered.headers, delivered.body) for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert InboxItem.objects.count() == 1


def test_a_stranger_is_told_nothing(outside: Client, delivered: Delivered) -> None:
    forged = {name: value for name, value in delivered.headers.items() if name not in {"x-signature", "qian-ming"}}

    assert post(outside, delivered.path, forged, delivered.body) == (401, b"")
    assert post(outside, delivered.path, delivered.headers, delivered.body + b" ") == (401, b"")
    assert post(outside, delivered.path, {}, b"") == (401, b"")
    assert InboxItem.objects.count() == 0


def test_there_is_no_door_for_an_insurer_we_do_not_have(outside: Client, delivered: Delivered) -> None:
    assert post(outside, ADDRESS.format("nobody"), delivered.headers, delivered.body)[0] == 404


def test_the_door_is_for_posting_small_things_only(outside: Client, delivered: Delivered) -> None:
    assert outside.get(delivered.path).status_code == 405
    assert post(outside, delivered.path, delivered.headers, b"x" * 65_537)[0] == 413
