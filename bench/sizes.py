"""How much each bench does: in full, or just enough to show that it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    rounds: int
    saves: int
    bulk: int
    loads: int
    page: int
    few: int
    many: int
    keys: int
    marks: int
    entries: int
    proofs: int
    records: int
    visits: int
    purchases: int
    prices: int
    bill: int


FULL = Sizes(
    rounds=7, saves=150, bulk=1000, loads=2000, page=50, few=10, many=10_000,
    keys=300_000, marks=100_000, entries=1_000_000, proofs=300, records=200, prices=20_000, visits=200, purchases=10,
    bill=100_000,
)  # fmt: skip
QUICK = Sizes(
    rounds=2,
    saves=3,
    bulk=20,
    loads=20,
    page=5,
    few=3,
    many=20,
    keys=300,
    marks=100,
    entries=1000,
    proofs=5,
    records=5,
    prices=50,
    visits=20,
    purchases=1,
    bill=200,
)
