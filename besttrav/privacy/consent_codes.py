"""The sixteen consents there are: what each is for, and what refusing it means. The ledger of who gave which is `consents`."""

from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True, eq=False)
class ConsentRules:
    label: object
    effect: object
    separate: bool = False
    channels: tuple[str, ...] = ()


class Consent(Enum):
    """A consent by its published code (member name). `separate` ones may never be bundled: articles 14, 23, 29, 31, 39 of the law."""

    K01 = ConsentRules(_("privacy policy, basic functions"), _("without it you can browse and buy as a guest, but not keep an account"))
    K02 = ConsentRules(_("identity documents"), _("without it no contract can be concluded"), separate=True)
    K03 = ConsentRules(_("health information"), _("without it only products that ask nothing about health"), separate=True)
    K04 = ConsentRules(_("bank account or card"), _("without it another way to pay, if there is one"), separate=True)
    K05 = ConsentRules(_("giving your data to the named insurer"), _("without it no contract with this insurer"), separate=True)
    K06 = ConsentRules(_("giving your data to the payment provider"), _("without it another way to pay, if there is one"), separate=True)
    K07 = ConsentRules(_("giving your data to the named adjuster"), _("without it the insurer handles the claim itself"), separate=True)
    K08 = ConsentRules(_("medical data for a claim"), _("without it please claim with the insurer directly"), separate=True)
    K09 = ConsentRules(_("sharing with the named affiliate"), _("without it nothing changes for you"), separate=True)
    K10 = ConsentRules(
        _("offers"), _("without it no offers; messages about your contract still come"), channels=("sms", "call", "email", "site")
    )
    K11 = ConsentRules(_("personal recommendations"), _("without it everybody sees the same order"))
    K12 = ConsentRules(_("cookies that are not necessary"), _("without it you are told of every sign-in, also in this browser"))
    K13 = ConsentRules(_("giving your data to a recipient abroad"), _("without it help is arranged from within the country"), separate=True)
    K14 = ConsentRules(_("guardian's consent for a child under 14"), _("without it the child cannot be insured here"), separate=True)
    K15 = ConsentRules(
        _("consent of the insured to cover in case of death and its amount"), _("without it the contract cannot be concluded")
    )
    K16 = ConsentRules(_("face verification"), _("without it another way to verify you"), separate=True)

    @property
    def label(self) -> object:
        return self.value.label

    @property
    def effect_of_refusing(self) -> object:
        return self.value.effect
