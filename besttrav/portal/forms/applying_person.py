"""One person of an application, as a form: applicant, insured person or beneficiary. What a document tells is not asked."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.catalogue.countries import COUNTRIES
from besttrav.catalogue.offer import Asked, DocumentType, Offer, Relation
from besttrav.catalogue.rules import FULL_AGE
from besttrav.catalogue.text import Text
from besttrav.kernel import clock, identity, names, organisations
from besttrav.kernel.errors import Refusal
from besttrav.kernel.identity import DocumentKind, Identity, IdentityRefused, Sex
from besttrav.kernel.money import Money
from besttrav.kernel.names import NameRefused
from besttrav.people import phones
from besttrav.policies.operations.people import Person
from besttrav.portal.forms.applying import Choice, Words, plain, refuse_unprintable
from besttrav.portal.forms.trip import DayField, PlaceField
from besttrav.ui.forms import RefusableForm, in_words

LONGEST_EMAIL = 254
MOST_YUAN = 100_000_000  # of death cover with other insurers: nobody is sold more
CREDIT_CODE = "credit_code"
# What each thing that can be asked is called in a form.
FIELDS: dict[Asked, tuple[str, ...]] = {
    Asked.NAME: ("name",),
    Asked.PASSPORT_NAME: ("surname", "given", "one_name"),
    Asked.DOCUMENT: ("kind", "number"),
    Asked.DOCUMENT_EXPIRY: ("ends",),
    Asked.BIRTH_DATE: ("born",),
    Asked.SEX: ("sex",),
    Asked.NATIONALITY: ("nationality",),
    Asked.PHONE: ("phone",),
    Asked.EMAIL: ("email",),
    Asked.ADDRESS: ("address",),
    Asked.OCCUPATION: ("occupation",),
    Asked.RELATION: ("relation",),
    Asked.DEATH_COVER_ELSEWHERE: ("elsewhere",),
}


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """What a document tells about its holder: read back under its number, so that a slip is seen."""

    number: str = ""
    born: date | None = None
    sex: Sex | None = None
    age: int | None = None
    hint: object = ""

    def __repr__(self) -> str:
        return "Told()"


class NumberField(forms.CharField):
    """The number of a document. Which rule it goes by says another field, so the form checks it."""

    def to_python(self, value: Any) -> str:
        return str(value or "").replace("\0", "")


class YuanField(forms.Field):
    """Whole yuan, as people write them."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> Money | None:
        typed = re.sub(r"[\s,，元¥￥]", "", unicodedata.normalize("NFKC", str(value or "")))
        tens = 10_000 if typed.endswith("万") else 1
        digits = typed.removesuffix("万")
        if not digits:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", digits) or int(digits) * tens > MOST_YUAN:
            raise ValidationError(_("Write the sum in whole yuan, such as 200000; 0 where there is none."))
        return Money(int(digits) * tens * 100)


