"""What each consent of an application says: what for, who receives what, how long it is kept, and what refusing it means.

Article 23 of the Personal Information Protection Law wants the recipient named, with contact, purpose, way and kinds; articles 29 and 31
want health, documents and children asked for separately.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from besttrav.catalogue.offer import Asked, Offer
from besttrav.catalogue.text import in_words, joined
from besttrav.policies.models import Party
from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.keeping import Keep
from besttrav.sales.operations.applying import OFFERS_BY_SMS, consents_needed


@dataclass(frozen=True, slots=True)
class ConsentWords:
    """One consent as its card shows it. `code` is its published code, or `authority`."""

    code: str
    title: object
    explains: Sequence[object]
    says: Any
    refusing: object
    is_optional: bool = False

    @property
    def published(self) -> str:
        """The code under which the policy lists it."""
        return self.code if self.code in Consent.__members__ else ""


def words_of(offer: Offer, parties: Sequence[Party], plan: str) -> list[ConsentWords]:
    """The cards of this application, in the order in which they are read; the optional one last."""
    needed = consents_needed(offer, parties)
    cards = [_documents(offer), _insurer(offer), _authority(offer), _guardian(offer), _death(offer, parties, plan)]
    return [card for card in cards if card.code in needed] + [_offers()]


def _documents(offer: Offer) -> ConsentWords:
    return ConsentWords(
        Consent.K02.name,
        _("Identity documents"),
        [
            _("Kind and number of the documents of everybody in this application. The law counts them as sensitive."),
            _("They show who is insured, find policies for the same days, and stand on the policy."),
            format_lazy(
                _("Kept for {period} after the end of the contract; without a contract {draft}."),
                period=Keep.CONTRACT.period,
                draft=Keep.QUOTE.period,
            ),
        ],
        _("I agree separately that the identity documents are processed for this."),
        Consent.K02.effect_of_refusing,
    )


def _insurer(offer: Offer) -> ConsentWords:
    insurer = offer.insurer
    return ConsentWords(
        Consent.K05.name,
        format_lazy(_("Passing your application to {insurer}"), insurer=insurer.name),
        [
            format_lazy(_("Recipient: {name}, {address}, {hotline}."), name=insurer.name, address=insurer.address, hotline=insurer.hotline),
            format_lazy(_("What it receives: {kinds}."), kinds=_kinds(offer)),
            _(
                "What for: deciding about the application, issuing the policy, serving it and paying claims. "
                "It goes by an encrypted line, once you have paid and not before."
            ),
        ],
        format_lazy(_("I agree separately that these data go to {insurer}."), insurer=insurer.name),
        Consent.K05.effect_of_refusing,
    )


def _authority(offer: Offer) -> ConsentWords:
    return ConsentWords(
        "authority",
        _("The others in this application"),
        [
            _("You enter data of other people. They have to know and to agree."),
            _("After the purchase each of them is told, sees what is held, and may object."),
        ],
        format_lazy(_("The others agreed that I give their data to {insurer} through this platform."), insurer=offer.insurer.short_name),
        _("Without their consent they cannot be in this application: take them out of the list."),
    )


def _guardian(offer: Offer) -> ConsentWords:
    return ConsentWords(
        Consent.K14.name,
        _("Children under 14"),
        [
            _(
                "Data of a child are sensitive, whatever they are. "
                "They are used for this insurance only, and seen only by those who need them for it."
            ),
            _("As the guardian you can see them, correct them and have them erased, as your own."),
        ],
        _("I am the guardian of every child under 14 in this application, and agree separately for them."),
        Consent.K14.effect_of_refusing,
    )


def _death(offer: Offer, parties: Sequence[Party], plan: str) -> ConsentWords:
    sums = sorted({offer.death_sum(plan, party.age or 0) for party in parties if party.is_insured and not party.is_holder})
    told = joined([in_words(amount) for amount in sums if amount])
    return ConsentWords(
        Consent.K15.name,
        _("Cover on the death of others"),
        [
            _("Insurance on somebody's death is void without their own consent to it and to its sum; for a minor the parent gives it."),
            format_lazy(_("Sum on death for each of the others: {sums}."), sums=told),
        ],
        _("Each of the others agreed to this cover and to its sum."),
        Consent.K15.effect_of_refusing,
    )


def _offers() -> ConsentWords:
    return ConsentWords(
        OFFERS_BY_SMS,
        _("Offers by text message"),
        [_("Your mobile number is used to send you offers. You can end it in each message.")],
        _("Send me offers by text message."),
        Consent.K10.effect_of_refusing,
        is_optional=True,
    )


def _kinds(offer: Offer) -> object:
    """What leaves, in the words of the forms."""
    asked = dict.fromkeys((*offer.needs.applicant, *offer.needs.insured))
    kinds = [what.label for what in asked if what is not Asked.DEATH_COVER_ELSEWHERE]
    return joined(kinds)
