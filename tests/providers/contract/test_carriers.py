"""What every carrier of text messages must do, run for each adapter against its simulator."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pytest_django import Settings as SettingsWrapper

from besttrav.contact.port import Carrier, LookUp, Outcome, Result, SendText
from besttrav.kernel import clock
from besttrav.kernel.http import AddressRefused
from besttrav.kernel.registry import provider
from besttrav.providers.carriers.aliyun import mapping
from besttrav.providers.carriers.aliyun.adapter import AliyunCarrier
from besttrav.providers.carriers.aliyun.signature import canonical_digest, query_string, signed_headers
from tests.carrier import CarrierSimulator

PHONE = "+8612900004242"
VALUES = {"code": "012345", "action": "登录", "minutes": "5", "domain": "localhost"}


@pytest.fixture
def adapter(carrier: CarrierSimulator) -> Carrier:
    return provider("carrier")  # type: ignore[return-value]  # settings name a carrier


def text(template: str = "code", language: str = "zh-hans", phone: str = PHONE) -> SendText:
    return SendText(str(uuid4()), phone, template, language, VALUES)


def asked(adapter: Carrier, message: SendText) -> Outcome:
    return adapter.look_up(LookUp(message.number, message.phone, clock.today()))


def test_a_message_arrives_once_with_its_text(adapter: Carrier, carrier: CarrierSimulator) -> None:
    outcome = adapter.send(text())

    assert outcome.result is Result.OK
    assert outcome.reference
    assert len(carrier.texts(PHONE)) == 1
    assert carrier.texts(PHONE)[0].endswith("@localhost #012345")


def test_english_speakers_get_english(adapter: Carrier, carrier: CarrierSimulator) -> None:
    adapter.send(text(language="en"))

    assert "is your code to" in carrier.texts(PHONE)[0]


def test_what_was_sent_is_found_by_our_own_number(adapter: Carrier) -> None:
    message = text()
    adapter.send(message)

    assert asked(adapter, message).result is Result.OK
    assert asked(adapter, text()).result is Result.ABSENT


def test_the_carriers_limit_is_a_rejection_not_a_riddle(adapter: Carrier) -> None:
    adapter.send(text())
    outcome = adapter.send(text())

    assert outcome == Outcome(Result.REJECTED, code="isv.business_limit_control")


def test_a_number_nobody_could_have_is_rejected(adapter: Carrier) -> None:
    assert adapter.send(text(phone="+8600000000000")).code == "isv.mobile_number_illegal"


@pytest.mark.parametrize("fault", ["drop_before", "truncated", "status", "drop_after"])
def test_what_was_not_answered_is_unknown_and_never_repeated(adapter: Carrier, carrier: CarrierSimulator, fault: str) -> None:
    carrier.misbehave({"fault": fault, "action": "SendSms"})
    message = text()

    assert adapter.send(message).result is Result.UNKNOWN
    arrived = len(carrier.texts(PHONE))
    assert arrived == (0 if fault in {"drop_before", "status"} else 1)
    assert asked(adapter, message).result is (Result.OK if arrived else Result.ABSENT)


def test_asking_for_patience_is_unknown(adapter: Carrier, carrier: CarrierSimulator) -> None:
    carrier.misbehave({"fault": "status", "code": 429})

    assert adapter.send(text()).result is Result.UNKNOWN


def test_a_wrong_secret_is_a_rejection_that_says_so(carrier: CarrierSimulator) -> None:
    stranger = AliyunCarrier(address=carrier.address, key_id="demo-key", secret="guessed", sign_name="行笺保险")

    assert stranger.send(text()).code == "signaturedoesnotmatch"
    assert carrier.texts(PHONE) == []


def test_a_stale_request_is_refused(adapter: Carrier, carrier: CarrierSimulator) -> None:
    carrier.set_clock(16 * 60)

    assert adapter.send(text()).code == "invalidtimestamp.expired"


def test_what_a_message_says_never_prints() -> None:
    message = text()

    assert VALUES["code"] not in repr(message)
    assert PHONE not in repr(message)


def test_an_address_that_was_not_allowed_is_not_called(adapter: Carrier, carrier: CarrierSimulator, settings: SettingsWrapper) -> None:
    settings.OUTGOING_ALLOWED = []

    with pytest.raises(AddressRefused):
        adapter.send(text())


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"TotalCount": "many"},
        {"TotalCount": None},
        {"TotalCount": 0, "SmsSendDetailDTOs": 7},
        {"SmsSendDetailDTOs": {"SmsSendDetailDTO": ["?"]}},
    ],
)
def test_an_answer_in_an_unknown_shape_finds_nothing_and_breaks_nothing(answer: dict[str, object]) -> None:
    assert mapping.found(answer, "a number") is None
    assert mapping.is_last(answer, 1) is (answer.get("TotalCount") == 0)


# The signature, against values computed elsewhere


def test_the_signature_is_the_vendors_own_example() -> None:
    query = query_string({"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"})
    headers = signed_headers(
        key_id="YourAccessKeyId",
        secret="YourAccessKeySecret",
        host="ecs.cn-shanghai.aliyuncs.com",
        action="RunInstances",
        version="2014-05-26",
        query=query,
        moment=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
        nonce="3156853299f313e23d1673dc12e1703d",
    )
    plain = {name: value for name, value in headers.items() if name != "Authorization"}

    assert canonical_digest(plain, query) == "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
    assert headers["Authorization"].endswith("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")


def test_signs_that_urls_and_signatures_treat_differently_arrive_whole(adapter: Carrier, carrier: CarrierSimulator) -> None:
    odd = "a b+c*d~e/f?g&h=i%j'k(l)登录"
    message = SendText(str(uuid4()), PHONE, "code", "zh-hans", VALUES | {"action": odd})

    assert adapter.send(message).result is Result.OK
    assert odd in carrier.texts(PHONE)[0]
