"""A text message carrier: speaks the protocol of Aliyun's short message service and shows on a page what it delivered.

Start it with `python -m simulators.sms --port 8402 --state var/simulators/sms`. It keeps its own books in SQLite, knows nothing of the
product, and verifies every request as strictly as the vendor does. Faults are scripted over `/control/` (see faults.py).
"""
