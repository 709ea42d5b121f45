"""What imports cannot hold: the house rules as ast-grep patterns, each with its remedy, one that fires and one it accepts.

`python/` holds a rule per file, `tests/` its accepted and refused forms; `python -m dev.rules` reads the whole tree.
"""
