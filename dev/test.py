"""`make test` and `make soak`: what the tests need, then all of them on all cores. The last line is pytest's."""

import os
import sys

from dev import environment, tools, translations
from dev.environment import ROOT, VENV, Need
from dev.trouble import told_plainly


def main() -> None:
    with told_plainly():
        environment.enter(Need.TEST, "dev.test")
        translations.compile_stale()
        needs = {"CHROMIUM_PATH": tools.chromium(), "SOFTHSM2_MODULE": tools.softhsm(), "FONTCONFIG_FILE": tools.fonts()}
        os.environ.update({name: str(path) for name, path in needs.items()})
        os.chdir(ROOT)
        python = VENV / "bin" / "python"
        os.execv(python, [str(python), "-m", "pytest", "-n", str(_cores()), *sys.argv[1:]])  # noqa: S606 - no shell is wanted


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 2


if __name__ == "__main__":
    main()
