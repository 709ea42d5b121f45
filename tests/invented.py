"""Numbers that pass every check and can belong to nobody, for tests and the demo.

ID cards use a region no province has (19), residence permits a district none of the three has (9999), foreigners' cards a province and a
nationality nobody has (19, 999). Passports and permits carry nothing that could be impossible, so theirs are only taken from the far ends
of their series: use them for people whose name and birth date are invented as well.
"""

from datetime import date

from besttrav.kernel.identity import Sex, check_character

_WOMEN_PER_DAY = 500


def id_number(born: date = date(1990, 3, 7), sex: Sex = Sex.FEMALE, serial: int = 0) -> str:
    """An ID card number; `serial` tells up to 500 people of one day and sex apart, and further ones by the district."""
    return _eighteen(f"19{serial // _WOMEN_PER_DAY:04}", born, sex, serial)


def residence_permit(born: date = date(1990, 3, 7), sex: Sex = Sex.FEMALE, serial: int = 0, *, place: str = "81") -> str:
    """Of somebody from Hong Kong (81), Macao (82) or Taiwan (83)."""
    return _eighteen(f"{place}9999", born, sex, serial)


def foreign_card(born: date = date(1990, 3, 7), sex: Sex = Sex.FEMALE, serial: int = 0) -> str:
    """In the form of 2023."""
    return _eighteen("919999", born, sex, serial)


def passport(serial: int = 0) -> str:
    """A Chinese one, of the last series of the present form."""
    return f"EZ{serial:07}"


def hk_macao_permit(serial: int = 0) -> str:
    return f"H000{serial:05}"


def taiwan_permit(serial: int = 0) -> str:
    return f"000{serial:05}"


def birth_certificate(serial: int = 0) -> str:
    """Of a province nobody has."""
    return f"Z19{serial:07}"


def phone(serial: int = 0) -> str:
    """Eleven digits that begin with 12, which no operator was ever given."""
    return f"129{serial:08}"


def _eighteen(region: str, born: date, sex: Sex, serial: int) -> str:
    order = serial % _WOMEN_PER_DAY * 2 + (sex is Sex.MALE)
    body = f"{region}{born:%Y%m%d}{order:03}"
    return body + check_character(body)
