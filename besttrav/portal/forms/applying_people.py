"""Everybody of an application on one page: who applies, who is insured, who is paid on death.

The page is a list of people that buttons change: add, copy, take away, put back, paste many, name a beneficiary, "same as the applicant".
A button sends the whole form and gets it back changed, with everything that was typed and nothing saved; only "continue" checks and saves.
So it works without scripts, and with them the page does not even blink.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from besttrav.catalogue.offer import Asked, DocumentType, Offer, Relation
from besttrav.catalogue.rating import Traveller
from besttrav.kernel import clock, identity, pasting
from besttrav.kernel.errors import Refusal
from besttrav.kernel.pasting import PasteRefused, Row
from besttrav.people.limits import TRAVELLERS
from besttrav.people.operations.travellers import Traveller as Saved
from besttrav.policies.models import Party
from besttrav.policies.operations.people import Person
from besttrav.portal.forms.applying import refuse_undeclared
from besttrav.portal.forms.applying_person import FIELDS, BeneficiaryForm, OrganisationForm, PersonForm, values_of
from besttrav.portal.forms.travellers import traveller_of, values_for
from besttrav.privacy.kinds import Kind
from besttrav.sales.limits import DRAFT
from besttrav.sales.models import Application
from besttrav.ui.forms import in_chinese, in_words

Values = dict[str, Any]
Line = tuple[str, object]

MOST_PAYEES = 40
_KEY = re.compile(r"[0-9]{1,4}")
_OF_ORGANISATIONS = {Relation.EMPLOYEE, Relation.PARTICIPANT}
# What a copy takes over: what a family or a team shares.
_SHARED = ("kind", "nationality", "address", "occupation", "relation")


@dataclass
class _State:
    """The list as it stands: keys of people in order, and what was typed for each."""

    is_organisation: bool = False
    is_same: bool = False  # The first insured person is the applicant.
    holder: Values = field(default_factory=dict)
    insured: dict[str, Values] = field(default_factory=dict)
    gone: dict[str, Values] = field(default_factory=dict)
    payees: dict[str, Values] = field(default_factory=dict)
    pasted: str = ""
    keeps: bool = False  # These people are wanted again the next time.
    has_guardian: bool = False

    def fresh(self, people: Mapping[str, Values]) -> str:
        """A key nobody has."""
        return str(max((int(key) for key in (*people, *self.gone)), default=0) + 1)


class PeopleForm:
    """The page's form. `is_valid` and `errors` answer as those of one form; each person has a form of their own."""

    def __init__(self, offer: Offer, first_day: date | None, state: _State, *, bound: bool = False, fresh: Sequence[str] = ()) -> None:
        """`fresh` are people who were just pasted: what is wrong with them shows at once."""
        self.offer, self.first_day, self.state, self.is_bound = offer, first_day, state, bound
        self.paste_error: object = ""
        self.refused: Line = ("", "")
        self.says: object = ""
        self.goes_to = ""  # the control that takes the focus after a button did something
        self.holder = self._holder_form(bound)
        self.insured = [self._insured_form(place, key, bound or key in fresh) for place, key in enumerate(state.insured, 1)]
        whose = [(key, form.who) for key, form in zip(state.insured, self.insured, strict=True)]
        self.payees = [
            BeneficiaryForm(offer, prefix=f"b{key}", who=_beneficiary(place), values=values, bound=bound, of=whose)
            for place, (key, values) in enumerate(state.payees.items(), 1)
        ]

    # How it comes about

    @classmethod
    def blank(cls, offer: Offer, application: Application) -> "PeopleForm":
        """As many people as a price was asked for; the first is the applicant where one can insure oneself."""
        count = max(sum(application.groups.values()), offer.least_people, 1)
        insured: dict[str, Values] = {str(key): {} for key in range(1, min(count, DRAFT.most_people) + 1)}
        is_organisation = not offer.needs.person_may_apply
        return cls(offer, application.first_day, _State(is_organisation, can_be_same(offer) and not is_organisation, insured=insured))

    @classmethod
    def kept(cls, offer: Offer, application: Application, parties: Sequence[Party], opened: Sequence[Any]) -> "PeopleForm":
        """The people as they were saved."""
        state, keys = _State(), {}
        for party, texts in zip(parties, opened, strict=True):
            values = values_of(party, texts)
            if party.is_holder:
                state.is_organisation, state.is_same, state.holder = party.is_organisation, party.is_insured, values
            if party.is_insured:
                keys[party.id] = key = state.fresh(state.insured)
                state.insured[key] = values
            if party.beneficiary_of_id:
                values |= {"of": keys[party.beneficiary_of_id], "order": str(party.share_order), "share": str(party.share)}
                state.payees[state.fresh(state.payees)] = values
        return cls(offer, application.first_day, state)

    @classmethod
    def sent(cls, offer: Offer, application: Application, data: QueryDict, picked: Sequence[Saved] = ()) -> "PeopleForm":
        """What was posted: checked, or, where a button was pressed, changed by it. `picked` were chosen from the saved travellers.

        Raises UndeclaredField.
        """
        state = _read(offer, data)
        action, _colon, key = data.get("do", "").partition(":")
        if not action:
            return cls(offer, application.first_day, state, bound=True)
        return _Rearranged(cls, offer, application.first_day, state, picked).by(action, key)

    # What a page asks of it

    def refuse(self, refusal: Refusal, control: str = "") -> None:
        """What the operation would not do, above everything."""
        self.refused = control, in_words(refusal)

    @property
    def saved(self) -> list[Saved]:
        """Whom to keep for the next time: the applicant and the insured, where that was asked for."""
        people = self.people() if self.state.keeps else []
        return [saved for one in people if one.beneficiary_of is None and (saved := traveller_of(one))]

    @property
    def has_child(self) -> bool:
        """Whether somebody among them is so young that a guardian decides what is kept of them."""
        births = [form.told.born for form in self.insured if form.told.born]
        return any(identity.age_on(born, clock.today()) < TRAVELLERS.guarded_below for born in births)

    @property
    def forms(self) -> list[Any]:
        return [self.holder, *self.insured, *self.payees]

    def is_valid(self) -> bool:
        return self.is_bound and not self.errors

    @property
    def errors(self) -> list[Line]:
        """Each error with the control to jump to, by the order of the page; the person stands before the sentence."""
        if not self.is_bound and not self.paste_error:
            return []
        lines = [
            (_control(form, name), _of(form.who, error)) for form in self.forms for name, errors in form.errors.items() for error in errors
        ]
        refused = [self.refused] if self.refused[1] else []
        return refused + lines + ([("list", self.paste_error)] if self.paste_error else []) + [("", one) for one in self._together()]

    def travellers(self) -> list[Traveller]:
        """Everybody's age, as far as the price goes; nobody while one is missing."""
        if any(form.told.age is None for form in self.insured):
            return []
        known = {one.code for one in self.offer.occupations}
        jobs = [job if (job := str(form.values.get("occupation") or "")) in known else "" for form in self.insured]
        return [Traveller(age=form.told.age, occupation=job) for form, job in zip(self.insured, jobs, strict=True)]

    def people(self) -> list[Person]:
        """Whom the operation writes, the holder first."""
        people: list[Person] = []
        places: dict[str, int] = {}
        same = next((form for form in self.insured if form.is_same), None)
        if isinstance(self.holder, OrganisationForm):
            people.append(self.holder.person())
        elif same is None:
            people.append(self.holder.person(is_holder=True))
        else:
            people.append(_merged(self.holder, same))
            places[same.key] = 0
        for form in self.insured:
            if not form.is_same:
                places[form.key] = len(people)
                people.append(form.person(is_insured=True))
        for payee in self.payees:
            given = payee.cleaned_data
            people.append(
                payee.person(beneficiary_of=places[given["of"]], share=given["share"], share_order=int(given["order"])),
            )
        return people

    @property
    def is_full(self) -> bool:
        return len(self.insured) >= min(DRAFT.most_people, self.offer.most_people)

    @property
    def asks_who_applies(self) -> bool:
        needs = self.offer.needs
        return needs.organisation_may_apply and needs.person_may_apply

    @property
    def may_be_same(self) -> bool:
        return can_be_same(self.offer) and not self.state.is_organisation

    # How it is made

    def _holder_form(self, bound: bool) -> "PersonForm | OrganisationForm":
        offer, state = self.offer, self.state
        if state.is_organisation:
            return OrganisationForm(offer, prefix="h", values=state.holder, bound=bound)
        documents = offer.documents if state.is_same else applicants_documents(offer)
        return PersonForm(
            offer, offer.needs.applicant, prefix="h", who=_("the applicant"), values=state.holder, bound=bound,
            documents=documents, first_day=self.first_day,
        )  # fmt: skip

    def _insured_form(self, place: int, key: str, bound: bool) -> "InsuredForm":
        is_same = self.state.is_same and place == 1
        form = InsuredForm(
            self.offer,
            asked_of_same(self.offer) if is_same else self.offer.needs.insured,
            prefix=f"p{key}",
            who=format_lazy(_("insured {place}"), place=place),
            values=self.state.insured[key],
            bound=bound,
            relations=relations_for(self.offer, self.state.is_organisation),
            optional=(Asked.EMAIL, Asked.PHONE),
            first_day=self.first_day,
            like=self.holder if is_same and isinstance(self.holder, PersonForm) else None,
        )
        form.key, form.place, form.is_same = key, place, is_same
        return form

    def _together(self) -> Iterator[object]:
        """What is wrong between people, once each of them is right."""
        if not self.insured:
            yield _("There is nobody to insure yet. Add somebody.")
        most = min(DRAFT.most_people, self.offer.most_people)
        if len(self.insured) > most:
            yield ngettext("One application takes %(most)d person.", "One application takes %(most)d people.", most) % {"most": most}
        yield from self._twins()
        for (of, order), total in self._shares().items():
            if total != 100:
                who = next(form.who for form in self.insured if form.key == of)
                yield format_lazy(
                    _("The shares of the beneficiaries of {who} in order {order} make {total} per cent. They must make 100."),
                    who=who, order=order, total=total,
                )  # fmt: skip

    def _twins(self) -> Iterator[object]:
        first: dict[tuple[str, str], object] = {}
        for form in self.insured:
            if found := form.identity:
                earlier = first.setdefault((found.kind, found.holder), form.who)
                if earlier is not form.who:
                    yield format_lazy(_("The same document stands at {one} and at {other}."), one=earlier, other=form.who)

    def _shares(self) -> dict[tuple[str, str], int]:
        totals: dict[tuple[str, str], int] = {}
        for payee in self.payees:
            given = payee.cleaned_data if payee.is_valid() else {}
            if given:
                place = (given["of"], given["order"])
                totals[place] = totals.get(place, 0) + given["share"]
        return totals


