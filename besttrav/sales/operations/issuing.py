"""What follows the money: the insurer is asked, the contract concluded, or the money sent back. Each step is safe to run twice, and
together they end: whoever has paid is insured or has their money back."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from uuid import UUID, uuid5

from django.db import transaction

from besttrav.catalogue import rating
from besttrav.catalogue.offer import Offer
from besttrav.catalogue.rating import Loading, PersonPremium
from besttrav.contact import operations as contact
from besttrav.contact.operations import Letter
from besttrav.contact.templates import Template
from besttrav.insurers import operations as insurers
from besttrav.insurers import port
from besttrav.insurers.models import Exchange, ExchangeState, Kind
from besttrav.insurers.operations import NothingToLookAt
from besttrav.journal.operations import move, together
from besttrav.kernel import clock, period, references
from besttrav.kernel.actors import Actor
from besttrav.kernel.crash import crashpoint
from besttrav.kernel.jobs import each
from besttrav.kernel.statements import row_of, rows_of
from besttrav.payments import operations as payments
from besttrav.payments.models import Payment, Refund, RefundState
from besttrav.payments.queries import applied_to
from besttrav.policies.models import Party, Policy
from besttrav.policies.operations import concluding
from besttrav.policies.operations.concluding import Sold
from besttrav.policies.purposes import APPLY, CONCLUDE, DECLARE_HEALTH
from besttrav.privacy import files
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.gate import Opened, reveal, reveal_one
from besttrav.privacy.sharing import Part, Recipient, share
from besttrav.sales import evidence, pricing, queries
from besttrav.sales.evidence import Seen
from besttrav.sales.limits import ORDER
from besttrav.sales.models import Answer, Application, ApplicationState, Decision, Evidence, Order, OrderState, RefundBecause
from besttrav.sales.operations import caps, noticing
from besttrav.sales.operations.applying import held
from besttrav.sales.operations.noticing import Reachable

ISSUER = Actor.job("sales.issue")
TOO_LATE = "too_late"
REFUSED = "refused_by_staff"
FIRST_VERSION = 1  # of a contract towards its insurer; an order is sent once, and only a change of the policy makes the next one
IN_ONE_RUN = 200
LEAVING = (
    *("name", "passport_name", "identity_number", "identity_ends", "birth_date", "sex"),
    *("nationality", "phone", "email", "address", "contact"),
)
DECISIONS = UUID("5f0f4c1e-8f57-5b0c-9d0e-6a2d6a0f5a10")  # the name space of refund numbers: one decision for one order


def take_payment(*, payment: Payment) -> None:
    """The money is there: ask the insurer. An order that is no longer waiting for it gives it back, and so does one whose people have
    meanwhile all the cover they may have: see `caps`. Outside a transaction."""
    order = row_of(Order, pk=payment.order_id)
    if order is None:
        return  # What was paid for is another room's.
    (application,) = rows_of(Application, pk=order.application_id)
    with caps.alone_with(application) as people, together():
        application, order = held(pk=application.pk)
        if order.state != OrderState.TO_PAY:
            if order.payment != payment.id:
                payments.refund(
                    payment=payment, amount=payment.captured, decision=_decision(payment.id), because="order_closed", actor=ISSUER
                )
            return
        now = clock.now()
        issue_by = now + timedelta(minutes=ORDER.issue_minutes)
        move(order, OrderState.PAID, actor=ISSUER, because="captured", payment=payment.id, paid_at=now, issue_by=issue_by)
        evidence.note(application, Seen("payment"), "paid", premium=order.premium_fen)
        if people.have_no_room():
            _give_back(application, order, RefundBecause.NO_ROOM)
        else:
            insurers.plan(
                kind=Kind.SUBMIT,
                contract=application.contract,
                version=FIRST_VERSION,
                insurer=people.offer.insurer.code,
                actor=ISSUER,
                deadline=now + timedelta(minutes=ORDER.insurer_patience),
            )
    crashpoint("sales.paid")


def work(*, exchange: Exchange) -> None:
    """Send the application to the insurer, or ask what became of it. Outside a transaction."""
    application = row_of(Application, contract=exchange.contract)
    if application is None:
        return  # The contract is another room's.
    insurers.perform(
        exchange=exchange,
        build=lambda: _submission(exchange, application, _permitted(exchange, application)),
        recall=lambda: _submission(exchange, application, _opened_again(application)),
    )


def look_again(*, exchange: Exchange, actor: Actor) -> None:
    """Ask the insurer about a policy that differed. Outside a transaction; raises what `insurers.look_again` does."""
    insurers.look_again(exchange=exchange, recall=lambda: _recalled(exchange), actor=actor)


def accept(*, exchange: Exchange, actor: Actor, because: str) -> None:
    """Take a policy that differs in what harms nobody. Outside a transaction; raises what `insurers.accept` does."""
    insurers.accept(exchange=exchange, recall=lambda: _recalled(exchange), actor=actor, because=because)


def _recalled(exchange: Exchange) -> port.Submit:
    application = Application.objects.get(contract=exchange.contract)
    return _submission(exchange, application, _opened_again(application))


def settle(*, exchange: Exchange) -> None:
    """The exchange moved: conclude the contract, or send the money back."""
    if exchange.kind != Kind.SUBMIT:
        return
    match exchange.state:
        case ExchangeState.OK:
            conclude(exchange=exchange)
        case ExchangeState.REJECTED:
            give_back(contract=exchange.contract, because=RefundBecause.INSURER_DECLINED)
        case ExchangeState.GIVEN_UP:
            give_back(contract=exchange.contract, because=_why_given_up(exchange))


def conclude(*, exchange: Exchange) -> Policy | None:
    """The insurer issued: from here on there is a policy. None where the order was given back meanwhile; then it is withdrawn there."""
    with together():
        found = _held(exchange.contract)
        if found is None:
            return None  # The contract is another room's.
        application, order = found
        if order.state != OrderState.PAID:
            return row_of(Policy, contract=exchange.contract)
        sold = _sold(application, order)
        if application.answered_at:
            files.become(application.health_file, sold.keep, sold.last_day)
        policy = concluding.conclude(sold=sold, exchange=exchange, actor=ISSUER)
        assert order.payment
        payments.owe_insurer(payment_id=order.payment, because="issued", actor=ISSUER)
        move(order, OrderState.ISSUED, actor=ISSUER, because="issued")
        move(application, ApplicationState.CONCLUDED, actor=ISSUER, because="issued")
        evidence.note(application, Seen("result"), "issued")
    crashpoint("sales.concluded")
    return policy


def tell(*, policy: Policy) -> None:
    """Tell the buyer that they are insured, once, and everybody else in the contract that they are in it."""
    with together():
        application, order = held(contract=policy.contract)
        values = {"first": f"{policy.first_day:%Y-%m-%d}"}
        is_told = evidence.has(application, "told")
        parties = queries.parties_of(application)
        buyer = [party for party in parties if party.is_holder and not is_told]
        people = noticing.reachable([*buyer, *noticing.waiting(application, parties)], application)
        letters = noticing.write(application, [one for one in people if not one.party.is_holder])
        if not is_told:
            values["number"] = references.grouped(order.number)
            letters += [_letter(application, Template.INSURED, values, one) for one in people if one.party.is_holder]
            evidence.note(application, Seen("result"), "told")
        contact.prepare_all(letters, actor=ISSUER)
    crashpoint("sales.told")


def give_back(*, contract: UUID, because: RefundBecause) -> None:
    """There will be no policy: refund everything to the paying account, under one number for good."""
    with together():
        found = _held(contract)
        if found is None or found[1].state != OrderState.PAID:
            return
        _give_back(*found, because)
    crashpoint("sales.given_back")


def settle_refund(*, refund: Refund) -> None:
    """The money is back where it came from."""
    if refund.state != RefundState.SUCCEEDED:
        return
    with transaction.atomic():
        order = Order.objects.select_for_update().filter(id=refund.payment.order_id).first()
        if order and order.state == OrderState.REFUNDING and order.payment == refund.payment_id:
            move(order, OrderState.REFUNDED, actor=ISSUER, because="refunded")


def expire() -> int:
    """Close what was not paid in time, and give back what was paid and not issued in time; called by the clock. Returns how many.

    One that fails keeps no other from its turn.
    """
    now = clock.now()
    unpaid = list(queries.run_out(now).order_by("pay_by").values_list("id", flat=True)[:IN_ONE_RUN])
    late = Order.objects.filter(state=OrderState.PAID, issue_by__lt=now).order_by("issue_by")
    contracts = list(late.values_list("application__contract", flat=True)[:IN_ONE_RUN])
    each([*(partial(_expire, id) for id in unpaid), *(partial(_give_up, contract) for contract in contracts)])
    return len(unpaid) + len(contracts)


def _expire(order_id: UUID) -> None:
    if paid := _closed(order_id):
        take_payment(payment=paid)


def _closed(order_id: UUID) -> Payment | None:
    """Close what was not paid; else the payment that was made in time and has lost its job."""
    with transaction.atomic():
        application, order = held(pk=Order.objects.values_list("application_id", flat=True).get(id=order_id))
        if order.state != OrderState.TO_PAY:
            return None
        # Where a channel did not say for long whether it was paid, what comes in from here on goes back.
        payments.give_up(order_id=order.id, because="expired", actor=ISSUER)
        if paid := applied_to(order.id):  # Nothing is captured from here on; what was, was paid in time.
            return paid
        move(order, OrderState.EXPIRED, actor=ISSUER, because="not_paid")
        move(application, ApplicationState.LAPSED, actor=ISSUER, because="not_paid")
        evidence.note(application, Seen("payment"), "expired")
    return None


def _give_up(contract: UUID) -> None:
    exchange = Exchange.objects.filter(contract=contract, kind=Kind.SUBMIT).latest("version")
    if exchange.is_settled:
        settle(exchange=exchange)  # The job that follows has failed to its end: the clock stands in for it.
        return
    try:
        insurers.give_up(exchange=exchange, actor=ISSUER, because=TOO_LATE)
    except NothingToLookAt:
        pass  # It was settled a moment ago, and whoever settled it is followed.


def _held(contract: UUID) -> tuple[Application, Order] | None:
    """Both, locked; None for a contract of another room."""
    try:
        return held(contract=contract)
    except Application.DoesNotExist:
        return None


def _give_back(application: Application, order: Order, because: RefundBecause) -> None:
    """Both are locked, and the order is paid."""
    move(order, OrderState.REFUNDING, actor=ISSUER, because=because.value, refund_because=because.value)
    move(application, ApplicationState.LAPSED, actor=ISSUER, because=because.value)
    evidence.note(application, Seen("result"), "not_issued", because=because.value)
    payment = _payment_of(order)
    payments.refund(payment=payment, amount=payment.captured, decision=_decision(order.id), because=because.value, actor=ISSUER)
    holder = Party.objects.get(contract=application.contract, is_holder=True)
    # Money must not stay here because somebody had themselves forgotten meanwhile: they are told no more, and it goes back.
    told = noticing.reachable([holder], application)
    values = {"number": references.grouped(order.number)}
    contact.prepare_all([_letter(application, Template.NOT_INSURED, values, one) for one in told], actor=ISSUER)


def _why_given_up(exchange: Exchange) -> RefundBecause:
    """What the buyer is told: the insurer's policy was another, it did not answer until then, or somebody in it takes part no more."""
    if exchange.differences:
        return RefundBecause.INSURER_DIFFERED
    return RefundBecause.INSURER_SILENT if exchange.reason in (TOO_LATE, REFUSED, "deadline") else RefundBecause.NOT_PERMITTED


