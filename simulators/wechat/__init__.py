"""WeChat Pay, simulated: interface version 3 for one merchant, Native and H5, with a cashier a person can click through.

Start it with `python -m simulators.wechat --port 8403 --state var/simulators/wechat`. Its keys are made in the state folder at the first
start; who its merchant is, it reads there from `merchant.json` and `merchant_public.pem` (`python -m dev.prepare keys` writes them). Faults
are scripted over `/control/` (see simulators/cashier/faults.py); `/books.json` says what it booked.
"""
