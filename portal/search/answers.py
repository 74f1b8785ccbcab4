"""Guides that may answer what somebody is writing, found without asking anyone.

A search wants all words; a letter has many that say nothing. Here rare words count more
than frequent ones, and a guide must hold more than one of them.
"""

from __future__ import annotations

import math
from collections import Counter

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from portal.brands import Brand
from portal.helpspot import HelpSpot
from portal.search.kinds import Kind, Result
from portal.search.models import SolvedCount
from portal.search.shelf_index import ShelfIndex, index_at_hand, shelf_index
from portal.search.words import is_spaceless, is_stop_word, words_in

MOST_ANSWERS = 3
MOST_LETTERS = 400
MOST_WORDS = 40
SHORT_WORD = 3
FEW_WORDS = 2
# A word that stands in more of the guides than this tells nothing.
TOO_FREQUENT = 0.5


def find_answers(brand: Brand, helpspot: HelpSpot, text: str) -> list[Result]:
    """Return the guides whose names and tags fit the text best, at most three."""
    return _fitting(shelf_index(brand, helpspot), text)


def answers_at_hand(brand: Brand, text: str) -> list[Result]:
    """Return what this process can tell by itself; nothing where it has no index.

    Neither the help desk nor the database is asked: a form that comes back waits for
    nobody.
    """
    made = index_at_hand(brand)
    return _fitting(made, text[:MOST_LETTERS]) if made else []


def count_solved(page_id: int) -> None:
    """Count that a guide answered somebody who was writing to the team."""
    row = {"page_id": page_id, "day": timezone.localdate()}
    counted = SolvedCount.objects.filter(**row)
    if counted.update(count=F("count") + 1):
        return
    try:
        with transaction.atomic():
            SolvedCount.objects.create(**row)
    except IntegrityError:
        counted.update(count=F("count") + 1)


def _fitting(made: ShelfIndex, text: str) -> list[Result]:
    words = [word for word in dict.fromkeys(words_in(text)) if _tells(word)]
    hits: Counter[int] = Counter()
    guides: dict[int, Result] = {}
    scores: dict[int, float] = {}
    for word in words[:MOST_WORDS]:
        found = made.find(made.index.understand(word))
        if len(found) > max(FEW_WORDS, TOO_FREQUENT * len(made.results)):
            continue
        rarity = math.log(1 + len(made.results) / max(1, len(found)))
        for result, score in found:
            if result.kind is Kind.GUIDE:
                guides[result.id] = result
                hits[result.id] += 1
                scores[result.id] = scores.get(result.id, 0) + score * rarity
    needed = 1 if len(words) <= FEW_WORDS else 2
    fitting = [page_id for page_id in scores if hits[page_id] >= needed]
    best = sorted(fitting, key=lambda page_id: scores[page_id], reverse=True)
    return [guides[page_id] for page_id in best[:MOST_ANSWERS]]


def _tells(word: str) -> bool:
    if is_spaceless(word):
        return True
    return len(word) >= SHORT_WORD and not is_stop_word(word)
