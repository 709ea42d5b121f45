"""Filling an application in: each step saves what it was given, undoes what depended on the old, and leaves its trace."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from besttrav.catalogue.offer import Offer, PaperKind
from besttrav.catalogue.rating import Traveller
from besttrav.catalogue.rules import FULL_AGE
from besttrav.journal.operations import move, record, together
from besttrav.kernel import clock
from besttrav.kernel.actors import Actor
from besttrav.kernel.errors import Refusal
from besttrav.kernel.statements import lock, rows_of
from besttrav.people.models import Account
from besttrav.policies.models import Party
from besttrav.policies.operations import people as contract_people
from besttrav.policies.operations.people import Person
from besttrav.policies.purposes import APPLY
from besttrav.privacy import consents, files, marks
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.consents import Given, ShownText
from besttrav.privacy.gate import reveal, reveal_one
from besttrav.privacy.keeping import Keep
from besttrav.privacy.kinds import Kind
from besttrav.sales import actions, evidence, queries
from besttrav.sales.evidence import Seen
from besttrav.sales.limits import DRAFT
from besttrav.sales.models import Answer, Application, ApplicationState, Order

CHECKER = Actor.job("sales.apply")
OFFERS_BY_SMS = Consent.K10.name
BEGUN, HOUR = "application_begun", timedelta(hours=1)
GUARDED_BELOW = 14  # Article 31 of the Personal Information Protection Law: below it a guardian consents.


class NotOpen(Refusal):
    """The application was submitted, withdrawn or has lapsed."""

    code = "application_not_open"
    message = _("This application can no longer be changed.")
    way_out = _("Start a new one: what the product asks is quickly filled in.")


class TooManyBegun(Refusal):
    """This account, browser or network began unusually many applications."""

    code = "too_many_begun"
    message = _("Unusually many applications were begun here, so we do not begin another one just now.")
    way_out = _("Go on with one that waits below, sign in, or try again in an hour. Or call us: we begin it with you.")


class NotOurs(Refusal):
    """The row does not carry our bond: somebody changed past us whose it is."""

    code = "application_not_ours"
    message = _("This application was changed from outside, so we do not go on with it.")
    way_out = _("Start a new one, and call us: we will look into it.")


class TooManyPeople(Refusal):
    code = "too_many_people"
    message = _("These are more people than one application takes.")
    way_out = _("Split them into several applications, or call us about a group contract.")


class PaperChanged(Refusal):
    """What was confirmed is not the text this version of the product has."""

    code = "paper_changed"
    message = _("This text was changed while you were reading it.")
    way_out = _("Read it again: what is new is what counts.")


class ConsentMissing(Refusal):
    code = "consent_missing"
    message = _("Without this consent the contract cannot be concluded.")
    way_out = _("Agree to it, or leave: nothing is kept but the trace of this visit.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody chose on the product page, or changed on the trip page."""

    plan: str
    area: str = ""
    first_day: date | None = None
    last_day: date | None = None
    is_annual: bool = False
    destinations: Sequence[str] = ()
    options: Iterable[str] = ()
    trip: Mapping[str, Any] = field(default_factory=dict)
    trip_words: str = ""
    groups: Mapping[str, int] = field(default_factory=dict)
    wants_letter: bool = False


def start(
    *, offer: Offer, wanted: Wanted, language: str, browser_sha256: str, network: str, account: Account | None, actor: Actor, seen: Seen
) -> Application:
    """Open an application for this version of the product; it stays with this version to the end. Raises TooManyBegun.

    Each keeps rows, keys and a trace for weeks, so nobody begins any number of them. `network` is the neighbourhood of the browser.
    """
    _require_few_begun(browser_sha256, network, account)
    application = Application(browser_sha256=browser_sha256, account=account, version_id=offer.version.id, language=language)
    # Whoever fills it in is somebody from the first step on, though nothing is known of them yet.
    sheet = files.open_sheet(keep=Keep.QUOTE, subject=account.subject if account else None, file=application.file)
    with together():
        application.holder = sheet.id
        application.groups = dict(wanted.groups)
        _set_trip(application, wanted)
        application.bind()
        application.save()
        record(actions.STARTED, about=application, actor=actor, product=offer.slug)
        evidence.note(application, seen, "started", product=offer.slug, version=offer.version.number, plan=wanted.plan)
    return application


def enter(*, application: Application, actor: Actor, seen: Seen) -> None:
    """The notice that a sale begins was read: who sells, who insures, that steps are recorded."""
    with _changing(application, actor, "entry", seen):
        application.entered_at = application.entered_at or clock.now()


def describe_trip(*, application: Application, wanted: Wanted, actor: Actor, seen: Seen) -> None:
    """Save the trip. Ages are counted anew where its first day moved, and what was declared about another trip is declared anew."""
    with _changing(application, actor, "trip", seen, plan=wanted.plan, area=wanted.area):
        was = application.first_day
        _set_trip(application, wanted)
        application.trip_at = clock.now()
        if application.first_day != was:
            _count_ages(application)
        _undo(application, "consented_at", "signed_at")