class InsuredForm(PersonForm):
    """An insured person: by which key and at which place, and whether it is the applicant, who is asked only what is not asked above."""

    key = ""
    place = 0
    is_same = False


class _Rearranged:
    """What one button does to the list."""

    def __init__(self, form: type[PeopleForm], offer: Offer, first_day: date | None, state: _State, picked: Sequence[Saved]) -> None:
        self._form, self._offer, self._first_day, self._state, self._picked = form, offer, first_day, state, picked
        self._says: object = ""
        self._goes_to = ""
        self._fresh: list[str] = []
        self._paste_error: object = ""

    def by(self, action: str, key: str) -> PeopleForm:
        do = getattr(self, f"_{action}", None) if action in _BUTTONS else None
        if do:
            do(key)
        form = self._form(self._offer, self._first_day, self._state, fresh=self._fresh)
        form.says, form.goes_to, form.paste_error = self._says, self._goes_to, self._paste_error
        return form

    def _add(self, _key: str) -> None:
        self._take_in({}, _("Insured {place} was added"))

    def _copy(self, key: str) -> None:
        if key in self._state.insured:
            shared = {name: value for name, value in self._state.insured[key].items() if name in _SHARED}
            self._take_in(shared, _("Insured {place} was added, with what both share"))

    def _remove(self, key: str) -> None:
        state = self._state
        if key not in state.insured:
            return
        place = list(state.insured).index(key) + 1
        state.is_same &= place != 1
        state.gone = {key: state.insured.pop(key)}
        state.payees = {one: values for one, values in state.payees.items() if values.get("of") != key}
        self._says, self._goes_to = format_lazy(_("Insured {place} was taken away"), place=place), "restore"

    def _restore(self, key: str) -> None:
        if values := self._state.gone.pop(key, None):
            self._take_in(values, _("Insured {place} is back"))

    def _same(self, key: str) -> None:
        """The applicant is this insured person, and comes first."""
        state = self._state
        if key in state.insured and can_be_same(self._offer) and not state.is_organisation:
            kept = state.insured.pop(key)
            state.insured = {key: kept, **state.insured}
            state.is_same = True
            self._says, self._goes_to = _("The applicant is insured too"), f"p{key}"

    def _other(self, key: str) -> None:
        self._state.is_same = False
        self._says, self._goes_to = _("The applicant is not insured"), f"p{key}"

    def _person(self, _key: str) -> None:
        self._state.is_organisation, self._goes_to = not self._offer.needs.person_may_apply, "h"

    def _organisation(self, _key: str) -> None:
        self._state.is_organisation = self._offer.needs.organisation_may_apply
        self._state.is_same, self._goes_to = False, "h"

    def _name(self, _key: str) -> None:
        state = self._state
        if self._offer.needs.may_name_beneficiaries and state.insured and len(state.payees) < MOST_PAYEES:
            key = state.fresh(state.payees)
            state.payees[key] = {"of": next(iter(state.insured)), "order": "1", "share": "" if state.payees else "100"}
            self._says, self._goes_to = _("A beneficiary was added"), f"b{key}"

    def _unname(self, key: str) -> None:
        if self._state.payees.pop(key, None) is not None:
            self._says, self._goes_to = _("A beneficiary was taken away"), "beneficiaries"

    def _look(self, _key: str) -> None:
        """Nothing changes but what a document tells."""

    def _paste(self, _key: str) -> None:
        """The people of the list, in the place of rows in which nothing was typed. What is wrong with them is said beside their fields."""
        state = self._state
        room = min(DRAFT.most_people, self._offer.most_people) - sum(1 for key in state.insured if not self._is_empty(key))
        try:
            pasted = pasting.read(state.pasted, today=clock.today(), most=max(min(room, pasting.MOST_PEOPLE), 1))
        except PasteRefused as refusal:
            self._paste_error, self._goes_to = in_words(refusal), "list"
            return
        state.insured = {key: values for key, values in state.insured.items() if not self._is_empty(key)}
        for row in pasted.rows:
            key = state.fresh(state.insured)
            state.insured[key] = _pasted_values(self._offer, row)
            self._fresh.append(key)
        wrong = sum(1 for row in pasted.rows if not row.is_clean)
        self._says = _found_sentence(len(pasted.rows), wrong, [column.label for column in pasted.columns], pasted.passed_over)
        self._goes_to = f"p{self._fresh[0]}"
        state.pasted = ""

    def _pick(self, _key: str) -> None:
        """Those chosen from the saved travellers, in rows in which nothing was typed, else in new ones; oneself as the applicant."""
        there = {_compact(one.get("number")) for one in (self._state.holder, *self._state.insured.values())}
        for saved in self._picked:
            if there.isdisjoint(_compact(one.number) for one in saved.documents):
                self._put_in(saved)
        self._says = _("Filled in from your saved travellers") if self._goes_to else _("Nobody was filled in: choose who is not here yet")

    def _put_in(self, saved: Saved) -> None:
        state, needs = self._state, self._offer.needs
        if saved.relation == Relation.SELF and not state.is_organisation:
            documents = self._offer.documents if state.is_same else applicants_documents(self._offer)
            state.holder = {**state.holder, **values_for(saved, documents, needs.applicant)}
            if state.is_same:
                key = next(iter(state.insured))
                state.insured[key] = {**state.insured[key], **values_for(saved, documents, asked_of_same(self._offer))}
            self._goes_to = self._goes_to or "h"
            return
        key = next((one for one in state.insured if self._is_empty(one)), "")
        if not key and len(state.insured) >= min(DRAFT.most_people, self._offer.most_people):
            return
        key = key or state.fresh(state.insured)
        state.insured[key] = values_for(saved, self._offer.documents, needs.insured)
        self._goes_to = self._goes_to or f"p{key}"

    def _is_empty(self, key: str) -> bool:
        is_same = self._state.is_same and key == next(iter(self._state.insured))
        return not is_same and not any(self._state.insured[key].get(name) for name in ("name", "number", "surname", "given"))

    def _take_in(self, values: Values, says: object) -> None:
        state = self._state
        if len(state.insured) >= min(DRAFT.most_people, self._offer.most_people):
            return
        key = state.fresh(state.insured)
        state.insured[key] = values
        self._says, self._goes_to = format_lazy(str(says), place=len(state.insured)), f"p{key}"


