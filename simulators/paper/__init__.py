"""The papers of the simulated insurers: e-policies in their own look, set by Typst and signed (PAdES) with keys of their own.

`epolicy(policy, folder)` is all an insurer's simulator calls. The policy is a dictionary of plain values; see policies.py for its keys.
"""

from simulators.paper.policies import FAULTS, Unprintable, epolicy
from simulators.paper.signing import root_of

__all__ = ["FAULTS", "Unprintable", "epolicy", "root_of"]
