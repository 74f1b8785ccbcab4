"""One API call: what was asked, of which desk, under which address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.core.validators import validate_email
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from portal.desk import errors
from portal.desk.errors import Refused, missing
from portal.desk.formats import clean
from portal.desk.models import DeskSettings

API_PATH = "/api/index.php"
# Longer numbers are no ids, and no database column holds them.
NUMBER = re.compile(r"[0-9]{1,15}")


class Unreadable(Exception):
    """The request's body cannot be read as a form."""


@dataclass(frozen=True, slots=True)
class Call:
    """One API call.

    `parameters` come from the query and the body; the body wins, and of a name sent
    twice the last. `base_url` is the desk's address without a slash at its end.
    """

    parameters: Mapping[str, str]
    desk: DeskSettings
    base_url: str

    def text(self, name: str) -> str:
        """Return a parameter as it was sent, "" where it was not."""
        return self.parameters.get(name, "")

    def number(self, name: str) -> int:
        """Return a parameter as a whole number, 0 where it is none."""
        text = self.text(name).strip()
        return int(text) if NUMBER.fullmatch(text) else 0

    def flag(self, name: str) -> bool:
        """Tell whether a flag is set: 1 is yes, everything else is no."""
        return self.text(name).strip() == "1"

    def has_wrong_email(self) -> bool:
        """Tell whether an e-mail address was sent that is none."""
        email = self.text("sEmail").strip()
        try:
            validate_email(email or "nobody@example.com")
        except ValidationError:
            return True
        return False

    def missing(self, names: Iterable[str]) -> list[errors.Problem]:
        """Return a problem for every one of these that is absent or blank."""
        return [missing(name) for name in names if not self.text(name).strip()]

    def require(self, *names: str) -> None:
        """Refuse the call unless all of these were sent; raises `Refused`."""
        problems = self.missing(names)
        if problems:
            raise Refused(*problems)


def read_parameters(request: HttpRequest) -> dict[str, str]:
    """Return what was sent in query and body, cleaned; raises `Unreadable`."""
    try:
        sent = {**request.GET.dict(), **request.POST.dict()}
    except (
        MultiPartParserError,
        RequestDataTooBig,
        TooManyFieldsSent,
        TooManyFilesSent,
        UnreadablePostError,
    ) as exc:
        raise Unreadable(str(exc)) from exc
    return {name: clean(str(value)) for name, value in sent.items()}


def base_url_of(request: HttpRequest) -> str:
    """Return the desk's own address as the caller wrote it."""
    # Over HTTP the host was checked before; in process there is nothing to check.
    host = request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", "localhost")
    path = request.path.removesuffix(API_PATH).removesuffix("/index.php")
    return f"{request.scheme}://{host}{path}"
