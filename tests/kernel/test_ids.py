"""Ids sort by birth, whatever the clock and the threads do."""

import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from besttrav.kernel import ids
from besttrav.kernel.clock import BEIJING

MOMENTS = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9999, 1, 1), timezones=st.sampled_from([UTC, BEIJING]))


def test_an_id_is_a_uuid_of_version_seven() -> None:
    born = ids.new_id()
    assert (born.version, born.variant) == (7, "specified in RFC 4122")


def test_ids_increase_even_within_one_millisecond() -> None:
    minted = [ids.new_id() for _ in range(20_000)]
    assert minted == sorted(set(minted))


def test_ids_of_many_threads_never_repeat_and_increase_in_each() -> None:
    minted: list[list[UUID]] = [[] for _ in range(8)]

    def mint(into: list[UUID]) -> None:
        into.extend(ids.new_id() for _ in range(2_000))

    threads = [threading.Thread(target=mint, args=(into,)) for into in minted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each == sorted(each) for each in minted)
    assert len({id for each in minted for id in each}) == 16_000


def test_ids_increase_while_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ids.new_id()
    an_hour_ago = time.time_ns() - 3_600_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: an_hour_ago)
    after = [ids.new_id() for _ in range(5_000)]
    assert [before, *after] == sorted({before, *after})
    assert ids.minted_at(after[0]) - ids.minted_at(before) < timedelta(seconds=1)


def test_an_id_tells_when_it_was_minted() -> None:
    before = datetime.now(UTC)
    born = ids.minted_at(ids.new_id())
    assert before - timedelta(milliseconds=1) <= born <= datetime.now(UTC) + timedelta(milliseconds=1)


@given(MOMENTS)
def test_the_first_id_of_a_moment_carries_exactly_its_millisecond(moment: datetime) -> None:
    first = ids.first_id_at(moment)
    moment = moment.astimezone(UTC)
    assert ids.minted_at(first) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@given(MOMENTS, MOMENTS)
def test_first_ids_sort_like_their_moments(one: datetime, other: datetime) -> None:
    one, other = one.astimezone(UTC), other.astimezone(UTC)
    if one <= other:
        assert ids.first_id_at(one) <= ids.first_id_at(other)


def test_the_first_id_of_a_moment_is_below_every_id_minted_then() -> None:
    before = ids.first_id_at(datetime.now(UTC))
    assert before < ids.new_id() < ids.first_id_at(datetime.now(UTC) + timedelta(seconds=1))


def test_a_moment_without_a_zone_has_no_first_id() -> None:
    with pytest.raises(TypeError):
        ids.first_id_at(datetime(2026, 5, 1))
