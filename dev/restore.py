"""`make restore FROM=folder [ONLY=record|vault]`: the way back, with what was decided since carried out again before anybody is served."""

import os
from pathlib import Path

from dev import environment
from dev.environment import Need
from dev.progress import say, step
from dev.standing import databases
from dev.trouble import Trouble, told_plainly

PARTS = {"": None, "record": "default", "vault": "vault"}


def main() -> None:
    with told_plainly():
        environment.enter(Need.RUN, "dev.restore")
        source, only = wanted()
        with databases(alone=True):
            restore(source, only)


def wanted() -> tuple[Path, str | None]:
    source, only = os.environ.get("FROM", ""), os.environ.get("ONLY", "")
    if not source or only not in PARTS:
        raise Trouble("It is not said what to restore.", "make restore FROM=<a folder that make backup made> [ONLY=record or ONLY=vault]")
    return Path(source).resolve(), PARTS[only]


def restore(source: Path, only: str | None) -> None:
    from besttrav.kernel.errors import Refusal
    from besttrav.privacy import backups, invariants

    try:
        with step(f"Restoring {'both' if only is None else 'the ' + ('record' if only == 'default' else only)} from {source}"):
            restored = backups.restore(source, only=only)
        with step("Checking every invariant"):
            violations = invariants.violations()
    except Refusal as refusal:
        raise Trouble(str(refusal.message), str(refusal.way_out) or "Nothing was changed.") from None
    say(f"Erased again: {restored.replayed} sheets. Rows of people whose keys are in no copy: {restored.lost} sheets.")
    for name in restored.set_aside:
        say(f"What was there before is in the database {name}; drop it when you need it no longer.")
    for name, told in violations.items():
        say(f"  {name}: {len(told)} times, first: {told[0]}")
    say("Everything holds." if not violations else "Look at these before people come in: python manage.py invariants")


if __name__ == "__main__":
    main()
