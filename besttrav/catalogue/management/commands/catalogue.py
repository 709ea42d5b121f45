"""`manage.py catalogue load|check|list`: products from their folder."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from besttrav.catalogue import operations
from besttrav.catalogue.models import Product
from besttrav.catalogue.operations import ImportRefused
from besttrav.kernel.actors import Actor


class Command(BaseCommand):
    help = "Read the products of a folder, check them, publish what changed, or list what there is."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        load = verbs.add_parser("load", help="make a version of each product that changed, and publish it")
        load.add_argument("folder", nargs="?", type=Path, default=settings.PRODUCTS)
        load.add_argument("--draft", action="store_true", help="do not publish")
        check = verbs.add_parser("check", help="say what is wrong with the folder, and change nothing")
        check.add_argument("folder", nargs="?", type=Path, default=settings.PRODUCTS)
        verbs.add_parser("list", help="every product with its current version")

    def handle(self, *, verb: str, **options: Any) -> None:
        try:
            getattr(self, f"_{verb}")(**options)
        except ImportRefused as refusal:
            raise CommandError("\n".join(refusal.problems)) from None

    def _load(self, folder: Path, draft: bool, **_: Any) -> None:
        actor = Actor.job("catalogue.load")
        for loaded in operations.load(path=folder, actor=actor):
            version = loaded.version
            if not draft and not version.is_published:
                operations.publish(version=version, actor=actor)
            said = "published" if version.is_published else "draft"
            self.stdout.write(f"{version.product.slug} {version.number}: {said if loaded.is_new else f'{said}, unchanged'}")

    def _check(self, folder: Path, **_: Any) -> None:
        for offer in operations.read(folder):
            cells, covers = len(offer.rates), len(offer.coverages)
            self.stdout.write(f"{offer.slug}: {len(offer.plans)} plans, {covers} coverages, {cells} rates, in order")

    def _list(self, **_: Any) -> None:
        for product in Product.objects.select_related("current").order_by("slug"):
            current = product.current
            sold = f"version {current.number} of {current.published_at:%Y-%m-%d}, {current.digest[:12]}" if current else "no version"
            self.stdout.write(f"{product.slug}: {sold}, {product.state}")