def _payment_of(order: Order) -> Payment:
    assert order.payment
    return Payment.objects.get(id=order.payment)


def _decision(id: UUID) -> UUID:
    return uuid5(DECISIONS, str(id))


def _sold(application: Application, order: Order) -> Sold:
    assert application.first_day
    assert application.last_day
    return Sold(
        contract=application.contract,
        file=application.file,
        subject=order.subject,
        insurer=queries.offer_of(application).insurer.code,
        version=application.version_id,
        plan=application.plan,
        area=application.area,
        first_day=application.first_day,
        last_day=application.last_day,
        premium=order.premium,
    )


# What the insurer is sent


class _People:
    """The people of a contract opened for one moment, by row."""

    def __init__(self, parties: Sequence[Party], opened: Sequence[Opened], answers: Mapping[UUID, Mapping[str, str]]) -> None:
        self.parties = parties
        self.opened = {party.id: texts for party, texts in zip(parties, opened, strict=True)}
        self.answers = answers


def _permitted(exchange: Exchange, application: Application) -> _People:
    """Take the permit and open what leaves. Everything that refuses gives the exchange up, and the money goes back."""
    parties, rows = queries.parties_of(application), queries.answer_rows_of(application)
    to = Recipient("insurer", exchange.insurer, Consent.K05)
    parts = [Part(parties, LEAVING, CONCLUDE), Part(rows, ["answer"], DECLARE_HEALTH)]
    opened, said = share(parts, to=to, about=exchange.id, actor=ISSUER)
    return _People(parties, opened, _by_party(rows, said))


