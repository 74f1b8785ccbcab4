"""What must hold on several hosts; each check returns what it found."""

from __future__ import annotations

import itertools
import json
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.faults.verdict import MARK, age_waiting, arrived
from tests.hosts.machines import EMAIL, PASSWORD, Host, Portal, wait_until
from tests.hosts.visitors import FORM, GATEWAY_STATUSES, Answer, Form, Visitors, ask

SIGN_IN, SIGN_OUT = "/account/sign-in/", "/account/sign-out/"
PAGES = ["/", "/forums/", "/kb/", "/search/?q=topic", FORM]
SHARED_PAGES = ["/", "/forums/", "/kb/"]
RATE = 50.0
FORMS_EVERY = 10
BOTH_AT_ONCE = 20
# What one address may send, and how often it may guess, as the portal has it.
MOST_FORMS = 20
MOST_GUESSES = 5
DELIVERY_SECONDS = 600
SETTLE_SECONDS = 240
BY_FORM = 300
BUSY = 400
NEW_KEY = "another-key-for-both-hosts-of-this-run"


@dataclass(frozen=True)
class Finding:
    """A figure, and whether it is as promised; None where nothing is promised."""

    what: str
    value: object
    holds: bool | None = None


@dataclass(frozen=True)
class Sizes:
    """How long and how much a run tries."""

    submissions: int
    restarts: int
    seconds_between: float


Check = Callable[[Portal, Sizes], list[Finding]]


# -------------------------------------------------------------- what the hosts share


def know_visitors_on_both(portal: Portal, sizes: Sizes) -> list[Finding]:
    """Open requests and sign in on one host, and look from the other."""
    number, key = portal.seeded["tickets"][0]  # type: ignore[index]  # JSON of our own
    one, other = (f"http://127.0.0.1:{host.port}" for host in portal.hosts)
    page = f"/requests/{number}/"
    with _browser() as browser:
        stranger = _is_shown(browser, other + page)
        browser.post(f"{one}/requests/check/", data={"accesskey": key})
        by_key = _is_shown(browser, other + page)
    with _browser() as browser:
        who = {"email": EMAIL, "password": PASSWORD}
        browser.post(f"{one}{SIGN_IN}", data=who)
        by_password = _is_shown(browser, other + page)
        browser.post(f"{other}{SIGN_OUT}")
        afterwards = _is_shown(browser, one + page)
    return [
        Finding("a stranger sees a request", stranger, not stranger),
        Finding("key of one host opens on the other", by_key, by_key),
        Finding("signed in on one, seen on the other", by_password, by_password),
        Finding("signed out on the other, seen on one", afterwards, not afterwards),
    ]


def count_limits_together(portal: Portal, sizes: Sizes) -> list[Finding]:
    """Send and guess from one address, half on each host."""
    hosts = itertools.cycle(portal.hosts)
    # As the proxy would say it; what visitors say of themselves stands before.
    sender = {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}
    sent = Counter(
        ask(next(hosts).port, FORM, Form(f"limitx{n}x").fields, headers=sender).status
        for n in range(MOST_FORMS + 4)
    )
    guesser = {"X-Forwarded-For": "198.51.100.2"}
    guessed = Counter(
        ask(
            next(hosts).port,
            "/requests/check/",
            {"accesskey": f"{number}abcdef"},
            headers=guesser,
        ).status
        for number in range(70_000, 70_000 + MOST_GUESSES + 3)
    )
    return [
        Finding("forms of one address on both", dict(sent), sent == {303: 20, 429: 4}),
        Finding("guesses of one address on both", dict(guessed), guessed[429] == 3),
    ]


def take_a_form_once(portal: Portal, sizes: Sizes) -> list[Finding]:
    """Send each form to both hosts at the same moment."""
    forms = [Form(f"canaryboth{number}x") for number in range(BOTH_AT_ONCE)]

    def send(form: Form, host: Host) -> Answer:
        return ask(host.port, FORM, form.fields, headers=_from(form))

    def _from(form: Form) -> dict[str, str]:
        return {"X-Forwarded-For": f"198.51.100.{10 + forms.index(form)}"}

    with ThreadPoolExecutor(4) as pool:
        jobs = [
            [pool.submit(send, form, host) for host in portal.hosts] for form in forms
        ]
        answers = [[job.result() for job in both] for both in jobs]
    statuses = Counter(answer.status for both in answers for answer in both)
    are_same = all(one.location == other.location for one, other in answers)
    copies = _copies(portal, [form.canary for form in forms])
    return [
        Finding("forms sent to both at once", BOTH_AT_ONCE),
        Finding("their answers", dict(statuses), set(statuses) == {303}),
        Finding("both led to one receipt", are_same, are_same),
        Finding("their requests", sum(copies.values()), set(copies.values()) == {1}),
    ]


