from django.db import models

from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.fields import PersonalField, PersonalModel, Plain, SheetField
from besttrav.privacy.keeping import Keep
from besttrav.privacy.kinds import Kind
from besttrav.privacy.purposes import ANSWER_RIGHTS, NOTIFY, SERVE, Basis, declare_purpose

ADVISE = declare_purpose("advise", "advise on health questions", Basis.CONSENT, "3.1", roles={"service", "job"}, consents={Consent.K03})
INFORM = declare_purpose(
    "inform", "tell the carrier who travels", Basis.CONTRACT, "3.1", roles={"job"}, consents={Consent.K02}, recipients={"carrier"}
)
__all__ = ["ADVISE", "ANSWER_RIGHTS", "INFORM", "Journey"]


class Journey(PersonalModel):
    """One row, two people: the buyer and a companion."""

    buyer = SheetField("buyer")
    companion = SheetField("companion", null=True)
    name = PersonalField(Kind.NAME, of="buyer", keep=Keep.QUOTE, purposes={SERVE, NOTIFY, INFORM}, searchable=True)
    phone = PersonalField(Kind.PHONE, of="buyer", keep=Keep.QUOTE, purposes={SERVE, NOTIFY, INFORM}, searchable=True)
    companion_name = PersonalField(Kind.NAME, of="companion", keep=Keep.QUOTE, purposes={SERVE, INFORM})
    companion_birth = PersonalField(Kind.BIRTH_DATE, of="companion", keep=Keep.QUOTE, purposes={SERVE, INFORM})
    illness = PersonalField(Kind.HEALTH, of="buyer", keep=Keep.QUOTE, purposes={ADVISE})
    destination = Plain("a country", models.CharField(max_length=40, default="Japan"))
