"""What can go wrong before a submission is safe."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


class NotStored(Exception):
    """Not even kept: the form comes back and says that nothing was sent.

    `text` is what it says instead, "" for its own words.
    """

    text: Promise | str = ""


class NoRoom(NotStored):
    """The outbox is as full as it may be; an outage or a flood filled it."""


class PerhapsStored(NotStored):
    """The database was lost while it kept: it may be there, or not.

    Sent again under its key it is taken once, so that is what `text` asks for.
    """

    text = gettext_lazy(
        "We cannot tell yet whether this reached us. Your text is still here: send it "
        "again. It is never taken twice"
    )
