"""The door for customers. Views parse, call one operation and render; nothing is decided here.

urls.py                  every address; names are nouns: `portal:home`, `portal:sign-in`, `portal:my-privacy`
views/<noun>.py          5 to 15 lines each
forms/<noun>.py
templates/portal/<noun>/<page>.html   extend `ui/portal.html`
"""
