"""Kills the portal at named points while the help desk fails, and counts the damage.

Run alone for long series: `python -m tests.outbox.schedules --count 500 --seed 7`,
with DATA_DIR (or DATABASE_URL) naming an empty place. Each schedule is a child process
that submits once and may be killed by SIGKILL: by itself at a named point or around a
commit, or by the help desk in the middle of an exchange. Its customer, who saw no
answer, sends the same form again; then other children, as after restarts, live through
the following day. What is left is compared with what the help desk counted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from multiprocessing.queues import Queue
from threading import Event
from typing import Any

from tests.outbox.double import WIRE_POINTS

# Where the code names a point.
NAMED = ["kept", "connecting", "sending", "answered", "wiping", "settled", "looking"]
# Around each time that the database keeps something: a staged file, the submission,
# its outcome; later claims, looks, outcomes and what housekeeping deletes.
COMMITS = [
    f"{moment} commit {number}"
    for number in range(1, 9)
    for moment in ("before", "after")
]
POINTS = ["", *NAMED, *COMMITS, *WIRE_POINTS]
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
KINDS = [
    *("ticket", "reply", "topic", "post"),
    *("ticket with a file", "reply with a file"),
]
# The pauses of the following day after which somebody is at work.
PAUSES = [70, 20, 60, 550, 100, 200, 100, 100, 700, 2100, 16_000, 70_000]
HOUSE_AFTER = 60
FINAL = {"delivered", "held", "refused"}


FORK = get_context("fork")
victim = FORK.Value("i", 0)  # the process that the help desk may kill


def serve(queue: Queue[Any], orders: Queue[Any]) -> None:
    """Be the help desk, in a process that nobody kills."""
    from tests.outbox.double import serving

    with serving() as double:
        fatal = ""

        def reached(point: str) -> None:
            nonlocal fatal
            if point == fatal and victim.value:
                fatal = ""  # once: the next process lives on
                os.kill(victim.value, signal.SIGKILL)

        double.reached = reached
        queue.put(double.url)
        while (order := orders.get()) != "end":
            double.faults, fatal = order
            queue.put(len(double.done))
        queue.put(double.done)


def in_child(work: Callable[[], None]) -> int:
    """Do it in a fork and return how that ended."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        victim.value = os.getpid()
        try:
            work()
        except BaseException as exc:  # the parent must only ever see a status
            print("child:", type(exc).__name__, exc, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    victim.value = 0
    return status


def die_at(point: str) -> None:
    """Have this process killed where the point says; the help desk sees to the wire."""
    from django.conf import settings

    if point in NAMED:
        settings.OUTBOX_DIE_AT = point
    elif point in COMMITS:
        moment, _commit, number = point.split()
        die_around_commit(moment, int(number))


def die_around_commit(moment: str, number: int) -> None:
    """Kill this process before or after the database keeps something that often."""
    from django.db import connection

    count = 0

    def around(keep: Callable[[], object]) -> object:
        nonlocal count
        count += 1
        if count == number and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        kept = keep()
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return kept

    def alone(execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # as Django calls it
        ask = partial(execute, sql, params, many, context)
        is_write = sql.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))
        is_kept = is_write and not connection.in_atomic_block
        return around(ask) if is_kept else ask()

    connection.execute_wrappers.append(alone)
    connection.commit = partial(around, connection.commit)


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
    from django.core.files.uploadedfile import SimpleUploadedFile

    from portal import outbox
    from portal.helpspot.errors import Rejected

    die_at(point)
    settings.OUTBOX_FOLLOW_SECONDS = 0
    portal = choose_help_desk(url)
    note = f"The text of {key}"
    files = []
    if kind.endswith("with a file"):
        file = SimpleUploadedFile("log.txt", b"x" * 300_000, "text/plain")
        files.append(outbox.stage(file))
    try:
        if kind.startswith("ticket"):
            outbox.submit(
                *portal,
                outbox.TicketContent(note=note, email="a@example.com"),
                key=key,
                files=files,
            )
        elif kind.startswith("reply"):
            outbox.submit(
                *portal,
                outbox.ReplyContent(ticket_id=1, access_key="1abcdef", note=note),
                key=key,
                files=files,
            )
        elif kind == "topic":
            outbox.submit(
                *portal,
                outbox.TopicContent(
                    forum_id=1, title=key, author_name="Ann", body=note
                ),
                key=key,
            )
        else:
            outbox.submit(
                *portal,
                outbox.PostContent(topic_id=1, author_name="Ann", body=note),
                key=key,
            )
    except Rejected:
        pass


def live_on(url: str, point: str) -> None:
    from portal.outbox.housekeeping import keep_house
    from portal.outbox.worker import drain

    die_at(point)
    choose_help_desk(url)
    for pause in PAUSES:
        let_pass(pause)
        drain(Event())
        if pause == HOUSE_AFTER:
            keep_house()


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
    from portal.outbox import submitting, worker  # noqa: F401 - loaded before a fork
    from tests.outbox.double import closed_port

    call_command("migrate", verbosity=0)
    connections.close_all()
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    answers, orders = FORK.Queue(), FORK.Queue()
    server = FORK.Process(target=serve, args=(answers, orders), daemon=True)
    server.start()
    url = answers.get()
    away = f"http://127.0.0.1:{closed_port()}"
    killed: Counter[str] = Counter()
    for number in range(count):
        point, fault = chance.choice(POINTS), chance.choice(FAULTS)
        again = chance.choice([*POINTS, *[""] * 8])
        kind, key = chance.choice(KINDS), f"schedule-{seed}-{number}"
        faults = [] if fault in {"", "away"} else [fault]
        faults += [chance.choice(FAULTS[:-2])] * chance.choice([0, 0, 1])
        orders.put((faults, point))
        answers.get()
        at = away if fault == "away" else url
        if in_child(partial(submit, at, kind, key, point)) == -signal.SIGKILL:
            killed[point] += 1
            assert in_child(partial(submit, at, kind, key, "")) == 0
        # The next process may be killed as well; then one lives on.
        orders.put((faults[1:], again))
        answers.get()
        if in_child(partial(live_on, url, again)) == -signal.SIGKILL:
            killed[again] += 1
        orders.put(([], ""))
        answers.get()
        assert in_child(partial(live_on, url, "")) == 0
    orders.put("end")
    done = answers.get()
    server.join()
    return {
        "schedules": count,
        "seed": seed,
        "killed": killed.total(),
        "points": dict(sorted(killed.items())),
        **judge(done),
    }


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
    began = time.monotonic()
    report = run(options.count, options.seed)
    report["seconds"] = round(time.monotonic() - began, 1)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
