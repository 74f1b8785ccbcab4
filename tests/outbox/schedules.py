"""Kills the portal at named points while the help desk fails, and counts the damage.

Run alone for long series: `python -m tests.outbox.schedules --count 500 --seed 7`,
with DATA_DIR (or DATABASE_URL) naming an empty place. Each schedule is a child process
that submits once and may be killed by SIGKILL; then a second child, as after a
restart, lives through the following day. What is left is compared with what the help
desk counted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from multiprocessing import Process, Queue, set_start_method
from threading import Event

POINTS = [
    "",
    "kept",
    "connecting",
    "sending",
    "answered",
    "wiping",
    "settled",
    "looking",
]
FAULTS = [
    "",
    "hang_up",
    "hang_up_after",
    "bad_gateway",
    "bad_gateway_after",
    "garble_after",
    "refuse",
    "away",
]
KINDS = ["ticket", "reply", "topic", "post"]
# The pauses of the following day after which somebody is at work.
PAUSES = [70, 20, 60, 550, 100, 200, 100, 100, 700, 2100, 16_000, 70_000]
FINAL = {"delivered", "held", "refused"}


def serve(queue: Queue, faults: Queue) -> None:
    """Be the help desk, in a process that nobody kills."""
    from tests.outbox.double import serving

    with serving() as double:
        queue.put(double.url)
        while (fault := faults.get()) != "end":
            double.faults = fault
            queue.put(len(double.done))
        queue.put(double.done)


def in_child(work: Callable[[], None]) -> int:
    """Do it in a fork and return how that ended."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException as exc:  # the parent must only ever see a status
            print("child:", type(exc).__name__, exc, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def choose_help_desk(url: str) -> tuple[object, object]:
    from django.conf import settings

    from portal.brands import brand_for
    from portal.helpspot import helpspot_for

    settings.HELPSPOT_URL = url
    brand_for.cache_clear()
    brand = brand_for("")
    return brand, helpspot_for(brand.connection)


def submit(url: str, kind: str, key: str, point: str) -> None:
    from django.conf import settings

    from portal import outbox
    from portal.helpspot.errors import Rejected

    settings.OUTBOX_DIE_AT = point
    portal = choose_help_desk(url)
    note = f"The text of {key}"
    try:
        if kind == "ticket":
            outbox.submit_ticket(*portal, key=key, note=note, email="a@example.com")
        elif kind == "reply":
            outbox.submit_reply(
                *portal, key=key, ticket_id=1, access_key="1abcdef", note=note
            )
        elif kind == "topic":
            outbox.submit_topic(
                *portal, key=key, forum_id=1, title=key, author_name="Ann", body=note
            )
        else:
            outbox.submit_post(
                *portal, key=key, topic_id=1, author_name="Ann", body=note
            )
    except Rejected:
        pass


def live_on(url: str, point: str) -> None:
    from django.conf import settings

    from portal.outbox.worker import drain

    settings.OUTBOX_DIE_AT = point
    choose_help_desk(url)
    for pause in PAUSES:
        let_pass(pause)
        drain(Event())


def let_pass(seconds: int) -> None:
    """Make everything older, because a database's own clock cannot be set."""
    from django.db.models import F

    from portal.outbox.models import Submission

    times = ("created_at", "due_at", "give_up_at", "unknown_since")
    past = timedelta(seconds=seconds)
    Submission.objects.update(**{name: F(name) - past for name in times})


def run(count: int, seed: int) -> dict[str, object]:
    """Run so many schedules; return what was lost, doubled in silence, or stuck."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    # Loaded once, before the forks.
    from portal.outbox import submitting, worker  # noqa: F401
    from tests.outbox.double import closed_port

    call_command("migrate", verbosity=0)
    connections.close_all()
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    answers: Queue = Queue()
    orders: Queue = Queue()
    server = Process(target=serve, args=(answers, orders), daemon=True)
    server.start()
    url = answers.get()
    away = f"http://127.0.0.1:{closed_port()}"
    killed = 0
    for number in range(count):
        point, fault = chance.choice(POINTS), chance.choice(FAULTS)
        again = chance.choice([*POINTS, "", "", ""])
        kind, key = chance.choice(KINDS), f"schedule-{seed}-{number}"
        faults = [] if fault in {"", "away"} else [fault]
        orders.put(faults + [chance.choice(FAULTS[:-2])] * chance.choice([0, 0, 1]))
        answers.get()
        at = away if fault == "away" else url
        killed += in_child(partial(submit, at, kind, key, point)) == -9
        # The next process may be killed as well; then one lives on.
        killed += in_child(partial(live_on, url, again)) == -9
        orders.put([])
        answers.get()
        assert in_child(partial(live_on, url, "")) == 0
    orders.put("end")
    done = answers.get()
    server.join()
    return {"schedules": count, "seed": seed, "killed": killed, **judge(done)}


def judge(done: list[tuple[str, dict[str, str]]]) -> dict[str, object]:
    from portal.outbox.models import Submission

    arrived: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    for _, values in done:
        text = values.get("tNote") or values["tPost"]
        key = text.splitlines()[0].removeprefix("The text of ")
        arrived[key] += 1
        marked[key] += "May repeat" in text
    rows = list(Submission.objects.all())
    return {
        "kept": len(rows),
        "states": dict(Counter(row.state for row in rows)),
        "lost": [
            row.key
            for row in rows
            if not arrived[row.key] and row.state not in {"held", "refused"}
        ],
        "sent unkept": [key for key in arrived if key not in {r.key for r in rows}],
        "doubled": sum(count > 1 for count in arrived.values()),
        "doubled in silence": [
            key for key, count in arrived.items() if count - marked[key] > 1
        ],
        "stuck": [row.key for row in rows if row.state not in FINAL],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    set_start_method("fork")
    began = time.monotonic()
    report = run(options.count, options.seed)
    report["seconds"] = round(time.monotonic() - began, 1)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
