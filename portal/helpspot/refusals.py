"""From HelpSpot's answer to a value, or to the error that a page acts on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar
from xml.etree.ElementTree import Element

import requests
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from portal.helpspot import wire
from portal.helpspot.errors import (
    Disabled,
    HelpSpotError,
    LoginFailed,
    NotFound,
    Problem,
    Rejected,
    Throttled,
    Unavailable,
)
from portal.helpspot.exchange import Answer

T = TypeVar("T")
Build = Callable[[Element], T]
TOO_LARGE = 413
PARAMETER_MISSING = 101


@sensitive_variables()
def settle(
    method: str,
    answer: Answer,
    build: Build[T],
    *,
    lost: type[HelpSpotError],
    has_files: bool = False,
) -> T:
    """Return the built value, or raise what the answer means.

    `lost` is the error for an answer that says nothing certain.
    """
    failure: HelpSpotError = lost(method)
    if answer.status == TOO_LARGE:
        failure = _too_large(method)
    elif 200 <= answer.status < 500:
        try:
            root = wire.parse(answer.body, method)
            refusal = _refusal(method, root, has_files=has_files)
            if refusal:
                failure = refusal
            elif answer.status < 300:
                return build(root)
        except wire.Unreadable:
            pass
        except wire.Missing:
            failure = NotFound(method)
    # Outside of the handlers: the error has no other error behind it.
    raise failure


def _too_large(method: str) -> Rejected:
    text = _("This is too large for our help desk. Send it without the files.")
    return Rejected(method, (Problem(TOO_LARGE, text),))


_NOT_FOUND = frozenset({102, 103, 205})
_NOT_FOUND_IN_READS = _NOT_FOUND | {204, 208}
_KINDS: Mapping[int, type[HelpSpotError]] = {
    3: Throttled,
    104: LoginFailed,
    201: Disabled,
    301: Unavailable,
    302: Unavailable,
}


@sensitive_variables()
def _refusal(method: str, root: Element, *, has_files: bool) -> HelpSpotError | None:
    if root.tag == "reply":
        if "not enabled" in wire.content(root).lower():
            return Disabled(method)
        raise wire.Unreadable
    if root.tag != "errors":
        return None
    problems = wire.problems(root)
    if not problems:
        raise wire.Unreadable
    # PHP drops a post over its limit as a whole, and HelpSpot misses the note.
    if has_files and any(
        one.id == PARAMETER_MISSING and "tNote" in one.text for one in problems
    ):
        return _too_large(method)
    for problem in problems:
        if problem.id in _KINDS:
            return _KINDS[problem.id](method)
    is_write = ".create" in method or method == "request.update"
    absent = _NOT_FOUND if is_write else _NOT_FOUND_IN_READS
    if any(problem.id in absent for problem in problems):
        return NotFound(method)
    return Rejected(method, problems)


def why_no_file(response: requests.Response) -> HelpSpotError | None:
    """Return the error that an answer without a file means, None for a file."""
    if response.status_code >= 500:
        return Unavailable("file")
    # A page instead of the file: a sign-in, or words that there is none.
    is_page = (
        response.headers.get("Content-Type", "").lower().startswith("text/html")
        and "Content-Disposition" not in response.headers
    )
    if response.status_code != 200 or is_page:
        return NotFound("file")
    return None
