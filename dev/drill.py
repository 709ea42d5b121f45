"""`make drill`: what would happen if it happened today. The site's own data, copied to a cluster of its own, is lost and brought back.

Everything is lost; an old record joins the newest vault; a lost vault comes back; the keyring is stolen. The site goes on meanwhile and
nothing of it is changed. The copy of the keyring is destroyed with the rest of the copy at the end.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dev import environment
from dev.environment import ROOT, Need
from dev.postgres import Cluster
from dev.processes import unprivileged_account
from dev.progress import say, step
from dev.standing import URLS, databases
from dev.trouble import Trouble, told_plainly

COPIED = {
    "BESTTRAV_KEYRING": "keyring",
    "BESTTRAV_SIGNER": "signer",
    "BESTTRAV_ERASURE_LEDGER": "ledger",
    "BESTTRAV_JOURNAL_HEADS": "heads",
}
# What rows are bound with: the copy must find them as bound as they are.
BOND_KEYS = ("SECRET_KEY", "CODE_KEY", "GRANT_KEY", "ORDER_KEY")


def main() -> None:
    with told_plainly():
        environment.enter(Need.RUN, "dev.drill")
        if "inside" in sys.argv:
            play(Path(os.environ["BESTTRAV_STATE"]))
            return
        with scene() as (place, environ), databases(alone=False):
            from django.conf import settings

            require_local_keys(settings.PROVIDERS["keys"]["class"])
            environ |= copy_keys(place) | {f"BESTTRAV_{name}": getattr(settings, name) for name in BOND_KEYS}
            with step("Backing up the site"):
                environ["DRILL"] = str(back_up(place / "backups"))
            ran = subprocess.run([sys.executable, "-m", "dev.drill", "inside"], env={**os.environ, **environ}, cwd=ROOT, check=False)
        sys.exit(ran.returncode)


@contextmanager
def scene() -> Iterator[tuple[Path, dict[str, str]]]:
    """A cluster and a state folder that are gone afterwards, and what settings must say to mean them."""
    place = Path(tempfile.mkdtemp(prefix="besttrav-drill-"))
    if unprivileged_account():
        place.chmod(0o711)
    cluster = Cluster(place / "postgres", durable=False)
    try:
        with step("Starting a cluster for the drill"):
            cluster.start()
        yield place, {"BESTTRAV_STATE": str(place), **{name: cluster.url(database) for name, database in URLS.items()}}
    finally:
        cluster.stop()
        destroy_keys(place)
        shutil.rmtree(place, ignore_errors=True)


def require_local_keys(provider: str) -> None:
    if not provider.endswith(".LocalKeyring"):
        raise Trouble(
            "The keys of this site live in a device, which cannot be copied for a drill.",
            "Make a backup and restore it on a second machine with a device of its own.",
        )


def copy_keys(place: Path) -> dict[str, str]:
    from django.conf import settings

    sources = {
        "BESTTRAV_KEYRING": settings.PROVIDERS["keys"]["options"]["path"],
        "BESTTRAV_SIGNER": settings.PROVIDERS["signer"]["options"]["path"],
        "BESTTRAV_ERASURE_LEDGER": settings.ERASURE_LEDGER,
        "BESTTRAV_JOURNAL_HEADS": settings.JOURNAL_HEADS,
    }
    copies = {}
    for name, source in sources.items():
        folder = place / COPIED[name]
        folder.mkdir(mode=0o700)
        copies[name] = str(folder / Path(source).name)
        if Path(source).exists():
            shutil.copy2(source, copies[name])
    return copies


def destroy_keys(place: Path) -> None:
    for folder in ("keyring", "signer"):
        for file in (place / folder).glob("*"):
            file.write_bytes(bytes(file.stat().st_size))


def back_up(to: Path) -> Path:
    from besttrav.privacy import backups

    return backups.back_up(to).folder


# Inside: everything below sees the copy only.


def play(place: Path) -> None:
    from dev.databases import make_sure_of  # It needs the environment, which this program has just entered.

    for name in URLS:
        make_sure_of(os.environ[name])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "besttrav.settings")
    import django

    django.setup()
    from besttrav.privacy import backups

    source = Path(os.environ["DRILL"])
    drill("Everything is lost: both come back", lambda: backups.restore(source))
    drill("The record is lost: an old one joins the newest vault", lambda: backups.restore(source, only="default"))
    drill("The vault is lost: its newest backup", lambda: backups.restore(source, only="vault"))
    drill("The keyring is stolen: a new epoch, nobody lost, the old one dead", lambda: steal_keys(place))
    say("The site would stand.")


def drill(what: str, act: Callable[[], object]) -> None:
    from besttrav.privacy import invariants

    with step(what):
        act()
        violations = invariants.violations()
    if violations:
        told = "\n".join(f"  {name}: {len(lines)} times, first: {lines[0]}" for name, lines in violations.items())
        raise Trouble(
            f"After this something would not hold:\n{told}", "The same is told of the living site by: python manage.py invariants"
        )


def steal_keys(place: Path) -> None:
    from besttrav.privacy import turning

    before = turning.open_provider_key()
    turning.answer_theft(place / "backups")
    if before and turning.is_alive(before):
        raise Trouble("The stolen key is still alive.", "Look at the key service.")


if __name__ == "__main__":
    main()
