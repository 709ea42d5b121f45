"""A whole version of a product, as plain frozen values: everything a page shows, a price needs and a decision asks, and nothing else.

It is read from the canonical text that the version is kept as (`document.read`), and never from tables. All amounts are fen, all days
are days in Beijing, all ages are whole years on the first day of cover.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from besttrav.catalogue.text import EMPTY, Text, in_words
from besttrav.catalogue.words import label
from besttrav.kernel.money import ZERO, Money


class Word(StrEnum):
    """A code with its words for people in `words.toml`."""

    @property
    def label(self) -> Text:
        return label(type(self).__name__, self.value)


class Line(Word):
    """The line of business."""

    TRAVEL = "travel"
    OUTDOOR = "outdoor"
    STUDY = "study"
    ACCIDENT = "accident"
    GROUP = "group"


class Scene(Word):
    """What people come for: the tiles of the shelf."""

    OUTBOUND = "outbound"
    SCHENGEN = "schengen"
    DOMESTIC = "domestic"
    OUTDOOR = "outdoor"
    STUDY = "study"
    INBOUND = "inbound"
    ACCIDENT = "accident"
    GROUP = "group"
    BUSINESS = "business"


class Group(Word):
    """The cards that cover is shown in, in this order."""

    PERSON = "person"
    MEDICAL = "medical"
    TRIP = "trip"
    PROPERTY = "property"
    LIABILITY = "liability"


class DocumentType(Word):
    """The documents a person can be insured with."""

    ID_CARD = "id_card"
    BIRTH_CERTIFICATE = "birth_certificate"
    PASSPORT = "passport"
    HK_MACAO_PERMIT = "hk_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    RESIDENCE_PERMIT = "residence_permit"
    FOREIGN_RESIDENCE_CARD = "foreign_residence_card"


class Relation(Word):
    """What the insured is to the applicant."""

    SELF = "self"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"
    DEPENDANT = "dependant"
    EMPLOYEE = "employee"
    PARTICIPANT = "participant"
    OTHER = "other"


class Asked(Word):
    """What can be asked about a person. A form asks what `Needs` names, and a field it does not name is refused."""

    NAME = "name"
    PASSPORT_NAME = "passport_name"
    DOCUMENT = "document"
    DOCUMENT_EXPIRY = "document_expiry"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    NATIONALITY = "nationality"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    OCCUPATION = "occupation"
    RELATION = "relation"
    DEATH_COVER_ELSEWHERE = "death_cover_elsewhere"


class AskedOfTrip(Word):
    """What can be asked about the trip, besides its days, plan and area."""

    DESTINATIONS = "destinations"
    PURPOSE = "purpose"
    SCHOOL = "school"
    COMPANY = "company"
    TOUR_NUMBER = "tour_number"
    ACTIVITIES = "activities"


class Effect(Word):
    """What a yes to a question leads to, mildest first."""

    LOAD = "load"
    REFER = "refer"
    REFUSE = "refuse"


class PaperKind(Word):
    """The papers of a product, in the order in which they are read."""

    CUSTOMER_NOTICE = "customer_notice"
    APPLICATION_NOTICE = "application_notice"
    EXCLUSIONS = "exclusions"
    CLAUSES = "clauses"
    CLAIM_GUIDE = "claim_guide"


@dataclass(frozen=True, slots=True)
class Insurer:
    """Who bears the risk. `code` is permanent and names its adapter."""

    code: str
    name: Text
    short_name: Text
    hotline: str
    emergency: str
    complaints: str
    address: Text
    disclosure: Text
    claim_channel: Text
    visa_contact: Text = EMPTY


@dataclass(frozen=True, slots=True)
class Filing:
    """The name and number under which the clauses were filed with the regulator."""

    name: Text
    number: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One level of cover. The limits of activity hold for the whole plan; metres above and below the sea."""

    code: str
    name: Text
    activity_class: int = 1
    altitude: int = 3500
    depth: int = 5