class PersonForm(RefusableForm):
    """Generated from what the product asks of this person.

    Bound it says what is wrong; unbound it shows `values` as they were typed or kept. `who` is what the page calls the person. Which of the
    fields are there follows from what is known: a document that tells the birth date takes its question away, and only a minor is asked
    for death cover elsewhere. `like` is the form that says who this is, where the same person stands twice. Without an `offer` nothing is
    asked that only a product can ask; then `documents` are given.
    """

    def __init__(
        self,
        offer: Offer | None,
        asked: Iterable[Asked],
        *,
        prefix: str,
        who: object,
        values: Mapping[str, Any],
        bound: bool,
        documents: Iterable[DocumentType] | None = None,
        relations: Iterable[Relation] = (),
        optional: Iterable[Asked] = (Asked.EMAIL,),
        first_day: date | None = None,
        like: "PersonForm | None" = None,
    ) -> None:
        data = {f"{prefix}-{name}": value for name, value in values.items()} if bound else None
        super().__init__(data, prefix=prefix, initial=None if bound else dict(values))
        self.offer, self.who, self.asked = offer, who, tuple(asked)
        self.values, self.first_day = values, first_day or clock.today()
        self.documents = tuple(offer.documents if documents is None and offer else documents or ())
        self.relations = tuple(relations)
        self.optional = set(optional)
        self.like = like
        self.identity: Identity | None = like.identity if like else None
        self.told: Told = like.told if like else self._told()
        for what in self.asked:
            self.fields |= self._fields_of(what)

    @classmethod
    def names_of(cls, asked: Iterable[Asked], prefix: str) -> set[str]:
        """The names a page may send for a person who is asked this."""
        return {f"{prefix}-{name}" for what in asked for name in FIELDS[what]}

    # What is known before anything is checked

    @property
    def kind(self) -> str:
        """The document that is chosen, else the first there is."""
        typed = str(self.values.get("kind") or "")
        return typed if typed in self.documents else self.documents[0].value if self.documents else ""

    @property
    def is_minor(self) -> bool:
        return self.told.age is not None and self.told.age < FULL_AGE

    def _told(self) -> Told:
        if Asked.DOCUMENT not in self.asked:
            return Told()
        number = str(self.values.get("number") or "")
        born = self._typed_birth()
        if not number.strip():
            return Told(born=born, age=self._age(born))
        try:
            found = identity.check(self.kind, number, today=clock.today(), country=self._country())
        except IdentityRefused as refusal:
            return Told(born=born, age=self._age(born), hint=refusal.message)
        self.identity = found
        read_back = identity.grouped(found.number)
        return Told(read_back, found.birth_date or born, found.sex, self._age(found.birth_date or born))

    def _typed_birth(self) -> date | None:
        typed = self.values.get("born")
        if isinstance(typed, date):
            return typed
        try:
            return DayField(required=False).clean(typed)  # type: ignore[no-any-return]  # fields answer Any
        except ValidationError:
            return None

    def _age(self, born: date | None) -> int | None:
        return identity.age_on(born, self.first_day) if born else None

    def _country(self) -> str:
        typed = plain(self.values.get("nationality"))
        try:
            return nationality(typed) if typed and self.kind == DocumentKind.PASSPORT else ""
        except ValidationError:
            return ""

    def _tells(self) -> bool:
        if self.like:
            return self.like._tells()
        return bool(self.kind) and identity.tells_birth_and_sex(self.kind, str(self.values.get("number") or ""))

    # The fields

    def _fields_of(self, what: Asked) -> dict[str, forms.Field]:
        match what:
            case Asked.NAME:
                return {
                    "name": _line(
                        pgettext_lazy("of a person", "Name"),
                        _("Enter the name of %(who)s") % {"who": self.who},
                        help_text=_("As on the document"),
                    )
                }
            case Asked.PASSPORT_NAME:
                surname = _("Enter the surname of %(who)s as in the passport") % {"who": self.who}
                return {
                    "surname": _line(_("Surname as in the passport"), "" if what in self.optional else surname),
                    "given": _line(_("Given names as in the passport")),
                    "one_name": forms.BooleanField(label=_("The passport has one name only"), required=False),
                }
            case Asked.DOCUMENT:
                kinds = [(one.value, one.label) for one in self.documents]
                choice = {"kind": Choice(_("Document"), kinds, _("Choose the document"), blank=False)} if len(kinds) > 1 else {}
                return {**choice, "number": NumberField(label=_("Number of the document"), required=False)}
            case Asked.DOCUMENT_EXPIRY:
                return {"ends": DayField(label=_("Valid until"), help_text=_("Leave empty where it is valid for good"), required=False)}
            case Asked.BIRTH_DATE:
                if self._tells():
                    return {}
                wanted = {"required": _("Enter the date of birth of %(who)s") % {"who": self.who}}
                return {"born": DayField(label=_("Date of birth"), help_text=_("For example 1990-03-07"), error_messages=wanted)}
            case Asked.SEX:
                if self._tells():
                    return {}
                sexes = [(sex.value, sex.label) for sex in Sex]
                return {"sex": Choice(_("Sex"), sexes, _("Choose the sex of %(who)s") % {"who": self.who}, widget=forms.RadioSelect)}
            case Asked.NATIONALITY:
                return {"nationality": _line(_("Nationality"), _("Enter the nationality of %(who)s") % {"who": self.who})}
            case Asked.PHONE:
                missing = "" if Asked.PHONE in self.optional else _("Enter the mobile number of %(who)s") % {"who": self.who}
                return {"phone": _line(_("Mobile number"), missing)}
            case Asked.EMAIL:
                return {"email": _line(_("E-mail"), help_text=_("Only to send you the e-policy"))}
            case Asked.ADDRESS:
                return {"address": Words(_("Address"), _("Enter the address of %(who)s") % {"who": self.who}, longest=200)}
            case Asked.OCCUPATION:
                jobs = [(one.code, one.name) for one in self.offer.occupations] if self.offer else []
                return {"occupation": Choice(_("Occupation"), jobs, _("Choose the occupation of %(who)s") % {"who": self.who})}
            case Asked.RELATION:
                words = [(one.value, one.label) for one in self.relations]
                missing = _("Choose the relation of %(who)s to the applicant") % {"who": self.who}
                return {"relation": Choice(_("Relation to the applicant"), words, missing)}
            case Asked.DEATH_COVER_ELSEWHERE:
                if not self.is_minor:
                    return {}
                wanted = {"required": _("Enter the death cover of %(who)s with other insurers, 0 where there is none") % {"who": self.who}}
                return {
                    "elsewhere": YuanField(
                        label=_("Death cover with other insurers, in yuan"),
                        help_text=_("The law caps it for minors over all insurers together. Enter 0 where there is none."),
                        error_messages=wanted,
                    )
                }
        raise AssertionError(what)

    # What is checked

    def clean_name(self) -> str:
        return _named(self.cleaned_data["name"])

    def clean_phone(self) -> str:
        typed = self.cleaned_data["phone"]
        return _refusing(lambda: phones.clean(typed)) if typed else ""

    def clean_email(self) -> str:
        typed: str = self.cleaned_data["email"]
        if not typed:
            return ""
        if len(typed) > LONGEST_EMAIL:
            raise ValidationError(_("This is too long for an e-mail address."))
        try:
            validate_email(typed)
        except ValidationError:
            raise ValidationError(_("Check the e-mail address: it looks like name@example.com.")) from None
        return typed

    def clean_nationality(self) -> str:
        return nationality(self.cleaned_data["nationality"])

    def clean_born(self) -> date:
        born: date = self.cleaned_data["born"]
        if born > clock.today():
            raise ValidationError(_("This date of birth is still to come."))
        if born.year < clock.today().year - identity.OLDEST:
            raise ValidationError(_("This date of birth lies too far back."))
        return born

    def clean_ends(self) -> date | None:
        ends: date | None = self.cleaned_data["ends"]
        if ends and ends < clock.today():
            raise ValidationError(_("This document has run out. Use the present one."))
        return ends

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        is_named = given.get("surname") or given.get("given") or Asked.PASSPORT_NAME not in self.optional
        if "surname" in self.fields and "surname" in given and "given" in given and is_named:
            try:
                given["passport"] = names.passport(given["surname"], given["given"], one_name=given.get("one_name", False))
            except NameRefused as refusal:
                self.refuse(refusal, {"surname": "surname", "given_names": "given"}.get(refusal.field, "surname"))
        if "number" in self.fields and "number" in given and ("kind" not in self.fields or "kind" in given):
            try:
                self.identity = identity.check(
                    self.kind, given["number"], today=clock.today(), who=str(self.who), country=given.get("nationality") or ""
                )
            except IdentityRefused as refusal:
                self.refuse(refusal, "number")
        return given

    def person(self, **more: Any) -> Person:
        """What the operation takes, once the form is valid."""
        given, found = self.cleaned_data, self.identity
        passport = given.get("passport")
        told: dict[str, Any] = {
            "name": given.get("name", ""),
            "passport_name": "/".join(filter(None, (passport.surname, passport.given_names))) if passport else "",
            "identity_kind": found.kind.value if found else "",
            "identity_number": found.number if found else "",
            "identity_ends": given.get("ends"),
            "birth_date": (found.birth_date if found else None) or given.get("born"),
            "sex": (found.sex.value if found and found.sex else "") or given.get("sex", ""),
            "nationality": given.get("nationality", ""),
            "phone": given.get("phone", ""),
            "email": given.get("email", ""),
            "address": given.get("address", ""),
            "occupation": given.get("occupation", ""),
            "relation": given.get("relation", ""),
        }
        if elsewhere := given.get("elsewhere"):
            told["death_elsewhere"] = elsewhere
        return Person(**{**told, **more})


