"""Counts what customers seek in vain, so that staff can write it.

Nothing here says who sought: words, a day, a count. Words that look like an address, a
key or a number of somebody's are not counted at all.
"""

from __future__ import annotations

import re
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from portal.search.models import MOST_LETTERS, MissedSearch
from portal.search.words import fold

KEPT_FOR = timedelta(days=90)
MOST_ROWS = 5000
_PERSONAL = re.compile(
    r"@"  # an email address
    r"|https?:|www\."  # an address may hold a token
    r"|\d[\d\s().+/-]{4,}\d"  # a telephone, customer or card number
    r"|\b\d{5,}"
    r"|\b(?=\w*\d)(?=\w*[a-z])\w{8,}"  # an access key, a serial number
    r"|\w{30,}"
)


def count_missed(query: str) -> None:
    """Count the words once for today, unless they may tell of a person."""
    words = " ".join(fold(query).split())
    if not any(letter.isalpha() for letter in words) or _PERSONAL.search(words):
        return
    row = {"words": words[:MOST_LETTERS], "day": timezone.localdate()}
    if _add_one(row) or MissedSearch.objects.count() >= MOST_ROWS:
        return
    try:
        with transaction.atomic():
            MissedSearch.objects.create(**row)
    except IntegrityError:
        _add_one(row)


def purge() -> None:
    """Forget what was sought too long ago."""
    MissedSearch.objects.filter(day__lt=timezone.localdate() - KEPT_FOR).delete()


def _add_one(row: dict[str, object]) -> bool:
    return bool(MissedSearch.objects.filter(**row).update(count=F("count") + 1))
