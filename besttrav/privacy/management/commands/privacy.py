"""`manage.py privacy document`: writes what is generated from the declarations into docs/."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from besttrav.privacy import artefacts


class Command(BaseCommand):
    help = "Write docs/data-map.md and docs/export.schema.json from the declarations"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=["document"])
        parser.add_argument("--check", action="store_true", help="only say whether they are current")

    def handle(self, *args: Any, **options: Any) -> None:
        docs = Path(settings.ROOT) / "docs"
        pages = {"data-map.md": artefacts.data_map(), "export.schema.json": json.dumps(artefacts.export_schema(), indent=2) + "\n"}
        stale = [name for name, page in pages.items() if not (docs / name).exists() or (docs / name).read_text(encoding="utf-8") != page]
        if options["check"] and stale:
            raise CommandError(f"docs/{', docs/'.join(stale)}: stale; run `make docs`")
        for name in stale:
            (docs / name).write_text(pages[name], encoding="utf-8")
