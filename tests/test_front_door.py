"""What the repository promises to whoever clones it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines()]


def test_no_file_names_a_package_registry():
    registry = re.compile(rb"//[a-z.-]*(?:py[p]i|python[h]osted|npm[j]s|deb[i]an)[.]")

    naming = [path for path in tracked_files() if registry.search(path.read_bytes())]

    assert naming == []


def test_every_locked_package_has_hashes():
    for lock in (ROOT / "requirements").glob("*.txt"):
        packages = re.findall(r"^[a-z].*(?:\n    .*)*", lock.read_text(), re.MULTILINE)

        assert packages
        assert [entry for entry in packages if "--hash=sha256:" not in entry] == []
