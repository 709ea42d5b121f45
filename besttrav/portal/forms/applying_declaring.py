"""What is declared: answers about health, and the consents, each by a control of its own and none given beforehand."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from besttrav.catalogue.offer import Offer, Question
from besttrav.policies.models import Party
from besttrav.portal.consent_words import ConsentWords
from besttrav.portal.forms.applying import Choice, refuse_undeclared
from besttrav.ui.forms import RefusableForm


class HealthForm(RefusableForm):
    """Every question of the product for every insured person, after the consent to be asked at all. Nothing is chosen beforehand."""

    agrees = forms.BooleanField(
        label=_("I agree separately that this health information is processed"),
        error_messages={"required": _("Without this consent the questions cannot be asked. You can leave, or choose another product.")},
    )

    def __init__(
        self, offer: Offer, people: Sequence[tuple[Party, str]], *, data: QueryDict | None, given: Mapping[tuple[UUID, str], bool]
    ) -> None:
        """`people` are the insured with what each is called; `given` are the answers as they were saved."""
        super().__init__(data)
        self.people: list[tuple[str, list[tuple[Question, forms.BoundField]]]] = []
        for party, name in people:
            for number, question in enumerate(offer.questions, 1):
                self.fields[_called(party, question)] = Choice(
                    question.asks,
                    [("no", _("No")), ("yes", _("Yes"))],
                    format_lazy(_("Answer question {number} for {name}"), number=number, name=name),
                    widget=forms.RadioSelect,
                )
                if (saved := given.get((party.id, question.code))) is not None:
                    self.initial[_called(party, question)] = "yes" if saved else "no"
        for party, name in people:
            self.people.append((name, [(question, self[_called(party, question)]) for question in offer.questions]))
        self._asked = [(party, question) for party, _name in people for question in offer.questions]
        if data is not None:
            refuse_undeclared(data, self.fields)

    def answers(self) -> dict[tuple[UUID, str], bool]:
        """What the operation takes."""
        return {(party.id, question.code): self.cleaned_data[_called(party, question)] == "yes" for party, question in self._asked}


class ConsentsForm(RefusableForm):
    """The separate consents of one application: those it needs, each of which has to be given, and those it does not."""

    def __init__(self, words: Sequence[ConsentWords], data: QueryDict | None) -> None:
        super().__init__(data)
        for one in words:
            missing = {"required": format_lazy(_("Not agreed: {title}. {refusing}"), title=one.title, refusing=one.refusing)}
            self.fields[one.code] = forms.BooleanField(label=one.says, required=not one.is_optional, error_messages=missing)
        self.cards = [(one, self[one.code]) for one in words]
        if data is not None:
            refuse_undeclared(data, self.fields)

    @property
    def needed(self) -> list[tuple[ConsentWords, forms.BoundField]]:
        return [card for card in self.cards if not card[0].is_optional]

    @property
    def optional(self) -> list[tuple[ConsentWords, forms.BoundField]]:
        return [card for card in self.cards if card[0].is_optional]

    def agreed(self) -> frozenset[str]:
        return frozenset(code for code, says_yes in self.cleaned_data.items() if says_yes)


def _called(party: Party, question: Question) -> str:
    """Answers belong to a person and not to a place in a list: a page that was left open is refused and not mixed up."""
    return f"a-{party.id.hex}-{question.code}"