def _opened_again(application: Application) -> _People:
    """The same, to compare what came back: nothing leaves, so no permit is taken."""
    parties = queries.parties_of(application)
    opened = reveal(parties, LEAVING, purpose=CONCLUDE, actor=ISSUER, case=application.id)
    rows = queries.answer_rows_of(application)
    said = reveal(rows, ["answer"], purpose=DECLARE_HEALTH, actor=ISSUER, case=application.id)
    return _People(parties, opened, _by_party(rows, said))


def _by_party(rows: Sequence[Answer], said: Sequence[Opened]) -> dict[UUID, dict[str, str]]:
    by_party: dict[UUID, dict[str, str]] = {}
    for row, opened in zip(rows, said, strict=True):
        by_party.setdefault(row.party_id, {})[row.question] = opened.answer
    return by_party


def _submission(exchange: Exchange, application: Application, people: _People) -> port.Submit:
    offer = queries.offer_of(application)
    insured = [party for party in people.parties if party.is_insured]
    quote = rating.price(offer, pricing.trip_of(application), pricing.travellers_of(people.parties), loadings_of(application, offer))
    assert quote.total == application.premium
    holder = next(party for party in people.parties if party.is_holder)
    assert application.first_day
    assert application.last_day
    return port.Submit(
        number=exchange.number,
        product=offer.slug,
        plan=application.plan,
        area=application.area,
        period=period.days(application.first_day, application.last_day),
        premium=quote.total,
        holder=_person(holder, people.opened[holder.id]),
        insured=tuple(_insured(offer, application, party, premium, people) for party, premium in zip(insured, quote.people, strict=True)),
        trip=_trip(application),
        confirmations=_confirmations(application),
    )


