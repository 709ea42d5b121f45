"""Which privacy policy a person is shown when they agree."""

from besttrav.privacy.consents import ShownText
from besttrav.privacy.published import shown_today


def shown_policy(language: str) -> ShownText:
    """The policy in effect today, as it stands on the page in this language, lists and operator included."""
    return shown_today(language)
