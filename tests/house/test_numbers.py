"""Where a sentence for people says a number in words, it is the number the code obeys."""

import pytest

from besttrav.people import passwords
from besttrav.people.limits import CODE, CUSTOMER, STAFF
from besttrav.people.operations.staff import INVITATION_LIFE
from besttrav.policies.limits import SURRENDER
from besttrav.privacy.keeping import Keep
from tests.house.tree import texts

MINUTE, HOUR, DAY = 60, 3600, 86400

_SURRENDER = (SURRENDER.accept_workdays, SURRENDER.process_workdays, SURRENDER.paid_workdays)

# The words, and whether they are true of limits.toml, keeping.toml and the code.
SAID = {
    "The code works for five minutes, here in this browser only": CODE.life == 5 * MINUTE,
    "The code has six digits": CODE.digits == 6,
    "the rules on text messages want it for six months": Keep.MESSAGE.rules.period == "6m",
    "until you close the account; log data seven months": Keep.LOG.rules.period == "7m",
    "so we ask again. It stays confirmed for five minutes": CUSTOMER.step_up == 5 * MINUTE,
    "or changes rights. It stays confirmed for five minutes": STAFF.step_up == 5 * MINUTE,
    "Until you sign out, 12 hours at most": CUSTOMER.absolute == 12 * HOUR,
    "400 days": CUSTOMER.device_days == 400,
    "8 hours at most": STAFF.absolute == 8 * HOUR,
    "there is a pause of a quarter of an hour": STAFF.pause == 15 * MINUTE,
    "At least 8 characters": passwords.WITH_SECOND_FACTOR == 8,
    "A person checks it within two working days, the insurer has five, the bank up to three": _SURRENDER == (2, 5, 3),
    "at the latest the insurer has five working days and the bank three": _SURRENDER == (2, 5, 3),
    "Shown once, valid for a day": INVITATION_LIFE.total_seconds() == DAY,
}
SOURCES = "".join(text for _name, text in texts(".py", ".html", under="besttrav"))


@pytest.mark.parametrize("words", SAID)
def test_a_number_in_words_is_the_number_that_holds(words: str) -> None:
    assert words in SOURCES, "nobody says this any more: take it out here"
    assert SAID[words], "change the sentence and its translation, too"
