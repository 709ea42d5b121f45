"""A state changes by one move at a time, along the table beside the enum."""

import threading

import pytest
from django.db import connections, transaction
from pytest_django import DjangoAssertNumQueries

from besttrav.journal import queries
from besttrav.journal.models import Entry
from besttrav.journal.operations import MoveRefused, move
from tests.journal.book import CLERK, Parcel


def test_a_move_saves_the_state_and_says_so() -> None:
    parcel = Parcel.objects.create()
    move(parcel, Parcel.State.SENT, actor=CLERK, because="paid")
    assert Parcel.objects.get(id=parcel.id).state == parcel.state == Parcel.State.SENT
    assert [view.says for view in queries.about_record(parcel)] == ["Went from packed to sent: paid"]


@pytest.mark.parametrize("to", [Parcel.State.PACKED, Parcel.State.DELIVERED, "lost"])
def test_a_move_that_is_not_in_the_table_is_refused(to: str) -> None:
    parcel = Parcel.objects.create()
    with pytest.raises(MoveRefused) as refused:
        move(parcel, to, actor=CLERK, because="paid")
    assert refused.value.message
    assert refused.value.way_out
    assert parcel.state == Parcel.State.PACKED
    assert not Entry.objects.filter(about_id=parcel.id).exists()


def test_a_final_state_is_left_by_nobody() -> None:
    parcel = Parcel.objects.create(state=Parcel.State.DELIVERED)
    with pytest.raises(MoveRefused):
        move(parcel, Parcel.State.SENT, actor=CLERK, because="paid")


def test_a_move_looks_again_under_the_lock() -> None:
    parcel = Parcel.objects.create()
    stale = Parcel.objects.get(id=parcel.id)
    move(parcel, Parcel.State.SENT, actor=CLERK, because="paid")
    with pytest.raises(MoveRefused):
        move(stale, Parcel.State.SENT, actor=CLERK, because="paid")
    move(stale, Parcel.State.DELIVERED, actor=CLERK, because="handed_over")


def test_a_move_is_one_statement_and_saves_what_goes_with_it(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    parcel, other = Parcel.objects.create(), Parcel.objects.create()
    with django_assert_num_queries(2):  # the row, and the entry
        move(parcel, Parcel.State.SENT, actor=CLERK, because="paid", place="Harbin")
    kept = Parcel.objects.get(id=parcel.id)
    assert (kept.state, kept.place, parcel.place) == (Parcel.State.SENT, "Harbin", "Harbin")
    assert Parcel.objects.get(id=other.id).state == Parcel.State.PACKED


def test_a_refused_move_saves_nothing() -> None:
    parcel = Parcel.objects.create(place="Harbin")
    with pytest.raises(MoveRefused):
        move(parcel, Parcel.State.DELIVERED, actor=CLERK, because="paid", place="Mohe")
    assert Parcel.objects.get(id=parcel.id).place == parcel.place == "Harbin"


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
def test_a_move_without_a_transaction_moves_nothing() -> None:
    parcel = Parcel.objects.create()
    with pytest.raises(transaction.TransactionManagementError):
        move(parcel, Parcel.State.SENT, actor=CLERK, because="paid")
    assert Parcel.objects.get(id=parcel.id).state == Parcel.State.PACKED
    Parcel.objects.all().delete()


@pytest.mark.django_db(transaction=True, databases=["default", "vault"])
@pytest.mark.usefixtures("empty_book")
def test_of_two_movers_at_once_one_has_its_way_and_the_other_is_refused() -> None:
    parcel = Parcel.objects.create()
    both_ready, outcomes = threading.Barrier(2), []

    def mover() -> None:
        mine = Parcel.objects.get(id=parcel.id)
        both_ready.wait(10)
        try:
            with transaction.atomic():
                move(mine, Parcel.State.SENT, actor=CLERK, because="paid")
            outcomes.append("moved")
        except MoveRefused:
            outcomes.append("refused")
        connections.close_all()

    movers = [threading.Thread(target=mover) for _ in range(2)]
    for thread in movers:
        thread.start()
    for thread in movers:
        thread.join()
    assert sorted(outcomes) == ["moved", "refused"]
    assert len(queries.about_record(parcel)) == 1
    Parcel.objects.all().delete()
