"""Does a text look like somebody? The last net under the journal: what gets caught here was a mistake of the caller.

Long runs of digits are refused whatever they mean, because a rule that also asked for a check digit would let nine
wrong numbers pass and refuse the tenth: the programmer would learn of it in production.
"""

import re

_CJK = re.compile(r"[\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
# Identity numbers of 15 or 18 places, bank cards of 12 to 19, phone numbers with a country code.
_LONG_NUMBER = re.compile(r"\d{12}")
_MOBILE = re.compile(r"(?<!\d)(?:86[-._: ]?)?1[3-9]\d[-._: ]?\d{4}[-._: ]?\d{4}(?!\d)")
_GROUPED_CARD = re.compile(r"(?<!\d)\d{4}(?:[-._: ]\d{4}){2,3}(?:[-._: ]\d{1,3})?(?!\d)")


def looks_personal(text: str) -> bool:
    """Whether the text holds what could be a name, a mobile number, an identity number, a bank card or an e-mail address."""
    return any(pattern.search(text) for pattern in (_LONG_NUMBER, _MOBILE, _EMAIL, _CJK)) or _holds_grouped_card(text)


def _holds_grouped_card(text: str) -> bool:
    return any(_passes_luhn(re.sub(r"\D", "", match.group())) for match in _GROUPED_CARD.finditer(text))


def _passes_luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0
