"""Reading the sale. What somebody may not see and what is not there look the same."""

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from besttrav.catalogue import queries as catalogue
from besttrav.catalogue.offer import Offer
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor, ActorKind
from besttrav.kernel.statements import rows_of
from besttrav.payments.queries import open_attempts
from besttrav.people.models import Account
from besttrav.policies.models import Party
from besttrav.policies.purposes import APPLY
from besttrav.privacy.gate import reveal
from besttrav.sales.limits import ORDER
from besttrav.sales.models import Answer, Application, ApplicationState, Decision, Evidence, Order, OrderState, Visit


def application_of(id: UUID, *, account: Account | None, browser_sha256: str) -> Application | None:
    """One application of a browser or of whoever is signed in, and none that was made theirs past us."""
    found = _applications(account, browser_sha256).filter(id=id).first()
    return found if found and found.is_bound else None


def unfinished_of(*, account: Account | None, browser_sha256: str, most: int) -> list[Application]:
    """What a browser or person has begun and not finished, the latest first."""
    unfinished = [ApplicationState.DRAFT, ApplicationState.DECLINED, ApplicationState.REFERRED]
    found = _applications(account, browser_sha256).filter(state__in=unfinished).order_by("-last_activity_at")[:most]
    return [one for one in found if one.is_bound]


def _applications(account: Account | None, browser_sha256: str) -> QuerySet[Application]:
    """An application of an account is not shown to its browser signed out."""
    mine = Q(browser_sha256=browser_sha256, account=None) if browser_sha256 else Q(pk=None)
    if account:
        mine |= Q(account=account)
    return cast("QuerySet[Application]", Application.objects.filter(mine))


def buyer_of(application: Application, actor: Actor) -> Actor:
    """Who fills this application in: the one who may see what was typed into it, and nothing else. See `policies.purposes.APPLY`."""
    return Actor(ActorKind.PERSON, id=actor.id, subject=actor.subject, session=actor.session, roles=frozenset({"buyer"}))


def offer_of(application: Application) -> Offer:
    """The version of the product this application began with."""
    return catalogue.offer(application.version_id)


def parties_of(application: Application) -> list[Party]:
    """Everybody in it, in the order they were typed."""
    return rows_of(Party, contract=application.contract, order_by="position")


def papers_read(application: Application, offer: Offer) -> set[str]:
    """The papers confirmed in the text this version has, by kind."""
    texts = {sha256 for paper in offer.papers for sha256 in (paper.sha256.zh, paper.sha256.en)}
    steps = Evidence.objects.filter(application=application, action="confirmed").values_list("facts", flat=True)
    return {facts["paper"] for facts in steps if facts["text"] in texts}


def answer_rows_of(application: Application) -> list[Answer]:
    """What was answered about health, sealed."""
    return list(Answer.objects.filter(application=application)) if application.answered_at else []


def answers_of(application: Application, actor: Actor) -> dict[tuple[UUID, str], bool]:
    """What was answered about health, by insured person and question, opened for whoever answered or for a job."""
    rows = answer_rows_of(application)
    opened = reveal(rows, ["answer"], purpose=APPLY, actor=actor, case=application.id)
    return {(row.party_id, row.question): texts.answer == "yes" for row, texts in zip(rows, opened, strict=True)}


def decision_of(application: Application) -> Decision | None:
    """The newest decision."""
    return cast(Decision | None, Decision.objects.filter(application=application).order_by("-at").first())


def order_of(number: str, *, account: Account | None = None, browser_sha256: str = "", visit: Visit | None = None) -> Order | None:
    """One of the orders somebody may see: their account's, those this browser signed a moment ago, the one it proved to belong to."""
    found = _orders(account, browser_sha256, visit).filter(number=number).first()
    return found if found and _is_bound(found) else None


def orders_of(*, account: Account | None = None, browser_sha256: str = "", visit: Visit | None = None) -> list[Order]:
    """All of them, the newest first; none that was made theirs past us."""
    return [order for order in _orders(account, browser_sha256, visit).order_by("-created_at") if _is_bound(order)]


def _is_bound(order: Order) -> bool:
    return order.is_bound and order.application.is_bound


def _orders(account: Account | None, browser_sha256: str, visit: Visit | None) -> QuerySet[Order]:
    mine = Q(pk=visit.order_id) if visit else Q(pk=None)
    if account:
        mine |= Q(account=account)
    if browser_sha256:
        mine |= Q(account=None, application__browser_sha256=browser_sha256)
    return Order.objects.filter(mine).select_related("application")


def run_out(now: datetime) -> QuerySet[Order]:
    """Orders whose time to pay is over for good: the channels have closed every attempt first, so what was paid in time is known.

    A channel that does not answer is waited for no longer than `close_minutes`.
    """
    over = Order.objects.filter(state=OrderState.TO_PAY, pay_by__lt=now)
    waited_for = Q(pay_by__gte=now - timedelta(minutes=ORDER.close_minutes)) & Exists(open_attempts(OuterRef("id")))
    return over.exclude(waited_for)


def acting_for(order: Order) -> Actor:
    """The buyer of an order, for whoever proved to be it: their own data is open to them as to a member."""
    return Actor.person(id=order.id, subject=order.subject)


def living_visit(token_sha256: str) -> Visit | None:
    found = Visit.objects.filter(token_sha256=token_sha256, ends_at__gt=clock.now()).select_related("order").first()
    return found if found and found.is_bound else None
