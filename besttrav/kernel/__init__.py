"""The ground everybody stands on: money, time, ids, actors, refusals, ports and outgoing HTTP; what a document number, a name, a list of
people can be. No tables, no business.

Promises: amounts are integer fen, moments are aware and come from `clock.now()`, ids are minted before the insert, an expected
failure is a `Refusal` that says a way out, and an outside party of unknown state is `Unavailable`.
"""
