"""HelpSpot's error ids and the words that go with them.

The vendor's own words where they are known: 101, 102, 104, 105, 201. The other words,
and the id of a server error, are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

TOO_MANY_LOGINS = 3
PARAMETER_MISSING = 101
ACCESS_KEY_NEEDED = 102
LOGIN_WRONG = 104
EMAIL_WRONG = 105
METHOD_WRONG = 201
TOPIC_NOT_CREATED = 202
FORUM_CLOSED = 203
POST_NOT_CREATED = 204
TOPIC_UNKNOWN = 205
REQUEST_NOT_CREATED = 207
REQUEST_NOT_UPDATED = 212
SERVER_ERROR = 500

WORDS = {
    TOO_MANY_LOGINS: "Too many failed logins, wait one minute and try again",
    ACCESS_KEY_NEEDED: "Valid access key required",
    LOGIN_WRONG: "Email or password not valid",
    EMAIL_WRONG: "Valid email required",
    METHOD_WRONG: "Invalid method provided",
    TOPIC_NOT_CREATED: "Could not create topic",
    FORUM_CLOSED: "Forum is closed",
    POST_NOT_CREATED: "Could not create post",
    TOPIC_UNKNOWN: "Topic ID does not exist",
    REQUEST_NOT_CREATED: "Could not create request",
    REQUEST_NOT_UPDATED: "Request could not be updated",
    SERVER_ERROR: "Internal server error",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of an errors document."""

    id: int
    description: str


class Refused(Exception):
    """The call is answered with an errors document; `problems` are its entries."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.description for problem in problems))
        self.problems = problems


def problem(id_: int, reason: str = "") -> Problem:
    """Return the problem of that id, with a reason after a colon where one is given."""
    words = WORDS[id_]
    return Problem(id_, f"{words}: {reason}" if reason else words)


def missing(name: str) -> Problem:
    """Return the problem of a required parameter that was not sent, or sent blank."""
    return Problem(PARAMETER_MISSING, f"Required parameter {name} not supplied")
