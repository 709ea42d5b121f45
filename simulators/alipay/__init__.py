"""Alipay, simulated: the gateway protocol with RSA2 for one app, page pay and wap pay, with a cashier a person can click through.

Start it with `python -m simulators.alipay --port 8404 --state var/simulators/alipay`. Its keys are made in the state folder at the first
start; who its merchant is, it reads there from `merchant.json` and `merchant_public.pem` (`python -m dev.prepare keys` writes them). Faults
are scripted over `/control/` (see simulators/cashier/faults.py); `/books.json` says what it booked.
"""
