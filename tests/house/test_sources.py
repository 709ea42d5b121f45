"""No value in the sources could be a real person's."""

import re
from collections.abc import Iterator

import pytest

from tests.house.tree import texts

# A mainland mobile number has eleven digits and begins with 1 and 3 to 9. No carrier has a segment that begins with 10, 11 or 12, so such
# numbers are invented. An identity number is invented when its region code belongs to no place (see REGIONS) or its order code is 000.
MOBILE = re.compile(r"(?<![\d.])(?:\+?86[ -]?|0086)?(1[3-9]\d)[ -]?(\d{4})[ -]?(\d{4})(?![\d.])")
IDENTITY = re.compile(r"(?<!\d)(\d{6})((?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(\d{3})([\dXx])(?!\d)")
EMAIL = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
CARD = re.compile(r"(?<![\d.])(?:4\d{3}|5[1-5]\d{2}|62\d{2})[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}(?:\d{0,3})(?![\d.])")

REGIONS = {*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83, 91}
INVENTED_HOSTS = ("example", "example.com", "example.org", "example.net", "test", "invalid", "localhost")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _is_valid(number: str) -> bool:
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False)) % 11] == number[17].upper()


def _personal_looking(text: str) -> Iterator[str]:
    for match in MOBILE.finditer(text):
        if not _is_placeholder(match[2] + match[3]):
            yield match[0]
    for match in IDENTITY.finditer(text):
        if int(match[1][:2]) in REGIONS and match[3] != "000" and _is_valid(match[0]):
            yield match[0]
    for match in EMAIL.finditer(text):
        if not match[1][-1].isdigit() and not any(match[1] == host or match[1].endswith(f".{host}") for host in INVENTED_HOSTS):
            yield match[0]
    for match in CARD.finditer(text):
        if _passes_luhn(re.sub(r"\D", "", match[0])):
            yield match[0]


def _is_placeholder(digits: str) -> bool:
    """Eight digits that are written where any would do."""
    return digits in ("00000000", "12345678")


def _passes_luhn(digits: str) -> bool:
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


# Printed in standards and handbooks, and used to show that what looks personal is refused.
PRINTED = ("440524188001010014", "4111111111111111", "4111-1111-1111-1111")
# Lists taken from the public, whose entries are nobody's.
WORD_LISTS = ("besttrav/people/common_passwords.txt",)


def test_no_source_holds_a_value_that_could_be_a_real_persons() -> None:
    found = [
        (name, value)
        for name, text in texts(".py", ".toml", ".json", ".csv", ".html", ".js", ".md", ".yml", ".po", ".txt")
        if not name.startswith(("requirements", *WORD_LISTS))
        for value in _personal_looking(text)
        if value not in PRINTED
    ]
    assert found == []


@pytest.mark.parametrize(
    "value",
    ["1" + "3800" + "138001", "+86 1" + "39 1234 5679", "11010519900307" + "8136", "somebody@" + "qq.com", "6222 " + "0212 3456 7894"],
)
def test_a_value_that_could_be_real_would_be_noticed(value: str) -> None:
    digits = re.sub(r"\D", "", value)
    if IDENTITY.fullmatch(value):
        value = next(value[:17] + last for last in "0123456789X" if _is_valid(value[:17] + last))
    if CARD.fullmatch(value):
        value = next(digits[:15] + last for last in "0123456789" if _passes_luhn(digits[:15] + last))
    assert list(_personal_looking(f"a {value} b")) == [value]


@pytest.mark.parametrize("value", ["12312345678", "+8610012345678", "990101199003070015", "someone@besttrav.example", "1234567890123456"])
def test_invented_values_are_accepted(value: str) -> None:
    assert list(_personal_looking(f"a {value} b")) == []
