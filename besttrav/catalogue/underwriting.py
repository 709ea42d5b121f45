"""Whom a product takes: accept, accept at more, have somebody look, or refuse; with every rule that spoke, and what would change it.

Rules are data: their words, sources and numbers stand in `rules.toml`, what a product wants stands in the offer. The engine only
compares. It is given what is known and declared, and remembers nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from besttrav.catalogue import rating
from besttrav.catalogue.countries import COUNTRIES, SCHENGEN
from besttrav.catalogue.offer import DocumentType, Effect, Offer, Plan, Relation
from besttrav.catalogue.rating import Loading, Traveller, Trip
from besttrav.catalogue.rules import FULL_AGE, SCHENGEN_MEDICAL, UNINSURABLE, Outcome, Reason, cap_at, reason
from besttrav.catalogue.text import day_in_words, in_words, joined
from besttrav.kernel.clock import BEIJING
from besttrav.kernel.money import ZERO, Money

__all__ = ["Applicant", "Decision", "Doing", "Input", "Insured", "Outcome", "Proposal", "Reason", "decide"]


@dataclass(frozen=True, slots=True)
class Doing:
    """An activity that is planned, with the metres that decide, above the sea or below it."""

    code: str
    altitude: int = 0
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Insured(Traveller):
    """Somebody to insure, as far as the decision goes. `agreed` says that an adult gave their consent to the cover and its sum.

    `death_elsewhere` is what was declared of other insurers, `death_known` and `copies_known` what our own policies for the same days
    add up to; all for minors or copies alone.
    """

    document: DocumentType = DocumentType.ID_CARD
    relation: Relation = Relation.SELF
    activities: tuple[Doing, ...] = ()
    answers: Mapping[str, bool] = field(default_factory=dict, repr=False)
    agreed: bool = False
    death_elsewhere: Money = ZERO
    death_known: Money = ZERO
    copies_known: int = 0
    has_passport_name: bool = False


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies: a person with an age, or an organisation."""

    is_organisation: bool = False
    age: int | None = None
    born: date | None = field(default=None, repr=False)

    def age_on(self, day: date) -> int:
        return Traveller(age=self.age, born=self.born).age_on(day)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is applied for, and when: an aware moment. `wants_letter` asks for the certificate for a visa."""

    at: datetime
    trip: Trip
    applicant: Applicant
    insured: tuple[Insured, ...]
    wants_letter: bool = False


@dataclass(frozen=True, slots=True)
class Input:
    """Something the decision looked at, so that it can be explained."""

    name: str
    value: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome with its reasons, gravest first; remarks among them have the outcome `accept`. Loadings go by position."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    loadings: Mapping[int, tuple[Loading, ...]]
    inputs: tuple[Input, ...]

    @property
    def is_accepted(self) -> bool:
        return self.outcome in (Outcome.ACCEPT, Outcome.LOAD)


def decide(offer: Offer, proposal: Proposal) -> Decision:
    """Ask every rule; the gravest answer decides. The order of the insured people changes positions only."""
    trip, plan = proposal.trip, offer.plan(proposal.trip.plan)
    found = rating.reasons(offer, trip, proposal.insured)
    if not found:
        found += rating.remarks(offer, trip, proposal.insured)
    found += _about_applicant(offer, proposal)
    found += _about_start(offer, proposal)
    found += _about_number(offer, proposal)
    found += _about_destinations(offer, trip)
    if proposal.wants_letter and not offer.visa_letter:
        found.append(reason("letter_not_offered"))
    found += beyond_caps(offer, trip, proposal.insured)
    for position, insured in enumerate(proposal.insured, 1):
        found += _about_person(offer, proposal, insured, position)
        if plan:
            found += _about_cover(offer, proposal, plan, insured, position)
    found.sort(key=lambda one: (-one.outcome.gravity, one.position or 0))
    outcome = max((one.outcome for one in found), key=lambda one: one.gravity, default=Outcome.ACCEPT)
    return Decision(outcome, tuple(found), dict(_loadings(offer, proposal.insured)), tuple(_inputs(proposal)))


def beyond_caps(offer: Offer, trip: Trip, people: Sequence[Insured]) -> Iterator[Reason]:
    """What other contracts leave no room for: more copies of one product, and more on a minor's death. Asked again before anybody is
    insured, for other contracts come meanwhile."""
    for position, insured in enumerate(people, 1):
        if insured.copies_known >= offer.copies:
            yield reason("too_many_copies", position, most=offer.copies, known=insured.copies_known)
        age = insured.age_on(trip.first_day)
        cap = cap_at(age)
        if cap and offer.plan(trip.plan):
            total = offer.death_sum(trip.plan, age, trip.options) + insured.death_known + insured.death_elsewhere
            if total > cap.most:
                yield reason("minor_cap", position, below=cap.below, most=in_words(cap.most), total=in_words(total))


# --- The contract ---


def _about_applicant(offer: Offer, proposal: Proposal) -> Iterator[Reason]:
    applicant = proposal.applicant
    if applicant.is_organisation:
        if not offer.needs.organisation_may_apply:
            yield reason("organisation_not_taken")
        return
    if not offer.needs.person_may_apply:
        yield reason("person_not_taken")
    if applicant.age_on(_day_of(proposal.at)) < FULL_AGE:
        yield reason("applicant_minor", least=FULL_AGE)


def _about_start(offer: Offer, proposal: Proposal) -> Iterator[Reason]:
    """By the day in Beijing; an application after closing time counts as made on the next day."""
    today = _day_of(proposal.at)
    counted = today + timedelta(days=1 if proposal.at.astimezone(BEIJING).hour >= offer.timing.closes_at else 0)
    earliest = counted + timedelta(days=offer.timing.earliest)
    latest = today + timedelta(days=offer.timing.longest_advance)
    if proposal.trip.first_day < earliest:
        yield reason("starts_too_early", earliest=day_in_words(earliest))
    if proposal.trip.first_day > latest:
        yield reason("starts_too_late", advance=offer.timing.longest_advance, latest=day_in_words(latest))


def _about_number(offer: Offer, proposal: Proposal) -> Iterator[Reason]:
    people = len(proposal.insured)
    if 0 < people < offer.least_people:
        yield reason("too_few_people", least=offer.least_people, people=people)
    if people > offer.most_people:
        yield reason("too_many_people", most=offer.most_people, people=people)


def _about_destinations(offer: Offer, trip: Trip) -> Iterator[Reason]:
    if "destinations" in offer.needs.trip and not trip.destinations:
        yield reason("destination_missing")
    for code in trip.destinations:
        name = COUNTRIES[code].name if code in COUNTRIES else code
        if code in UNINSURABLE:
            yield reason("destination_sanctioned", country=name)
        elif code in offer.excluded_countries:
            yield reason("destination_excluded", country=name)


# --- One person ---


def _about_person(offer: Offer, proposal: Proposal, insured: Insured, position: int) -> Iterator[Reason]:
    yield from _about_interest(offer, proposal, insured, position)
    if insured.document not in offer.documents:
        accepted = joined([document.label for document in offer.documents])
        yield reason("document_not_taken", position, document=insured.document.label, accepted=accepted)
    if offer.occupation_classes and not insured.occupation:
        yield reason("occupation_missing", position)
    yield from _about_answers(offer, insured, position)


def _about_interest(offer: Offer, proposal: Proposal, insured: Insured, position: int) -> Iterator[Reason]:
    """Who may insure whom. On the death of a minor only a parent may; on that of an adult only with the adult's consent."""
    is_minor = insured.age_on(proposal.trip.first_day) < FULL_AGE
    by_organisation = proposal.applicant.is_organisation
    if insured.relation not in offer.relations:
        yield reason("relation_not_taken", position, relation=insured.relation.label)
    elif by_organisation and insured.relation not in _OF_ORGANISATIONS:
        yield reason("organisation_relation", position)
    elif is_minor and _pays_on_death(offer, proposal, insured):
        if by_organisation or insured.relation is not Relation.CHILD:
            yield reason("minor_not_by_parent", position)
    elif insured.relation is not Relation.SELF and not insured.agreed:
        yield reason("not_agreed", position)