def answer_operators(portal: Portal, sizes: Sizes) -> list[Finding]:
    """Look at /readyz and /metrics of both hosts, and at /metrics from outside."""
    ready = [ask(host.port, "/readyz") for host in portal.hosts]
    metrics = [ask(host.port, "/metrics") for host in portal.hosts]
    delivered = {
        found[1]
        for answer in metrics
        for found in re.finditer(
            r'portal_outbox_submissions\{state="delivered"\} (\S+)', answer.text
        )
    }
    counted = ["portal_helpspot_calls_total{" in answer.text for answer in metrics]
    pretending = {"X-Forwarded-For": "127.0.0.1"}
    outside = ask(
        portal.port, "/metrics", address="127.2.0.1", headers=pretending
    ).status
    are_ready = all(json.loads(answer.text)["ready"] for answer in ready)
    return [
        Finding("/readyz of both says ready", are_ready, are_ready),
        Finding("/metrics of both count calls", all(counted), all(counted)),
        Finding("delivered, as both have it", delivered, len(delivered) == 1),
        Finding("/metrics from outside", outside, outside == 404),
    ]


def serve_files_of_any_version(portal: Portal, sizes: Sizes) -> list[Finding]:
    """Ask for a style that one host alone has, as while versions change."""
    newer = portal.hosts[1]
    style = Path(newer.env["DATA_DIR"]) / "static" / "newer.css"
    style.write_text("body { margin: 0 }")
    newer.restart()
    met = Counter(ask(portal.port, "/static/newer.css").status for _try in range(4))
    nowhere = ask(portal.port, "/static/nowhere.css").status
    return [
        Finding("a style that one host alone has", dict(met), set(met) == {200}),
        Finding("one that no host has", nowhere, nowhere == 404),
    ]


# ------------------------------------------------------------------ what goes away


def restart_under_load(portal: Portal, sizes: Sizes) -> list[Finding]:
    """Restart one host after the other, by SIGTERM and by SIGHUP in turn."""
    visitors = Visitors("restart", portal.port, PAGES, RATE)
    with visitors.coming(forms_every=FORMS_EVERY):
        for number in range(sizes.restarts):
            ends_at = time.monotonic() + sizes.seconds_between
            host = portal.hosts[number % 2]
            if number // 2 % 2:
                host.reload()
            else:
                host.restart()
            time.sleep(max(0.0, ends_at - time.monotonic()))
    return [
        Finding("restarts", sizes.restarts),
        *_reads(visitors, "while restarting"),
        *_forms(portal, visitors),
    ]


def lose_memory(portal: Portal, sizes: Sizes) -> list[Finding]:
    """Stop Redis, let it hang, and start it again."""
    visitors = Visitors("memory", portal.port, PAGES, RATE)
    with visitors.coming(forms_every=FORMS_EVERY):
        time.sleep(3)
        portal.redis.stop()
        time.sleep(8)
        portal.redis.start()
        time.sleep(8)
        portal.redis.tell(signal.SIGSTOP)
        time.sleep(8)
        portal.redis.tell(signal.SIGCONT)
        time.sleep(3)
    return [*_reads(visitors, "without Redis"), *_forms(portal, visitors)]


def lose_database(portal: Portal, sizes: Sizes) -> list[Finding]:
    """Stop PostgreSQL for ten seconds; shared pages go on, forms come back whole."""
    host = portal.hosts[0]
    visitors = Visitors("database", portal.port, SHARED_PAGES, RATE)
    visitors.gives_up = True
    with visitors.coming(forms_every=FORMS_EVERY):
        time.sleep(3)
        portal.database.stop()
        time.sleep(1)
        unready = [ask(one.port, "/readyz").status for one in portal.hosts]
        alive = ask(host.port, "/healthz").status
        time.sleep(9)
        portal.database.start()
        healed = wait_until(
            lambda: all(ask(one.port, "/readyz").status == 200 for one in portal.hosts)
        )
        time.sleep(3)
    for form in visitors.forms:
        # Whoever was told that nobody can tell presses once more.
        if form.outcome == "unanswered" and form.is_in_doubt:
            form.send(portal.port)
    refused = [form for form in visitors.forms if form.outcome == "refused"]
    given_back = all(form.is_text_given_back for form in visitors.forms)
    forms = _forms(portal, visitors)
    sent_on = sum(_copies(portal, [form.canary for form in refused]).values())
    for form in refused:
        form.gives_up = False
        form.send(portal.port)
    taken = sum(form.outcome == "accepted" for form in refused)
    return [
        *_reads(visitors, "without PostgreSQL"),
        Finding("/readyz meanwhile", unready, set(unready) == {503}),
        Finding("/healthz meanwhile", alive, alive == 200),
        Finding("seconds until ready again", _rounded(healed), healed is not None),
        *forms,
        Finding("forms told they were not sent", len(refused), bool(refused)),
        Finding("with their text", given_back, given_back),
        Finding("of those on the help desk", sent_on, sent_on == 0),
        Finding("of those taken afterwards", taken, taken == len(refused)),
    ]


