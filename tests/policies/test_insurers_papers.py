"""The simulated insurers' e-policies, and which certificates their signatures are held against."""

from pathlib import Path

import pytest
from pytest_django import Settings as SettingsWrapper

from besttrav.kernel.pdf import page_texts, text_of
from besttrav.kernel.pdf_signatures import signature_of
from besttrav.policies.signers import certificates_of
from simulators.paper import FAULTS, Unprintable, epolicy, root_of
from simulators.paper.policies import in_words
from tests.kernel import pdfa
from tests.policies.samples import insurers_policy, person


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "simulators" / "yunfan" / "papers" / "hean"


def test_an_e_policy_is_signed_with_the_key_the_site_was_given(folder: Path) -> None:
    root = root_of(folder).read_bytes()
    told = signature_of(epolicy(insurers_policy(), folder), [root])
    assert told is not None
    assert told.holds


def test_the_keys_are_made_once_and_are_nobody_elses_to_read(folder: Path) -> None:
    epolicy(insurers_policy(), folder)
    made = {file.name: file.read_bytes() for file in folder.iterdir()}
    epolicy(insurers_policy(), folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == made
    assert set(made) == {"root.pem", "leaf.pem", "leaf.key"}
    assert (folder / "leaf.key").stat().st_mode & 0o077 == 0


def test_it_stays_pdf_a_when_it_is_signed(folder: Path) -> None:
    assert pdfa.faults(epolicy(insurers_policy(5), folder)) == []


@pytest.mark.parametrize("people", [1, 10, 200])
def test_however_many_are_insured_each_stands_on_it_under_a_head(folder: Path, people: int) -> None:
    texts = page_texts(epolicy(insurers_policy(people), folder))
    whole = "\n".join(texts)
    assert all(person(place)[2] in whole for place in range(people))
    for number, text in enumerate(texts, start=1):
        assert f"第 {number} 页 / 共 {len(texts)} 页" in text


def test_the_papers_of_two_insurers_look_different(folder: Path) -> None:
    from besttrav.kernel.pdf import pictures_of

    one, other = (pictures_of(epolicy(insurers_policy(1, code), folder), dpi=30)[0] for code in ("hean", "yunfan"))
    assert one != other


def test_beneficiaries_by_name_stand_on_it(folder: Path) -> None:
    policy = insurers_policy()
    policy["people"].append(
        {"role": "beneficiary", "name": "陆知夏", "name_latin": "", "document": "护照", "number": "EA7777777", "relation": "子女 100%"}
    )
    text = text_of(epolicy(policy, folder))
    assert "EA7777777" in text
    assert "法定继承人" not in text


def test_a_name_the_insurer_cannot_print_is_told(folder: Path) -> None:
    policy = insurers_policy(1)
    policy["people"][1]["name"] = "王𪚥"
    with pytest.raises(Unprintable):
        epolicy(policy, folder)


def test_an_unknown_fault_or_role_is_a_mistake(folder: Path) -> None:
    with pytest.raises(ValueError, match="no fault"):
        epolicy(insurers_policy(), folder, fault="fault")
    policy = insurers_policy()
    policy["people"][0]["role"] = "friend"
    with pytest.raises(ValueError, match="no role"):
        epolicy(policy, folder)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_gives_another_paper_that_still_opens(folder: Path, fault: str) -> None:
    assert "电 子 保 险 单" in text_of(epolicy(insurers_policy(2), folder, fault=fault))


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (22_050, "贰佰贰拾元伍角整"),
        (100, "壹元整"),
        (5, "伍分"),
        (105, "壹元零伍分"),
        (1_000_000, "壹万元整"),
        (10_010_010, "壹拾万零壹佰元壹角整"),
        (100_010_000, "壹佰万零壹佰元整"),
        (123_456_789, "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分"),
        (0, "零元整"),
        (1_000_500, "壹万零伍元整"),
        (100_000_000_000, "壹拾亿元整"),
        (10_000_000_100, "壹亿零壹元整"),
    ],
)
def test_amounts_in_full(fen: int, words: str) -> None:
    assert in_words(fen) == words


def test_each_insurers_certificates_are_its_own(folder: Path, settings: SettingsWrapper, tmp_path: Path) -> None:
    settings.INSURER_CERTIFICATES = str(tmp_path / "simulators" / "*" / "papers" / "{insurer}" / "root.pem")
    mine, others = root_of(folder).read_bytes(), root_of(folder.parent / "haiyue").read_bytes()
    assert certificates_of("hean") == (mine,)
    assert certificates_of("haiyue") == (others,)
    assert certificates_of("unknown") == ()
    told = signature_of(epolicy(insurers_policy(), folder), certificates_of("haiyue"))
    assert told is not None
    assert not told.holds


@pytest.mark.parametrize("code", ["", "*", "../x", "a/b", "A", "hean\n"])
def test_a_code_cannot_lead_out_of_the_folder(code: str) -> None:
    with pytest.raises(ValueError, match="code"):
        certificates_of(code)
