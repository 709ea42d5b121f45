"""Whatever goes wrong, the person reads what happened, what was saved, a way out and a reference."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError, connections
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.test import Client
from django.urls import path

from besttrav.kernel.errors import Refusal, Unavailable
from besttrav.urls import handler400, handler403, handler404, handler500
from besttrav.urls import urlpatterns as doors

PROBLEMS: dict[str, tuple[BaseException, int, str]] = {
    "damaged": (SuspiciousOperation("x"), 400, "这个请求读不出来"),
    "forbidden": (PermissionDenied(), 403, "您不能打开这个页面"),
    "large": (RequestDataTooBig(), 413, "内容太大"),
    "refused": (Refusal("这份保单已经退保。", way_out="可以重新投保。"), 422, "这份保单已经退保。"),
    "broken": (RuntimeError("secret detail"), 500, "我们这边出了错"),
    "away": (Unavailable("vault"), 503, "暂时办不了"),
}


def fail(request: HttpRequest, name: str) -> HttpResponse:
    raise PROBLEMS[name][0]


def only_post(request: HttpRequest) -> HttpResponse:
    return HttpResponseNotAllowed(["POST"])


urlpatterns = [path("fails/<name>/", fail), path("only-post/", only_post), *doors]
__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@pytest.fixture(autouse=True)
def failing_site(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def without_database() -> Iterator[None]:
    """Every query fails, on both databases."""

    def away(*arguments: Any) -> None:
        raise OperationalError("the database is away")

    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(away))
        yield


@pytest.mark.usefixtures("without_database")
@pytest.mark.parametrize("name", PROBLEMS)
def test_a_failure_has_its_page_without_any_database(name: str) -> None:
    response = Client(raise_request_exception=False).get(f"/fails/{name}/")
    page = response.content.decode()
    _problem, status, sentence = PROBLEMS[name]

    assert response.status_code == status
    assert sentence in page
    assert "参考编号" in page
    assert "400-000-0000" in page
    assert 'href="/"' in page
    assert "secret detail" not in page


def test_a_missing_page_says_so(client: Client) -> None:
    response = client.get("/nowhere/")

    assert response.status_code == 404
    assert "没有这个页面" in response.content.decode()


def test_a_wrong_method_is_a_page_for_people_and_stays_bare_for_programs(client: Client) -> None:
    for_people = client.get("/only-post/", headers={"Accept": "text/html"})
    for_programs = client.get("/only-post/", headers={"Accept": "application/json"})

    assert (for_people.status_code, for_people["Allow"]) == (405, "POST")
    assert "这个页面不能这样使用" in for_people.content.decode()
    assert (for_programs.status_code, for_programs.content) == (405, b"")


def test_a_form_without_its_token_says_that_nothing_was_sent() -> None:
    response = Client(enforce_csrf_checks=True).post("/preferences/", {"theme": "dark"})

    assert response.status_code == 403
    assert "这张表单已过期" in response.content.decode()
    assert "没有提交任何内容" in response.content.decode()


def test_a_refusal_names_its_way_out(client: Client) -> None:
    assert "可以重新投保。" in client.get("/fails/refused/").content.decode()


def test_what_is_away_may_be_asked_again_later(client: Client) -> None:
    assert client.get("/fails/away/")["Retry-After"] == "60"


def test_errors_are_told_in_english_too(client: Client) -> None:
    assert "There is no such page" in client.get("/nowhere/", headers={"Accept-Language": "en"}).content.decode()


def test_every_error_has_a_reference_of_its_own(client: Client) -> None:
    assert client.get("/nowhere/").wsgi_request.reference != client.get("/nowhere/").wsgi_request.reference  # type: ignore[attr-defined]  # set by Headers