def write_people(*, application: Application, people: Sequence[Person], actor: Actor, seen: Seen) -> list[Party]:
    """Put these people in, in the place of those there were. Answers, consents and signature are asked for anew.

    Raises TooManyPeople.
    """
    if sum(person.is_insured for person in people) > DRAFT.most_people:
        raise TooManyPeople
    with _changing(application, actor, "people", seen, people=len(people)):
        first_day = application.first_day
        same_phone = _has_phone(application, next(one.phone for one in people if one.is_holder))
        aged = [replace(one, age=_age(one, first_day)) for one in people]
        (subject,) = files.subjects_of([application.holder]).values()
        if application.people_at:
            _forget_people(application)
        parties = contract_people.write(contract=application.contract, file=application.file, people=aged, holder_subject=subject)
        application.people_at = clock.now()
        _undo(application, "answered_at", "consented_at", "signed_at", *(() if same_phone else ("phone_proved_at",)))
        files.start_clock(application.file, Keep.QUOTE, clock.today())
    return parties


def answer(*, application: Application, answers: Mapping[tuple[UUID, str], bool], actor: Actor, seen: Seen) -> None:
    """Save what was answered about health: by insured person and question. They lie in a file of their own and are forgotten in a week.

    The consent to health information (K03) was given on the same page, before the first question.
    """
    with _changing(application, actor, "health", seen, answers=len(answers)):
        parties = {party.id: party for party in queries.parties_of(application) if party.is_insured}
        subjects = files.subjects_of(party.person for party in parties.values())
        asked = list(dict.fromkeys(party for party, _ in answers))
        sheets = files.open_sheets(
            keep=Keep.QUOTE_HEALTH, subjects=[subjects[parties[party].person] for party in asked], file=application.health_file
        )
        by_party = dict(zip(asked, sheets, strict=True))
        Answer.objects.filter(application=application).delete()
        Answer.objects.bulk_create(
            Answer(application=application, party_id=party, person=by_party[party].id, question=question, answer="yes" if said else "no")
            for (party, question), said in answers.items()
        )
        given = [Given(subject, Consent.K03, way="tap") for subject in set(subjects.values())]
        consents.give_all(given, text=_shown(application, seen), page="health", actor=actor)
        application.answered_at = clock.now()
        _undo(application, "signed_at")
        files.start_clock(application.health_file, Keep.QUOTE_HEALTH, clock.today())


def confirm_paper(*, application: Application, offer: Offer, kind: PaperKind, sha256: str, actor: Actor, seen: Seen) -> None:
    """A paper was read on its own page and confirmed there. Raises PaperChanged when the text is not this version's."""
    paper = offer.paper(kind)
    if sha256 not in (paper.sha256.zh, paper.sha256.en):
        raise PaperChanged
    with locked(application):
        evidence.note(application, seen, "confirmed", paper=kind.value, text=sha256, version=paper.version)
        record(actions.CONFIRMED, about=application, actor=actor, paper=kind.value, text=sha256)


def consent(*, application: Application, offer: Offer, agreed: frozenset[str], actor: Actor, seen: Seen) -> None:
    """Give the separate consents of `consents_needed`, each for everybody it is about. Raises ConsentMissing, and then none is given.

    `OFFERS_BY_SMS` may be among them and is the applicant's own; that it is not says nothing.

    For others the holder declares to have their consent; each of them is told, and may object (`noticing`).
    """
    with _changing(application, actor, "consents", seen, agreed=sorted(agreed)):
        parties = queries.parties_of(application)
        if consents_needed(offer, parties) - agreed:
            raise ConsentMissing
        subjects = files.subjects_of(party.person for party in parties)
        text = _shown(application, seen)
        given = [one for party in parties for one in _consents_of(party, subjects[party.person], offer)]
        if OFFERS_BY_SMS in agreed:
            given += [Given(subjects[party.person], Consent.K10, "sms", way="tap") for party in parties if party.is_holder]
        consents.give_all(given, text=text, page="consents", actor=actor)
        record(actions.CONSENTED, about=application, actor=actor, codes=sorted(code.lower() for code in agreed))
        application.consented_at = clock.now()
        _undo(application, "signed_at")


def consents_needed(offer: Offer, parties: Sequence[Party]) -> set[str]:
    """What must be agreed to, each by a control of its own: published consent codes, and `authority` to act for others."""
    needed = {Consent.K02.name, Consent.K05.name}
    others = [party for party in parties if party.is_insured and not party.is_holder]
    if any(not party.is_holder for party in parties):
        needed.add("authority")
    if any((party.age or 0) < GUARDED_BELOW for party in others):
        needed.add(Consent.K14.name)
    if any(agrees_to_death_cover(party, offer) for party in others):
        needed.add(Consent.K15.name)
    return needed


def agrees_to_death_cover(party: Party, offer: Offer) -> bool:
    """Whether cover on this person's death is void without their own agreement (article 34 of the Insurance Law; children are left out)."""
    is_asked = party.is_insured and not party.is_holder and (party.age or 0) >= FULL_AGE
    return is_asked and any(coverage.is_death for coverage in offer.coverages)


