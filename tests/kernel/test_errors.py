"""A refusal speaks to people; an outside party of unknown state says what is known."""

import pickle

import pytest
from django.utils.translation import gettext_lazy as _

from besttrav.kernel.errors import Refusal, Unavailable


class TooLate(Refusal):
    code = "too_late"
    message = _("It is too late for that.")
    way_out = _("Call us.")


def test_a_refusal_says_what_and_what_now() -> None:
    assert (str(TooLate()), str(TooLate().way_out), TooLate().code) == ("It is too late for that.", "Call us.", "too_late")


def test_a_refusal_may_be_said_more_precisely_in_its_place() -> None:
    refusal = TooLate("It ended on Monday.", way_out="Buy another.")
    assert (str(refusal), str(refusal.way_out)) == ("It ended on Monday.", "Buy another.")
    assert str(TooLate()) == "It is too late for that.", "the class is left as it was"


@pytest.mark.parametrize("arrived", [True, False])
def test_an_unavailable_party_survives_the_way_between_processes(arrived: bool) -> None:
    error = Unavailable("insurer", "it was silent for too long", may_have_arrived=arrived)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.name, copy.may_have_arrived) == ("insurer is unavailable: it was silent for too long", "insurer", arrived)


def test_the_cautious_answer_is_that_it_may_have_arrived() -> None:
    assert Unavailable("vault").may_have_arrived
    assert str(Unavailable("vault")) == "vault is unavailable"
