"""Two invented insurers behind one open interface: Heyan (禾岸财产保险) and Songhe (松和健康保险). JSON, HMAC-SHA256, decided at once.

Start it with `python -m simulators.heyan --port 8411 --state var/simulators/heyan`. Its accounts stand in `accounts.json` of that folder:
each broker's account, which insurer it belongs to, and its secret.
"""
