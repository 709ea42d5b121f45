"""`python -m dev.policy`: write the hashes of a policy version that has not taken effect yet into `policy/versions.toml`.

A version in effect is never written again: people agreed to that text. Make a new version instead.
"""

import re
import sys
import tomllib
from hashlib import sha256
from pathlib import Path

from besttrav.kernel import clock

POLICY = Path(__file__).resolve().parent.parent / "policy"


def main() -> int:
    register = POLICY / "versions.toml"
    text = register.read_text(encoding="utf-8")
    for version in tomllib.loads(text)["version"]:
        if version["effective"] <= clock.today():
            continue
        hashes = {path.stem: sha256(path.read_bytes()).hexdigest() for path in sorted((POLICY / version["number"]).glob("*.md"))}
        line = "sha256 = { " + ", ".join(f'{language} = "{value}"' for language, value in hashes.items()) + " }"
        head, number, tail = text.partition(f'number = "{version["number"]}"')
        text = head + number + re.sub(r"^sha256 = .*$", line, tail, count=1, flags=re.MULTILINE)
        print(f"policy {version['number']}: {', '.join(hashes)}")
    register.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
