"""Staff passwords: long enough, not a common one, kept as a salted slow hash. No composition rules, no forced changes (NIST 800-63B-4)."""

from functools import cache
from pathlib import Path
from unicodedata import normalize

from django.contrib.auth.hashers import check_password, make_password
from django.utils.translation import gettext_lazy as _

from besttrav.kernel.errors import Refusal

ALONE, WITH_SECOND_FACTOR, LONGEST = 15, 8, 256


class PasswordRefused(Refusal):
    """The password is too short, too long, or one that everybody tries first."""

    code = "password_refused"


def check_new(password: str, *, has_second_factor: bool, about: tuple[str, ...] = ()) -> None:
    """Refuse a password nobody should have. `about` are words that everybody could guess for this person, such as the staff number."""
    shortest = WITH_SECOND_FACTOR if has_second_factor else ALONE
    text = _one_spelling(password)
    if len(text) < shortest:
        raise PasswordRefused(_("Use at least %(count)d characters; a few words in a row are fine.") % {"count": shortest})
    if len(text) > LONGEST:
        raise PasswordRefused(_("Use at most %(count)d characters.") % {"count": LONGEST})
    if _is_common(text) or any(word and word.lower() in text.lower() for word in about):
        raise PasswordRefused(_("This password is among the first that are tried. Choose words that only you would put together."))


def hashed(password: str) -> str:
    """The salted slow hash to keep (scrypt)."""
    return make_password(_one_spelling(password))


def fits(password: str, kept: str) -> bool:
    """Whether this is the password; an empty `kept` takes as long to refuse as a wrong password."""
    if not kept:
        make_password(_one_spelling(password))
        return False
    return check_password(_one_spelling(password), kept)


def _one_spelling(password: str) -> str:
    return normalize("NFKC", password)


def _is_common(text: str) -> bool:
    """A listed password, also with digits or marks put around it, or one character or short run repeated."""
    folded = text.lower()
    core = folded.strip("0123456789!@#$%^&*()_-+=. ")
    repeated = any(len(folded) % size == 0 and folded == folded[:size] * (len(folded) // size) for size in range(1, 5))
    return folded in _listed() or core in _listed() or core == "" or repeated


@cache
def _listed() -> frozenset[str]:
    lines = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
