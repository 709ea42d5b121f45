"""Rendering a page that holds a form, and finding back to it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse

View = TypeVar("View", bound=Callable[..., HttpResponse])


def sent(request: HttpRequest) -> QueryDict | None:
    """What was posted, for a form: an empty post is a sent form too, and asks for what is missing."""
    return request.POST if request.method == "POST" else None


def page(request: HttpRequest, template: str, *, status: int | None = None, **context: Any) -> HttpResponse:
    """Render the template. A form among the context that was sent and is invalid makes it a 422, with the values kept."""
    form = context.get("form")
    refused = form is not None and form.is_bound and not form.is_valid()
    return render(request, template, context, status=status or (422 if refused else 200))


def answers_form_of(name: str, *kept: str) -> Callable[[View], View]:
    """For a view that takes a form of the page `name` and answers at an address of its own. Who comes to that address any other way, from
    a switch in the header, by reload or after signing in again, is led to the page; `kept` are the parts both addresses share."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
            if request.method in {"GET", "HEAD"}:
                return HttpResponseRedirect(reverse(name, kwargs={part: values[part] for part in kept}))
            return view(request, *args, **values)

        return cast(View, guarded)

    return guard
