"""The copy a person takes of everything held about them."""

import json

from besttrav.privacy import rights
from tests.privacy.conftest import Booked


def test_the_copy_holds_ones_own_values_with_their_reasons_and_no_other_persons(booked: Booked) -> None:
    package = rights.access_package(booked.buyer.subject_id, actor=booked.lin)
    (journey,) = package["records"]
    assert {value["field"]: value["value"] for value in journey["values"]} == {
        "sample.journey.name": "林月",
        "sample.journey.phone": "+8612900001718",
        "sample.journey.illness": "花粉过敏",
    }
    assert all(value["purposes"] and value["source_of_period"] for value in journey["values"])
    assert "高晨" not in rights.as_json(package)


def test_the_copy_as_text_is_json_with_a_line_for_each_record(booked: Booked) -> None:
    package = rights.access_package(booked.buyer.subject_id, actor=booked.lin)
    text = rights.as_json(package)
    assert json.loads(text) == package
    assert len(text.splitlines()) == len(package["records"]) + 2
    assert json.loads(rights.as_json(package | {"records": []})) == package | {"records": []}
