"""The reasons of this room alone."""

from django.utils.translation import gettext_lazy as _

from besttrav.privacy.purposes import Basis, declare_purpose

# Held by jobs only: no administrator can open the secret of somebody else's authenticator app.
STAFF_SIGN_IN = declare_purpose("staff_sign_in", _("check the second factor of staff"), Basis.STATUTORY_DUTY, "6.1", roles={"job"})

# Own only: whoever searched sees their words again, and no role of ours opens them.
SEARCH = declare_purpose("search", _("show you again what you searched for"), Basis.CONTRACT, "2.3a", own=True)
