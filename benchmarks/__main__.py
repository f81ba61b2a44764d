"""`make bench`: measure all claims, print them as a table; `python -m benchmarks NAME...` some of them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

NAMES = (
    "requests",
    "parsing",
    "pages",
    "storing",
    "rounds",
    "seed",
    "importing",
    "reading",
    "legacy",
    "sql",
    "answers",
    "start",
)


def main(names: list[str]) -> int:
    """Print one table; exit code 1 when a claim does not hold."""
    from amtspuls.log import configure_log

    configure_log()
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(
            f"no benchmark is called {unknown[0]!r}; there are: {', '.join(NAMES)}", file=sys.stderr
        )
        return 2
    print("| what | measured | target | holds |\n|:---|:---|:---|:---|", flush=True)
    holds = True
    for name in names or NAMES:
        for claim in importlib.import_module(f"benchmarks.{name}").measure():
            verdict = "yes" if claim.holds else "**no**"
            print(f"| {claim.what} | {claim.measured} | {claim.target} | {verdict} |", flush=True)
            holds = holds and claim.holds
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
