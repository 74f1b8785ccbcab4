"""Bad connections: bounded by the clock, named rightly, writes sent once."""

import gzip
import io
import itertools
import socket
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client import REGISTRY

from portal.helpspot import Connection, HelpSpot
from portal.helpspot.connection import Limits
from portal.helpspot.errors import (
    HelpSpotError,
    NotFound,
    Unavailable,
    Uncertain,
)
from portal.helpspot.types import Attachment, Upload
from tests.helpspot.conftest import sample
from tests.helpspot.double import Double, answer, drip, hang, reset, say, zipped

LIMITS = Limits(pause=(0.01, 0.02))
SHORT = Limits(connect=0.2, wait=0.2, read=0.4, write=0.4, pause=(0.01, 0.02))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
BOOKS = sample("kb.list")
CREATED = sample("request.create")


@pytest.fixture
def start():
    doubles = []

    def start(*scripts, **options):
        doubles.append(Double(*scripts, **options))
        return doubles[-1]

    yield start
    for double in doubles:
        double.close()


def helpspot_at(url, limits=LIMITS):
    return HelpSpot(Connection(base_url=url), limits)


def read(helpspot):
    return helpspot.kb.list()


def create(helpspot):
    return helpspot.request.create(note="Hello", email="amal@example.com")


def vote(helpspot):
    return helpspot.kb.vote_helpful(17)


