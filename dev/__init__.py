"""What stands behind the Makefile: one module a target, standard library only where it runs before the environment exists."""

import sys

# This file must be readable by any Python there is, so that a wrong one gets a sentence and not a SyntaxError.
if sys.version_info < (3, 11):
    sys.exit(
        "Besttrav needs Python 3.11 or newer; %s is %d.%d.\n" % (sys.executable, sys.version_info[0], sys.version_info[1])
        + "Install a newer one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python),\n"
        + "or name one you have: make run PYTHON=/path/to/python3.11"
    )