def _pays_on_death(offer: Offer, proposal: Proposal, insured: Insured) -> bool:
    plan, age = offer.plan(proposal.trip.plan), insured.age_on(proposal.trip.first_day)
    return plan is None or bool(offer.death_sum(plan.code, age, proposal.trip.options))


_OF_ORGANISATIONS = (Relation.EMPLOYEE, Relation.PARTICIPANT)


def _about_answers(offer: Offer, insured: Insured, position: int) -> Iterator[Reason]:
    for question in offer.questions:
        if question.code not in insured.answers:
            yield reason("question_missing", position)
            return
    for question in offer.questions:
        if insured.answers[question.code]:
            yield reason(_OF_EFFECT[question.effect], position, why=question.why, percent=question.percent)


_OF_EFFECT = {Effect.LOAD: "health_loaded", Effect.REFER: "health_referred", Effect.REFUSE: "health_refused"}


def _about_cover(offer: Offer, proposal: Proposal, plan: Plan, insured: Insured, position: int) -> Iterator[Reason]:
    yield from _about_activities(offer, plan, insured, position)
    if proposal.wants_letter and offer.visa_letter:
        yield from _about_letter(offer, proposal, plan, insured, position)


def _about_activities(offer: Offer, plan: Plan, insured: Insured, position: int) -> Iterator[Reason]:
    for doing in insured.activities:
        activity = offer.activity(doing.code)
        if activity is None:
            yield reason("activity_unknown", position)
            continue
        if activity.number > plan.activity_class:
            yield reason("activity_class", position, activity=activity.name, number=activity.number, most=plan.activity_class)
        if activity.asks == "altitude" and doing.altitude > plan.altitude:
            yield reason("activity_altitude", position, activity=activity.name, metres=doing.altitude, most=plan.altitude)
        if activity.asks == "depth" and doing.depth > plan.depth:
            yield reason("activity_depth", position, activity=activity.name, metres=doing.depth, most=plan.depth)


