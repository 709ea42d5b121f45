"""`make backup [TO=folder]`: record and vault each into a file, restored beside the living and read before it counts."""

import os
from pathlib import Path

from dev import environment
from dev.environment import Need
from dev.progress import say, step
from dev.standing import databases
from dev.trouble import Trouble, told_plainly


def main() -> None:
    with told_plainly():
        environment.enter(Need.RUN, "dev.backup")
        with databases(alone=False):
            back_up()


def back_up() -> None:
    from django.conf import settings

    from besttrav.kernel.errors import Refusal
    from besttrav.privacy import backups

    to = Path(os.environ.get("TO") or settings.BACKUPS).resolve()
    try:
        with step("Backing up record and vault, restoring the copy, opening every key in it"):
            backup = backups.back_up(to)
    except Refusal as refusal:
        raise Trouble(str(refusal.message), str(refusal.way_out) or "Nothing was changed.") from None
    rows = {alias: sum(part.rows.values()) for alias, part in backup.manifest.parts.items()}
    say(f"{rows['default']:,} rows of the record and {rows['vault']:,} of the vault are in {backup.folder}")
    say("The keyring is in no backup. Copy it apart, and destroy its copies within BESTTRAV_KEYRING_COPY_DAYS.")


if __name__ == "__main__":
    main()
