"""Our own papers of a contract: the copy of the application in both languages, and the certificate where the product promises one.

A paper is made when somebody first asks for it and kept from then on: most are never asked for, and setting one takes longer than all
the writing of a sale. Everything on it lies sealed in the contract and in the evidence of the sale, whose versions never change: whatever
changes a contract must make its papers first. What stands on them is opened for the time it takes to set them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import cast
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from besttrav.catalogue import queries as catalogue
from besttrav.catalogue import rating
from besttrav.catalogue.countries import COUNTRIES
from besttrav.catalogue.offer import Asked, AskedOfTrip, Coverage, DocumentType, Offer, PaperKind, Relation
from besttrav.catalogue.rating import Quote
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.money import ZERO, Money
from besttrav.policies import verification
from besttrav.policies.models import DocumentKind, Party, Policy, PolicyDocument, PolicyState
from besttrav.policies.operations import papers as kept
from besttrav.policies.operations.concluding import people_of
from besttrav.policies.operations.papers import NoPaper
from besttrav.policies.papers import application_copy as copy
from besttrav.policies.papers import certificate as visa
from besttrav.policies.papers.euro import rate_on
from besttrav.policies.papers.words import Both, Broker
from besttrav.policies.purposes import PROVE_COVER
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.gate import Opened, reveal, reveal_one
from besttrav.sales import evidence, pricing, queries
from besttrav.sales.models import Application, Evidence
from besttrav.sales.operations.issuing import loadings_of

PAPERMAKER = Actor.job("sales.papers")
LANGUAGES: dict[str, copy.Language] = {"zh-hans": "zh", "en": "en"}
_OPENED = (
    *("name", "passport_name", "identity_number", "identity_ends", "birth_date", "sex"),
    *("nationality", "phone", "email", "address", "contact"),
)


def offered(policy: Policy) -> list[tuple[DocumentKind, str]]:
    """The papers of ours there are for a policy, with their language: a certificate where the policy stands, the product promises one and
    the passport names of all are known."""
    papers = [(DocumentKind.APPLICATION, language) for language in LANGUAGES]
    stands = policy.state == PolicyState.STANDS
    if stands and catalogue.offer(policy.version_id).visa_letter and _have_passport_names(people_of(policy.contract)):
        papers.append((DocumentKind.CERTIFICATE, "en"))
    return papers


def made(*, policy: Policy, kind: DocumentKind, language: str) -> PolicyDocument:
    """The paper, made now should it be missing. Raises NoPaper for one that is not offered, NotForSchengen for a certificate that would
    promise too much, and CannotPrint."""
    if kind == DocumentKind.CERTIFICATE and policy.state == PolicyState.CANCELLED:
        raise NoPaper  # It would promise a consulate what does not hold any more.
    known = PolicyDocument.objects.filter(policy=policy, kind=kind, language=language).order_by("-made_at").first()
    if known:
        return cast(PolicyDocument, known)
    if (kind, language) not in offered(policy):
        raise NoPaper
    contract = _Contract(policy)
    content = _certificate(contract) if kind == DocumentKind.CERTIFICATE else _copy(contract, language)
    with transaction.atomic():
        Policy.objects.select_for_update().get(id=policy.id)  # Whoever came first keeps it; the other one finds it.
        return kept.keep(policy=policy, kind=kind, language=language, content=content, actor=PAPERMAKER)


@dataclass(repr=False)
class _Contract:
    """A contract with everybody in it, opened while a paper is set."""

    policy: Policy

    @cached_property
    def application(self) -> Application:
        return cast(Application, Application.objects.select_related("order").get(contract=self.policy.contract))

    @cached_property
    def offer(self) -> Offer:
        return catalogue.offer(self.policy.version_id)

    @cached_property
    def parties(self) -> list[Party]:
        return people_of(self.policy.contract)

    @cached_property
    def opened(self) -> dict[UUID, Opened]:
        texts = reveal(self.parties, _OPENED, purpose=PROVE_COVER, actor=PAPERMAKER, case=self.policy.id)
        return {party.id: one for party, one in zip(self.parties, texts, strict=True)}

    @cached_property
    def said(self) -> Opened:
        """What was typed into the application itself."""
        return reveal_one(self.application, "signature", "trip_words", purpose=PROVE_COVER, actor=PAPERMAKER, case=self.policy.id)

    @cached_property
    def answers(self) -> dict[tuple[UUID, str], str]:
        """What was answered about health, by party and question."""
        rows = queries.answer_rows_of(self.application)
        said = reveal(rows, ["answer"], purpose=PROVE_COVER, actor=PAPERMAKER, case=self.policy.id)
        return {(row.party_id, row.question): one.answer for row, one in zip(rows, said, strict=True)}

    @property
    def holder(self) -> Party:
        return next(party for party in self.parties if party.is_holder)

    @property
    def insured(self) -> list[Party]:
        return [party for party in self.parties if party.is_insured]

    @cached_property
    def quote(self) -> Quote:
        """The price that was signed, worked out again line by line."""
        application = self.application
        loadings = loadings_of(application, self.offer)
        return rating.price(self.offer, pricing.trip_of(application), pricing.travellers_of(self.parties), loadings)

    @cached_property
    def covers(self) -> list[Coverage]:
        """What was bought: options only where they were chosen."""
        chosen = self.application.options
        return [cover for cover in self.offer.coverages if not cover.option or cover.option in chosen]

    @property
    def check_address(self) -> str:
        return f"{settings.PUBLIC_ADDRESS}/verify/{verification.token_of(bytes(self.policy.secret))}/"


# The certificate


def _certificate(contract: _Contract) -> bytes:
    policy, offer = contract.policy, contract.offer
    plan, area = offer.plan(policy.plan), offer.area(policy.area)
    assert plan
    insurer = offer.insurer
    facts = visa.Certificate(
        policy_number=policy.number,
        issued_on=_day(policy.issued_at),
        insurer=_both(insurer.name),
        product=_both(offer.name),
        plan=_both(plan.name),
        holder=_name_of(contract.holder, contract.opened[contract.holder.id]),
        travellers=tuple(_traveller(contract, party) for party in contract.insured),
        first_day=policy.first_day,
        last_day=policy.last_day,
        territory=_both(area.name) if area else Both(en="As the policy says", zh="见保险单"),
        covers_all_schengen_states=offer.visa_letter == "schengen",
        repatriation=_way_home(contract),
        benefits=tuple(_others(contract)),
        deductible=max((cover.deductible for cover in contract.covers if cover.is_medical), default=ZERO),
        rate=rate_on(_day(policy.issued_at)),
        emergency_number=insurer.emergency,
        emergency_note=insurer.visa_contact.en or "Day and night",
        broker=Broker.of(settings.OPERATOR),
        verification_address=contract.check_address,
        verification_code=policy.code,
    )
    return visa.certificate(facts, at=policy.issued_at)


def _traveller(contract: _Contract, party: Party) -> visa.Traveller:
    opened = contract.opened[party.id]
    return visa.Traveller(
        name_latin=_latin(opened.passport_name),
        name=opened.name,
        passport=opened.identity_number if party.identity_kind == DocumentType.PASSPORT else "—",
        birth_date=date.fromisoformat(opened.birth_date),
        medical=max((_sum(contract, cover, party) for cover in contract.covers if cover.is_medical and not cover.part_of), default=ZERO),
    )


def _way_home(contract: _Contract) -> Money | None:
    """The lesser of the two ways home, as a patient and after death; None where the plan pays both within the medical sum."""
    ways = [amount for code in ("evacuation", "repatriation") if (amount := _least(contract, code)) is not None]
    return min(ways, default=None)


def _others(contract: _Contract) -> Iterator[visa.Benefit]:
    """The other lines, each with the least that somebody of them has."""
    told = {cover.code for cover in contract.covers if cover.is_medical or cover.part_of} | {"repatriation"}
    for cover in contract.covers:
        amount = _least(contract, cover.code)
        if cover.code not in told and amount:
            yield visa.Benefit(name=_both(cover.name), sum=amount)


def _least(contract: _Contract, code: str) -> Money | None:
    """The least sum of a cover among all insured people; None where the product has no such cover."""
    cover = next((one for one in contract.covers if one.code == code), None)
    return min(_sum(contract, cover, party) for party in contract.insured) if cover else None


def _sum(contract: _Contract, cover: Coverage, party: Party) -> Money:
    return contract.offer.benefit(cover, contract.policy.plan, party.age).sum or ZERO


def _name_of(party: Party, opened: Opened) -> Both:
    latin = _latin(opened.passport_name)
    return Both(en=latin or opened.name, zh=opened.name if latin else "")


def _latin(passport_name: str) -> str:
    """SURNAME, GIVEN NAMES, as visa officers read it."""
    return passport_name.replace("/", ", ")


def _both(text: object) -> Both:
    return Both(en=text.en, zh=text.zh)  # type: ignore[attr-defined]  # a Text of the catalogue


def _have_passport_names(parties: Sequence[Party]) -> bool:
    return all(party.__dict__.get("passport_name") is not None for party in parties if party.is_insured)


# The copy of the application


def _copy(contract: _Contract, language: str) -> bytes:
    with override(language):
        facts = _facts(contract)
    return copy.application_copy(facts, at=clock.now(), language=LANGUAGES[language])


def _facts(contract: _Contract) -> copy.ApplicationCopy:
    application, offer, quote, holder = contract.application, contract.offer, contract.quote, contract.holder
    assert application.signed_at
    steps = evidence.told(application)
    others = [party for party in contract.parties if party.beneficiary_of_id]
    return copy.ApplicationCopy(
        application_number=application.id.hex[-12:].upper(),
        order_number=application.order.number,
        submitted_at=application.signed_at,
        insurer=str(offer.insurer.name),
        product=str(offer.name),
        filing=offer.filing.number,
        plan=str(quote.plan.name),
        first_day=quote.first_day,
        last_day=quote.last_day,
        trip=tuple(_trip(contract)),
        holder=_person(str(Asked.NAME.label), holder, contract.opened[holder.id]),
        insured=tuple(
            _insured(party, contract.opened[party.id], one.premium) for party, one in zip(contract.insured, quote.people, strict=True)
        ),
        beneficiaries=tuple(_beneficiary(contract, party) for party in others),
        statutory_beneficiaries=not others,
        covers=tuple(_covers(contract)),
        premium_lines=tuple(_premium_lines(quote)),
        premium=quote.total,
        answers=tuple(_answers(contract)),
        documents=tuple(_documents(offer, steps)),
        consents=tuple(_consents(steps)),
        signature=_signature(contract),
        broker=Broker.of(settings.OPERATOR),
        verification_address=contract.check_address,
        verification_code=contract.policy.code,
    )


def _trip(contract: _Contract) -> Iterator[copy.Fact]:
    application, offer, quote = contract.application, contract.offer, contract.quote
    yield copy.Fact(label=_("Area"), value=str(quote.area.name))
    if application.destinations:
        places = [str(COUNTRIES[code].name) if code in COUNTRIES else code for code in application.destinations]
        yield copy.Fact(label=str(AskedOfTrip.DESTINATIONS.label), value=_(", ").join(places))
    activities = [offer.activity(one["code"]) for one in application.trip.get("activities", ())]
    if named := [str(activity.name) for activity in activities if activity]:
        yield copy.Fact(label=str(AskedOfTrip.ACTIVITIES.label), value=_(", ").join(named))
    words = contract.said.trip_words
    asked = next((one for one in (AskedOfTrip.SCHOOL, AskedOfTrip.COMPANY, AskedOfTrip.TOUR_NUMBER) if one in offer.needs.trip), None)
    if words and asked:
        yield copy.Fact(label=str(asked.label), value=words)


def _person(role: str, party: Party, opened: Opened) -> copy.Person:
    facts = [
        (Asked.PASSPORT_NAME, _latin(opened.passport_name)),
        (Asked.DOCUMENT, f"{_document(party)} {opened.identity_number}"),
        (Asked.DOCUMENT_EXPIRY, opened.identity_ends),
        (Asked.BIRTH_DATE, opened.birth_date),
        (Asked.SEX, _sex(opened.sex)),
        (Asked.NATIONALITY, _country(opened.nationality)),
        (Asked.PHONE, opened.phone.removeprefix("+86")),
        (Asked.EMAIL, opened.email),
        (Asked.ADDRESS, opened.address),
    ]
    said = [copy.Fact(label=str(asked.label), value=value) for asked, value in facts if value]
    if opened.contact:
        said.insert(1, copy.Fact(label=_("Who acts for it"), value=opened.contact))
    return copy.Person(role=role, name=opened.name or _latin(opened.passport_name), facts=tuple(said))


def _insured(party: Party, opened: Opened, premium: Money) -> copy.Insured:
    return copy.Insured(
        name=opened.name or _latin(opened.passport_name),
        name_latin=_latin(opened.passport_name),
        document=_document(party),
        number=opened.identity_number,
        birth_date=date.fromisoformat(opened.birth_date) if opened.birth_date else None,
        sex=_sex(opened.sex),
        relation=str(Relation(party.relation or Relation.SELF).label),
        premium=premium,
    )


def _beneficiary(contract: _Contract, party: Party) -> copy.Person:
    opened = contract.opened[party.id]
    assert party.beneficiary_of_id
    insured = contract.opened[party.beneficiary_of_id]
    role = _("Beneficiary of %(name)s") % {"name": insured.name or _latin(insured.passport_name)}
    person = _person(role, party, opened)
    share = copy.Fact(label=_("Order and share"), value=f"{party.share_order or 1} · {party.share or 100} %")
    return copy.Person(role=person.role, name=person.name, facts=(share, *person.facts))


def _covers(contract: _Contract) -> Iterator[copy.Cover]:
    for cover in contract.covers:
        benefit = contract.offer.benefit(cover, contract.application.plan)
        if benefit.is_included:
            yield copy.Cover(name=str(cover.name), sum=str(benefit.label))


def _premium_lines(quote: Quote) -> Iterator[copy.PremiumLine]:
    """One line for each thing that makes up the premium, for all people together."""
    sums: dict[str, Money] = {}
    for line in (line for person in quote.people for line in person.lines):
        sums[str(line.says)] = sums.get(str(line.says), ZERO) + line.amount
    return (copy.PremiumLine(name=name, amount=amount) for name, amount in sums.items())


def _answers(contract: _Contract) -> Iterator[copy.Answer]:
    for party in contract.insured:
        for question in contract.offer.questions:
            if answer := contract.answers.get((party.id, question.code)):
                word = pgettext("answer", "yes") if answer == "yes" else pgettext("answer", "no")
                opened = contract.opened[party.id]
                yield copy.Answer(about=opened.name or _latin(opened.passport_name), question=str(question.asks), answer=word)


def _documents(offer: Offer, steps: Sequence[Evidence]) -> Iterator[copy.Confirmation]:
    """Each paper once, as it was confirmed last."""
    last = {step.facts["paper"]: step for step in steps if step.action == "confirmed"}
    for kind, step in last.items():
        title = str(offer.paper(PaperKind(kind)).title)
        yield copy.Confirmation(title=title, version=step.facts["version"], digest=step.facts["text"], confirmed_at=step.at)


def _consents(steps: Sequence[Evidence]) -> Iterator[copy.Confirmation]:
    filled_in = {step.facts["what"]: step for step in steps if step.action == "filled_in"}
    if health := filled_in.get("health"):
        yield _agreed(Consent.K03.label, health)
    if consents := filled_in.get("consents"):
        for code in consents.facts["agreed"]:
            yield _agreed(Consent[code].label if code in Consent.__members__ else _("authority to act for the others"), consents)


def _agreed(label: object, step: Evidence) -> copy.Confirmation:
    words = str(label)
    return copy.Confirmation(title=words[:1].upper() + words[1:], version=step.page_version, digest="", confirmed_at=step.at)


def _signature(contract: _Contract) -> copy.Signature | None:
    application, holder = contract.application, contract.opened[contract.holder.id]
    assert application.signed_at
    signed = contract.said.signature
    signer = holder.contact or holder.name or _latin(holder.passport_name)
    if copy.is_path(signed):
        return copy.Signature(signer=signer, signed_at=application.signed_at, strokes=signed)
    return copy.Signature(signer=signer, signed_at=application.signed_at, typed=signed) if signed else None


def _document(party: Party) -> str:
    return _("Credit code") if party.is_organisation else str(DocumentType(party.identity_kind).label)


def _sex(code: str) -> str:
    return {"male": pgettext("sex", "male"), "female": pgettext("sex", "female")}.get(code, "")


def _country(code: str) -> str:
    return str(COUNTRIES[code].name) if code in COUNTRIES else code


def _day(moment: datetime) -> date:
    return moment.astimezone(clock.BEIJING).date()
