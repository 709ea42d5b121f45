"""Invoices for premiums: asked for by a policyholder, issued by the insurer that sold the policy, taken back when the premium goes back.

Hides: who issues for which insurer and in what dialect, our numbers, when to ask and to repeat, and how an invoice is made smaller.

Promises: what is invoiced is never more than the premium that stands, once whatever is on its way has arrived; nothing leaves twice while
nobody knows what became of it; what leaves about a person has its permit; a paper is kept only once it says what was asked for.

An invoice never changes. Where a premium shrinks, the *blue* one is taken back whole by a *red* one, and a new blue one says the rest.

Start at `operations.request` and `operations.reverse`; the issuer's side is `port.Invoicing`. Why it is a room: docs/adr/0018.
"""
