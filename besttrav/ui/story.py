"""The story of a sale in words: every step as it was shown and done, from the evidence that is kept with the contract."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from besttrav.catalogue.offer import Offer, PaperKind
from besttrav.kernel.money import Money
from besttrav.privacy.consent_codes import Consent
from besttrav.sales.models import Evidence

Facts = Mapping[str, Any]


def entries(steps: list[Evidence], offer: Offer) -> list[dict[str, Any]]:
    """The steps as a timeline takes them, in order."""
    return [{"at": step.at, "title": _title(step, offer), "text": _text(step), "state": "done"} for step in steps]


def _title(step: Evidence, offer: Offer) -> str:
    say = _SAYINGS.get(step.action)
    return str(say(step.facts, offer)) if say else step.action


def _text(step: Evidence) -> str:
    """What the step names: the page as it stood, and the public text that was on it."""
    parts = [str(_("page %(page)s, version %(version)s") % {"page": step.page, "version": step.page_version or "–"})]
    if text := step.facts.get("text"):
        parts.append(str(_("text %(digest)s") % {"digest": text[:12]}))
    return " · ".join(parts)


def _filled_in(facts: Facts, _offer: Offer) -> object:
    match facts["what"]:
        case "people":
            count = facts["people"]
            return ngettext("%(count)d person entered", "%(count)d people entered", count) % {"count": count}
        case "health":
            count = facts["answers"]
            return ngettext("%(count)d question about health answered", "%(count)d questions about health answered", count) % {
                "count": count
            }
        case "consents":
            given = [str(Consent[code].label) for code in facts["agreed"] if code in Consent.__members__]
            return _("Agreed: %(consents)s") % {"consents": str(_(", ")).join(given)}
        case what:
            return _FILLED_IN.get(what, what)


_FILLED_IN: dict[str, Promise] = {
    "entry": _("Notice read that a sale begins and is recorded"),
    "trip": _("Trip and plan chosen"),
}
_BECAUSE: dict[str, Promise] = {
    "insurer_declined": _("The insurer did not accept; the money goes back"),
    "insurer_silent": _("The insurer did not answer in time; the money goes back"),
}
_SAYINGS: dict[str, Callable[[Facts, Offer], object]] = {
    "started": lambda facts, offer: (
        _("Application begun for %(product)s, version %(version)s") % {"product": offer.name, "version": facts["version"]}
    ),
    "filled_in": _filled_in,
    "confirmed": lambda facts, offer: _("Read and confirmed: %(paper)s") % {"paper": offer.paper(PaperKind(facts["paper"])).kind.label},
    "phone_proved": lambda _facts, _offer: _("Mobile number confirmed with a code"),
    "signed": lambda facts, _offer: _("Signed by hand") if facts["way"] == "drawn" else _("Signed by typing the name"),
    "ordered": lambda facts, _offer: _("Accepted by the rules; order written over %(premium)s yuan") % {"premium": Money(facts["premium"])},
    "paid": lambda facts, _offer: _("%(premium)s yuan paid") % {"premium": Money(facts["premium"])},
    "issued": lambda _facts, _offer: _("Issued by the insurer, and compared with what was asked for"),
    "told": lambda _facts, _offer: _("The policyholder was told"),
    "not_issued": lambda facts, _offer: _BECAUSE.get(facts["because"], _("Not issued; the money goes back")),
    "expired": lambda _facts, _offer: _("Not paid in time; the order was closed"),
    "given_up": lambda _facts, _offer: _("Given up by the policyholder; the other insured people with a phone were told"),
    "left": lambda _facts, _offer: _("Application left; the people in it were forgotten"),
}