def withdraw(*, application: Application, actor: Actor, seen: Seen) -> None:
    """Leave: the people and their answers are forgotten at once, the trace says that somebody left."""
    with locked(application):
        if not application.is_open:
            raise NotOpen
        evidence.note(application, seen, "left")
        _forget_people(application)
        application.signature = application.trip_words = None
        application.save()
        move(application, ApplicationState.WITHDRAWN, actor=actor, because="own_wish")


def _require_few_begun(browser_sha256: str, network: str, account: Account | None) -> None:
    """Who is signed in has proved a phone, and shares no network's number with strangers."""
    now = clock.now()
    theirs = Q(account=account) if account else Q(account=None, browser_sha256=browser_sha256)
    if Application.objects.filter(theirs, created_at__gt=now - timedelta(days=1)).count() >= DRAFT.begun_a_day:
        raise TooManyBegun
    if account is None:
        if marks.count(BEGUN, network, kind=Kind.NETWORK_ADDRESS, since=now - HOUR) >= DRAFT.begun_an_hour_network:
            raise TooManyBegun
        marks.note(BEGUN, network, kind=Kind.NETWORK_ADDRESS, life=HOUR)


@contextmanager
def locked(application: Application) -> Iterator[None]:
    """The caller's application as it is now, nobody else's turn until the transaction ends."""
    with together():
        lock(application)
        if not application.is_bound:
            raise NotOurs
        yield


def held(**which: object) -> tuple[Application, Order]:
    """An application, of this `pk` or `contract`, and its order, locked until the caller's transaction ends, in the one order that
    everybody keeps to: see the room. Raises Application.DoesNotExist, also where it has no order."""
    for application in rows_of(Application, locked=True, order_by="", using="default", **which):
        for order in rows_of(Order, locked=True, application=application.pk):
            return application, order
    raise Application.DoesNotExist


@contextmanager
def _changing(application: Application, actor: Actor, what: str, seen: Seen, **facts: Any) -> Iterator[None]:
    with locked(application):
        if not application.is_open:
            raise NotOpen
        if application.state == ApplicationState.DECLINED:
            move(application, ApplicationState.DRAFT, actor=actor, because="changed")
        yield
        application.revision += 1
        application.last_activity_at = clock.now()
        application.bind()
        application.save()
        evidence.note(application, seen, "filled_in", what=what, revision=application.revision, **facts)
        record(actions.CHANGED, about=application, actor=actor, what=what, revision=application.revision)


def _forget_people(application: Application) -> None:
    Answer.objects.filter(application=application).delete()
    Party.objects.filter(contract=application.contract).delete()


def _set_trip(application: Application, wanted: Wanted) -> None:
    application.plan, application.area = wanted.plan, wanted.area
    application.first_day, application.last_day = wanted.first_day, wanted.last_day
    application.is_annual, application.wants_letter = wanted.is_annual, wanted.wants_letter
    application.destinations, application.options = list(wanted.destinations), sorted(wanted.options)
    application.trip = dict(wanted.trip)
    application.trip_words = wanted.trip_words or None


def _has_phone(application: Application, phone: str) -> bool:
    """Whether the applicant's number that was proved is still the one that stands there."""
    if application.phone_proved_at is None:
        return False
    holder = Party.objects.get(contract=application.contract, is_holder=True)
    return reveal_one(holder, "phone", purpose=APPLY, actor=CHECKER, case=application.id).phone == Kind.PHONE.clean(phone)


def _count_ages(application: Application) -> None:
    parties = [party for party in queries.parties_of(application) if not party.is_organisation]
    if not parties or application.first_day is None:
        return
    for party, opened in zip(parties, reveal(parties, ["birth_date"], purpose=APPLY, actor=CHECKER, case=application.id), strict=True):
        if opened.birth_date:
            party.age = Traveller(born=date.fromisoformat(opened.birth_date)).age_on(application.first_day)
    Party.objects.bulk_update(parties, ["age"])


def _age(person: Person, first_day: date | None) -> int | None:
    if person.birth_date is None:
        return None
    return Traveller(born=person.birth_date).age_on(first_day or clock.today())


def _undo(application: Application, *done: str) -> None:
    for name in done:
        setattr(application, name, None)


def _consents_of(party: Party, subject: UUID, offer: Offer) -> Iterator[Given]:
    way = "tap" if party.is_holder else "declared"
    yield Given(subject, Consent.K02, way=way)
    yield Given(subject, Consent.K05, offer.insurer.code, way=way)
    if party.is_insured and not party.is_holder and (party.age or 0) < GUARDED_BELOW:
        yield Given(subject, Consent.K14, way=way)
    if agrees_to_death_cover(party, offer):
        yield Given(subject, Consent.K15, way=way)


def _shown(application: Application, seen: Seen) -> ShownText:
    return ShownText(version=seen.version, sha256="", language=application.language)
