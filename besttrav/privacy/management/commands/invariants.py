"""`manage.py invariants`: what must be true whatever has happened, checked on the living databases. Ends with 1 when something is not."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand

from besttrav.privacy import invariants


class Command(BaseCommand):
    help = "Check every invariant between record, vault, journal, ledger and key service; changes nothing"

    def handle(self, **_: Any) -> None:
        violations = invariants.violations()
        self.stdout.write(json.dumps({name: violations.get(name, []) for name in invariants.names()}, indent=1))
        if violations:
            sys.exit(1)
