"""`python -m bench [name ...] [--quick]`: measure, print a table for each, and end with 1 if a line misses what it must reach."""

import argparse
import importlib
import signal
import sys
import time

from bench import ground
from bench.measuring import table
from bench.sizes import FULL, QUICK

BENCHES = ("sealing", "opening", "rights", "rotation", "book", "rating", "paper", "pages", "purchase", "journey", "memory")


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
    print(f"{time.perf_counter() - begin:.0f} s in all, {missed} lines miss what they must reach")
    return 1 if missed and not asked.quick else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=(*BENCHES, []), metavar="name", help=f"any of: {', '.join(BENCHES)}; all without")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that every bench runs; its figures mean nothing")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
