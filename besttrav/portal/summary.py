"""Check your answers: everything of an application once more, opened for whoever typed it, each part with the way to change it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.catalogue import rating
from besttrav.catalogue.offer import AskedOfTrip, Coverage, DocumentType, Effect, Exclusion, Relation
from besttrav.catalogue.rating import Loading, Unpriced
from besttrav.catalogue.text import joined
from besttrav.kernel import identity
from besttrav.policies.models import Party
from besttrav.policies.purposes import APPLY
from besttrav.portal.applying import Draft, Priced
from besttrav.portal.forms.applying_person import nationality_name
from besttrav.portal.forms.applying_trip import PURPOSES, WORDS
from besttrav.portal.shelf import leading
from besttrav.privacy.gate import Opened, reveal, reveal_one
from besttrav.sales import pricing, queries
from besttrav.sales.steps import Step

SHOWN = (
    "name",
    "passport_name",
    "identity_number",
    "identity_ends",
    "birth_date",
    "sex",
    "nationality",
    "phone",
    "email",
    "address",
    "contact",
)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """One part of the answers, with where it is changed."""

    title: object
    address: str
    rows: Sequence[Row]


class Summary:
    """What the last page shows before somebody signs."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._opened = reveal(draft.parties, SHOWN, purpose=APPLY, actor=draft.buyer, case=draft.application.id)
        self._answers = queries.answers_of(draft.application, draft.buyer) if draft.offer.questions else {}

    @property
    def cards(self) -> list[Card]:
        trip, people = self._draft.address(Step.TRIP), self._draft.address(Step.PEOPLE)
        return [
            Card(_("The trip"), trip, list(self._trip())),
            *(Card(title, people, rows) for title, rows in self._people()),
            *([Card(_("Health"), self._draft.address(Step.HEALTH), list(self._health()))] if self._answers else []),
        ]

    @property
    def holder(self) -> str:
        """Whose signature is wanted: the applicant's, or that of whoever acts for the organisation."""
        party, opened = next((party, texts) for party, texts in self._pairs if party.is_holder)
        name: str = opened.contact if party.is_organisation else opened.name
        return name

    @property
    def email(self) -> str:
        return next(str(opened.email) for party, opened in self._pairs if party.is_holder)

    @cached_property
    def priced(self) -> Priced:
        """With what an answer about health adds: nobody learns of it after signing."""
        draft = self._draft
        try:
            travellers = pricing.travellers_of(draft.parties)
            return Priced(rating.price(draft.offer, pricing.trip_of(draft.application), travellers, self._loadings))
        except Unpriced as refusal:
            return Priced(reasons=refusal.reasons)

    @property
    def lines(self) -> list[tuple[str, object, Any]]:
        """What each person's premium is made of."""
        if not self.priced.quote:
            return []
        names = [opened.name for party, opened in self._pairs if party.is_insured]
        return [(name, joined_lines(person.lines), person.premium) for name, person in zip(names, self.priced.quote.people, strict=True)]

    @property
    def loaded(self) -> bool:
        return bool(self._loadings)

    @property
    def benefits(self) -> list[tuple[Coverage, Any]]:
        plan = self._draft.offer.plan(self._draft.application.plan)
        return leading(self._draft.offer, plan) if plan else []

    @property
    def exclusions(self) -> list[Exclusion]:
        """The five that matter most."""
        return sorted(self._draft.offer.exclusions, key=lambda one: not one.is_important)[:5]

    @property
    def _pairs(self) -> list[tuple[Party, Opened]]:
        return list(zip(self._draft.parties, self._opened, strict=True))

    @cached_property
    def _loadings(self) -> dict[int, list[Loading]]:
        loading = {question.code: question for question in self._draft.offer.questions if question.effect is Effect.LOAD}
        found: dict[int, list[Loading]] = {}
        for position, party in enumerate(self._draft.insured, 1):
            for code, question in loading.items():
                if self._answers.get((party.id, code)):
                    found.setdefault(position, []).append(Loading(code, question.percent, question.why))
        return found

    def _trip(self) -> Iterator[Row]:
        draft, application, offer = self._draft, self._draft.application, self._draft.offer
        for label, value, note in draft.facts:
            yield {"label": label, "value": value, "note": note}
        if purpose := application.trip.get("purpose"):
            yield {"label": _("What for"), "value": PURPOSES[purpose]}
        if application.__dict__.get("trip_words") is not None:
            label = next((words for what, (words, _missing) in WORDS.items() if what in offer.needs.trip), "")
            words = reveal_one(application, "trip_words", purpose=APPLY, actor=draft.buyer, case=application.id).trip_words
            yield {"label": label, "value": words}
        if AskedOfTrip.ACTIVITIES in offer.needs.trip:
            done = [
                (offer.activity(one["code"]), one.get("altitude") or one.get("depth")) for one in application.trip.get("activities", ())
            ]
            told = "、".join(f"{activity.name} {metres} m" if metres else str(activity.name) for activity, metres in done if activity)
            yield {"label": _("Activities"), "value": told or _("None beyond an ordinary trip")}
        if application.options:
            chosen = [option.name for option in offer.options if option.code in application.options]
            yield {"label": _("Added"), "value": joined(chosen)}
        if application.wants_letter:
            yield {"label": _("Certificate for a visa"), "value": _("Yes, in English")}

    def _people(self) -> Iterator[tuple[object, list[Row]]]:
        places = {party.id: place for place, party in enumerate(self._draft.insured, 1)}
        for party, opened in self._pairs:
            if party.is_holder and party.is_insured:
                title: object = _("Applicant, and insured 1")
            elif party.is_holder:
                title = _("Applicant")
            elif party.is_insured:
                title = format_lazy(_("Insured {place}"), place=places[party.id])
            elif party.beneficiary_of_id:
                title = format_lazy(_("Beneficiary of insured {place}"), place=places[party.beneficiary_of_id])
            yield title, list(self._person(party, opened))
        named = {party.beneficiary_of_id for party in self._draft.parties if party.beneficiary_of_id}
        if self._draft.offer.needs.may_name_beneficiaries and not named:
            yield _("Beneficiaries"), [{"label": _("On death"), "value": _("The heirs, as the law says")}]

    def _person(self, party: Party, opened: Opened) -> Iterator[Row]:
        document = _("Credit code") if party.is_organisation else DocumentType(party.identity_kind).label
        told: list[tuple[object, object]] = [
            (pgettext_lazy("of a person", "Name"), opened.name),
            (_("Who acts for it"), opened.contact),
            (_("Name as in the passport"), opened.passport_name.replace("/", " ")),
            (document, identity.grouped(opened.identity_number)),
            (_("Valid until"), opened.identity_ends),
            (_("Born"), opened.birth_date),
            (_("Sex"), identity.Sex(opened.sex).label if opened.sex else ""),
            (_("Nationality"), nationality_name(opened.nationality)),
            (_("Mobile number"), opened.phone.removeprefix("+86")),
            (_("E-mail"), opened.email),
            (_("Address"), opened.address),
            (_("Occupation"), self._occupation(party)),
            (_("Relation"), Relation(party.relation).label if party.relation and not party.is_holder else ""),
            (pgettext_lazy("of a beneficiary", "Order and share"), f"{party.share_order} · {party.share} %" if party.share else ""),
            (_("Death cover with other insurers"), f"¥{party.death_elsewhere}" if party.death_elsewhere_fen else ""),
        ]
        return ({"label": label, "value": value} for label, value in told if value)

    def _occupation(self, party: Party) -> object:
        found = self._draft.offer.occupation(party.occupation) if party.occupation else None
        return found.name if found else ""

    def _health(self) -> Iterator[Row]:
        names = {party.id: opened.name for party, opened in self._pairs}
        asked = {question.code: question.asks for question in self._draft.offer.questions}
        yes = [(party, code) for (party, code), is_yes in self._answers.items() if is_yes]
        if not yes:
            yield {"label": _("All questions"), "value": _("Answered with no, for everybody")}
        for party, code in yes:
            yield {"label": names[party], "value": _("Yes"), "note": asked[code]}


def joined_lines(lines: Sequence[rating.PremiumLine]) -> object:
    """The steps of a premium in one line."""
    return " + ".join(f"{line.says} {line.amount}" for line in lines)
