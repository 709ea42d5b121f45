"""What two invented insurers have in common behind their counters: books, underwriting, scripted faults, callbacks, an HTTP server.

Their dialects have nothing in common: see simulators/heyan (JSON with HMAC, decides at once) and simulators/yunhang (XML with RSA, decides
later). Control interface of both, for tests and demonstrations: POST /control/faults (see faults.py), /control/clock {"seconds": n},
/control/correct {"number": n} puts a wrong policy right, /control/forget empties the books; GET /policies.json lists numbers and states.
"""