class OrganisationForm(RefusableForm):
    """An organisation that applies: its name and credit code, who acts for it, and how to reach them. Only what the product asks."""

    CALLED = ("name", "code", "contact", "phone", "email")

    def __init__(self, offer: Offer, *, prefix: str, values: Mapping[str, Any], bound: bool) -> None:
        data = {f"{prefix}-{name}": value for name, value in values.items()} if bound else None
        super().__init__(data, prefix=prefix, initial=None if bound else dict(values))
        self.who = _("the organisation")
        self.fields["name"] = Words(_("Name of the organisation"), _("Enter the name of the organisation"))
        self.fields["code"] = NumberField(label=_("Unified social credit code"), required=False)
        self.fields["contact"] = _line(_("Who acts for it"), _("Enter the name of whoever acts for the organisation"))
        self.fields["phone"] = _line(_("Mobile number"), _("Enter the mobile number of whoever acts for the organisation"))
        if Asked.EMAIL in offer.needs.applicant:
            self.fields["email"] = _line(_("E-mail"), help_text=_("Only to send you the e-policy"))

    clean_email = PersonForm.clean_email
    clean_phone = PersonForm.clean_phone

    def clean_contact(self) -> str:
        return _named(self.cleaned_data["contact"])

    def clean_code(self) -> str:
        typed = self.cleaned_data["code"]
        return _refusing(lambda: organisations.check(typed))

    def person(self) -> Person:
        given = self.cleaned_data
        return Person(
            name=given["name"],
            identity_kind=CREDIT_CODE,
            identity_number=given["code"],
            contact=given["contact"],
            phone=given["phone"],
            email=given.get("email", ""),
            is_holder=True,
            is_organisation=True,
        )


