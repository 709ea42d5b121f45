"""What every form can do."""

from django import forms
from django.utils.translation import get_language

from besttrav.kernel.errors import Refusal


class RefusableForm(forms.Form):
    """A form whose operation may refuse: the refusal and its way out stand above the fields, or at one of them.

    What is missing we say ourselves, in the page's language and with a summary; the browser's bubble would speak its own and stop first.
    """

    use_required_attribute = False

    def refuse(self, refusal: Refusal, field: str | None = None) -> None:
        """Show why it was refused; typed values stay."""
        self.add_error(field, in_words(refusal))


def in_words(refusal: Refusal) -> str:
    """A refusal and its way out in one line."""
    sentences = [str(part) for part in (refusal.message, refusal.way_out) if part]
    return ("" if in_chinese() else " ").join(sentences)


def in_chinese() -> bool:
    """Whether the page speaks Chinese, which sets no blank between sentences and lists with a comma of its own."""
    return (get_language() or "").startswith("zh")
