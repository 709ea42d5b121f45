"""Vendors that answer at once, in this very process: so that what is measured is ours and neither a network nor a simulator.

They stand behind the ports as any other vendor does; the proofs of the product use the simulators.
"""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar
from uuid import uuid4

from besttrav.contact.port import LookUp, Outcome, Result, SendText
from besttrav.insurers import port as insuring
from besttrav.kernel import clock
from besttrav.payments import port as paying


class Carrier:
    codes: ClassVar[dict[str, str]] = {}
    """The last code sent to each phone, for somebody who walks through the pages."""

    def send(self, message: SendText) -> Outcome:
        if "code" in message.values:
            self.codes[message.phone] = message.values["code"]
        return Outcome(Result.OK, reference=message.number)

    def look_up(self, question: LookUp) -> Outcome:
        return Outcome(Result.OK, reference=question.number)


class Channel:
    """Whatever was asked for was paid."""

    def __init__(self) -> None:
        self._asked: dict[str, int] = {}

    def prepay(self, order: paying.Prepay) -> paying.Prepared:
        self._asked[order.number] = order.amount.fen
        return paying.Prepared(paying.Result.OK, address=f"weixin://bench/{order.number}", valid_until=order.expires_at)

    def query(self, number: str) -> paying.Found:
        return paying.Found(paying.Standing.PAID, fen=self._asked[number], reference=number, paid_at=clock.now())

    def close(self, number: str) -> paying.Found:
        return self.query(number)

    def refund(self, refund: paying.PayBack) -> paying.RefundFound:
        return paying.RefundFound(paying.Return.SUCCEEDED, fen=refund.amount.fen, reference=refund.number, done_at=clock.now())

    def query_refund(self, number: str, payment: str) -> paying.RefundFound:
        return paying.RefundFound(paying.Return.ABSENT)

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> paying.Callback:
        return paying.Callback(is_genuine=False, reply=paying.Reply(401))

    def bill(self, day: date) -> paying.Bill:
        return paying.Bill(paying.Standing.ABSENT)


class Insurer:
    """Issues whatever it is sent, as it was sent. It has no papers to give."""

    capabilities = insuring.Capabilities()

    def perform(self, command: insuring.Command) -> insuring.Outcome:
        if isinstance(command, insuring.Cancel):
            return insuring.Cancelled(policy_number=command.policy_number)
        people = tuple(_echoed(one.person, one.sums) for one in command.insured)
        echo = insuring.Echo(
            product=command.product,
            plan=command.plan,
            area=command.area,
            period=command.period,
            holder=_echoed(command.holder, None),
            insured=people,
        )
        return insuring.Issued(policy_number=uuid4().hex[:16].upper(), premium=command.premium, echo=echo)

    def ask(self, submission: str) -> insuring.Outcome:
        return insuring.Absent()

    def fetch_document(
        self, submission: str, policy_number: str
    ) -> insuring.Document | insuring.Waiting | insuring.Absent | insuring.Unknown:
        return insuring.Waiting()

    def read_callback(self, path: str, headers: Mapping[str, str], body: bytes) -> insuring.Callback:
        raise insuring.Forged("nobody calls back here")


def _echoed(person: insuring.Person, sums: Mapping[str, object] | None) -> insuring.EchoedPerson:
    return insuring.EchoedPerson(
        name=person.name,
        identity_kind=person.identity.kind,
        identity_number=person.identity.number,
        passport_name=person.passport_name,
        birth_date=person.birth_date,
        sums=sums,  # type: ignore[arg-type]  # as they were sent
    )
