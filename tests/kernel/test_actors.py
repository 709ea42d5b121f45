"""Who acts: rebuilt for each request and each job, shown without a personal name."""

from uuid import UUID

import pytest

from besttrav.kernel.actors import Actor, ActorKind

WANG = UUID("01890000-0000-7000-8000-000000000001")
HER_DATA = UUID("01890000-0000-7000-8000-000000000002")


def test_a_person_acts_on_their_own_data() -> None:
    actor = Actor.person(id=WANG, subject=HER_DATA)
    assert (actor.kind, actor.id, actor.subject, actor.roles) == (ActorKind.PERSON, WANG, HER_DATA, frozenset())


def test_staff_act_in_the_roles_they_hold_now_and_have_no_data_of_their_own_here() -> None:
    actor = Actor.staff(id=WANG, number="S017", roles=frozenset({"claims"}))
    assert actor.roles == {"claims"}
    assert actor.subject is None


@pytest.mark.parametrize(
    ("actor", "shown"),
    [
        (Actor.person(id=WANG, subject=HER_DATA), f"person:{WANG}"),
        (Actor.staff(id=WANG, number="S017", roles=frozenset()), "staff:S017"),
        (Actor.job("privacy.expire"), "job:privacy.expire"),
        (Actor.visitor(), "visitor:-"),
    ],
)
def test_an_actor_is_shown_by_kind_and_number(actor: Actor, shown: str) -> None:
    assert str(actor) == shown


def test_an_actor_cannot_be_given_more_later() -> None:
    with pytest.raises(AttributeError):
        Actor.visitor().roles = frozenset({"admin"})  # type: ignore[misc] # the refusal is what is tested
