"""Tries the portal on two hosts: PostgreSQL, Redis, nginx, two webs, two deliverers.

Everything runs on 127.0.0.1 with ports and folders of its own, is bounded in count and
time, and ends with the run. It needs Debian's postgresql, redis-server and nginx. Exits
1 where a promise was broken.

SUBMISSIONS sets how many wait for the deliverers, RESTARTS and SECONDS_BETWEEN how
often hosts restart; CHECKS names some of the checks, as in "lose_memory deliver_all".
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.hosts.checks import CHECKS, Finding, Sizes
from tests.hosts.machines import portal_of_two_hosts, what_is_missing

MARKS = {True: "kept", False: "BROKEN", None: ""}


def find_out(folder: Path, sizes: Sizes, names: list[str]) -> list[Finding]:
    """Run the checks of these names, or all, and print what each found."""
    found: list[Finding] = []
    with portal_of_two_hosts(folder) as portal:
        for check in CHECKS:
            if names and check.__name__ not in names:
                continue
            began = time.monotonic()
            findings = check(portal, sizes)
            seconds = time.monotonic() - began
            print(f"\n{check.__name__.replace('_', ' ')} ({seconds:.0f} s)")
            for one in findings:
                print(f"  {one.what:42}{one.value!s:>22}  {MARKS[one.holds]}")
            sys.stdout.flush()
            found += findings
    return found


def main() -> int:
    """Run all checks, print what was found, and return the exit status."""
    missing = what_is_missing()
    if missing:
        print(f"Not here: {', '.join(missing)}")
        return 1
    sizes = Sizes(
        submissions=int(os.environ.get("SUBMISSIONS") or 5000),
        restarts=int(os.environ.get("RESTARTS") or 10),
        seconds_between=float(os.environ.get("SECONDS_BETWEEN") or 12),
    )
    folder = Path(tempfile.mkdtemp(prefix="portal-hosts-"))
    found = find_out(folder, sizes, os.environ.get("CHECKS", "").split())
    broken = [one.what for one in found if one.holds is False]
    if broken:
        print(f"\nBroken: {', '.join(broken)}\nLogs: {folder}")
    else:
        shutil.rmtree(folder)
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
