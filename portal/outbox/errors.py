"""What can go wrong before a submission is safe."""


class NotStored(Exception):
    """Not even kept: the form comes back and says that nothing was sent."""