@dataclass(frozen=True, slots=True)
class Benefit:
    """What one plan gives for one coverage: a sum, the actual cost, or nothing."""

    sum: Money | None = None
    is_actual_cost: bool = False

    @property
    def is_included(self) -> bool:
        return self.is_actual_cost or bool(self.sum)

    @property
    def label(self) -> Text:
        if self.is_actual_cost:
            return label("Benefit", "actual_cost")
        return in_words(self.sum) if self.sum else label("Benefit", "not_included")


@dataclass(frozen=True, slots=True)
class Each:
    """How a sum is paid bit by bit: so much `per` day, per so many hours, per item. One amount a plan; `most` limits the count."""

    per: str
    amounts: tuple[Money, ...]
    every: int = 1
    most: int = 0


@dataclass(frozen=True, slots=True)
class Minor:
    """The sums, one a plan, for insured people who are not yet this old."""

    below: int
    sums: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """One thing that is covered. `benefits` stand in the order of the offer's plans; `part_of` makes it a sub-limit of another.

    `is_death` sums count towards the minors' caps, unless `is_aviation_only`, which the rule leaves out.
    """

    code: str
    group: Group
    name: Text
    says: Text
    benefits: tuple[Benefit, ...]
    part_of: str = ""
    option: str = ""
    is_death: bool = False
    is_aviation_only: bool = False
    is_medical: bool = False
    adults_only: bool = False
    ignores_age: bool = False
    deductible: Money = ZERO
    reimbursement: int = 100
    waiting_days: int = 0
    each: Each | None = None
    minors: tuple[Minor, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """Where cover holds: countries by ISO 3166-1 alpha-2 code, or all the world but mainland China, less `without`."""

    code: str
    name: Text
    says: Text
    countries: tuple[str, ...] = ()
    is_worldwide: bool = False
    without: tuple[str, ...] = ()

    def covers(self, country: str) -> bool:
        if country in self.without:
            return False
        return country != "CN" if self.is_worldwide else country in self.countries


@dataclass(frozen=True, slots=True)
class Duration:
    """A row of the rate table: so many days, both ends included; or a year of trips of at most `longest_trip` days each."""

    first: int = 0
    last: int = 0
    longest_trip: int = 0

    @property
    def is_annual(self) -> bool:
        return self.longest_trip > 0

    @property
    def code(self) -> str:
        if self.is_annual:
            return "annual"
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class AgeBand:
    """From `first` to `last` years, both included: what the premium is multiplied by, and what per cent of the sums is given."""

    first: int
    last: int
    factor: Decimal = Decimal(1)
    benefit_percent: int = 100

    def __contains__(self, age: int) -> bool:
        return self.first <= age <= self.last


@dataclass(frozen=True, slots=True)
class OccupationClass:
    """A class of occupations that is taken, and its factor."""

    number: int
    factor: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Occupation:
    """An occupation and its class, 1 to 6; `is_refused` ones are in no class."""

    code: str
    name: Text
    number: int = 0
    also: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        return self.number == 0


@dataclass(frozen=True, slots=True)
class Activity:
    """Something people do on a trip, by class of risk 1 to 5. `asks` says which measure decides: altitude, depth, or neither."""

    code: str
    name: Text
    number: int
    asks: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can be added for a fixed premium a person, in these plans (all, where none is named)."""

    code: str
    name: Text
    says: Text
    premium: Money
    plans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rate:
    """One cell of the rate table, or a run of ages that share it."""

    plan: str
    area: str
    days: str
    first_age: int
    last_age: int
    premium: Money


@dataclass(frozen=True, slots=True)
class Question:
    """One question, on a card of its own. What a yes leads to is data: a loading in per cent, a look by the insurer, or a refusal."""

    code: str
    asks: Text
    help: Text
    effect: Effect
    why: Text
    percent: int = 0


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Something that is not covered, in a title, a sentence, and for the important ones an example."""

    title: Text
    says: Text
    example: Text = EMPTY
    is_important: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper in Markdown, with the SHA-256 of each language's text: the evidence of a sale names it."""

    kind: PaperKind
    version: str
    title: Text
    body: Text
    sha256: Text


@dataclass(frozen=True, slots=True)
class Surrender:
    """What comes back: everything before the start; afterwards premium x (1 - days gone / days insured), less `fee_percent`.

    A day that has begun counts as gone. With `only_before_start` nothing comes back afterwards; with `visa_refused_returns_all` everything
    does where it is proved that the visa was refused.
    """

    says: Text
    example: Text
    fee_percent: int = 0
    only_before_start: bool = False
    visa_refused_returns_all: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """One frequent question and its answer."""

    asks: Text
    says: Text


@dataclass(frozen=True, slots=True)
class Timing:
    """When cover can begin and how it is limited. `earliest` days after today (0 = at once), at most `longest_advance` days ahead;
    an application after `closes_at` o'clock in Beijing counts as made on the next day (24 = never closes)."""

    earliest: int = 1
    closes_at: int = 24
    longest_advance: int = 180


@dataclass(frozen=True, slots=True)
class Needs:
    """What is asked, and of whom: forms are generated from this."""

    applicant: tuple[Asked, ...]
    insured: tuple[Asked, ...]
    trip: tuple[AskedOfTrip, ...] = ()
    organisation_may_apply: bool = False
    person_may_apply: bool = True
    may_name_beneficiaries: bool = True


_NOWHERE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Version:
    """Which version this is. `id` is that of the record a sold policy points to."""

    id: UUID = _NOWHERE
    number: int = 0
    digest: str = ""
    published_at: datetime | None = None


_UNKEPT = Version()


@dataclass(frozen=True, eq=False)
class Offer:
    """One version of one product, whole. Two offers are the same when they are the same object: compare digests, not contents."""

    slug: str
    line: Line
    scene: Scene
    name: Text
    promise: Text
    filing: Filing
    insurer: Insurer
    plans: tuple[Plan, ...]
    coverages: tuple[Coverage, ...]
    areas: tuple[Area, ...]
    durations: tuple[Duration, ...]
    ages: tuple[AgeBand, ...]
    documents: tuple[DocumentType, ...]
    relations: tuple[Relation, ...]
    timing: Timing
    needs: Needs
    exclusions: tuple[Exclusion, ...]
    suits: tuple[Text, ...]
    does_not_suit: tuple[Text, ...]
    surrender: Surrender
    faq: tuple[Answer, ...]
    papers: tuple[Paper, ...]
    rates: tuple[Rate, ...]
    youngest_days: int = 0
    copies: int = 1
    least_people: int = 1
    most_people: int = 100
    occupation_classes: tuple[OccupationClass, ...] = ()
    occupations: tuple[Occupation, ...] = ()
    activities: tuple[Activity, ...] = ()
    options: tuple[Option, ...] = ()
    questions: tuple[Question, ...] = ()
    excluded_countries: tuple[str, ...] = ()
    visa_letter: str = ""
    grows_with_days: bool = True
    grows_with_cover: bool = True
    sold_from: date | None = None
    sold_until: date | None = None
    notes: tuple[Text, ...] = ()
    version: Version = _UNKEPT

    def plan(self, code: str) -> Plan | None:
        return self._plans.get(code)

    def area(self, code: str) -> Area | None:
        return self._areas.get(code)

    def occupation(self, code: str) -> Occupation | None:
        return self._occupations.get(code)

    def class_of(self, occupation: Occupation) -> OccupationClass | None:
        """The class the occupation is taken in; None where it is refused."""
        return self._classes.get(occupation.number)

    def activity(self, code: str) -> Activity | None:
        return next((activity for activity in self.activities if activity.code == code), None)

    def option(self, code: str) -> Option | None:
        return next((option for option in self.options if option.code == code), None)

    def paper(self, kind: PaperKind) -> Paper:
        return next(paper for paper in self.papers if paper.kind is kind)

    def benefit(self, coverage: Coverage, plan: str, age: int | None = None) -> Benefit:
        """What this plan gives for the coverage to somebody of this age; without an age, to an adult in full."""
        place = self._places[plan]
        benefit = coverage.benefits[place]
        if age is None or not benefit.sum:
            return benefit
        if age < _ADULT and coverage.adults_only:
            return Benefit()
        for minor in coverage.minors:
            if age < minor.below:
                return Benefit(minor.sums[place])
        band = self.age_band(age)
        if band is None or band.benefit_percent == 100 or coverage.ignores_age:
            return benefit
        return Benefit(Money(benefit.sum.fen * band.benefit_percent // 100))

    def death_sum(self, plan: str, age: int, options: frozenset[str] = frozenset()) -> Money:
        """All that is paid on death and counts towards the minors' caps."""
        counted = (cover for cover in self.coverages if cover.is_death and not cover.is_aviation_only and not cover.part_of)
        taken = (cover for cover in counted if not cover.option or cover.option in options)
        return sum((self.benefit(cover, plan, age).sum or ZERO for cover in taken), ZERO)

    def age_band(self, age: int) -> AgeBand | None:
        return self._bands.get(age)

    @property
    def youngest(self) -> int:
        return self.ages[0].first

    @property
    def oldest(self) -> int:
        return self.ages[-1].last

    @property
    def annual(self) -> Duration | None:
        return next((duration for duration in self.durations if duration.is_annual), None)

    @property
    def longest(self) -> int:
        """The longest single period in days; 0 where only whole years are sold."""
        return max(duration.last for duration in self.durations)

    @cached_property
    def least_premium(self) -> Money:
        """The lowest premium in the table: where "from" is written."""
        return min(rate.premium for rate in self.rates)

    def is_sold_on(self, day: date) -> bool:
        return (self.sold_from is None or self.sold_from <= day) and (self.sold_until is None or day <= self.sold_until)

    def grouped(self) -> "Iterator[tuple[Group, list[Coverage]]]":
        """The cards of cover, in their order, without the empty ones and without sub-limits."""
        for group in Group:
            if found := [cover for cover in self.coverages if cover.group is group and not cover.part_of]:
                yield group, found

    def comparison(self) -> "list[Row]":
        """The table of plans: a row a coverage, sub-limits and minors' sums below the one they belong to."""
        rows: list[Row] = []
        for cover in (cover for cover in self.coverages if not cover.part_of):
            rows += _rows_of(cover)
            for part in (part for part in self.coverages if part.part_of == cover.code):
                rows += [Row(part.name, part.benefits, is_sub=True, coverage=part)]
        return rows

    @cached_property
    def _plans(self) -> dict[str, Plan]:
        return {plan.code: plan for plan in self.plans}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {plan.code: place for place, plan in enumerate(self.plans)}

    @cached_property
    def _bands(self) -> dict[int, AgeBand]:
        return {age: band for band in self.ages for age in range(band.first, band.last + 1)}

    @cached_property
    def _occupations(self) -> dict[str, Occupation]:
        return {occupation.code: occupation for occupation in self.occupations}

    @cached_property
    def _classes(self) -> dict[int, OccupationClass]:
        return {one.number: one for one in self.occupation_classes}

    @cached_property
    def _areas(self) -> dict[str, Area]:
        return {area.code: area for area in self.areas}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table of plans, a benefit a plan."""

    name: Text
    benefits: tuple[Benefit, ...]
    is_sub: bool
    coverage: Coverage

    @property
    def differs(self) -> bool:
        return len(set(self.benefits)) > 1


_ADULT = 18


def _rows_of(cover: Coverage) -> "Iterator[Row]":
    yield Row(cover.name, cover.benefits, is_sub=False, coverage=cover)
    first = 0
    for minor in cover.minors:
        name = label("Row", "ages") % {"first": first, "last": minor.below - 1}
        yield Row(name, tuple(Benefit(amount) for amount in minor.sums), is_sub=True, coverage=cover)
        first = minor.below
    if cover.adults_only:
        yield Row(label("Row", "minors"), tuple(Benefit() for _ in cover.benefits), is_sub=True, coverage=cover)
