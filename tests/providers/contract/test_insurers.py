"""What every insurer behind the port must do, run for each adapter and each account against its simulator, over real HTTP."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings as SettingsWrapper

from besttrav.insurers.comparing import differences
from besttrav.insurers.models import Kind, number_of
from besttrav.insurers.port import (
    Absent,
    Cancel,
    Cancelled,
    Declined,
    Document,
    Forged,
    Identity,
    IdentityKind,
    Insurer,
    Issued,
    Outcome,
    Relation,
    Submit,
    Unknown,
    Waiting,
)
from besttrav.kernel import clock
from besttrav.kernel.money import Money
from besttrav.kernel.period import days
from besttrav.kernel.registry import provider
from besttrav.providers.insurers.hmac_json import mapping as json_mapping
from besttrav.providers.insurers.rsa_xml import mapping as xml_mapping
from besttrav.providers.insurers.rsa_xml import xml
from simulators.heyan import protocol as heyan
from simulators.yunhang import protocol as yunhang
from tests.insurance import CODES, DECIDES_AFTER, InsurerSimulators, Later, id_card, insured, person, submit


@pytest.fixture(params=CODES)
def code(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def adapter(insurers: InsurerSimulators, code: str) -> Insurer:
    return provider(f"insurer:{code}")  # type: ignore[return-value]  # settings name an insurer


def outcome_of(adapter: Insurer, command: Submit, later: Later) -> Outcome:
    """What the insurer decides in the end, be it at once or later."""
    outcome = adapter.perform(command)
    if isinstance(outcome, Waiting):
        later(DECIDES_AFTER + 1)
        outcome = adapter.ask(command.number)
    return outcome


def cancel(command: Submit, policy_number: str = "", number: str = "") -> Cancel:
    return Cancel(
        number=number or number_of(Kind.CANCEL, uuid4(), 1),
        submission=command.number,
        policy_number=policy_number,
        because="trip_cancelled",
        on=clock.today(),
    )


# Issuing


def test_what_was_asked_for_is_issued_once_and_told_back_whole(
    adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later
) -> None:
    command = submit()
    outcome = outcome_of(adapter, command, later)

    assert isinstance(outcome, Issued)
    assert outcome.policy_number
    assert differences(command, outcome) == []
    assert outcome.echo.insured[1].sums == command.insured[1].sums
    assert insurers.live(code) == [command.number]


def test_the_same_number_is_the_same_policy(adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later) -> None:
    command = submit()
    first = outcome_of(adapter, command, later)
    second = outcome_of(adapter, command, later)

    assert isinstance(first, Issued)
    assert isinstance(second, Issued)
    assert first.policy_number == second.policy_number
    assert len(insurers.policies(code)) == 1


def test_the_same_number_for_something_else_changes_nothing(adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later) -> None:
    command = submit()
    outcome_of(adapter, command, later)
    outcome = adapter.perform(replace(command, plan="silver"))

    assert outcome == Unknown("number_used_before")
    found = adapter.ask(command.number)
    assert isinstance(found, Issued)
    assert found.echo.plan == "gold"


def test_a_number_nobody_sent_is_absent(adapter: Insurer) -> None:
    assert adapter.ask(number_of(Kind.SUBMIT, uuid4(), 1)) == Absent()


OLD = person("沈老", date(1920, 1, 1))
WRONG_DIGIT = person(identity=Identity(kind=IdentityKind.ID_CARD, number=id_card(date(1990, 3, 7))[:17] + "0"))
CHILD = person("高晨", date(2020, 8, 9))


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        (lambda: {"period": days(clock.today() - timedelta(days=1), clock.today())}, {"uw-start-date", "code.2002"}),
        (lambda: {"premium": Money(18_074)}, {"uw-premium", "code.2005"}),
        (lambda: {"product": "?"}, {"uw-unknown-product", "code.2001"}),
        (lambda: {"insured": (insured(OLD),), "premium": Money(12_050)}, {"uw-age", "code.2008"}),
        (lambda: {"insured": (insured(WRONG_DIGIT),), "premium": Money(12_050)}, {"uw-identity", "code.2007"}),
        (lambda: {"insured": (insured(CHILD),), "premium": Money(12_050)}, {"uw-minors-sum", "code.2010"}),
        (lambda: {"insured": (insured(person(), occupation_class=9),), "premium": Money(12_050)}, {"uw-occupation", "code.2009"}),
    ],
)
def test_what_the_insurer_does_not_take_is_declined_for_its_reason(
    adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later, changes: Callable[[], dict[str, Any]], reasons: set[str]
) -> None:
    outcome = outcome_of(adapter, submit(**changes()), later)

    assert isinstance(outcome, Declined)
    assert outcome.code in reasons
    assert insurers.live(code) == []


def test_nobody_is_insured_twice_for_the_same_days_where_the_product_allows_one_copy(adapter: Insurer, code: str, later: Later) -> None:
    outcome_of(adapter, submit(), later)
    second = outcome_of(adapter, submit(), later)

    assert isinstance(second, Issued if code == "songhe" else Declined)


# What nobody can know


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "truncated", "status", "unsigned", "wrong_signature"])
def test_what_was_not_answered_in_signed_words_is_unknown_and_asking_tells(
    adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later, fault: str
) -> None:
    insurers.misbehave(code, {"fault": fault})
    command = submit()

    assert adapter.perform(command) == Unknown("no_answer")
    later(DECIDES_AFTER + 1)
    arrived = fault not in {"drop_before", "status"}
    assert isinstance(adapter.ask(command.number), Issued if arrived else Absent)
    assert len(insurers.live(code)) == int(arrived)


def test_an_insurer_that_cannot_be_reached_has_received_nothing(adapter: Insurer, code: str, settings: SettingsWrapper) -> None:
    settings.OUTGOING_ALLOWED = []

    assert adapter.perform(submit()) == Unknown("no_answer", surely_unsent=True)


def test_an_insurer_whose_books_lag_says_absent_for_a_while(adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later) -> None:
    insurers.misbehave(code, {"fault": "absent", "seconds": 90}, {"fault": "drop_after"})
    command = submit()
    adapter.perform(command)

    assert adapter.ask(command.number) == Absent()
    later(91)
    assert isinstance(adapter.ask(command.number), Issued)


def test_a_stale_call_is_refused(adapter: Insurer, insurers: InsurerSimulators, code: str) -> None:
    insurers.set_clock(6 * 60)

    assert adapter.perform(submit()) == Unknown("no_answer")
    assert insurers.policies(code) == []


def test_a_call_signed_with_another_secret_is_refused(adapter: Insurer, insurers: InsurerSimulators, code: str) -> None:
    kind = type(adapter)
    options = insurers.options(code) | {"code": code}
    if code == "yunhang":
        options["key"] = str(insurers.folder / "yunhang" / "insurer_private.pem")
    else:
        options["secret"] = str(insurers.folder / ("songhe.secret" if code == "heyan" else "heyan.secret"))

    assert kind(**options).perform(submit()) == Unknown("no_answer")
    assert insurers.policies(code) == []


# What comes back is not always what was sent


@pytest.mark.parametrize(
    ("fault", "fields"),
    [
        ("wrong_name", ["insured.1.name"]),
        ("wrong_identity", ["insured.1.identity_number"]),
        ("wrong_birth_date", ["insured.1.birth_date"]),
        ("wrong_date", ["period"]),
        ("wrong_plan", ["plan"]),
        ("wrong_area", ["area"]),
        ("wrong_product", ["product"]),
        ("wrong_sum", ["insured.1.sums"]),
        ("wrong_premium", ["premium"]),
        ("missing_person", ["insured.count"]),
    ],
)
def test_a_policy_that_differs_says_where(
    adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later, fault: str, fields: list[str]
) -> None:
    insurers.misbehave(code, {"fault": fault})
    command = submit()
    outcome = outcome_of(adapter, command, later)

    assert isinstance(outcome, Issued)
    assert differences(command, outcome) == fields


# Cancelling


def test_a_policy_is_cancelled_once_and_its_premium_given_back(
    adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later
) -> None:
    command = submit()
    issued = outcome_of(adapter, command, later)
    assert isinstance(issued, Issued)
    order = cancel(command, issued.policy_number)

    for _ in range(2):
        outcome = adapter.perform(order)
        assert isinstance(outcome, Cancelled)
        assert outcome.refund == command.premium
    assert isinstance(adapter.ask(command.number), Cancelled)
    assert insurers.live(code) == []


def test_what_is_not_there_cannot_be_cancelled(adapter: Insurer) -> None:
    assert adapter.perform(cancel(submit())) == Absent()


def test_a_policy_that_has_begun_is_not_cancelled_by_wire(adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later) -> None:
    command = submit(period=days(clock.today(), clock.today() + timedelta(days=3)))
    issued = outcome_of(adapter, command, later)
    assert isinstance(issued, Issued)

    assert isinstance(adapter.perform(cancel(command, issued.policy_number)), Declined)
    assert insurers.live(code) == [command.number]


def test_a_policy_that_has_begun_ends_for_what_the_broker_has_checked(
    adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later
) -> None:
    command = submit(period=days(clock.today(), clock.today() + timedelta(days=3)))
    issued = outcome_of(adapter, command, later)
    assert isinstance(issued, Issued)
    order = replace(cancel(command, issued.policy_number), because="not_left", on=clock.today() + timedelta(days=1))

    outcome = adapter.perform(order)
    assert isinstance(outcome, Cancelled)
    assert outcome.refund == Money(round(command.premium.fen * 3 / 4))
    assert insurers.live(code) == []


def test_an_undecided_submission_can_be_taken_back(adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later) -> None:
    insurers.misbehave(code, {"fault": "never_answers"})
    command = submit()

    assert adapter.perform(command) == Waiting()
    assert isinstance(adapter.perform(cancel(command)), Cancelled)
    later(DECIDES_AFTER + 1)
    assert isinstance(adapter.ask(command.number), Cancelled)


# Documents


def test_the_document_of_a_policy_is_a_pdf_and_the_same_each_time(adapter: Insurer, later: Later) -> None:
    command = submit()
    issued = outcome_of(adapter, command, later)
    assert isinstance(issued, Issued)
    first, second = (adapter.fetch_document(command.number, issued.policy_number) for _ in range(2))

    assert isinstance(first, Document)
    assert first.content.startswith(b"%PDF-")
    assert isinstance(second, Document)
    assert first.content == second.content


def test_there_is_no_document_without_a_policy(adapter: Insurer) -> None:
    assert adapter.fetch_document(number_of(Kind.SUBMIT, uuid4(), 1), "") == Absent()


def test_a_document_that_is_not_ready_is_waited_for(adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later) -> None:
    command = submit()
    outcome_of(adapter, command, later)
    insurers.misbehave(code, {"fault": "not_ready", "action": "document"})

    assert adapter.fetch_document(command.number, "") == Waiting()


def test_a_link_to_another_host_is_not_followed(insurers: InsurerSimulators) -> None:
    heyan: Insurer = provider("insurer:heyan")  # type: ignore[assignment]  # settings name an insurer
    command = submit()
    heyan.perform(command)
    insurers.misbehave("heyan", {"fault": "foreign_link", "action": "document"})

    assert heyan.fetch_document(command.number, "") == Unknown("no_answer")


# Callbacks


def called_back(
    adapter: Insurer, insurers: InsurerSimulators, later: Later, *faults: dict[str, Any], code: str
) -> tuple[Submit, list[Any]]:
    insurers.mailbox.take()
    insurers.misbehave(code, *faults)
    command = submit()
    adapter.perform(command)
    later(DECIDES_AFTER + 1)
    return command, insurers.mailbox.take()


def test_a_callback_names_our_number_and_proves_itself(adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later) -> None:
    command, delivered = called_back(adapter, insurers, later, code=code)

    assert len(delivered) == 1
    callback = adapter.read_callback(delivered[0].path, delivered[0].headers, delivered[0].body)
    assert callback.number == command.number
    assert callback.event_id
    assert callback.reply.content


@pytest.mark.parametrize(("fault", "flaw"), [("forged_callback", "signature"), ("stale_callback", "stale")])
def test_a_callback_that_does_not_prove_itself_is_forged(
    adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later, fault: str, flaw: str
) -> None:
    _, delivered = called_back(adapter, insurers, later, {"fault": fault}, code=code)

    with pytest.raises(Forged, match=f"^{flaw}$"):
        adapter.read_callback(delivered[0].path, delivered[0].headers, delivered[0].body)


def test_a_genuine_callback_replayed_later_is_refused(adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later) -> None:
    _, delivered = called_back(adapter, insurers, later, code=code)
    later(7 * 86400)

    with pytest.raises(Forged, match=r"^stale$"):
        adapter.read_callback(delivered[0].path, delivered[0].headers, delivered[0].body)


@pytest.mark.parametrize("change", ["body", "no_signature", "no_headers", "empty", "rubbish", "other_insurer"])
def test_a_callback_with_anything_changed_is_forged(
    adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later, change: str
) -> None:
    _, (genuine, *_) = called_back(adapter, insurers, later, code=code)
    path, headers, body = genuine.path, dict(genuine.headers), genuine.body
    if change == "other_insurer":
        adapter = provider("insurer:songhe" if code == "heyan" else "insurer:heyan")  # type: ignore[assignment]  # as above
    signature = "qian-ming" if code == "yunhang" else "x-signature"
    changed: dict[str, tuple[dict[str, str], bytes]] = {
        "body": (headers, body.replace(b"S", b"T", 1)),
        "no_signature": ({name: value for name, value in headers.items() if name != signature}, body),
        "no_headers": ({}, body),
        "empty": (headers, b""),
        "rubbish": (headers, b"\xff\xfe<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
        "other_insurer": (headers, body),
    }

    with pytest.raises(Forged):
        adapter.read_callback(path, *changed[change])


def test_a_callback_of_the_json_insurer_proves_its_address_too(insurers: InsurerSimulators, later: Later) -> None:
    adapter: Insurer = provider("insurer:heyan")  # type: ignore[assignment]  # settings name an insurer
    _, (genuine, *_) = called_back(adapter, insurers, later, code="heyan")

    with pytest.raises(Forged, match=r"^signature$"):
        adapter.read_callback("/api/callbacks/insurers/songhe/", genuine.headers, genuine.body)


# Silence about people


def test_commands_and_outcomes_print_no_value_of_a_person(adapter: Insurer, later: Later) -> None:
    command = submit()
    outcome = outcome_of(adapter, command, later)
    order = cancel(command)
    shown = " ".join(
        [repr(command), str(command), repr(outcome), repr(order), repr(command.insured), repr(command.holder), f"{command.insured[0]}"]
    )

    assert repr(command) == f"Submit({command.number})"
    for value in ("林月", "LIN", "990101", "1990", "12900001001", "高晨", "lin@"):
        assert value not in shown


def test_a_failed_comparison_tells_fields_and_no_values(adapter: Insurer, insurers: InsurerSimulators, code: str, later: Later) -> None:
    insurers.misbehave(code, {"fault": "wrong_name"})
    command = submit()
    outcome = outcome_of(adapter, command, later)

    assert isinstance(outcome, Issued)
    assert "林" not in str(differences(command, outcome))


# Mapping out and back keeps every value

# Any character that XML and JSON can hold: rare ideographs from every plane, letters, blanks at the ends, line ends, markup, half marks.
texts = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
        st.sampled_from("𠮷𡋾㐂〇·.'<>&\"\r\n\t ]]>𪚥𱁬\U000323af"),
    ),
    min_size=1,
    max_size=30,
)
amounts = st.integers(0, 10**13).map(Money)
identities = st.builds(Identity, kind=st.sampled_from(IdentityKind), number=texts, valid_until=st.none() | st.dates(date(1900, 1, 1)))
people = st.builds(person, name=texts, born=st.dates(date(1900, 1, 1), date(2100, 1, 1)), passport_name=texts, identity=identities)
insureds = st.builds(insured, people, st.sampled_from(Relation), premium=amounts, sums=st.dictionaries(texts, amounts, max_size=4))
starts = st.dates(date(1990, 1, 1), date(2090, 1, 1))
submissions = st.builds(
    lambda start, length, **more: submit(period=days(start, start + timedelta(days=length)), **more),
    starts,
    st.integers(0, 400),
    product=texts,
    plan=texts,
    area=texts,
    premium=amounts,
    holder=people,
    insured=st.lists(insureds, min_size=1, max_size=4).map(tuple),
    trip=st.dictionaries(texts, texts, max_size=3),
)
thorough = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def issued_by(told: dict[str, Any], policy_number: str, mapped: Callable[[dict[str, Any]], Outcome]) -> Issued:
    outcome = mapped(told)
    assert isinstance(outcome, Issued)
    assert outcome.policy_number == policy_number
    return outcome


@thorough
@given(submissions)
def test_json_out_and_back_keeps_every_value(command: Submit) -> None:
    wire = json.dumps(json_mapping.submitting(command, "http://127.0.0.1/"), ensure_ascii=False).encode()
    understood = heyan._application(json.loads(wire))
    answer = {"code": "0000", "data": {"status": "ISSUED", "policyNo": "HA1", **heyan._told(understood)}}
    issued = issued_by(json.loads(json.dumps(answer, ensure_ascii=False)), "HA1", json_mapping.outcome)

    assert differences(command, issued) == []
    assert_understood(command, understood)


@thorough
@given(submissions)
def test_xml_out_and_back_keeps_every_value(command: Submit) -> None:
    wire = xml.write("BaoWen", {"BaoTi": xml_mapping.submitting(command, "http://127.0.0.1/")})
    understood = yunhang._application(yunhang.read_xml(wire)["BaoTi"])
    answer = {"FanHuiMa": "0000", "ZhuangTai": "2", "BaoDanHao": "YH1", **yunhang._told(understood)}
    issued = issued_by(xml.read("BaoWen", yunhang.write_xml({"BaoTi": answer}))["BaoTi"], "YH1", xml_mapping.outcome)

    assert differences(command, issued) == []
    assert_understood(command, understood)


def assert_understood(command: Submit, understood: dict[str, Any]) -> None:
    """What is not told back is held against the insurer's own reading."""
    assert understood["trip"] == dict(command.trip)
    for sent, read in zip(command.insured, understood["insured"], strict=True):
        assert read["premium"] == sent.premium.fen
        assert read["phone"] == sent.person.phone
        assert read["email"] == sent.person.email
        assert read["sex"] == sent.person.sex
        assert read["occupation_class"] == sent.occupation_class
        until = sent.person.identity.valid_until
        assert read["identity"]["until"].replace("-", "") == (f"{until:%Y%m%d}" if until else "")


