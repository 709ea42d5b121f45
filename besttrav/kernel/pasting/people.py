"""From what the lines tell to travellers whose values are checked, each with its problems."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from django.utils.translation import gettext_lazy as _

from besttrav.kernel import identity, names
from besttrav.kernel.errors import Refusal
from besttrav.kernel.identity import DocumentKind, Identity, IdentityRefused, Sex
from besttrav.kernel.names import NameRefused, PassportName
from besttrav.kernel.pasting.lines import HAN, RELATIONS, SEXES, Column, Found, day_of, word_of

_NAMES = {Column.NAME, Column.PASSPORT_NAME, Column.SURNAME}
_SHORTENED = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]{1,3}", re.IGNORECASE)
_ALIGNED = re.compile(rf"([{HAN}])\s+([{HAN}])")
_COUNTRY = re.compile(r"^(?:\+86|0086|86(?=1[0-9]{10}$))")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a line, and how to mend it. One that does not block is a hint: part of the line was passed over."""

    line: int
    column: Column | None
    code: str
    message: object
    way_out: object = ""
    blocks: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One traveller. What was refused is kept as it was typed, so that it can be mended in place; printing shows the line only.

    `relation` is what the traveller is to the applicant, in the words of the catalogue, or "". Birth date and sex are those the document
    tells, or else those that were pasted.
    """

    line: int
    kind: DocumentKind = DocumentKind.ID_CARD
    name: str = field(default="", repr=False)
    passport_name: PassportName | None = field(default=None, repr=False)
    number: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)
    sex: Sex | None = field(default=None, repr=False)
    relation: str = field(default="", repr=False)
    problems: tuple[Problem, ...] = ()

    @property
    def is_clean(self) -> bool:
        return not any(problem.blocks for problem in self.problems)


def people_of(lines: Sequence[Found]) -> list[Found]:
    """One per line, or, where no line has a name and a number together, one for all lines until something comes a second time."""
    told = [found for found in lines if found.values]
    if any(_NAMES & found.values.keys() and Column.NUMBER in found.values for found in told):
        people = told
        for person in people:
            person.positions.append(person.line)
    else:
        people = list(_joined(lines))
    return [person for person in people if (_NAMES | {Column.NUMBER}) & person.values.keys()]


def _joined(lines: Sequence[Found]) -> Iterator[Found]:
    person: Found | None = None
    for found in lines:
        if person and (found.values.keys() & person.values.keys() or (found.is_blank and Column.NUMBER in person.values)):
            yield person
            person = None
        if found.values or found.kind:
            person = person or Found(found.line)
            person.values.update(found.values)
            person.positions.append(found.line)
            person.kind = found.kind or person.kind
            person.seems = found.seems or person.seems
            person.has_spare_name |= found.has_spare_name
            person.has_unread |= found.has_unread
    if person:
        yield person


def row_of(person: Found, today: date) -> Row:
    """The traveller behind these values, checked."""
    row = _Checking(person, today)
    name = row.name()
    number, told = row.document()
    return Row(
        line=person.line,
        kind=row.kind,
        name=name,
        passport_name=row.passport_name(),
        number=number,
        phone=row.phone(),
        birth_date=row.birth_date(told),
        sex=row.sex(told),
        relation=row.relation(),
        problems=tuple(row.all_problems()),
    )


class _Checking:
    """One person's values on their way into a Row; what is refused becomes a problem and stays as it was typed."""

    def __init__(self, person: Found, today: date) -> None:
        self._person = person
        self._values = person.values
        self._today = today
        self._problems: list[Problem] = []
        self.kind = person.kind or person.seems or DocumentKind.ID_CARD
        if (
            self.kind is DocumentKind.TAIWAN_PERMIT
            and Column.NUMBER not in self._values
            and self._values.get(Column.BIRTH_DATE, "").isdigit()
        ):
            self._values[Column.NUMBER] = self._values.pop(Column.BIRTH_DATE)

    def name(self) -> str:
        typed = self._values.get(Column.NAME) or self._whole_latin_name()
        if not typed:
            self._trouble(Column.NAME, "missing", _("There is no name in this line."))
            return ""
        if aligned := _ALIGNED.fullmatch(typed):
            typed = aligned[1] + aligned[2]  # how lists align names of two characters
        if self._person.has_spare_name:
            self._trouble(
                Column.NAME,
                "two_names",
                _("More than one part of this line could be the name."),
                _("Leave the name, and take out what does not belong to the traveller."),
            )
        try:
            return names.full(typed)
        except NameRefused as refused:
            self._refused(Column.NAME, "name", refused)
            return typed

    def passport_name(self) -> PassportName | None:
        """From two columns, from a name with a slash or comma, or, beside a Chinese name, with the surname first as China prints it."""
        surname, given_names = self._values.get(Column.SURNAME, ""), self._values.get(Column.GIVEN_NAMES, "")
        if typed := self._values.get(Column.PASSPORT_NAME):
            parted = re.split(r"[/,]", typed, maxsplit=1)
            if len(parted) == 1 and Column.NAME not in self._values:
                return None  # the name of somebody who has no Chinese one: which part is the surname cannot be seen
            surname, given_names = [*(parted if len(parted) == 2 else typed.split(maxsplit=1)), ""][:2]
        if not surname and not given_names:
            return None
        try:
            return names.passport(surname, given_names)
        except NameRefused as refused:
            self._refused(Column.PASSPORT_NAME, "passport_name", refused)
            return None

    def document(self) -> tuple[str, Identity | None]:
        typed = self._values.get(Column.NUMBER, "")
        if not typed:
            self._trouble(Column.NUMBER, "missing", _("There is no document number in this line."))
            return "", None
        if _SHORTENED.fullmatch(typed):
            self._trouble(
                Column.NUMBER,
                "shortened",
                _("The spreadsheet has shortened this number."),
                _("Format the column as text there, enter the number again and copy it once more."),
            )
            return typed, None
        try:
            told = identity.check(self.kind, typed, today=self._today)
        except IdentityRefused as refused:
            self._problems.append(Problem(self._person.line, Column.NUMBER, refused.reason, refused.message, refused.way_out))
            return typed, None
        return told.number, told

    def phone(self) -> str:
        typed = self._values.get(Column.PHONE, "")
        if not typed:
            return ""
        digits = re.sub(r"[^0-9+]", "", typed)
        national = _COUNTRY.sub("", digits)
        if re.fullmatch(r"1[0-9]{10}", national):
            return f"+86{national}"
        if re.fullmatch(r"\+[1-9][0-9]{5,14}", digits) and not digits.startswith("+86"):
            return digits
        self._trouble(
            Column.PHONE,
            "phone",
            _("This is no mobile number: a mainland number has 11 digits and begins with 1."),
            _("Write a number from elsewhere with + and the code of its country."),
        )
        return typed

    def birth_date(self, told: Identity | None) -> date | None:
        typed = re.sub(r"[年月]", "-", self._values.get(Column.BIRTH_DATE, "")).rstrip("日号 ").split(" ")[0]
        if not typed:
            return told.birth_date if told else None
        day = day_of(typed)
        if day is None or day > self._today:
            self._trouble(
                Column.BIRTH_DATE,
                "no_such_day",
                _("This is no day of birth."),
                _("Write the year, the month and the day, such as 1990-03-07."),
            )
            return told.birth_date if told else None
        if told and told.birth_date and told.birth_date != day:
            self._trouble(
                Column.BIRTH_DATE,
                "differs",
                _("The document number says another day of birth."),
                _("Look which of the two is right. The one in the number counts."),
            )
            return told.birth_date
        return day

    def sex(self, told: Identity | None) -> Sex | None:
        typed = self._values.get(Column.SEX, "")
        said = SEXES.get(word_of(typed))
        if typed and said is None:
            self._trouble(Column.SEX, "unknown_word", _("The sex is male or female."))
        if told and told.sex:
            if said and said is not told.sex:
                self._trouble(
                    Column.SEX,
                    "differs",
                    _("The document number says another sex."),
                    _("Look which of the two is right. The one in the number counts."),
                )
            return told.sex
        return said

    def relation(self) -> str:
        typed = self._values.get(Column.RELATION, "")
        if typed and word_of(typed) not in RELATIONS:
            self._trouble(
                Column.RELATION, "unknown_word", _("We do not know this relation."), _("Write spouse, child, parent or another plain word.")
            )
        return RELATIONS.get(word_of(typed), "")

    def all_problems(self) -> Iterator[Problem]:
        yield from self._problems
        if self._person.has_unread:
            yield Problem(self._person.line, None, "unread", _("A part of this line was not understood and passed over."), blocks=False)

    def _whole_latin_name(self) -> str:
        typed = self._values.get(Column.PASSPORT_NAME) or " ".join(
            self._values[column] for column in (Column.SURNAME, Column.GIVEN_NAMES) if column in self._values
        )
        return re.sub(r"[/,]", " ", typed)

    def _refused(self, column: Column, code: str, refused: Refusal) -> None:
        self._trouble(column, code, refused.message, refused.way_out)

    def _trouble(self, column: Column, code: str, message: object, way_out: object = "") -> None:
        self._problems.append(Problem(self._person.line, column, code, message, way_out))


def without_twins(rows: Sequence[Row]) -> list[Row]:
    """The rows, with a problem on each whose document stood in an earlier line."""
    first: dict[tuple[DocumentKind, str], int] = {}
    told = []
    for row in rows:
        if row.number and not any(problem.column is Column.NUMBER for problem in row.problems):
            earlier = first.setdefault((row.kind, Identity(row.kind, row.number).holder), row.line)
            if earlier != row.line:
                row = _with(row, _twin(row.line, earlier))
        told.append(row)
    return told


def _twin(line: int, earlier: int) -> Problem:
    message = _("The same document stands in line %(line)d already.") % {"line": earlier}
    return Problem(line, Column.NUMBER, "twice", message, _("Take one of the two lines out."))


def _with(row: Row, problem: Problem) -> Row:
    return replace(row, problems=(*row.problems, problem))
