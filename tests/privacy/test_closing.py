"""From the moment an erasure is decided until it is carried out, the gate is shut; and nobody asks for decisions that were never near."""

import pytest
from django.db import transaction

from besttrav.privacy import erasing, gate, recovering
from besttrav.privacy.models import Erasure, ErasureState
from besttrav.privacy.purposes import SERVE
from besttrav.privacy.sealing import SheetClosed
from besttrav.privacy.vault.models import Sheet, SheetState
from tests.privacy.conftest import MEI, Booked


def test_from_the_decision_on_nothing_opens_masks_or_is_sealed_though_the_keys_are_still_there(booked: Booked) -> None:
    erasing.erase(subject=booked.buyer.subject_id, actor=booked.lin, because="asked")
    assert Sheet.objects.get(pk=booked.buyer.id).state == SheetState.ACTIVE
    with pytest.raises(gate.Gone):
        gate.reveal_one(booked.reloaded(), "name", purpose=SERVE, actor=MEI)
    assert gate.masked([booked.reloaded()], ["name", "companion_name"], actor=MEI) == [{"name": "—", "companion_name": "高*"}]
    assert not gate.find(type(booked.journey), name="林月", purpose=SERVE, actor=MEI)
    booked.journey.name = "林月"
    with pytest.raises(SheetClosed):
        booked.journey.save()


def test_a_decision_that_was_taken_back_closes_nothing(booked: Booked) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        erasing.erase(subject=booked.buyer.subject_id, actor=booked.lin, because="asked")
        raise RuntimeError
    assert Sheet.objects.get(pk=booked.buyer.id).decision, "the vault has heard of it"
    assert gate.reveal_one(booked.reloaded(), "name", purpose=SERVE, actor=MEI).name == "林月"


def test_a_vault_restored_from_before_the_decision_is_told_of_it_before_anybody_is_served(booked: Booked) -> None:
    erasure = erasing.erase(subject=booked.buyer.subject_id, actor=booked.lin, because="asked")
    Sheet.objects.update(decision=None)
    recovering.replay()
    assert Erasure.objects.get(pk=erasure.pk).state == ErasureState.DONE
    with pytest.raises(gate.Gone):
        gate.reveal_one(booked.reloaded(), "name", purpose=SERVE, actor=MEI)
