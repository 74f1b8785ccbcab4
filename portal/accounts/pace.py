"""Answers that take the same time whatever they say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings


@contextmanager
def unhurried() -> Iterator[None]:
    """Leave the block a whole number of `ANSWER_STEP_SECONDS` after entering it.

    So that time does not tell a wrong key from an unknown request, a wrong password
    from an unknown address, or whether the help desk was asked at all.
    """
    step = settings.ANSWER_STEP_SECONDS
    began = time.monotonic()
    try:
        yield
    finally:
        if step:
            time.sleep(step - (time.monotonic() - began) % step)