@pytest.mark.parametrize("text", ["\x00", "a\x1fb", "\ufffe", "\ud800"])
def test_what_xml_cannot_hold_is_not_sent(insurers: InsurerSimulators, text: str) -> None:
    adapter: Insurer = provider("insurer:yunhang")  # type: ignore[assignment]  # settings name an insurer

    assert adapter.perform(submit(holder=person(f"林{text}"))) == Declined("character")
    assert insurers.policies("yunhang") == []


def test_a_dialect_of_whole_days_refuses_hours(insurers: InsurerSimulators) -> None:
    adapter: Insurer = provider("insurer:yunhang")  # type: ignore[assignment]  # settings name an insurer
    period = days(clock.today() + timedelta(days=3), clock.today() + timedelta(days=4))
    by_the_hour = replace(period, end=period.end - timedelta(hours=3))

    assert adapter.perform(submit(period=by_the_hour)) == Declined("period_of_whole_days_only")


# Answers in unknown shapes


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"code": 7},
        {"code": "0000"},
        {"code": "0000", "data": []},
        {"code": "0000", "data": {"status": "ISSUED"}},
        {"code": "0000", "data": {"status": "ISSUED", "policyNo": "1", "premium": 1.5}},
        {"code": "0000", "data": {"status": "ISSUED", "policyNo": "1", "premium": True}},
        {"code": "0000", "data": {"status": "LOST"}},
    ],
)
def test_json_in_an_unknown_shape_is_never_a_policy(answer: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        json_mapping.outcome(answer)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<BaoWen/>",
        b"<Other><a>1</a></Other>",
        b'<?xml version="1.0" encoding="UTF-16"?><BaoWen><a>1</a></BaoWen>',
        b"<!DOCTYPE BaoWen [<!ENTITY a 'b'>]><BaoWen><a>&a;</a></BaoWen>",
        b"<!DOCTYPE BaoWen SYSTEM 'file:///etc/passwd'><BaoWen><a>1</a></BaoWen>",
        b"<BaoWen>" + b"<a>" * 40 + b"</a>" * 40 + b"</BaoWen>",
        b'<?xml version="1.0" encoding="GB18030"?><BaoWen><a>\xff\xff</a></BaoWen>',
        b"<BaoWen><a>1</a>",
    ],
)
def test_xml_that_may_not_be_read_is_not_read(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        xml.read("BaoWen", content)


@pytest.mark.parametrize("body", [{}, {"FanHuiMa": "0000"}, {"FanHuiMa": "0000", "ZhuangTai": "2"}, {"FanHuiMa": "0000", "ZhuangTai": "9"}])
def test_a_gateways_answer_in_an_unknown_shape_is_never_a_policy(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        xml_mapping.outcome(body)


@pytest.mark.parametrize("text", ["12.3", "12", "-1.00", "1,000.00", "１.00", "NaN", "1e3.00"])
def test_an_amount_that_is_not_yuan_with_two_decimals_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        xml_mapping._money({"BaoFei": text}, "BaoFei")