FAILURES = {
    "silent": hang(),
    "half a head": hang(b"HTTP/1.1 200 OK\r\nContent-"),
    "head alone": hang(OK),
    "half a body": hang(OK + b"<books>"),
    "dripping head": drip(b"HTTP/1.1 200 OK\r\nX-A: ", itertools.repeat(b"a")),
    "dripping headers": drip(b"HTTP/1.1 200 OK\r\n", itertools.repeat(b"X-A: b\r\n")),
    "dripping body": drip(OK, itertools.repeat(b"<")),
    "dripping chunks": drip(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        itertools.repeat(b"1\r\n<\r\n"),
    ),
    "early answers": drip(b"", itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n")),
    "closed in the body": say(OK + b"<books />"),
    "closed in a chunk": say(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n<books />"
    ),
    "a chunk of fewer bytes than none": say(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n<books />"
    ),
    "reset in the body": reset(OK + b"<books>"),
    "no HTTP": say(b"SSH-2.0-OpenSSH\r\n\r\n"),
    "no length": say(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n<books "),
    "two lengths": say(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 5\r\n\r\n<books />"
    ),
    "bad chunk": say(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<books />"
    ),
    "bad gzip": answer(b"<books />", 200, "Content-Encoding: gzip"),
    "page": answer(b"<html>Sign in</html>"),
    "500": answer(b"<html>Oops</html>", 500),
    "504": answer(b"<html>Oops</html>", 504),
}


@pytest.mark.parametrize("script", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize(
    ("call", "error"), [(read, Unavailable), (create, Uncertain), (vote, Uncertain)]
)
def test_ends_in_time_and_tells_reads_from_writes(start, script, call, error):
    double = start(script)
    before = time.monotonic()

    with pytest.raises(error) as caught:
        call(helpspot_at(double.url, SHORT))

    assert type(caught.value) is error
    assert time.monotonic() - before < 1
    assert len(double.requests) == 1 or (call is read and len(double.requests) == 2)


@pytest.mark.parametrize(
    "script",
    [answer(b"<html>", 502), answer(b"<html>", 503), reset(), say(b"")],
    ids=["502", "503", "reset", "closed"],
)
def test_tries_a_read_once_more_and_a_write_never(start, script):
    reading = start(script, answer(BOOKS))
    failing = start(script)
    writing = start(script, answer(CREATED))
    voting = start(script, answer(sample("kb.voteHelpful")))

    assert [book.id for book in read(helpspot_at(reading.url))] == [3]
    with pytest.raises(Unavailable):
        read(helpspot_at(failing.url))
    with pytest.raises(Uncertain):
        create(helpspot_at(writing.url))
    with pytest.raises(Uncertain):
        vote(helpspot_at(voting.url))

    counts = [len(one.requests) for one in (reading, failing, writing, voting)]
    assert counts == [2, 2, 1, 1]


@pytest.mark.parametrize("script", [hang(), hang(OK), answer(b"", 500), say(OK)])
def test_asks_once_what_a_second_try_would_hardly_get(start, script):
    double = start(script)

    with pytest.raises(Unavailable):
        read(helpspot_at(double.url, Limits(wait=0.1, pause=(0.01, 0.02))))

    assert len(double.requests) == 1


def test_keeps_both_tries_within_one_deadline(start):
    double = start(answer(b"<html>", 503), drip(OK, itertools.repeat(b"<")))
    before = time.monotonic()

    with pytest.raises(Unavailable):
        read(helpspot_at(double.url, SHORT))

    assert time.monotonic() - before < 1


# ------------------------------------------------------------ nothing was sent


def refused() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("call", [read, create, vote])
@pytest.mark.parametrize(
    "address", [None, "http://[::1", "http://a..b", "ftp://127.0.0.1", "help"]
)
def test_knows_that_nothing_was_sent(call, address):
    with pytest.raises(Unavailable):
        call(helpspot_at(address or refused()))


@pytest.mark.parametrize("call", [read, create])
def test_knows_that_an_unknown_name_got_nothing(monkeypatch, call):
    def unknown(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(Unavailable):
        call(helpspot_at("https://help.inkwell.example"))


@pytest.mark.parametrize("call", [read, create])
def test_knows_that_nothing_was_sent_without_tls(start, call):
    double = start(say(b"HTTP/1.1 400 Bad Request\r\n\r\n"))

    with pytest.raises(Unavailable):
        call(helpspot_at(double.url.replace("http:", "https:"), SHORT))

    assert double.requests == []


@pytest.fixture
def full():
    """Return the address of a server that lets nobody in."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(server.getsockname())
        yield server.getsockname()
        for one in waiting:
            one.close()


@pytest.fixture
def named(monkeypatch):
    """Let a name have addresses, as in `named("desk.example", one, other)`."""
    ask = socket.getaddrinfo

    def name(name, *addresses):
        def answer(host, *rest, **options):
            if host != name:
                return ask(host, *rest, **options)
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", one) for one in addresses
            ]

        monkeypatch.setattr(socket, "getaddrinfo", answer)

    return name


def test_knows_that_nothing_was_sent_when_connecting_takes_too_long(full):
    before = time.monotonic()

    with pytest.raises(Unavailable):
        create(helpspot_at(f"http://127.0.0.1:{full[1]}", SHORT))

    assert time.monotonic() - before < 1


@pytest.mark.parametrize("call", [read, create])
def test_a_name_of_many_addresses_takes_no_longer(full, named, call):
    named("desk.example", *[full] * 12)
    before = time.monotonic()

    with pytest.raises(Unavailable):
        call(helpspot_at(f"http://desk.example:{full[1]}", SHORT))

    assert time.monotonic() - before < 1


def test_goes_on_to_an_address_that_answers(start, full, named):
    double = start(answer(BOOKS))
    port = int(double.url.rpartition(":")[2])
    named("desk.example", full, ("127.0.0.1", port))

    assert read(helpspot_at(f"http://desk.example:{port}", SHORT))


# ------------------------------------------------------------------ large ones


def test_stops_reading_what_is_too_large(start):
    endless = drip(
        b"HTTP/1.1 200 OK\r\n\r\n" + b"<books>" * 400_000, itertools.repeat(b"<")
    )
    limits = Limits(answer_bytes=1_000_000)

    with pytest.raises(Unavailable):
        read(helpspot_at(start(endless).url, limits))


def test_inflates_an_answer(start):
    assert [book.id for book in read(helpspot_at(start(zipped(BOOKS)).url))] == [3]


def test_stops_inflating_a_bomb(start):
    double = start(zipped(b"<books>" + b" " * 60_000_000 + b"</books>"))
    limits = Limits(answer_bytes=1_000_000)
    tracemalloc.start()

    with pytest.raises(Unavailable):
        read(helpspot_at(double.url, limits))

    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_never_takes_a_chunk_for_all_that_comes(start):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"
    double = start(say(head + bytes(60_000_000)))
    tracemalloc.start()

    with pytest.raises(Unavailable):
        read(helpspot_at(double.url, Limits(answer_bytes=1_000_000)))

    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_allows_more_for_a_whole_book(start):
    contents = b"<toc>" + b" " * 3000 + b"</toc>"
    double = start(answer(contents))
    limits = Limits(answer_bytes=2000, long_answer_bytes=4000)
    kb = helpspot_at(double.url, limits).kb

    assert kb.get_book_toc(3, with_page_html=True) == []
    with pytest.raises(Unavailable):
        kb.get_book_toc(3)


# ------------------------------------------------------------- one that hangs


def test_stops_asking_a_help_desk_that_hangs_and_notices_that_it_is_back(start):
    limits = Limits(wait=0.1, read=0.1, hung_after=0.05, lost_calls=3, probe_pause=0.3)
    double = start(hang(), hang(), hang(), answer(BOOKS))
    helpspot = helpspot_at(double.url, limits)
    for _ in range(3):
        with pytest.raises(Unavailable):
            read(helpspot)

    before = time.monotonic()
    for call in (read, create):
        with pytest.raises(Unavailable):
            call(helpspot)
    assert time.monotonic() - before < 0.05
    assert len(double.requests) == 3

    time.sleep(0.3)
    for _ in range(3):
        assert [book.id for book in read(helpspot)] == [3]


def test_lets_one_call_in_a_while_try_a_help_desk_that_hangs(start):
    limits = Limits(wait=0.1, read=0.1, hung_after=0.05, lost_calls=2, probe_pause=0.2)
    double = start(hang())
    helpspot = helpspot_at(double.url, limits)
    for _ in range(2):
        with pytest.raises(Unavailable):
            read(helpspot)
    time.sleep(0.2)

    for _ in range(20):
        with pytest.raises(Unavailable):
            read(helpspot)

    assert len(double.requests) == 3


def test_stops_asking_a_help_desk_that_is_down_and_says_so_at_once(start):
    double = start(answer(b"<html>", 500))
    helpspot = helpspot_at(double.url)

    for _ in range(5):
        with pytest.raises(Unavailable):
            read(helpspot)
    before = time.monotonic()
    for _ in range(20):
        with pytest.raises(Unavailable):
            read(helpspot)

    assert time.monotonic() - before < 1
    assert len(double.requests) == 5


def test_reads_that_fail_quickly_end_no_writes(start):
    double = start(*[answer(b"<html>", 500)] * 5, answer(CREATED))
    helpspot = helpspot_at(double.url)
    for _ in range(6):
        with pytest.raises(Unavailable):
            read(helpspot)

    assert create(helpspot)


def test_writes_that_fail_end_no_reads_and_are_refused_as_not_sent(start):
    double = start(*[answer(b"<html>", 500)] * 5, answer(BOOKS), answer(CREATED))
    helpspot = helpspot_at(double.url, Limits(probe_pause=0.3))
    for _ in range(5):
        with pytest.raises(Uncertain):
            create(helpspot)

    with pytest.raises(Unavailable):
        create(helpspot)
    assert [book.id for book in read(helpspot)] == [3]
    assert len(double.requests) == 6

    time.sleep(0.3)
    for _ in range(3):
        assert create(helpspot)


def test_what_a_customer_waits_for_never_finds_out_whether_it_is_back(start):
    limits = Limits(wait=0.1, read=0.1, hung_after=0.05, lost_calls=2, probe_pause=0.1)
    double = start(hang(), hang(), answer(CREATED))
    helpspot = helpspot_at(double.url, limits)
    for _ in range(2):
        with pytest.raises(Unavailable):
            read(helpspot)
    time.sleep(0.15)

    with pytest.raises(Unavailable):
        create(helpspot.at_once)
    assert len(double.requests) == 2

    assert create(helpspot)
    assert create(helpspot.at_once)


def test_what_a_customer_waits_for_passes_once_reads_are_answered_again(start):
    limits = Limits(wait=0.1, read=0.1, hung_after=0.05, lost_calls=2, probe_pause=0.1)
    double = start(hang(), hang(), answer(BOOKS), answer(CREATED))
    helpspot = helpspot_at(double.url, limits)
    for _ in range(2):
        with pytest.raises(Unavailable):
            read(helpspot)
    time.sleep(0.15)

    assert read(helpspot)
    assert create(helpspot.at_once)


def test_one_method_that_fails_or_hangs_ends_no_others(start):
    limits = Limits(wait=0.1, read=0.1, hung_after=0.05, lost_calls=3)
    scripts = [answer(b"<html>", 500), hang(), answer(BOOKS)] * 6
    helpspot = helpspot_at(start(*scripts, answer(CREATED)).url, limits)

    for _ in range(6):
        for _ in range(2):
            with pytest.raises(Unavailable):
                read(helpspot)
        assert [book.id for book in read(helpspot)] == [3]

    assert create(helpspot)


def test_a_read_that_was_tried_twice_is_one_lost_call(start):
    double = start(answer(b"<html>", 503))
    helpspot = helpspot_at(double.url, Limits(pause=(0.01, 0.02), lost_calls=3))

    for _ in range(8):
        with pytest.raises(Unavailable):
            read(helpspot)

    assert len(double.requests) == 6


def test_files_are_reads(start):
    double = start(answer(b"<html>", 500))
    helpspot = helpspot_at(double.url, Limits(lost_calls=3))

    for _ in range(3):
        with pytest.raises(Unavailable):
            helpspot.kb.open_file(7)
    with pytest.raises(Unavailable):
        read(helpspot)

    assert len(double.requests) == 3


def test_tells_operators_what_is_made_of_calls(start):
    def metric(name, kind):
        return REGISTRY.get_sample_value(name, {"kind": kind}) or 0

    state = "portal_helpspot_breaker_state"
    refused = "portal_helpspot_refused_calls_total"
    limits = Limits(lost_calls=2, probe_pause=0.2)
    asked, release = threading.Event(), threading.Event()

    def wait(connection):
        asked.set()
        release.wait(5)
        answer(BOOKS)(connection)

    double = start(answer(b"", 500), answer(b"", 500), wait)
    helpspot = helpspot_at(double.url, limits)
    before = metric(refused, "read")
    states = [metric(state, "read")]
    for _ in range(4):
        with pytest.raises(Unavailable):
            read(helpspot)
    states.append(metric(state, "read"))
    time.sleep(0.2)
    with ThreadPoolExecutor(1) as pool:
        probe = pool.submit(read, helpspot)
        assert asked.wait(5)
        states.append(metric(state, "read"))
        release.set()
        assert probe.result()
    states.append(metric(state, "read"))

    assert states == [0, 2, 1, 0]
    assert metric(state, "write") == 0
    assert metric(refused, "read") - before == 2


def test_one_upload_tries_however_long_it_takes(start):
    limits = Limits(write=0.2, bytes_per_second=1000, lost_calls=2, probe_pause=0.1)
    asked, release = threading.Event(), threading.Event()

    def wait(connection):
        asked.set()
        release.wait(5)
        answer(CREATED)(connection)

    double = start(answer(b"", 500), answer(b"", 500), wait)
    helpspot = helpspot_at(double.url, limits)
    for _ in range(2):
        with pytest.raises(Uncertain):
            create(helpspot)
    time.sleep(0.15)

    with ThreadPoolExecutor(1) as pool:
        probe = pool.submit(helpspot.request.create, note="x" * 3000)
        assert asked.wait(5)
        time.sleep(0.3)
        with pytest.raises(Unavailable):
            create(helpspot)
        release.set()
        assert probe.result()

    assert len(double.requests) == 3


def test_answers_that_make_no_sense_count_as_lost(start):
    double = start(answer(b"<html>Sign in</html>"))
    helpspot = helpspot_at(double.url, Limits(lost_calls=3))

    for _ in range(8):
        with pytest.raises(Unavailable):
            read(helpspot)

    assert len(double.requests) == 3


def test_a_refusal_is_an_answer(start):
    refusal = (
        b"<errors><error><id>2</id><description>No.</description></error></errors>"
    )
    double = start(answer(refusal, 400))
    helpspot = helpspot_at(double.url, Limits(lost_calls=3))

    for _ in range(8):
        with pytest.raises(HelpSpotError):
            read(helpspot)

    assert len(double.requests) == 8


def test_a_crowd_sends_one_call_to_see_whether_it_is_back(start):
    limits = Limits(wait=0.3, read=0.3, lost_calls=2, probe_pause=0.2)
    double = start(hang())
    helpspot = helpspot_at(double.url, limits)
    for _ in range(2):
        with pytest.raises(Unavailable):
            read(helpspot)
    time.sleep(0.25)

    with ThreadPoolExecutor(20) as pool:
        calls = [pool.submit(read, helpspot) for _ in range(20)]

    assert {type(call.exception()) for call in calls} == {Unavailable}
    assert len(double.requests) == 3


def test_asks_no_more_than_a_few_at_once(start):
    limits = Limits(wait=0.6, read=0.6, calls_at_once=2, place_wait=0.1)
    double = start(hang())
    helpspot = helpspot_at(double.url, limits)

    with ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(read, helpspot) for _ in range(6)]

    assert {type(call.exception()) for call in calls} == {Unavailable}
    assert len(double.requests) == 2


def test_nobody_waits_behind_calls_that_all_take_long(start):
    limits = Limits(wait=1.5, read=1.5, calls_at_once=2, place_wait=0.3)
    double = start(hang())
    helpspot = helpspot_at(double.url, limits)

    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(read, helpspot) for _ in range(2)]
        time.sleep(0.5)
        before = time.monotonic()
        for _ in range(20):
            with pytest.raises(Unavailable):
                read(helpspot)
        waited = time.monotonic() - before

    assert waited < 0.3
    assert {type(call.exception()) for call in calls} == {Unavailable}
    assert len(double.requests) == 2


def test_a_call_waits_for_a_place_while_the_others_go_on(start):
    def take_a_moment(connection):
        time.sleep(0.1)
        answer(BOOKS)(connection)

    double = start(take_a_moment)
    helpspot = helpspot_at(double.url, Limits(calls_at_once=2, place_wait=0.5))

    with ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(read, helpspot) for _ in range(6)]

    assert [len(call.result()) for call in calls] == [1] * 6


def test_few_wait_for_a_place_while_all_calls_hang(start):
    limits = Limits(
        wait=1.5, read=1.5, calls_at_once=2, waiting_at_once=1, place_pause=0.1
    )
    double = start(hang())
    helpspot = helpspot_at(double.url, limits)

    def seconds_of_a_read(_number):
        before = time.monotonic()
        with pytest.raises(Unavailable):
            read(helpspot)
        return time.monotonic() - before

    with ThreadPoolExecutor(10) as pool:
        times = list(pool.map(seconds_of_a_read, range(10)))

    # Two are calls, one has waited for a place.
    assert sum(seconds > 0.6 for seconds in times) == 3
    assert len(double.requests) == 2


def test_many_wait_for_a_place_while_the_others_go_on(start):
    def take_a_moment(connection):
        time.sleep(0.05)
        answer(BOOKS)(connection)

    double = start(take_a_moment)
    limits = Limits(calls_at_once=2, waiting_at_once=1, place_wait=2, place_pause=0.3)
    helpspot = helpspot_at(double.url, limits)

    with ThreadPoolExecutor(12) as pool:
        calls = [pool.submit(read, helpspot) for _ in range(12)]

    assert [len(call.result()) for call in calls] == [1] * 12


# ----------------------------------------------------------------- connections


def test_keeps_a_connection_for_reads_and_takes_a_new_one_for_each_write(start):
    double = start(answer(BOOKS), answer(BOOKS), answer(CREATED))
    helpspot = helpspot_at(double.url)

    read(helpspot)
    read(helpspot)
    assert double.connections == 1

    create(helpspot)
    create(helpspot)
    assert double.connections == 3


def test_reads_on_when_an_idle_connection_was_closed(start):
    def answer_and_close(connection):
        answer(BOOKS)(connection)
        connection.close()

    double = start(answer_and_close)
    helpspot = helpspot_at(double.url)

    for _ in range(3):
        assert [book.id for book in read(helpspot)] == [3]


def test_follows_no_redirect(start):
    other = start(answer(BOOKS))
    double = start(answer(b"", 302, f"Location: {other.url}/api/index.php"))

    with pytest.raises(Unavailable):
        read(helpspot_at(double.url))

    assert other.requests == []


def test_carries_no_cookie_from_call_to_call(start):
    double = start(answer(BOOKS, 200, "Set-Cookie: PHPSESSID=customer; path=/"))
    helpspot = helpspot_at(double.url)

    read(helpspot)
    read(helpspot)

    assert not any(b"cookie" in head.lower() for head in double.requests)


def test_ignores_proxies_of_the_environment(start, monkeypatch):
    double, proxy = start(answer(BOOKS)), start(answer(BOOKS))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("http_proxy", proxy.url)

    read(helpspot_at(double.url))

    assert (len(double.requests), proxy.requests) == (1, [])


# ---------------------------------------------------------------------- uploads


def test_sends_a_large_file_without_holding_it(start, tmp_path):
    double = start(answer(CREATED))
    path = tmp_path / "scan.bin"
    path.write_bytes(b"\x00\xff\x10" * 6_000_000)
    limits = Limits(write=20)

    with path.open("rb") as file:
        upload = Upload(filename="scan.bin", mime_type="x/y", file=file)
        tracemalloc.start()
        helpspot_at(double.url, limits).request.create(
            note="Hello", email="a@example.com", files=[upload]
        )
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert b"Transfer-Encoding" not in double.requests[0]
    assert 24_000_000 < double.body_sizes[0] < 24_001_000
    assert peak < 2_000_000


def test_gives_up_a_write_that_nobody_takes(start):
    double = start(hang(), reads_bodies=False)
    file = io.BytesIO(bytes(12_000_000))
    upload = Upload(filename="scan.bin", mime_type="x/y", file=file)
    limits = Limits(write=0.5, bytes_per_second=1_000_000_000)
    before = time.monotonic()

    with pytest.raises(Uncertain):
        helpspot_at(double.url, limits).request.create(
            note="Hello", email="a@example.com", files=[upload]
        )

    assert time.monotonic() - before < 1.5


def test_is_uncertain_when_a_file_got_shorter_on_the_way(start):
    class Shrinking(io.BytesIO):
        def read(self, size=-1):
            return super().read(size)[:-1]

    double = start(answer(CREATED))
    upload = Upload(filename="a", mime_type="x/y", file=Shrinking(bytes(200_000)))

    with pytest.raises(Uncertain):
        helpspot_at(double.url).request.create(
            note="Hello", email="a@example.com", files=[upload]
        )


def test_sends_nine_files_at_most():
    upload = Upload(filename="a", mime_type="x/y", file=io.BytesIO())

    with pytest.raises(ValueError, match="9 files"):
        helpspot_at("http://127.0.0.1:1").request.update(
            access_key="5abcdef", note="Hello", files=[upload] * 10
        )


# ------------------------------------------------------------------- downloads

ATTACHMENT = Attachment(
    document_id=61, ticket_id=21004, note_id=4404, filename="a.pdf", mime_type=None
)


def test_streams_a_file(start):
    content = bytes(range(256)) * 2000
    double = start(answer(content, 200, "Content-Type: application/pdf"))

    download = helpspot_at(f"{double.url}/desk").request.open_file(ATTACHMENT)

    assert (download.mime_type, download.size) == ("application/pdf", 512_000)
    assert b"".join(download.chunks) == content
    assert double.requests[0].startswith(
        b"GET /desk/index.php?pg=file&from=3&id=61&reqid=21004&reqhisid=4404 HTTP"
    )


@pytest.mark.parametrize(
    "coding", ["Content-Encoding: gzip", "Transfer-Encoding: chunked"]
)
def test_tells_no_size_that_is_not_the_files_own(start, coding):
    content = b"All of it. " * 1000
    packed = gzip.compress(content)
    body = (
        packed
        if "gzip" in coding
        else b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)
    )
    length = len(packed)
    head = f"HTTP/1.1 200 OK\r\n{coding}\r\nContent-Length: {length}\r\n\r\n"

    download = helpspot_at(start(say(head.encode() + body)).url).kb.open_file(7)

    assert download.size is None
    assert b"".join(download.chunks) == content


def test_streams_a_guides_file_and_can_stop_early(start):
    double = start(answer(bytes(1_000_000), 200, "Content-Type: image/png"))

    download = helpspot_at(double.url).kb.open_file(7)
    next(iter(download.chunks))
    download.chunks.close()

    assert double.requests[0].startswith(b"GET /index.php?pg=file&from=2&id=7 HTTP")


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (answer(b"no", 404), NotFound),
        (answer(b"no", 302, "Location: /index.php?pg=login"), NotFound),
        (answer(b"<html>", 200, "Content-Type: text/html; charset=UTF-8"), NotFound),
        (answer(b"no", 500), Unavailable),
        (reset(), Unavailable),
        (hang(), Unavailable),
    ],
)
def test_says_why_there_is_no_file(start, script, error):
    with pytest.raises(error):
        helpspot_at(start(script).url, SHORT).request.open_file(ATTACHMENT)


def test_hands_out_a_page_that_someone_attached(start):
    double = start(
        answer(
            b"<html>",
            200,
            "Content-Type: text/html",
            "Content-Disposition: attachment; filename=a.html",
        )
    )

    download = helpspot_at(double.url).request.open_file(ATTACHMENT)

    assert b"".join(download.chunks) == b"<html>"


@pytest.mark.parametrize(
    "script", [say(OK + b"half"), hang(OK + b"half"), reset(OK + b"half")]
)
def test_tells_when_a_file_breaks_off(start, script):
    download = helpspot_at(start(script).url, SHORT).request.open_file(ATTACHMENT)

    with pytest.raises(Unavailable):
        b"".join(download.chunks)


def test_does_not_give_the_size_of_a_packed_file_for_its_own(start):
    double = start(zipped(bytes(100_000)))

    download = helpspot_at(double.url).request.open_file(ATTACHMENT)

    assert download.size is None
    assert b"".join(download.chunks) == bytes(100_000)