def kill_under_load(portal: Portal, sizes: Sizes) -> list[Finding]:
    """Kill deliverers at work, a whole host and a single worker, mid-load."""
    canaries = _keep_while_away(portal, "kill", BUSY)
    one, two = portal.hosts
    visitors = Visitors("kill", portal.port, PAGES, RATE)
    began = time.monotonic()
    with visitors.coming(forms_every=FORMS_EVERY):
        time.sleep(2)
        one.deliverer.kill()
        time.sleep(2)
        two.web.kill()
        time.sleep(4)
        one.deliverer.start()
        two.web.start()
        two.deliverer.kill()
        two.deliverer.start()
        two.wait()
        _kill_a_worker(one)
        time.sleep(4)
        two.web.kill()
        two.deliverer.kill()
        time.sleep(2)
        two.web.start()
        two.deliverer.start()
        two.wait()
        time.sleep(2)
    forms = _forms(portal, visitors)
    return [
        Finding("kills", 6),
        *_reads(visitors, "while killing"),
        *forms,
        *_judged(portal, canaries, "kept before the kills"),
        Finding("seconds until all was settled", _rounded(time.monotonic() - began)),
    ]


def change_the_key(portal: Portal, sizes: Sizes) -> list[Finding]:
    """Change SECRET_KEY host by host; visitors and what waits notice nothing."""
    number, key = portal.seeded["tickets"][1]  # type: ignore[index]  # JSON of our own
    old = portal.hosts[0].env["SECRET_KEY"]
    one, two = portal.hosts
    seen: list[bool] = []
    with _browser() as early, _browser() as late:

        def look(browser: requests.Session) -> None:
            page = f"/requests/{number}/"
            seen.extend(
                _is_shown(browser, f"http://127.0.0.1:{host.port}{page}")
                for host in portal.hosts
            )

        def unlock(browser: requests.Session, host: Host) -> None:
            address = f"http://127.0.0.1:{host.port}/requests/check/"
            browser.post(address, data={"accesskey": key})

        unlock(early, one)
        for host in portal.hosts:
            host.change(SECRET_KEY_FALLBACKS=NEW_KEY)
            look(early)
        one.change(SECRET_KEY=NEW_KEY, SECRET_KEY_FALLBACKS=old)
        look(early)
        unlock(late, one)
        look(late)
        # Sealed with the new key by the one, delivered with the old key by the other.
        one.deliverer.stop()
        canaries = _keep_while_away(portal, "key", 20)
        _settle(portal)
        one.deliverer.start()
        two.change(SECRET_KEY=NEW_KEY, SECRET_KEY_FALLBACKS=old)
        look(early)
        look(late)
    held = portal.database.rows(
        "SELECT count(*) FROM outbox_submission WHERE state = 'held'"
    )[0][0]
    return [
        Finding("looks while the key changes", dict(Counter(seen)), all(seen)),
        *_judged(portal, canaries, "kept meanwhile"),
        Finding("held for an operator", held, held == 0),
    ]


# ---------------------------------------------------------------------- deliveries


