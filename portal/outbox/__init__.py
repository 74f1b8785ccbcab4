"""The outbox: what a customer sends, kept until HelpSpot has it.

Pages use the names in `__all__`. They are looked up when first used, because Django
imports this package before its models may be.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portal.outbox.contents import (
        PostContent,
        ReplyContent,
        TicketContent,
        TopicContent,
    )
    from portal.outbox.errors import NoRoom, NotStored, PerhapsStored
    from portal.outbox.evidence import settle_with
    from portal.outbox.files import stage, staged
    from portal.outbox.forms import KeptForm
    from portal.outbox.housekeeping import Health, health
    from portal.outbox.models import StagedFile, Submission
    from portal.outbox.submitting import (
        cast_vote,
        change_vote,
        find,
        is_taken,
        known_key,
        new_key,
        submit,
    )

__all__ = [
    "Health",
    "KeptForm",
    "NoRoom",
    "NotStored",
    "PerhapsStored",
    "PostContent",
    "ReplyContent",
    "StagedFile",
    "Submission",
    "TicketContent",
    "TopicContent",
    "cast_vote",
    "change_vote",
    "find",
    "health",
    "is_taken",
    "known_key",
    "new_key",
    "settle_with",
    "stage",
    "staged",
    "submit",
]

_HOMES = {
    "Health": "housekeeping",
    "KeptForm": "forms",
    "NoRoom": "errors",
    "NotStored": "errors",
    "PerhapsStored": "errors",
    "PostContent": "contents",
    "ReplyContent": "contents",
    "StagedFile": "models",
    "Submission": "models",
    "TicketContent": "contents",
    "TopicContent": "contents",
    "health": "housekeeping",
    "settle_with": "evidence",
    "stage": "files",
    "staged": "files",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(name)
    home = import_module(f"portal.outbox.{_HOMES.get(name, 'submitting')}")
    return getattr(home, name)
