"""Somebody of the list of saved travellers, as a form; and how they come from an application and go into one."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from besttrav.catalogue.offer import Asked, DocumentType, Relation
from besttrav.kernel.errors import Refusal
from besttrav.people.operations.travellers import Document, Traveller
from besttrav.policies.operations.people import Person
from besttrav.portal.forms.applying import refuse_undeclared
from besttrav.portal.forms.applying_person import FIELDS, PersonForm
from besttrav.ui.forms import RefusableForm

Values = dict[str, Any]

ASKED = (
    *(Asked.RELATION, Asked.NAME, Asked.PASSPORT_NAME, Asked.DOCUMENT, Asked.DOCUMENT_EXPIRY),
    *(Asked.BIRTH_DATE, Asked.SEX, Asked.PHONE, Asked.EMAIL),
)
OTHER = (Asked.DOCUMENT, Asked.DOCUMENT_EXPIRY)
RELATIONS = (Relation.SELF, Relation.SPOUSE, Relation.CHILD, Relation.PARENT, Relation.DEPENDANT, Relation.EMPLOYEE, Relation.OTHER)
WHO = pgettext_lazy("of a saved traveller", "this person")


class OtherDocumentForm(PersonForm):
    """A second document, if there is one."""

    def clean(self) -> dict[str, Any]:
        return super().clean() if self.cleaned_data.get("number", "").strip() else self.cleaned_data


class AgreementForm(RefusableForm):
    """What has to be said before somebody is kept: that they agree, and of a child that the guardian does. Nothing is ticked before."""

    agreed = forms.BooleanField(
        label=_("This person agreed that I keep these particulars, identity documents included, to fill them in again"),
        error_messages={"required": _("Confirm that the person agreed; without it nobody is saved.")},
    )
    guardian = forms.BooleanField(
        label=_("For a child under 14: I am the guardian, or the guardian agreed"),
        required=False,
    )


class TravellerForm:
    """The page's form: who it is, one document or two, and the agreement. `is_valid` and `errors` answer as those of one form."""

    def __init__(self, person: Values, other: Values, agreement: Mapping[str, Any] | None, *, bound: bool, is_known: bool) -> None:
        self.is_bound = bound
        documents = tuple(DocumentType)
        optional = (Asked.EMAIL, Asked.PHONE, Asked.PASSPORT_NAME)
        self.person = PersonForm(
            None, ASKED, prefix="p", who=WHO, values=person, bound=bound, documents=documents, relations=RELATIONS, optional=optional
        )
        self.person.fields["email"].help_text = ""
        self.other = OtherDocumentForm(None, OTHER, prefix="o", who=WHO, values=other, bound=bound, documents=documents)
        self.agreement = AgreementForm(agreement)
        if is_known:
            del self.agreement.fields["agreed"]

    @classmethod
    def blank(cls) -> "TravellerForm":
        return cls({}, {}, None, bound=False, is_known=False)

    @classmethod
    def kept(cls, traveller: Traveller) -> "TravellerForm":
        """Somebody as they were saved."""
        first, *rest = traveller.documents
        person = values_of(traveller) | _of_document(first)
        return cls(person, _of_document(rest[0]) if rest else {}, None, bound=False, is_known=True)

    @classmethod
    def sent(cls, data: QueryDict, *, is_known: bool = False) -> "TravellerForm":
        """What was posted; where only a document was to be looked at, unchecked. Raises UndeclaredField."""
        asked = {"p": _names(ASKED), "o": _names(OTHER)}
        agreement = {"guardian"} if is_known else {"agreed", "guardian"}
        refuse_undeclared(data, agreement | {f"{prefix}-{name}" for prefix, names in asked.items() for name in names})
        person, other = ({name: data[f"{p}-{name}"] for name in names if f"{p}-{name}" in data} for p, names in asked.items())
        looks = data.get("do") == "look"
        return cls(person, other, None if looks else data, bound=not looks, is_known=is_known)

    @property
    def forms(self) -> tuple[RefusableForm, ...]:
        return self.person, self.other, self.agreement

    @property
    def errors(self) -> list[tuple[str, object]]:
        """Each error with the control to jump to, in the order of the page."""
        if not self.is_bound:
            return []
        return [(_control(form, name), error) for form in self.forms for name, errors in form.errors.items() for error in errors]

    def is_valid(self) -> bool:
        return self.is_bound and not self.errors

    def refuse(self, refusal: Refusal, field: str | None = None) -> None:
        self.agreement.refuse(refusal, field)

    @property
    def has_guardian(self) -> bool:
        return bool(self.agreement.cleaned_data["guardian"])

    def traveller(self) -> Traveller:
        """What the operation takes, once the form is valid."""
        told = self.person.person()
        documents = [_document(form.person()) for form in (self.person, self.other) if form.identity]
        return _traveller(told, documents)


def traveller_of(person: Person) -> Traveller | None:
    """Somebody of an application to be saved; None for an organisation, and for whoever has no document or birth date."""
    if person.is_organisation or person.birth_date is None or not person.identity_number:
        return None
    saved = _traveller(person, [_document(person)])
    return replace(saved, relation=Relation.SELF.value) if person.is_holder else saved


def values_of(traveller: Traveller) -> Values:
    """What fields of a form show of somebody who is saved, but for the document."""
    surname, _slash, given = traveller.passport_name.partition("/")
    return {
        "name": traveller.name,
        "surname": surname,
        "given": given,
        "one_name": "on" if surname and not given else "",
        "born": traveller.birth_date.isoformat(),
        "sex": traveller.sex,
        "phone": traveller.phone.removeprefix("+86"),
        "email": traveller.email,
        "relation": traveller.relation,
    }


def values_for(traveller: Traveller, documents: Iterable[DocumentType], asked: Iterable[Asked]) -> Values:
    """What is filled in for them where this is asked: with the first document that is taken there, or none."""
    taken = {one.kind: one for one in traveller.documents}
    document = next((taken[kind] for kind in documents if kind in taken), None)
    values = values_of(traveller) | (_of_document(document) if document else {})
    names = _names(asked)
    return {name: value for name, value in values.items() if name in names and value}


def _names(asked: Iterable[Asked]) -> list[str]:
    return [name for what in asked for name in FIELDS[what]]


def _of_document(document: Document) -> Values:
    return {"kind": document.kind, "number": document.number, "ends": document.ends.isoformat() if document.ends else ""}


def _document(person: Person) -> Document:
    return Document(kind=person.identity_kind, number=person.identity_number, ends=person.identity_ends)


def _traveller(person: Person, documents: Iterable[Document]) -> Traveller:
    assert person.birth_date is not None
    return Traveller(
        name=person.name,
        documents=tuple(documents),
        birth_date=person.birth_date,
        relation=person.relation,
        passport_name=person.passport_name,
        sex=person.sex,
        phone=person.phone,
        email=person.email,
    )


def _control(form: RefusableForm, name: str) -> str:
    return (form[name].id_for_label or f"{form[name].auto_id}_0") if name in form.fields else ""
