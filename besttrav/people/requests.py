"""What a request carries after `middleware.WhoIsThere`; views name the one their access rule guarantees."""

from django.http import HttpRequest

from besttrav.kernel.actors import Actor
from besttrav.people.models import Account, Session, StaffMember
from besttrav.people.visitors import Visitor


class Request(HttpRequest):
    """Anybody's request."""

    visitor: Visitor
    actor: Actor
    session_record: Session | None


class CustomerRequest(Request):
    """A signed-in customer's: behind `SIGNED_IN` or `TRUSTED`."""

    session_record: Session


class StaffRequest(Request):
    """A member of staff's: behind `STAFF` or a permission."""

    session_record: Session


def account_of(request: CustomerRequest) -> Account:
    """The account that is signed in."""
    account = request.session_record.account
    assert account is not None
    return account


def member_of(request: StaffRequest) -> StaffMember:
    """The member of staff who is signed in."""
    member = request.session_record.staff
    assert member is not None
    return member
