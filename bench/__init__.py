"""How fast the house is, against limits taken in the same run, so that the figures can be checked on any machine: `make bench`.

Each bench is a module with one function that yields `Line`s. They run on a PostgreSQL of their own, as durable as `make run`'s, on two
cores. What must and should be reached stands beside each line; where it comes from is told in `docs/performance.md`.
"""
