"""Who may come in, and as whom: customers with their phone, staff with two factors, sessions, roles and what each role may do.

Hides: codes and their limits, session tokens, device recognition, passwords, second factors, agreements and grants.

Promises: the same answer for known and unknown phones; whoever takes over a phone number never sees its former owner's data; no role
without a signed confidentiality agreement and a second person; saved travellers open for whoever saved them and nobody else; every view
says who may call it, and roles are read anew for each request.

Start at `operations.accounts` (customers), `operations.staff` and `operations.granting`, then `access` (views) and `permissions`.
"""
