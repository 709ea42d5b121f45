"""The two pages our own are held against: the least Django answers with, and the least a shop of twelve products does.

They stand behind the middleware of a new Django project, without a log, languages or anything of ours. Both weigh as much as the page
measured beside them: the filling is text.
"""

from collections.abc import Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import override_settings
from django.urls import path

from bench.models import Good

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
GOODS, QUERIES = 12, 5
_TEMPLATE = """<!DOCTYPE html><html lang="en"><head><title>{{ title }}</title></head><body><h1>{{ title }}</h1>
{% for shelf in shelves %}<section>{% for good in shelf %}<article><h2><a href="/goods/{{ good.id }}/">{{ good.name }}</a></h2>
<p>{{ good.says }}</p>{% if good.price > 1000 %}<b>{{ good.price }}</b>{% else %}<i>{{ good.price }}</i>{% endif %}</article>{% endfor %}
</section>{% endfor %}</body></html>"""


def fill(weight: int) -> None:
    """Make the page of five queries weigh about so many bytes."""
    Good._default_manager.all().delete()
    room = max(weight // (GOODS * QUERIES) - 90, 1)
    Good._default_manager.bulk_create(
        Good(shelf=number % QUERIES, name=f"Good number {number}", says="x" * room, price=number * 100) for number in range(GOODS * QUERIES)
    )


def handler(weight: int) -> WSGIHandler:
    """A WSGI application with both pages: /bare/ and /template5/."""
    body = b"x" * weight
    template = engines["django"].from_string(_TEMPLATE)

    def bare(request: HttpRequest) -> HttpResponse:
        return HttpResponse(body)

    def template5(request: HttpRequest) -> HttpResponse:
        shelves = [list(Good._default_manager.filter(shelf=number).order_by("id")) for number in range(QUERIES)]
        return HttpResponse(template.render({"title": "Goods", "shelves": shelves}, request))

    return _Limits([path("bare/", bare), path("template5/", template5)])


class _Limits(WSGIHandler):
    """Django without our middleware, on addresses of its own."""

    def __init__(self, urls: Iterable[Any]) -> None:
        self._urls = tuple(urls)
        with override_settings(MIDDLEWARE=MIDDLEWARE):
            super().__init__()

    def get_response(self, request: HttpRequest) -> Any:
        request.urlconf = self._urls  # type: ignore[assignment]  # Django takes a sequence of addresses as well as a module's name
        return super().get_response(request)
