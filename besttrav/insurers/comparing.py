"""What was sent against what came back, value by value. Pure; tells the names of fields and never a value."""

from collections.abc import Iterable, Iterator, Sequence

from besttrav.insurers.port import EchoedPerson, Insured, Issued, Person, Submit

HARMLESS = frozenset({"identity_kind", "passport_name"})
"""What may differ and changes nobody's cover: name and number of the paper are right, its kind or the name's Latin spelling is not."""


def are_harmless(different: Iterable[str]) -> bool:
    """Whether a person may accept a policy that differs in these fields."""
    return all(field.rpartition(".")[2] in HARMLESS for field in different)


def differences(submit: Submit, issued: Issued) -> list[str]:
    """The fields in which the policy is not what was asked for, as codes like `premium` or `insured.2.name`; people are counted from 1.

    What an insurer does not repeat (None in its echo) cannot differ. The order of people does not matter.
    """
    echo = issued.echo
    found = [name for name in ("product", "plan", "area", "period") if getattr(submit, name) != getattr(echo, name)]
    if not issued.policy_number:
        found.append("policy_number")
    if submit.premium != issued.premium:
        found.append("premium")
    found += (f"holder.{field}" for field in _of_person(submit.holder, echo.holder))
    if len(submit.insured) != len(echo.insured):
        return [*found, "insured.count"]
    for place, (sent, echoed) in enumerate(_paired(submit.insured, echo.insured), start=1):
        found += (f"insured.{place}.{field}" for field in _of_person(sent.person, echoed))
        if echoed.sums is not None and dict(echoed.sums) != dict(sent.sums):
            found.append(f"insured.{place}.sums")
    return found


def _of_person(sent: Person, echoed: EchoedPerson) -> Iterator[str]:
    if sent.name != echoed.name:
        yield "name"
    if sent.identity.number != echoed.identity_number:
        yield "identity_number"
    if echoed.identity_kind not in (None, sent.identity.kind):
        yield "identity_kind"
    if echoed.passport_name not in (None, sent.passport_name):
        yield "passport_name"
    if echoed.birth_date not in (None, sent.birth_date):
        yield "birth_date"


def _paired(sent: Sequence[Insured], echoed: Sequence[EchoedPerson]) -> Iterator[tuple[Insured, EchoedPerson]]:
    """Each person with their own echo, known by the paper's number; those who have none, with what is left, in order."""
    left = list(echoed)
    own: dict[int, EchoedPerson] = {}
    for place, person in enumerate(sent):
        found = next((echo for echo in left if echo.identity_number == person.person.identity.number), None)
        if found is not None:
            own[place] = found
            left.remove(found)
    rest = iter(left)
    for place, person in enumerate(sent):
        yield person, own[place] if place in own else next(rest)
