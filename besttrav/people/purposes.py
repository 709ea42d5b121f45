"""The reasons of this room alone."""

from django.utils.translation import gettext_lazy as _

from besttrav.privacy.consent_codes import Consent
from besttrav.privacy.purposes import Basis, declare_purpose

# Held by jobs only: no administrator can open the secret of somebody else's authenticator app.
STAFF_SIGN_IN = declare_purpose("staff_sign_in", _("check the second factor of staff"), Basis.STATUTORY_DUTY, "6.1", roles={"job"})

# Own only: whoever searched sees their words again, and no role of ours opens them.
SEARCH = declare_purpose("search", _("show you again what you searched for"), Basis.CONTRACT, "2.3a", own=True)

# Own only: whoever keeps the list opens it, and no role of ours does. A second purpose for other people's identity documents needs a
# consent of its own, whatever was agreed for a contract: article 29 of the Personal Information Protection Law.
PREFILL = declare_purpose(
    "prefill",
    _("fill in the people you saved when you apply again"),
    Basis.CONSENT,
    "2.2.2b",
    own=True,
    consents={Consent.K02},
)
