"""A platform that issues invoices on behalf of the three invented insurers, and takes them back: JSON, HMAC-SHA256, one account a seller.

Start it with `python -m simulators.invoices --port 8421 --state var/simulators/invoices`. Its accounts stand in `accounts.json` of that
folder: each broker's account, the seller it belongs to, and its secret. Nothing here reaches a tax office: its numbers are invented.

Control interface, for tests and demonstrations: POST /control/faults (see faults.py), /control/clock {"seconds": n}, /control/correct
{"number": n} puts a wrong invoice right, /control/forget empties the books; GET /invoices.json lists numbers, amounts and states.
"""
