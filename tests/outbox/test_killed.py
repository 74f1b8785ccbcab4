from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

from tests.outbox.double import serving

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


SEND_MUCH = """
from threading import Event
import django
django.setup()
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from portal import outbox
from portal.brands import brand_for
from portal.helpspot import helpspot_for
from portal.outbox.models import Submission
from portal.outbox.worker import drain
from tests.outbox.schedules import let_pass
call_command("migrate", verbosity=0)
brand = brand_for("")
if not Submission.objects.exists():
    file = outbox.stage(SimpleUploadedFile("video.mp4", bytes(12_000_000)))
    content = outbox.TicketContent(note="x")
    portal = brand, helpspot_for(brand.connection)
    outbox.submit(*portal, content, key="k1", files=[file])
for seconds in (45, 40):
    let_pass(seconds)
    drain(Event())
    print(Submission.objects.get().state)
"""


def test_what_was_killed_while_it_sent_big_files_is_taken_up_within_90_seconds(
    tmp_path,
):
    def run(desk, die_at):
        return subprocess.run(
            [sys.executable, "-c", SEND_MUCH],
            env={
                **os.environ,
                "DATA_DIR": str(tmp_path),
                "DJANGO_SETTINGS_MODULE": "portal.settings",
                "HELPSPOT_URL": desk.url,
                "OUTBOX_DIE_AT": die_at,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    with serving() as desk:
        killed = run(desk, "sending")
        after = run(desk, "")

    assert killed.returncode == -signal.SIGKILL
    assert after.stdout.split() == ["sending", "unknown"], after.stderr[-3000:]
