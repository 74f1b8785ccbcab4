"""What can go wrong between the portal and HelpSpot, named by what a page must do.

HelpSpotError
├── NotFound      there is no such thing (or no such access key): 404
├── Rejected      HelpSpot refused what was sent: back to the form, with its words
├── LoginFailed   e-mail and password do not match
├── Disabled      this installation does not offer the method: hide the section
├── Unavailable   certain that nothing was done: try again later
│   └── Throttled HelpSpot asks to wait a minute; says nothing about the password
└── Uncertain     a write that may or may not have been done: never sent twice here

No message holds a URL, a parameter or an answer: they carry passwords and keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CUSTOM_FIELD = re.compile(r"\bCustom\s?#?(\d{1,15})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Problem:
    """One `<error>` of HelpSpot's answer.

    `id` is HelpSpot's error number (0 when it sent none), `text` its words.
    """

    id: int
    text: str

    @property
    def custom_field_id(self) -> int | None:
        """Return the id of the custom field that the text names, if it names one."""
        match = _CUSTOM_FIELD.search(self.text)
        return int(match[1]) if match else None


class HelpSpotError(Exception):
    """The family: everything that the service room raises."""

    def __init__(self, method: str = "") -> None:
        super().__init__(method)
        self.method = method


class NotFound(HelpSpotError):
    """HelpSpot has no such thing, or no request with that access key."""


class Rejected(HelpSpotError):
    """HelpSpot refused what was sent; nothing was stored."""

    def __init__(self, method: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(method)
        self.problems = problems


class LoginFailed(HelpSpotError):
    """The e-mail address and the password do not match."""


class Disabled(HelpSpotError):
    """HelpSpot does not offer the method here, or its public API is switched off."""


class Unavailable(HelpSpotError):
    """HelpSpot could not be reached; it is certain that nothing was done."""


class Throttled(Unavailable):
    """HelpSpot saw too many failed sign-ins and asks to wait a minute."""


class Uncertain(HelpSpotError):
    """A write was sent and not answered: it may or may not have been done."""