class BeneficiaryForm(PersonForm):
    """Whoever is paid on the death of an insured person: who they are, for whom, in which order, with which share."""

    ASKED = (Asked.NAME, Asked.DOCUMENT, Asked.RELATION)
    CALLED = ("name", "kind", "number", "relation", "of", "order", "share")
    RELATIONS = (Relation.SPOUSE, Relation.CHILD, Relation.PARENT, Relation.OTHER)

    def __init__(
        self, offer: Offer, *, prefix: str, who: object, values: Mapping[str, Any], bound: bool, of: Iterable[tuple[str, object]]
    ) -> None:
        super().__init__(
            offer, self.ASKED, prefix=prefix, who=who, values=values, bound=bound, documents=tuple(DocumentType), relations=self.RELATIONS
        )
        self.fields["relation"].label = _("Relation to the insured person")
        self.fields["of"] = Choice(_("Paid on the death of"), of, _("Choose whose beneficiary this is"), blank=False)
        self.fields["order"] = Choice(
            pgettext_lazy("of beneficiaries", "Order"), [(str(n), str(n)) for n in (1, 2, 3)], _("Choose the order"), blank=False
        )
        self.fields["share"] = forms.CharField(label=_("Share in per cent"), required=False)

    def clean_share(self) -> int:
        typed = re.sub(r"[\s%％]", "", unicodedata.normalize("NFKC", self.cleaned_data["share"]))
        if not re.fullmatch(r"[0-9]{1,3}", typed) or not 1 <= int(typed) <= 100:
            raise ValidationError(_("Write the share as a whole number from 1 to 100."))
        return int(typed)


def nationality(typed: str) -> str:
    """A country by what documents call it: the place to travel to is the mainland, the nationality is that of all of China.

    Raises ValidationError.
    """
    if typed.casefold() in {_CHINA.zh, _CHINA.en.casefold()}:
        return "CN"
    code: str = PlaceField().clean(typed)
    return code


_CHINA = Text("中国", "China")


def nationality_name(code: str) -> str:
    """As the form shows it and takes it back."""
    return str(_CHINA) if code == "CN" else str(COUNTRIES[code].name) if code in COUNTRIES else ""


def values_of(party: Any, opened: Any) -> dict[str, Any]:
    """What was typed for somebody, as their form shows it."""
    surname, _slash, given = opened.passport_name.partition("/")
    return {
        "name": opened.name,
        "surname": surname,
        "given": given,
        "one_name": "on" if surname and not given else "",
        "kind": party.identity_kind,
        "number": opened.identity_number,
        "code": opened.identity_number,
        "contact": opened.contact,
        "ends": opened.identity_ends,
        "born": opened.birth_date,
        "sex": opened.sex,
        "nationality": nationality_name(opened.nationality),
        "phone": opened.phone.removeprefix("+86"),
        "email": opened.email,
        "address": opened.address,
        "occupation": party.occupation,
        "relation": party.relation,
        "elsewhere": str(party.death_elsewhere_fen // 100),
    }


def _line(label: Any, missing: Any = "", **more: Any) -> forms.CharField:
    """A line whose rule is one of the kernel's: it is checked there and nowhere else."""
    return _Line(label=label, required=bool(missing), error_messages={"required": missing}, **more)


class _Line(forms.CharField):
    LONGEST = 300

    def clean(self, value: Any) -> str:
        text = plain(value)
        if len(text) > self.LONGEST:
            raise ValidationError(_("This is too long."))
        super().clean(text)
        return text


def _named(typed: str) -> str:
    name = _refusing(lambda: names.full(typed))
    refuse_unprintable(name)
    return name


def _refusing(check: Callable[[], str]) -> str:
    """What the kernel answers, its refusal as an error beside the field."""
    try:
        return check()
    except Refusal as refusal:
        raise ValidationError(in_words(refusal)) from None
