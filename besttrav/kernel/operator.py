"""Who runs this platform, in the language of the page."""

from django.conf import settings
from django.utils.translation import get_language


def operator() -> dict[str, str]:
    """The operator's particulars; where an English form is set it stands under the plain name on English pages."""
    values: dict[str, str] = settings.OPERATOR
    if not (get_language() or "").startswith("en"):
        return values
    return values | {name.removesuffix("_en"): value for name, value in values.items() if name.endswith("_en") and value}
