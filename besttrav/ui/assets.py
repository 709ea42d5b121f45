"""One stylesheet and one script per shell: the sources stay apart, the browser asks once.

They are joined when static files are collected, so there is no built file to commit and none to go stale.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

BUNDLES = {
    "ui/shell-portal.css": ["ui/tokens.css", "ui/base.css", "ui/customer.css", "ui/shop.css", "ui/wizard.css"],
    "ui/shell-contract.css": ["ui/order.css"],
    "ui/shell-console.css": ["ui/tokens.css", "ui/base.css", "ui/console.css"],
    "ui/shell-portal.js": ["django_htmx/htmx-2.min.js", "ui/shell.js"],
    "ui/shell-console.js": ["django_htmx/htmx-2.min.js", "ui/shell.js", "ui/console.js"],
}


class Assets(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise comes without types
    """Hashed and compressed static files, the bundles above among them."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            for bundle, sources in BUNDLES.items():
                self._join(bundle, sources)
                paths[bundle] = (self, bundle)
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def _join(self, bundle: str, sources: list[str]) -> None:
        parts = []
        for source in sources:
            with self.open(source) as file:
                parts.append(file.read())
        self.delete(bundle)
        self.save(bundle, ContentFile(_scripts(parts) if bundle.endswith(".js") else _styles(parts)))


def _scripts(parts: list[bytes]) -> bytes:
    """A script that ends without a semicolon would swallow the next one."""
    return b";\n".join(parts)


def _styles(parts: list[bytes]) -> bytes:
    """Without what is written for people: comments, indents and the blanks around braces."""
    return re.sub(rb"\s*([{};])\s*", rb"\1", re.sub(rb"/\*.*?\*/", b"", b"\n".join(parts), flags=re.DOTALL))
