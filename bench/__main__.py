"""`python -m bench [name ...] [--quick | --write]`: measure, print a table for each, and end with 1 if a line misses what it must reach.

`--write` puts the tables into docs/performance.md.
"""

import argparse
import importlib
import signal
import sys
import time

from bench import ground, report
from bench.measuring import table
from bench.sizes import FULL, QUICK

BENCHES = (
    *("sealing", "opening", "rights", "rotation", "book", "rating", "paper", "pages", "purchase", "crowd", "journey"),
    *("bill", "memory"),
)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # Leaving in the ordinary way stops the database.
    asked = _asked()
    sizes = QUICK if asked.quick else FULL
    begin = time.perf_counter()
    missed = 0
    with ground.prepared():
        for name in asked.names or BENCHES:
            lines = list(importlib.import_module(f"bench.{name}").lines(sizes))
            missed += sum(line.verdict == "MISSED" for line in lines)
            print(f"{table(lines)}\n", flush=True)
            if asked.write:
                report.write(name, lines)
    print(f"{time.perf_counter() - begin:.0f} s in all, {missed} lines miss what they must reach")
    return 1 if missed and not asked.quick else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=(*BENCHES, []), metavar="name", help=f"any of: {', '.join(BENCHES)}; all without")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that every bench runs; its figures mean nothing")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    asked = parser.parse_args()
    if asked.quick and asked.write:
        parser.error("figures of a quick run mean nothing and are not written down")
    return asked


if __name__ == "__main__":
    sys.exit(main())