_BUTTONS = {"add", "copy", "remove", "restore", "same", "other", "person", "organisation", "name", "unname", "look", "paste", "pick"}


def can_be_same(offer: Offer) -> bool:
    """Whether the applicant can be insured too."""
    return Relation.SELF in offer.relations


def asked_of_same(offer: Offer) -> tuple[Asked, ...]:
    """What is asked of an applicant for being insured too, besides what is asked of every applicant."""
    return tuple(what for what in offer.needs.insured if what not in offer.needs.applicant and what is not Asked.RELATION)


def relations_for(offer: Offer, is_organisation: bool) -> tuple[Relation, ...]:
    """What an insured person can be to this applicant."""
    return tuple(one for one in offer.relations if one is not Relation.SELF and (not is_organisation or one in _OF_ORGANISATIONS))


def applicants_documents(offer: Offer) -> tuple[DocumentType, ...]:
    """An applicant who is not insured is known by an ID card as well, whatever the product insures people with."""
    own = (one for one in offer.documents if one is not DocumentType.BIRTH_CERTIFICATE)
    return tuple(dict.fromkeys((*own, DocumentType.ID_CARD)))


def _read(offer: Offer, data: QueryDict) -> _State:
    """The list as it was posted. Raises UndeclaredField where anything is in it that the product does not ask of that person."""
    state = _State(
        is_organisation=offer.needs.organisation_may_apply and (data.get("who") == "organisation" or not offer.needs.person_may_apply),
        pasted=data.get("list", ""),
        keeps=bool(data.get("keep")),
        has_guardian=bool(data.get("guardian")),
    )
    state.is_same = bool(data.get("same")) and can_be_same(offer) and not state.is_organisation
    declared = {"who", "row", "same", "gone", "payee", "list", "saved", "keep", "guardian"}
    holders = (
        OrganisationForm.CALLED if data.get("who") == "organisation" else [name for what in offer.needs.applicant for name in FIELDS[what]]
    )
    state.holder = _values(data, "h", holders)
    declared |= {f"h-{name}" for name in holders}
    asked = [name for what in offer.needs.insured for name in FIELDS[what]]
    for people, sent in ((state.insured, "row"), (state.gone, "gone")):
        for key in _keys(data, sent, DRAFT.most_people):
            people[key] = _values(data, f"p{key}", asked)
            declared |= {f"p{key}-{name}" for name in asked}
    if offer.needs.may_name_beneficiaries:
        for key in _keys(data, "payee", MOST_PAYEES):
            state.payees[key] = _values(data, f"b{key}", BeneficiaryForm.CALLED)
            declared |= {f"b{key}-{name}" for name in BeneficiaryForm.CALLED}
    refuse_undeclared(data, declared)
    return state


