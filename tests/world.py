"""The cast everybody knows. Buyer, spouse and child are customers; service agent, claims handler, auditor, two administrators and two
finance clerks are staff; the stranger has no business in other people's matters, and every story shows the stranger refused.

Names are invented; phone numbers begin with 12, which was never assigned.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from besttrav.contact.models import Message
from besttrav.contact.operations import send
from besttrav.journal.operations import record
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.people import totp
from besttrav.people.models import Account, CodePurpose, Session, StaffMember
from besttrav.people.operations import accounts, codes, devices, granting, staff
from besttrav.people.permissions import Role
from besttrav.people.policy import shown_policy
from besttrav.people.queries import roles_of
from besttrav.people.visitors import Visitor, new_token
from besttrav.privacy import actions as privacy_actions
from besttrav.privacy import recovering
from besttrav.privacy.vault import store
from tests.carrier import CarrierSimulator

PASSWORD = "four quiet lanterns"  # of every member of staff in the cast

BUYER, SPOUSE, CHILD, STRANGER = (f"+861290000{tail}" for tail in ("1001", "1002", "1003", "6666"))


def browser(*, device: str = "", network: str = "203.0.113.7") -> Visitor:
    """A fresh browser; give it the device token of an earlier sign-in to come back with the same one."""
    return Visitor(browser=new_token(), device=device, network=network, agent="Firefox/140 on a test", language="zh-hans")


@dataclass
class Customer:
    """Somebody with an account, signed in."""

    phone: str
    account: Account
    session: Session
    token: str
    visitor: Visitor

    @property
    def actor(self) -> Actor:
        return Actor.person(id=self.account.id, subject=self.account.subject, session=self.session.id)


@dataclass
class Colleague:
    """A member of staff, signed in with both factors."""

    member: StaffMember
    session: Session
    token: str

    @property
    def actor(self) -> Actor:
        return Actor.staff(id=self.member.id, number=self.member.number, roles=roles_of(self.member), session=self.session.id)


class World:
    """Brings people in when a story first names them."""

    def __init__(self, carrier: CarrierSimulator) -> None:
        self.carrier = carrier

    @cached_property
    def buyer(self) -> Customer:
        return self.customer(BUYER)

    @cached_property
    def spouse(self) -> Customer:
        return self.customer(SPOUSE)

    @cached_property
    def child(self) -> Customer:
        return self.customer(CHILD)

    @cached_property
    def stranger(self) -> Customer:
        return self.customer(STRANGER)

    @cached_property
    def service_agent(self) -> Colleague:
        return self.colleague("S1001", "季晚亭", Role.SERVICE)

    @cached_property
    def claims_handler(self) -> Colleague:
        return self.colleague("S1002", "骆行舟", Role.CLAIMS)

    @cached_property
    def auditor(self) -> Colleague:
        return self.colleague("S1003", "严见山", Role.AUDIT)

    @cached_property
    def administrator(self) -> Colleague:
        return self.colleague("S1004", "冷知秋", Role.ADMIN)

    @cached_property
    def second_administrator(self) -> Colleague:
        return self.colleague("S1005", "温听雨", Role.ADMIN)

    @cached_property
    def finance_clerk(self) -> Colleague:
        return self.colleague("S1006", "方知微", Role.FINANCE)

    @cached_property
    def second_finance_clerk(self) -> Colleague:
        return self.colleague("S1007", "谢临川", Role.FINANCE)

    def ask_for_code(self, phone: str, visitor: Visitor, purpose: CodePurpose = CodePurpose.SIGN_IN, **more: Any) -> Any:
        """Ask for a code and let it arrive."""
        challenge = codes.request(phone=phone, purpose=purpose, visitor=visitor, actor=Actor.visitor(), **more)
        self.deliver()
        return challenge

    def prove(self, phone: str, visitor: Visitor, purpose: CodePurpose = CodePurpose.SIGN_IN, **more: Any) -> Any:
        """Ask for a code, read it, enter it."""
        challenge = self.ask_for_code(phone, visitor, purpose, **more)
        return codes.check(
            challenge_id=challenge.id, code=self.carrier.code(phone), purpose=purpose, visitor=visitor, actor=Actor.visitor()
        )

    def deliver(self) -> None:
        """Hand every prepared message to the carrier, as the worker would."""
        for message in Message.objects.filter(state="prepared").order_by("id"):
            send(message=message)

    def customer(self, phone: str, visitor: Visitor | None = None) -> Customer:
        """Somebody who signs in with their phone, and registers if need be."""
        visitor = visitor or browser()
        challenge = self.prove(phone, visitor)
        signed_in = accounts.sign_in(challenge=challenge, visitor=visitor) or accounts.register(
            challenge=challenge, visitor=visitor, agreed_to=shown_policy("zh-hans")
        )
        assert signed_in.session.account is not None
        return Customer(phone, signed_in.session.account, signed_in.session, signed_in.token, visitor)

    def recognise(self, customer: Customer) -> str:
        """They let us recognise their browser. Returns its mark, for `browser(device=...)`."""
        return devices.recognise(
            account=customer.account, session=customer.session, agreed_to=shown_policy("zh-hans"), actor=customer.actor
        )

    def colleague(self, number: str, name: str, *roles: Role) -> Colleague:
        """A member of staff who enrolled with password and app, signed the agreement and holds the roles."""
        member, invitation = staff.invite(number=number, name=name, actor=Actor.job("tests"))
        pending = staff.enrol(number=number, invitation=invitation, password=PASSWORD, visitor=browser())
        member.refresh_from_db()
        code = totp.code_at(staff.app_secret(member), clock.now())
        entered = staff.confirm_app(session=pending.session, code=code, visitor=browser())
        member.refresh_from_db()
        granting.sign_agreement(staff=member, actor=Actor.staff(id=member.id, number=number, roles=frozenset()))
        for role in roles:
            granting.found(staff=member, role=role)
        return Colleague(member, entered.session, entered.token)


def restore_a_backup() -> None:
    """What the two databases and those who follow know after a restore: the moment, and the entry in the journal. Nothing else changes."""
    store.note_restore()
    recovering.replay()
    record(privacy_actions.RESTORED, actor=Actor.job("tests"), subject=None, store="record", replayed=0)
