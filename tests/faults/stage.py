"""Where acts are played in processes that may be killed. `python -m tests.faults.stage` is the parent: it forks one child per act.

Starting Python and Django takes a second, forking takes milliseconds, and a child that dies takes nothing of the parent's with it. The
parent opens no database. It reads one JSON line per order and answers each: {"start": ...} with the child's number, {"wait": pid} with its
end.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main() -> None:
    import django

    django.setup()
    from besttrav import schedule
    from tests.faults import acts, canary, money, sale

    assert schedule  # Every job is known before the first child needs one.
    known = {**acts.ACTS, **canary.ACTS, **money.ACTS, **sale.ACTS}
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            print(_fork(order, known[order["start"]]), flush=True)
        else:
            _, status = os.waitpid(order["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)


def _fork(order: dict[str, Any], act: Callable[..., Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _settle_in(order)
        answer = act(*order["words"])
        Path(order["answer"]).write_text(json.dumps(answer))
        code = 0
    except BaseException:  # noqa: BLE001 - the child must not return into the parent's loop, whatever happened
        Path(order["answer"]).write_text(traceback.format_exc())
    finally:
        os._exit(code)


def _settle_in(order: dict[str, Any]) -> None:
    """Take the databases, the keys and the ledger of the house this act is played in."""
    from django.conf import settings
    from django.db import connections

    from besttrav.kernel import crash
    from besttrav.kernel.registry import forget_providers

    _speak_into(order["log"])
    for alias, values in order["databases"].items():
        connections[alias].settings_dict.update(values)
    state = Path(order["state"])
    settings.PROVIDERS["keys"]["options"] = {"path": str(state / "keys" / "keyring.json")}
    settings.PROVIDERS["signer"]["options"] = {"path": str(state / "keys" / "journal.json")}
    settings.ERASURE_LEDGER = str(state / "ledger" / "erasures.jsonl")
    settings.JOURNAL_HEADS = str(state / "heads" / "journal.jsonl")
    settings.BACKUPS = str(state / "backups")
    forget_providers()
    crash.arm(order["crash"], order["trace"])


def _speak_into(log: str) -> None:
    """The pipe to the test is the parent's alone."""
    nothing = os.open(os.devnull, os.O_RDWR)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor, target in ((nothing, 0), (written, 1), (written, 2)):
        os.dup2(descriptor, target)


if __name__ == "__main__":
    main()
