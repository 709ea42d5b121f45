"""`manage.py journal verify|head|export|document|prepare`: the journal from the command line."""

import json
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from besttrav.journal import document, proof
from besttrav.journal.operations import ensure_months, heal_ticks


class Command(BaseCommand):
    help = "Verify the journal, show its head, export a bundle for others to check, write docs/journal.md, or make it ready for writing."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("verify", help="prove the whole journal; ends with 1 when it does not hold")
        verbs.add_parser("head", help="the newest head, as one line of JSON")
        export = verbs.add_parser("export", help="a bundle for dev/verify_journal.py: of these entries, or of everything")
        export.add_argument("entries", nargs="*", type=UUID)
        export.add_argument("--batches", metavar="FIRST-LAST", type=_batches, help="whole batches by number")
        verbs.add_parser("document", help="write docs/journal.md").add_argument(
            "--check", action="store_true", help="only say if it is stale"
        )
        verbs.add_parser("prepare", help="make the months ahead; after a restore, lift the ticks")

    def handle(self, *, verb: str, **options: Any) -> None:
        getattr(self, f"_{verb}")(**options)

    def _verify(self, **_: Any) -> None:
        began = time.perf_counter()
        report = proof.verify(lambda entries: self.stderr.write(f"\r{entries:,}", ending=""))
        for problem in report.problems:
            self.stdout.write(str(problem))
        self.stdout.write(
            f"{report.entries:,} entries ({report.unsealed} not sealed yet), {report.batches:,} batches ({report.dropped:,} dropped), "
            f"{report.heads:,} heads outside, {time.perf_counter() - began:.1f} s: "
            + ("holds" if report.holds else f"{report.problem_count:,} problems")
        )
        if not report.holds:
            sys.exit(1)

    def _head(self, **_: Any) -> None:
        head = proof.head()
        self.stdout.write(json.dumps(head.line) if head else "{}")

    def _export(self, entries: list[UUID], batches: range | None, **_: Any) -> None:
        self.stdout.write(json.dumps(proof.export_bundle(entries or None, batches=batches)))

    def _document(self, check: bool, **_: Any) -> None:
        page, path = document.markdown(), Path(settings.ROOT) / "docs" / "journal.md"
        if check and (not path.exists() or path.read_text(encoding="utf-8") != page):
            raise CommandError("docs/journal.md is stale: run `python manage.py journal document`")
        if not check:
            path.write_text(page, encoding="utf-8")

    def _prepare(self, **_: Any) -> None:
        made, healed = ensure_months(), heal_ticks()
        self.stdout.write(f"{made} months made; ticks {'lifted' if healed else 'in order'}")


def _batches(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
