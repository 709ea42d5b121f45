"""Contracts in force: what was concluded, its papers, and whether they say what was sold.

Promises: a paper prints every name or refuses it, an insurer's paper is compared with what was sold before anybody sees it, and a public
page about a policy tells nothing about a person. Start with `papers`, `checking` and `verification`.
"""