def deliver_all(portal: Portal, sizes: Sizes) -> list[Finding]:
    """Keep thousands while the help desk is away; two deliverers bring them along."""
    for host in portal.hosts:
        ask(host.port, FORM)
        host.deliverer.stop()
    requests_before = portal.requests_made
    portal.desk.stop()
    by_form = min(BY_FORM, sizes.submissions // 10)
    by_outbox = sizes.submissions - by_form
    forms = [Form(f"canarybulk{number}x") for number in range(by_form)]
    canaries = [form.canary for form in forms]
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda form: form.send(portal.port), forms))
        halves = [(0, by_outbox // 2), (by_outbox // 2, by_outbox)]
        for kept in pool.map(lambda half: portal.fill("bulk", *half), halves):
            canaries += kept
    keeping = time.monotonic() - began
    waited = portal.waiting
    portal.desk.start()
    portal.wait_for_desk()
    began = time.monotonic()
    for host in portal.hosts:
        host.deliverer.start()
    wait_until(lambda: not portal.waiting, DELIVERY_SECONDS, every=1)
    seconds = time.monotonic() - began
    left = portal.waiting
    copies = _copies(portal, canaries)
    created = portal.requests_made - requests_before
    return [
        Finding("kept while it was away", waited, waited == sizes.submissions),
        Finding("of those by form", sum(f.outcome == "accepted" for f in forms)),
        Finding("kept a second", round(waited / keeping, 1)),
        Finding("left undelivered", left, left == 0),
        Finding("requests made there", created, created == sizes.submissions),
        Finding(
            "texts there exactly once",
            sum(count == 1 for count in copies.values()),
            set(copies.values()) == {1},
        ),
        Finding("deliveries a second", round((waited - left) / seconds, 1)),
    ]


def keep_quiet(portal: Portal, sizes: Sizes) -> list[Finding]:
    """Look at what all processes wrote into their logs."""
    logs = portal.logs()
    tracebacks = logs.count("Traceback (most recent")
    words = len(set(re.findall(r"canary\w+", logs)))
    return [
        Finding("tracebacks in logs", tracebacks, tracebacks == 0),
        Finding("customers' words in logs", words, words == 0),
    ]


CHECKS: tuple[Check, ...] = (
    know_visitors_on_both,
    count_limits_together,
    take_a_form_once,
    serve_files_of_any_version,
    restart_under_load,
    lose_memory,
    lose_database,
    kill_under_load,
    change_the_key,
    deliver_all,
    answer_operators,
    keep_quiet,
)


# ------------------------------------------------------------------- what was found


def _reads(visitors: Visitors, when: str) -> list[Finding]:
    count = sum(visitors.reads.values())
    return [
        Finding(f"pages read {when}", count),
        Finding("visitors a second", visitors.per_second),
        Finding("99 of 100 pages within seconds", visitors.slowest_percent),
        Finding("pages that failed", _failures(visitors), visitors.failed == 0),
    ]


def _failures(visitors: Visitors) -> object:
    failed = {status: n for status, n in visitors.reads.items() if status != 200}
    return failed or 0


def _forms(portal: Portal, visitors: Visitors) -> list[Finding]:
    """Wait until all is settled; say what became of the forms."""
    _settle(portal)
    forms = visitors.forms
    accepted = [form.canary for form in forms if form.outcome == "accepted"]
    again = sum(bool(GATEWAY_STATUSES.intersection(form.statuses)) for form in forms)
    answers = Counter(status for form in forms for status in form.statuses)
    unanswered = sum(form.outcome == "unanswered" for form in forms)
    return [
        Finding("forms sent", len(forms)),
        Finding("their answers", dict(answers), 500 not in answers),
        Finding("sent again for want of an answer", again),
        Finding("never answered", unanswered, unanswered == 0),
        *_judged(portal, accepted, "accepted"),
    ]


def _judged(portal: Portal, canaries: list[str], which: str) -> list[Finding]:
    """Say which of these texts the help desk has not, or has twice without a word."""
    texts = _texts(portal, canaries)
    lost = [canary for canary in canaries if not texts[canary]]
    doubled = [
        canary
        for canary in canaries
        if sum(MARK not in text for text in texts[canary]) > 1
    ]
    marked = sum(MARK in text for canary in canaries for text in texts[canary])
    return [
        Finding(which, len(canaries)),
        Finding(f"{which}, lost", lost[:5] or 0, not lost),
        Finding(f"{which}, doubled without a mark", doubled[:5] or 0, not doubled),
        Finding(f"{which}, repeated with the mark", marked),
    ]


def _copies(portal: Portal, canaries: list[str]) -> dict[str, int]:
    return {canary: len(texts) for canary, texts in _texts(portal, canaries).items()}


def _texts(portal: Portal, canaries: list[str]) -> dict[str, list[str]]:
    """Return the texts on the help desk that hold each canary."""
    found: dict[str, list[str]] = {canary: [] for canary in canaries}
    for one in arrived(portal.desk_database):
        for word in set(re.findall(r"\w+", one.text)).intersection(found):
            found[word].append(one.text)
    return found


def _settle(portal: Portal) -> None:
    """Let what waits grow older, until nothing waits or nobody can wait longer."""
    ends_at = time.monotonic() + SETTLE_SECONDS
    while portal.waiting and time.monotonic() < ends_at:
        age_waiting(portal.database)
        time.sleep(1)


def _keep_while_away(portal: Portal, name: str, count: int) -> list[str]:
    """Have the outbox keep so many requests; return their canaries."""
    portal.desk.stop()
    canaries = portal.fill(name, 0, count)
    portal.desk.start()
    portal.wait_for_desk()
    return canaries


def _kill_a_worker(host: Host) -> None:
    if not host.web.kill_worker(random.Random(1)):  # noqa: S311 - repeatable
        raise RuntimeError("There was no worker to kill")


def _browser() -> requests.Session:
    browser = requests.Session()
    browser.trust_env = False
    return browser


def _is_shown(browser: requests.Session, address: str) -> bool:
    return browser.get(address, allow_redirects=False).status_code == 200


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
