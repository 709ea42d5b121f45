"""Many travellers from one paste: lines from a chat, rows from a spreadsheet, CSV, with or without a heading, columns in any order.

What a part of a line is shows in the part itself: eighteen places are a document number, eleven digits that begin with 1 a phone, Chinese
characters a name. A heading decides where the contents cannot. Nothing that was pasted ever stands in a problem: it names the line, the
column and what to do. No text whatever makes this raise anything but PasteRefused.
"""

import re
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from besttrav.kernel.errors import Refusal
from besttrav.kernel.pasting.lines import LIMITS, Column, Reading
from besttrav.kernel.pasting.people import Problem, Row, people_of, row_of, without_twins

__all__ = ["MOST_PEOPLE", "Column", "PasteRefused", "Pasted", "Problem", "Row", "read"]

MOST_PEOPLE = LIMITS["most_people"]


@dataclass(frozen=True, slots=True)
class Pasted:
    """What was found: the travellers in their order, how most lines were read, and the lines in which nobody was found."""

    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    had_heading: bool
    passed_over: tuple[int, ...]

    @property
    def is_clean(self) -> bool:
        return all(row.is_clean for row in self.rows)

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(problem for row in self.rows for problem in row.problems)


class PasteRefused(Refusal):
    """Too long a list, or no list of travellers at all."""

    code = "paste_refused"
    message = _("No traveller was found in this text.")
    way_out = _("Paste one traveller per line: name, document number, mobile number.")


def read(text: str, *, today: date, most: int = MOST_PEOPLE) -> Pasted:
    """The travellers in a pasted text, `most` at the most; raises PasteRefused and nothing else.

    Numbers and names go through `identity` and `names`. A day of birth is read as year, month, day. Somebody who stands in the list twice
    is a problem of the later line. `today` is the day in Beijing.
    """
    lines = _lines(text, most)
    reading = Reading(today)
    for position, line in lines:
        reading.take(position, line)
    people = people_of(reading.found)
    if len(people) > most:
        raise _too_many(most)
    rows = without_twins([row_of(person, today) for person in people])
    if not rows:
        raise PasteRefused
    used = {position for person in people for position in person.positions}
    passed_over = tuple(found.line for found in reading.found if found.line not in used and not found.is_blank and not found.is_heading)
    return Pasted(tuple(rows), reading.columns, reading.had_heading, passed_over)


# --- Lines ---


def _lines(text: str, most: int) -> list[tuple[int, str]]:
    """The lines with their numbers from 1, blank ones included. What can be no list of so many people is refused before it is read."""
    if len(text) > LIMITS["most_characters"]:
        raise _too_many(most)
    lines = re.split(r"\r\n|[\r\n\u2028\u2029]", text)
    written = sum(1 for line in lines if line and not line.isspace())
    if written > min(LIMITS["most_lines"], most * LIMITS["lines_for_one"] + LIMITS["lines_for_one"]):
        raise _too_many(most)
    return list(enumerate(lines, 1))


def _too_many(most: int) -> PasteRefused:
    return PasteRefused(
        _("This list is too long: %(most)d travellers can be pasted at once.") % {"most": most},
        way_out=_("Shorten it to that many. The others can be insured with another application."),
    )
