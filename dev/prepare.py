"""What has to happen in Django before the site can serve, in one process: start-up costs more than the work itself."""

import os
import sys

import django
from django.core.management import call_command


def main(*wishes: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "besttrav.settings")
    django.setup()
    for wish in wishes:
        if wish == "migrate":
            migrate()
        elif wish == "static":
            call_command("collectstatic", interactive=False, clear=True, verbosity=0)


def migrate() -> None:
    for database in ("default", "vault"):
        call_command("migrate", database=database, interactive=False, verbosity=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
