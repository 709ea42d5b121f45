"""Runs another module inside the environment: `python -m dev.inside bench`."""

import runpy
import sys

from dev import environment
from dev.environment import Need
from dev.trouble import told_plainly


def main() -> None:
    with told_plainly():
        environment.enter(Need.TEST, "dev.inside")
        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
