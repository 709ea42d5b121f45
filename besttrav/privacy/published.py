"""The policy as people see it: the published text with the operator's particulars and the lists generated from the declarations in it."""

from functools import cache

from django.utils.translation import override

from besttrav.kernel import clock
from besttrav.kernel.operator import operator
from besttrav.privacy import artefacts, policy
from besttrav.privacy.consents import ShownText
from besttrav.privacy.policy import Text


@cache
def as_shown(number: str, language: str) -> Text:
    """The text of one version as it stands on the page. Declarations and operator change only with a restart, so each is made once."""
    with override(language):
        return policy.version(number).text(language).filled(operator=operator(), lists=artefacts.lists(language))


def shown_today(language: str) -> ShownText:
    """What a person who agrees today was shown: version, and hash of the exact text with its lists."""
    number = policy.current(clock.today()).number
    return ShownText(number, as_shown(number, language).sha256, language)
