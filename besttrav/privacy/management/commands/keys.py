"""`manage.py keys rotate|end|status|stolen`: the turn of the key epochs by hand. The nightly job does the first two by itself."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from besttrav.kernel.errors import Refusal
from besttrav.privacy import turning
from besttrav.privacy.vault.models import Epoch


class Command(BaseCommand):
    help = "Begin the next key epoch, end the old one, answer a theft of the keyring, or say how things stand."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("rotate", help="begin the next epoch and carry everybody over; reads go on meanwhile")
        verbs.add_parser("end", help="destroy the old epoch's key, if a backup under the new one has been checked")
        verbs.add_parser("status", help="every epoch that has not ended")
        stolen = verbs.add_parser("stolen", help="the keyring was stolen: rotate, back up, destroy the stolen keys")
        stolen.add_argument("--to", type=Path, default=Path(settings.BACKUPS), help="where the backup goes")

    def handle(self, *, verb: str, **options: Any) -> None:
        try:
            getattr(self, f"_{verb}")(**options)
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.way_out}") from None

    def _rotate(self, **_: Any) -> None:
        number = turning.rotate(progress=self._tell)
        self.stdout.write(f"epoch {number} is open, and everybody is in it; the old one ends after a checked backup")

    def _end(self, **_: Any) -> None:
        ended = turning.end_old()
        self.stdout.write(f"ended: {', '.join(map(str, ended))}" if ended else "there is nothing to end")

    def _status(self, **_: Any) -> None:
        for epoch in Epoch.objects.exclude(state="ended").order_by("number"):
            checked = f"backup checked {epoch.backup_verified_at:%Y-%m-%d %H:%M} UTC" if epoch.backup_verified_at else "no checked backup"
            self.stdout.write(f"epoch {epoch.number}: {epoch.state} since {epoch.opened_at:%Y-%m-%d %H:%M} UTC, {checked}")

    def _stolen(self, *, to: Path, **_: Any) -> None:
        ended = turning.answer_theft(to, progress=self._tell)
        self.stdout.write(
            f"ended: {', '.join(map(str, ended))}. The stolen keyring opens nothing in the vault and its newest backup any more."
        )
        self.stdout.write("Has an older copy of the vault been stolen as well, then the people in it must be told: see docs/operating.md.")

    def _tell(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{done:,} of {total:,}", ending="\n" if done >= total else "")
