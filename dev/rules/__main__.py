"""`python -m dev.rules [path ...]`: say every break of a house rule, and leave with 1 if there is one."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = ("besttrav", "simulators", "dev", "bench", "tests")


def ast_grep(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the ast-grep installed beside this Python."""
    binary = Path(sys.executable).with_name("ast-grep")
    return subprocess.run([binary, *arguments], cwd=cwd, text=True, capture_output=True, check=False)


def main(paths: list[str]) -> int:
    """Scan the paths, or the whole tree, and print what is found."""
    places = paths or [name for name in READ if (ROOT / name).is_dir()]
    scan = ast_grep("scan", "--error", *places)
    print(scan.stdout + scan.stderr, end="")
    if scan.returncode == 0:
        print(f"house rules: nothing found in {', '.join(places)}")
    return scan.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
