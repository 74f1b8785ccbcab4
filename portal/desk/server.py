"""The practice desk as a server: its API and its files."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence

from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from portal.desk import errors, files
from portal.desk.calls import API_PATH, Call, Unreadable, base_url_of, read_parameters
from portal.desk.errors import Problem, Refused, problem
from portal.desk.formats import Answer, Several, Value, output_of, write
from portal.desk.methods import METHODS
from portal.desk.models import DeskSettings

logger = logging.getLogger(__name__)
DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)
LATE_STEP_SECONDS = 0.1
DOWN = "<html><head><title>503</title></head><body><h1>Be right back</h1></body></html>"


@csrf_exempt
def view(request: HttpRequest) -> HttpResponseBase:
    """Answer over HTTP, where hanging up means to break off before the first byte."""
    try:
        return answer(request)
    except ConnectionResetError as exc:
        return StreamingHttpResponse(_break_off(exc))


def answer(request: HttpRequest) -> HttpResponseBase:
    """Answer a request to `…/api/index.php` or to `…/index.php`.

    Raises ConnectionResetError where the desk is set to hang up. Like the other faults
    this one comes after the work is done, except that a desk that is down does none.
    """
    try:
        desk = DeskSettings.load()
    except DATABASE_AWAY as exc:
        return _without_database(exc, output_of(request.GET.get("output", "")))
    if desk.fault == DeskSettings.Fault.DOWN:
        return HttpResponse(DOWN, status=503)
    is_api = request.path.endswith(API_PATH)
    response = _answer_call(request, desk) if is_api else files.send(request)
    return _misbehave(response, desk)


def _answer_call(request: HttpRequest, desk: DeskSettings) -> HttpResponse:
    output = output_of(request.GET.get("output", ""))
    try:
        call = Call(read_parameters(request), desk, base_url_of(request))
        output = output_of(call.text("output") or output)
        method = call.text("method")
        if method.startswith("private."):
            return _closed("Private", output)
        if not desk.is_public_api_enabled:
            return _closed("Public", output)
        answered = _run(method, call)
    except Unreadable:
        return _refusal([problem(errors.METHOD_WRONG, "unreadable body")], output)
    except Refused as exc:
        return _refusal(exc.problems, output)
    except DATABASE_AWAY as exc:
        return _without_database(exc, output)
    except Exception:
        # A client parses whatever comes, so that it never gets a page.
        logger.exception("The desk could not answer")
        return _refusal([problem(errors.SERVER_ERROR)], output, status=500)
    numbers = desk.json_scalars == DeskSettings.Scalars.NUMBERS
    return write(answered, output, numbers=numbers)


def _run(method: str, call: Call) -> Answer:
    without_forums = method.startswith("forums.") and not call.desk.offers_forums
    if method not in METHODS or without_forums:
        raise Refused(problem(errors.METHOD_WRONG))
    return METHODS[method](call)


def _closed(kind: str, output: str) -> HttpResponse:
    return write(Answer("reply", f"{kind} API not enabled"), output, status=400)


def _refusal(
    problems: Sequence[Problem], output: str, status: int = 400
) -> HttpResponse:
    entries: list[Value] = [
        {"id": one.id, "description": one.description} for one in problems
    ]
    return write(Answer("errors", {"error": Several(entries)}), output, status=status)


def _without_database(exc: Exception, output: str) -> HttpResponse:
    logger.error("The desk has no database: %s", type(exc).__name__)
    return _refusal([problem(errors.SERVER_ERROR)], output, status=500)


# --------------------------------------------------------------------- faults


def _misbehave(response: HttpResponse, desk: DeskSettings) -> HttpResponseBase:
    if desk.fault == DeskSettings.Fault.SLOW:
        return StreamingHttpResponse(
            _late(response, desk.fault_delay),
            status=response.status_code,
            headers=response.headers,
        )
    if desk.fault == DeskSettings.Fault.HANG_UP:
        raise ConnectionResetError("The desk is set to hang up")
    if desk.fault == DeskSettings.Fault.GARBLE:
        half = response.content[: len(response.content) // 2]
        response.content = half[:-1] + b"\xff\xfe<&"
    return response


def _late(response: HttpResponse, seconds: float) -> Iterator[bytes]:
    # Nothing comes again and again, so that who reads can stop waiting.
    ends_at = time.monotonic() + seconds
    while (left := ends_at - time.monotonic()) > 0:
        time.sleep(min(left, LATE_STEP_SECONDS))
        yield b""
    yield response.content


def _break_off(exc: ConnectionResetError) -> Iterator[bytes]:
    raise exc
    yield b""
