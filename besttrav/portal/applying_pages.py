"""What every step of an application has around it, and how one leads to the next."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect

from besttrav.kernel.money import Money
from besttrav.people import cookies
from besttrav.people.requests import Request
from besttrav.portal.applying import Draft, Priced, token_of
from besttrav.sales.steps import Step
from besttrav.ui.pages import page

READ_OR_SEND = ["GET", "HEAD", "POST"]


def step_page(draft: Draft, step: Step, request: Request, *, status: int | None = None, **more: Any) -> HttpResponse:
    """One step with what stands around every step: way back, progress, price, and what changed about it."""
    context = {
        "draft": draft,
        "step": step,
        "number": draft.number(step),
        "total": len(draft.steps),
        "back": draft.before(step),
        "priced": draft.priced,
        "was": _premium_before(draft.priced, request),
        "page_version": draft.seen(step).version,
    }
    return page(request, f"portal/applying/{step}.html", status=status, **{**context, **more})


def onward(draft: Draft, request: Request, was: Money | None = None) -> HttpResponse:
    """To the next step; where the price is another now, the next page says so once."""
    fresh = Draft(draft.application, request.actor)
    now = fresh.priced.total
    query = f"?was={was.fen}" if was is not None and now is not None and was != now else ""
    return keeping(HttpResponseRedirect(fresh.address(fresh.next) + query, status=303), token_of(request))


def keeping(response: HttpResponse, token: str) -> HttpResponse:
    """The browser keeps its token for another while; somebody who is signed in may have none."""
    if token:
        cookies.keep_application(response, token)
    return response


def _premium_before(priced: Priced, request: Request) -> Money | None:
    """What it cost a step ago, where that was something else."""
    fen = request.GET.get("was", "")
    before = Money(int(fen)) if fen.isascii() and fen.isdigit() and len(fen) < 12 else None
    return before if before and priced.total and before != priced.total else None
