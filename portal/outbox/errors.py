"""What can go wrong before a submission is safe."""


class NotStored(Exception):
    """Not even kept: the form comes back and says that nothing was sent."""


class NoRoom(NotStored):
    """The outbox is as full as it may be; an outage or a flood filled it."""
