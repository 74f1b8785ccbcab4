from __future__ import annotations

import json
import os
import subprocess
import sys

COUNT = 40
SEED = 20261124


def test_loses_nothing_and_doubles_nothing_in_silence_when_killed_anywhere(tmp_path):
    outcome = subprocess.run(
        [
            *(sys.executable, "-m", "tests.outbox.schedules"),
            *("--count", str(COUNT), "--seed", str(SEED)),
        ],
        env={**os.environ, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )

    assert outcome.returncode == 0, outcome.stderr[-3000:]
    report = json.loads(outcome.stdout.splitlines()[-1])
    assert report["killed"] > COUNT / 4
    assert report["kept"] == COUNT
    for damage in ("lost", "sent unkept", "doubled in silence", "stuck"):
        assert report[damage] == [], (damage, report)
