"""Why the people of a contract are opened, besides the reasons every room shares."""

from django.utils.translation import gettext_lazy as _

from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.purposes import Basis, declare_purpose

# Held by whoever fills an application in, for what they typed themselves, and by the jobs that check it.
APPLY = declare_purpose("apply", _("show you what you filled in, and check it"), Basis.CONTRACT, "2.2.2b", roles={"buyer", "job"})
CONCLUDE = declare_purpose(
    "conclude",
    _("send your application to the insurer and conclude the contract"),
    Basis.CONTRACT,
    "3.1",
    roles={"job"},
    consents={Consent.K02},
    recipients={"insurer"},
)
DECLARE_HEALTH = declare_purpose(
    "declare_health",
    _("tell the insurer what was answered about health"),
    Basis.CONSENT,
    "2.2.2b",
    roles={"job"},
    consents={Consent.K03},
    recipients={"insurer"},
)
PROVE_COVER = declare_purpose(
    "prove_cover", _("make the papers of your contract and let you find it again"), Basis.CONTRACT, "3.1", roles={"job"}
)
# Named the insurer's, because it is the seller who issues; a platform that issues on its behalf acts on the insurer's instructions.
INVOICE = declare_purpose(
    "invoice", _("have the invoice issued that you asked for"), Basis.CONTRACT, "3.1", roles={"job"}, recipients={"insurer"}
)