def _keys(data: QueryDict, name: str, most: int) -> list[str]:
    return [key for key in dict.fromkeys(data.getlist(name)) if _KEY.fullmatch(key)][:most]


def _values(data: QueryDict, prefix: str, called: Sequence[str]) -> Values:
    return {name: data[f"{prefix}-{name}"] for name in called if f"{prefix}-{name}" in data}


def _compact(number: object) -> str:
    return Kind.IDENTITY_NUMBER.clean(str(number or ""))


def _pasted_values(offer: Offer, row: Row) -> Values:
    """What a pasted line gives for the fields of this product; the rest of it is let go."""
    passport = row.passport_name
    told: Values = {
        "name": row.name,
        "surname": passport.surname if passport else "",
        "given": passport.given_names if passport else "",
        "one_name": "on" if passport and not passport.given_names else "",
        "kind": row.kind.value,
        "number": row.number,
        "phone": row.phone.removeprefix("+86"),
        "born": row.birth_date.isoformat() if row.birth_date else "",
        "sex": row.sex.value if row.sex else "",
        "relation": row.relation,
    }
    asked = {name for what in offer.needs.insured for name in FIELDS[what]}
    return {name: value for name, value in told.items() if name in asked and value}


def _merged(holder: PersonForm, same: InsuredForm) -> Person:
    """The applicant with what only an insured person is asked."""
    more = same.cleaned_data
    passport = more.get("passport")
    own: dict[str, Any] = {name: more[name] for name in ("nationality", "occupation", "address") if more.get(name)}
    if passport:
        own["passport_name"] = "/".join(filter(None, (passport.surname, passport.given_names)))
    if more.get("ends"):
        own["identity_ends"] = more["ends"]
    if more.get("sex"):
        own["sex"] = more["sex"]
    return holder.person(is_holder=True, is_insured=True, **{**own, "relation": Relation.SELF.value})


def _found_sentence(found: int, wrong: int, columns: Sequence[object], passed_over: Sequence[int]) -> object:
    people = ngettext("%(count)d person was found in the list.", "%(count)d people were found in the list.", found) % {"count": found}
    read_as = _("Read as: %(columns)s.") % {"columns": _listed(columns)} if columns else ""
    look = ngettext("%(count)d of them needs a look.", "%(count)d of them need a look.", wrong) % {"count": wrong} if wrong else ""
    left = _("Nobody was found in line %(lines)s.") % {"lines": _listed(passed_over[:10])} if passed_over else ""
    return ("" if in_chinese() else " ").join(str(part) for part in (people, read_as, look, left) if part)


def _listed(parts: Iterable[object]) -> str:
    return ("、" if in_chinese() else ", ").join(map(str, parts))


def _beneficiary(place: int) -> object:
    return format_lazy(_("beneficiary {place}"), place=place)


def _control(form: Any, name: str) -> str:
    return (form[name].id_for_label or f"{form[name].auto_id}_0") if name in form.fields else ""


def _of(who: object, error: object) -> object:
    whose = str(who)
    if whose in str(error):
        return error
    return format_lazy(_("{who}: {error}"), who=f"{whose[:1].upper()}{whose[1:]}", error=error)
