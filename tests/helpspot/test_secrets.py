"""Passwords, access keys and addresses stay in the service room, whatever happens."""

import io
import logging
import traceback

import pytest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from portal.helpspot import Connection, HelpSpot
from portal.helpspot.connection import Limits
from portal.helpspot.errors import HelpSpotError
from portal.helpspot.types import TicketCreated, TicketSummary, Upload
from tests.helpspot.double import Double, answer, hang, reset, say
from tests.helpspot.test_sockets import refused

LIMITS = Limits(connect=0.2, wait=0.1, read=0.2, write=0.2, pause=(0.01, 0.02))
CANARIES = [
    "canary-email@example.com",
    "canary-password",
    "77001canarykey",
    "canary-note",
    "canary-first",
    "canary-last",
    "canary-customer",
    "canary-phone",
    "canary-custom",
    "canary-reference",
    "canary-filename",
    "canary-query",
]
EMAIL, PASSWORD, KEY, NOTE, FIRST, LAST, CUSTOMER, PHONE = CANARIES[:8]
CUSTOM, REFERENCE, FILENAME, QUERY = CANARIES[8:]


def upload():
    return Upload(filename=FILENAME, mime_type="x/y", file=io.BytesIO(b"canary-file"))


CALLS = {
    "sign in": lambda helpspot: helpspot.customer.get_requests(EMAIL, PASSWORD),
    "open": lambda helpspot: helpspot.request.get(KEY),
    "create": lambda helpspot: helpspot.request.create(
        note=NOTE,
        first_name=FIRST,
        last_name=LAST,
        customer_id=CUSTOMER,
        email=EMAIL,
        phone=PHONE,
        custom={2: CUSTOM},
        files=[upload()],
        reference=REFERENCE,
    ),
    "update": lambda helpspot: helpspot.request.update(
        access_key=KEY, note=NOTE, reference=REFERENCE
    ),
    "post": lambda helpspot: helpspot.forums.create_post(
        topic_id=5, author_name=FIRST, body=NOTE, email=EMAIL, ip_address=PHONE
    ),
    "search": lambda helpspot: helpspot.kb.search(QUERY),
}
ECHO = " ".join(CANARIES).encode()
FAILURES = {
    "silence": hang(),
    "reset": reset(),
    "closed": say(b""),
    "cut": say(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + ECHO),
    "no HTTP": say(ECHO + b"\r\n\r\n"),
    "bad header": answer(b"<x>", 200, "bad\x01 header " + ECHO.decode(), ": x"),
    "error page": answer(b"<html>" + ECHO + b"</html>", 500),
    "login page": answer(b"<html>" + ECHO + b"</html>"),
    "redirect": answer(b"", 302, "Location: /?" + ECHO.decode()),
    "broken XML": answer(b"<requests>" + ECHO),
    "refusal": answer(
        b"<errors><error><id>999</id><description>"
        + ECHO
        + b"</description></error></errors>",
        400,
    ),
}


@pytest.fixture
def everything_logged():
    """Collect what every logger would say if all of them said everything."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    root = logging.getLogger()
    names = ["", "urllib3", "urllib3.connectionpool", "requests", "portal", "django"]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def sightings(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


def everything_told(exc: BaseException) -> str:
    return "\n".join(
        [
            repr(exc),
            str(exc),
            repr(exc.args),
            "".join(traceback.format_exception(exc)),
            repr(exc.__context__),
            repr(exc.__cause__),
        ]
    )


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    "script", [*FAILURES.values(), None], ids=[*FAILURES, "refused"]
)
def test_no_failure_tells_a_secret(everything_logged, script, call):
    double = Double(script) if script else None
    address = double.url if double else refused()

    with pytest.raises(HelpSpotError) as caught:
        call(HelpSpot(Connection(base_url=address), LIMITS))

    if double:
        double.close()
    assert sightings(everything_told(caught.value)) == []
    assert caught.value.__context__ is None
    assert sightings(everything_logged.getvalue()) == []


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("failure", ["silence", "broken XML", "refusal"])
def test_a_crash_report_hides_the_rooms_variables(settings, rf, call, failure):
    settings.DEBUG = False
    double = Double(FAILURES[failure])
    with pytest.raises(HelpSpotError) as caught:
        call(HelpSpot(Connection(base_url=double.url), LIMITS))
    double.close()

    request = rf.get("/")
    request.exception_reporter_filter = SafeExceptionReporterFilter()
    reporter = ExceptionReporter(request, *caught._excinfo)
    frames = [
        frame
        for frame in reporter.get_traceback_frames()
        if "/portal/helpspot/" in frame["filename"]
    ]

    assert frames
    assert sightings(repr([frame["vars"] for frame in frames])) == []


def test_values_keep_access_keys_out_of_their_repr():
    created = TicketCreated(id=77001, access_key=KEY)
    summary = TicketSummary(id=77001, access_key=KEY, is_open=True)

    assert sightings(repr([created, summary])) == []


@pytest.mark.parametrize("address", ["http://[::1", "help", "ftp://x", "embedded"])
def test_an_impossible_address_tells_no_secret_either(address):
    with pytest.raises(HelpSpotError) as caught:
        HelpSpot(Connection(base_url=address)).customer.get_requests(EMAIL, PASSWORD)

    assert sightings(everything_told(caught.value)) == []