def loadings_of(application: Application, offer: Offer) -> dict[int, tuple[Loading, ...]]:
    """Those of the decision, read from what it explained: the rules are not asked a second time."""
    if not any(question.effect == "load" for question in offer.questions):
        return {}
    decision = queries.decision_of(application)
    assert isinstance(decision, Decision)
    if decision.outcome != "load":
        return {}
    explained = json.loads(reveal_one(decision, "explanation", purpose=APPLY, actor=ISSUER, case=application.id).explanation)
    loaded = {question.code: question for question in offer.questions}
    found: dict[int, list[Loading]] = {}
    for name, value, position in explained["inputs"]:
        question = loaded.get(name.removeprefix("answer."))
        if question and name.startswith("answer.") and value == "yes" and question.effect == "load":
            found.setdefault(position, []).append(Loading(question.code, question.percent, question.why))
    return {position: tuple(loadings) for position, loadings in found.items()}


def _insured(offer: Offer, application: Application, party: Party, premium: PersonPremium, people: _People) -> port.Insured:
    chosen = [coverage for coverage in offer.coverages if not coverage.option or coverage.option in application.options]
    sums = {coverage.code: offer.benefit(coverage, application.plan, premium.age).sum for coverage in chosen}
    occupation = next((one for one in offer.occupations if one.code == party.occupation), None)
    paid = [one for one in people.parties if one.beneficiary_of_id == party.id]
    return port.Insured(
        person=_person(party, people.opened[party.id]),
        relation=_RELATIONS[party.relation or "self"],
        premium=premium.premium,
        sums={code: sum for code, sum in sums.items() if sum},
        occupation=party.occupation,
        occupation_class=occupation.number if occupation else None,
        beneficiaries=tuple(
            port.Beneficiary(
                person=_person(one, people.opened[one.id]),
                relation=_RELATIONS[one.relation or "other"],
                order=one.share_order or 1,
                share=one.share or 100,
            )
            for one in paid
        ),
        answers=people.answers.get(party.id, {}),
    )


_RELATIONS = {relation.value: relation for relation in port.Relation}


def _person(party: Party, opened: Opened) -> port.Person:
    kind = port.IdentityKind.CREDIT_CODE if party.is_organisation else port.IdentityKind(party.identity_kind)
    return port.Person(
        name=opened.name,
        identity=port.Identity(kind=kind, number=opened.identity_number, valid_until=_day(opened.identity_ends)),
        passport_name=opened.passport_name.replace("/", " "),
        birth_date=_day(opened.birth_date),
        sex=port.Sex(opened.sex) if opened.sex else None,
        nationality=opened.nationality,
        phone=opened.phone,
        email=opened.email,
        address=opened.address,
        contact=opened.contact,
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _trip(application: Application) -> dict[str, str]:
    activities = " ".join(one["code"] for one in application.trip.get("activities", ()))
    return {"destinations": " ".join(application.destinations), "purpose": application.trip.get("purpose", ""), "activities": activities}


def _confirmations(application: Application) -> tuple[port.Confirmation, ...]:
    steps = rows_of(Evidence, application=application.pk, action="confirmed", order_by="number")
    return tuple(port.Confirmation(text=step.facts["paper"], version=step.facts["version"], at=step.at) for step in steps)


def _letter(application: Application, template: Template, values: Mapping[str, str], to: Reachable) -> Letter:
    return Letter(phone=to.phone, template=template, values=values, language=application.language, subject=to.subject)
