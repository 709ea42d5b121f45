"""Sets a paper with the fonts of this deployment, and turns what cannot be printed into a refusal a person can act on."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from besttrav.kernel import typesetting
from besttrav.kernel.errors import Refusal


class CannotPrint(Refusal):
    """Some field holds a character that no font has. `fields` names it, as in `travellers[0].name`; the text itself is not kept."""

    code = "cannot_print"
    message = _("A character in what was entered cannot be printed.")
    way_out = _("Compare the name with the document. If it is right, call us.")

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields
        super().__init__()


def print_paper(template: Path, data: Mapping[str, object], *, at: datetime) -> bytes:
    try:
        return typesetting.typeset(template, data, at=at, fonts=extra_fonts())
    except typesetting.Unprintable as error:
        raise CannotPrint(error.fields) from None


def unprintable(text: str) -> str:
    """The characters of a text that no paper of ours could show; empty when all is well. For forms, before anybody pays."""
    return typesetting.unprintable(text, fonts=extra_fonts())


def extra_fonts() -> Path | None:
    return Path(settings.FONTS) if settings.FONTS else None
