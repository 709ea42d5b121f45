"""The site's databases, up for a while: for what is done beside the running site, or in its place."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dev.postgres import Cluster
from dev.processes import unprivileged_account
from dev.state import choose_state, held, write_env
from dev.trouble import Trouble

URLS = {"BESTTRAV_DATABASE_URL": "besttrav", "BESTTRAV_VAULT_URL": "besttrav_vault"}


@contextmanager
def databases(*, alone: bool) -> Iterator[Path]:
    """Django is set up and both databases answer, until the end. `alone` refuses beside a running site; otherwise its databases are used.

    Yields the state folder.
    """
    external = [name for name in URLS if os.environ.get(name)]
    state = choose_state(None if external else unprivileged_account())
    os.environ["BESTTRAV_STATE"] = str(state)
    with ExitStack() as stack:
        if not external:
            _have_cluster(stack, state, alone=alone)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "besttrav.settings")
        import django

        django.setup()
        yield state


def _have_cluster(stack: ExitStack, state: Path, *, alone: bool) -> None:
    try:
        stack.enter_context(held(state))
    except Trouble:
        if alone:
            raise
        return  # The site is running, and its addresses are in the state folder.
    cluster = Cluster(state / "postgres")
    if not cluster.exists:
        raise Trouble(f"There are no databases in {state}.", "Start the site once: make run")
    cluster.start()
    stack.callback(cluster.stop)
    write_env(state, {name: cluster.url(database) for name, database in URLS.items()})
