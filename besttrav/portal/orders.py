"""Who reached an order, and what that opens: its account, the browser that found it again, or the browser that bought it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import Http404

from besttrav.kernel.actors import Actor
from besttrav.payments.models import Payment, PaymentState
from besttrav.payments.queries import payments_of
from besttrav.people.models import Account
from besttrav.people.requests import Request
from besttrav.policies.models import DocumentKind, Policy, PolicyDocument, PolicyState
from besttrav.portal import cookies
from besttrav.sales.models import Order, OrderState, Visit
from besttrav.sales.operations import finding
from besttrav.sales.queries import acting_for, living_visit, order_of


@dataclass(frozen=True, slots=True)
class Reach:
    """An order somebody may see. Papers and rights are another matter than how it stands: `sees_papers`.

    `visit` is how a browser found it; `is_buyers` says that it is the browser the application was filled in with.
    """

    order: Order
    sees_papers: bool
    is_members: bool = False
    is_buyers: bool = False
    visit: Visit | None = None

    @property
    def may_give_up(self) -> bool:
        """Whether whoever is here may end the contract: its account, or a guest who also gave the digits of the document."""
        return self.is_members or bool(self.visit and self.visit.sees_papers)

    @property
    def actor(self) -> Actor:
        """Whoever reached it, as the one whose data the applicant's is."""
        return acting_for(self.order)


def account_here(request: Request) -> Account | None:
    """Who is signed in and may see what belongs to the account."""
    session = request.session_record
    return session.account if session and session.is_trusted else None


def visit_here(request: Request) -> Visit | None:
    """The order this browser found again, while the visit lasts."""
    token = cookies.visit_sha256(request)
    return living_visit(token) if token else None


def reached(request: Request, number: str) -> Reach:
    """The order, for whom it is. Raises Http404: somebody else's and none at all look the same."""
    account, visit, browser = account_here(request), visit_here(request), cookies.browser_sha256(request)
    order = order_of(number, account=account, browser_sha256=browser, visit=visit)
    if order is None:
        raise Http404
    if account and order.account_id == account.id:
        return Reach(order, sees_papers=True, is_members=True)
    own_visit = visit if visit and visit.order_id == order.id else None
    is_buyers = bool(browser) and order.application.browser_sha256 == browser and order.account_id is None
    is_open = bool(own_visit and own_visit.sees_papers) or (is_buyers and finding.is_fresh(order.application))
    return Reach(order, sees_papers=is_open, is_buyers=is_buyers, visit=own_visit)


def reached_policy(request: Request, policy_id: UUID) -> Reach:
    """A contract, through the order it came from. Raises Http404: somebody else's, one that is not there and one whose papers are not open
    look the same."""
    contract = Policy.objects.filter(id=policy_id).values_list("contract", flat=True).first()
    number = Order.objects.filter(application__contract=contract).values_list("number", flat=True).first() if contract else None
    if number is None:
        raise Http404
    reach = reached(request, number)
    if not reach.sees_papers:
        raise Http404
    return reach


class Standing(StrEnum):
    """Where an order stands, as its pages tell it. `over` is a time to pay that has ended a moment ago: money may be on its way still."""

    TO_PAY = "to_pay"
    OVER = "over"
    EXPIRED = "expired"
    PAID = "paid"
    ISSUED = "issued"
    HELD = "held"
    SURRENDERED = "surrendered"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    LOOKED_INTO = "looked_into"

    @property
    def is_paid(self) -> bool:
        """Whether paying is behind: nobody is to pay such an order again."""
        return self not in {Standing.TO_PAY, Standing.OVER, Standing.EXPIRED}


def attempts_at(order: Order) -> list[Payment]:
    """Every attempt to pay it, the newest first."""
    return list(payments_of(order.id))


def standing_of(order: Order, attempts: list[Payment], now: datetime) -> Standing:
    """What the order and the money say together: the money is known a moment before the order."""
    match order.state:
        case OrderState.TO_PAY if any(one.is_captured for one in attempts):
            return Standing.PAID
        case OrderState.TO_PAY if any(one.state == PaymentState.DISPUTED for one in attempts):
            return Standing.LOOKED_INTO
        case OrderState.TO_PAY:
            return Standing.TO_PAY if order.is_payable(now) else Standing.OVER
        case OrderState.ISSUED:
            return _standing_of_policy(order)
        case state:
            return Standing(state)


def open_attempt(attempts: list[Payment], now: datetime) -> Payment | None:
    """The attempt that somebody may be paying now."""
    return next((one for one in attempts if one.is_open and not one.is_over(now)), None)


def _standing_of_policy(order: Order) -> Standing:
    e_policy = PolicyDocument.objects.filter(policy=OuterRef("pk"), kind=DocumentKind.E_POLICY)
    found = Policy.objects.filter(contract=order.application.contract).annotate(is_held=Exists(e_policy))
    state, is_held = found.values_list("state", "is_held").get()
    if state == PolicyState.CANCELLED:
        return Standing.SURRENDERED
    return Standing.HELD if is_held else Standing.ISSUED
