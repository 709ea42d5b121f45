"""Why personal data may be opened: a closed registry. What is not listed here cannot be a reason.

Each purpose rests on exactly one legal basis of article 13 of the Personal Information Protection Law and may require consents besides.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from besttrav.privacy.consent_codes import Consent


class Basis(StrEnum):
    """The seven bases of article 13, paragraph 1, by their number there."""

    CONSENT = "13-1"
    CONTRACT = "13-2"
    STATUTORY_DUTY = "13-3"
    EMERGENCY = "13-4"
    PUBLIC_INTEREST_REPORTING = "13-5"
    ALREADY_PUBLIC = "13-6"
    OTHER_LAW = "13-7"

    @property
    def label(self) -> object:
        return _BASIS_LABELS[self]


_BASIS_LABELS = {
    Basis.CONSENT: _("your consent"),
    Basis.CONTRACT: _("needed for your contract"),
    Basis.STATUTORY_DUTY: _("required by law"),
    Basis.EMERGENCY: _("emergency that threatens life, health or property"),
    Basis.PUBLIC_INTEREST_REPORTING: _("reporting in the public interest"),
    Basis.ALREADY_PUBLIC: _("lawfully public already"),
    Basis.OTHER_LAW: _("other law or regulation"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Purpose:
    """One reason to open personal data.

    `roles` may act on it; `own` opens only the actor's own data; `statutory` purposes also open restricted files; `every_field` ones
    follow from a duty that no field can be declared out of; `recipients` are the parties it may be sent to;
    `clause` is the clause of the privacy policy it serves.
    """

    code: str
    label: object
    basis: Basis
    clause: str
    roles: frozenset[str]
    consents: frozenset[Consent] = frozenset()
    recipients: frozenset[str] = frozenset()
    statutory: bool = False
    own: bool = False
    every_field: bool = False

    def __str__(self) -> str:
        return self.code


_registry: dict[str, Purpose] = {}


def declare_purpose(
    code: str,
    label: object,
    basis: Basis,
    clause: str,
    *,
    roles: Iterable[str] = (),
    consents: Iterable[Consent] = (),
    recipients: Iterable[str] = (),
    statutory: bool = False,
    own: bool = False,
    every_field: bool = False,
) -> Purpose:
    """Declare a purpose, once and at import time. A new one needs its sentence in the privacy policy, too."""
    if code in _registry:
        raise ValueError(f"two purposes are called {code}")
    purpose = Purpose(code, label, basis, clause, frozenset(roles), frozenset(consents), frozenset(recipients), statutory, own, every_field)
    _registry[code] = purpose
    return purpose


def purposes() -> dict[str, Purpose]:
    """Every purpose there is, by code."""
    return dict(_registry)


OWN_ACCESS = declare_purpose(
    "own_access", _("show you your own data"), Basis.STATUTORY_DUTY, "7.1", own=True, statutory=True, every_field=True
)
SIGN_IN = declare_purpose(
    "sign_in", _("sign you in and keep your account safe"), Basis.CONTRACT, "2.2.2a", roles={"job", "service"}, recipients={"sms"}
)
NOTIFY = declare_purpose(
    "notify", _("send you a message about your account or contract"), Basis.CONTRACT, "3.1", roles={"job"}, recipients={"sms"}
)
SERVE = declare_purpose("serve", _("help you when you contact us"), Basis.CONTRACT, "3.1", roles={"service", "claims", "supervisor"})
CORRECT = declare_purpose("correct", _("correct your data at your request"), Basis.STATUTORY_DUTY, "7.2", roles={"service", "privacy"})
ANSWER_RIGHTS = declare_purpose(
    "answer_rights",
    _("answer your request about your data"),
    Basis.STATUTORY_DUTY,
    "7.1",
    roles={"privacy"},
    statutory=True,
    every_field=True,
)
SECURITY = declare_purpose(
    "security", _("prevent and investigate attacks and fraud"), Basis.STATUTORY_DUTY, "3.3", roles={"security", "job"}, statutory=True
)
SUPERVISE = declare_purpose(
    "supervise", _("answer a regulator or a court"), Basis.STATUTORY_DUTY, "4.2", roles={"privacy"}, statutory=True, every_field=True
)
EMPLOY = declare_purpose("employ", _("manage staff accounts"), Basis.STATUTORY_DUTY, "6.1", roles={"admin", "job"})
