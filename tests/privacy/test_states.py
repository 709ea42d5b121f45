"""The vault's states against somebody who can write to it: the ledger outside says what they must be."""

from datetime import date

import pytest

from besttrav.privacy import erasing, files, invariants
from besttrav.privacy.files import Sheet
from besttrav.privacy.keeping import Keep
from besttrav.privacy.vault import models
from tests.privacy.conftest import JOB


@pytest.fixture
def restricted() -> Sheet:
    """A log whose owner asked for deletion: the law keeps it, so it is locked away."""
    log = files.open_sheet(keep=Keep.LOG)
    erasure = erasing.erase(subject=log.subject_id, actor=JOB, because="asked")
    erasing.finish(erasure_id=erasure.pk)
    return log


def told() -> list[str]:
    return list(invariants.what_is_restricted_inside_is_what_was_decided_outside())


def test_what_was_decided_and_carried_out_holds(restricted: Sheet) -> None:
    assert models.Sheet.objects.get(pk=restricted.id).state == models.SheetState.RESTRICTED
    assert [line for line in told() if str(restricted.id) in line] == []


def test_a_restricted_sheet_called_open_again_is_reported(restricted: Sheet) -> None:
    models.Sheet.objects.filter(pk=restricted.id).update(state=models.SheetState.ACTIVE)

    assert f"the sheet {restricted.id} was restricted, and the vault calls it open" in told()


def test_a_restriction_until_another_day_is_reported(restricted: Sheet) -> None:
    models.Sheet.objects.filter(pk=restricted.id).update(restricted_until=date(2099, 1, 1))

    assert f"the sheet {restricted.id} was restricted until another day" in told()


def test_a_sheet_that_nobody_decided_to_restrict_is_reported() -> None:
    log = files.open_sheet(keep=Keep.LOG)
    models.Sheet.objects.filter(pk=log.id).update(state=models.SheetState.RESTRICTED)

    assert f"the sheet {log.id} is restricted, and nobody decided it" in told()


def test_what_is_decided_and_not_carried_out_yet_is_no_violation() -> None:
    log = files.open_sheet(keep=Keep.LOG)
    erasing.erase(subject=log.subject_id, actor=JOB, because="asked")

    assert [line for line in told() if str(log.id) in line] == []