def _about_letter(offer: Offer, proposal: Proposal, plan: Plan, insured: Insured, position: int) -> Iterator[Reason]:
    if not insured.has_passport_name:
        yield reason("passport_name_missing", position)
    if offer.visa_letter == "schengen" or SCHENGEN & set(proposal.trip.destinations):
        age = insured.age_on(proposal.trip.first_day)
        medical = [cover for cover in offer.coverages if cover.is_medical and not cover.part_of]
        whole = [cover for cover in medical if not cover.deductible and cover.reimbursement == 100]
        if not whole:
            yield reason("schengen_deductible", position)
            return
        given = [offer.benefit(cover, plan.code, age) for cover in whole]
        most = max((benefit.sum or ZERO for benefit in given), default=ZERO)
        if most < SCHENGEN_MEDICAL and not any(benefit.is_actual_cost for benefit in given):
            yield reason("schengen_sum", position, least=in_words(SCHENGEN_MEDICAL), sum=in_words(most))


# --- What follows, and what was looked at ---


def _loadings(offer: Offer, people: Sequence[Insured]) -> Iterator[tuple[int, tuple[Loading, ...]]]:
    for position, insured in enumerate(people, 1):
        asked = (question for question in offer.questions if question.effect is Effect.LOAD and insured.answers.get(question.code))
        if loadings := tuple(Loading(question.code, question.percent, question.why) for question in asked):
            yield position, loadings


def _inputs(proposal: Proposal) -> Iterator[Input]:
    trip = proposal.trip
    yield Input("day_of_application", _day_of(proposal.at).isoformat())
    yield Input("plan", trip.plan)
    yield Input("first_day", trip.first_day.isoformat())
    yield Input("last_day", trip.ends_on.isoformat())
    yield Input("destinations", " ".join(trip.destinations))
    yield Input("applicant", "organisation" if proposal.applicant.is_organisation else "person")
    yield Input("people", str(len(proposal.insured)))
    for position, insured in enumerate(proposal.insured, 1):
        yield Input("age", str(insured.age_on(trip.first_day)), position)
        yield Input("document", insured.document.value, position)
        yield Input("relation", insured.relation.value, position)
        yield Input("agreed", _yes(insured.agreed), position)
        yield Input("copies_known", str(insured.copies_known), position)
        if insured.occupation:
            yield Input("occupation", insured.occupation, position)
        if insured.age_on(trip.first_day) < FULL_AGE:
            yield Input("death_known", str(insured.death_known), position)
            yield Input("death_elsewhere", str(insured.death_elsewhere), position)
        for doing in insured.activities:
            yield Input("activity", f"{doing.code} {doing.altitude or doing.depth}".removesuffix(" 0"), position)
        for code, answer in sorted(insured.answers.items()):
            yield Input(f"answer.{code}", _yes(answer), position)


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _day_of(moment: datetime) -> date:
    if moment.tzinfo is None:
        raise ValueError("a proposal needs a moment with a time zone")
    return moment.astimezone(BEIJING).date()
