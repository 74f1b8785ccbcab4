"""Words as a search compares them: without accents, capitals, plurals, small typos."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

ONE_EDIT_FROM = 4
TWO_EDITS_FROM = 8
# From here on scripts leave no space between words.
_SPACELESS = "\u2e80"
_WORD = re.compile(r"\w+")
_SHORTEST_PLURAL = 4
# fmt: off
_STOP_WORDS = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for",
    "from", "how", "i", "in", "is", "it", "my", "of", "on", "or", "that", "the",
    "this", "to", "what", "when", "where", "why", "with", "you", "your",
})
# fmt: on


def fold(text: str) -> str:
    """Return the text without accents and capitals."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text).casefold()
    return "".join(part for part in parts if not unicodedata.combining(part))


def words_in(text: str) -> list[str]:
    """Return the text's words in order, folded."""
    return _WORD.findall(fold(text))


@lru_cache(maxsize=4000)
def stem(word: str) -> str:
    """Return a folded word in the singular, as far as its English ending tells."""
    if len(word) < _SHORTEST_PLURAL or not word.isascii() or not word.endswith("s"):
        return word
    if word.endswith("ies") and len(word) > _SHORTEST_PLURAL:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word[:-1]


def is_stop_word(word: str) -> bool:
    """Tell whether a folded word says nothing of what is sought."""
    return word in _STOP_WORDS


def is_spaceless(word: str) -> bool:
    """Tell whether the word may be several, written without spaces."""
    return any(character >= _SPACELESS for character in word)


def allowed_edits(word: str) -> int:
    """Return how many letters of a folded word may be wrong: none of a number's."""
    if len(word) < ONE_EDIT_FROM or not word.isalpha():
        return 0
    return 1 if len(word) < TWO_EDITS_FROM else 2


def edits(one: str, other: str, most: int) -> int | None:
    """Return how many letters make one word the other, None where more than `most`.

    A letter put in, left out or changed counts one, and so do two that change places.
    """
    if abs(len(one) - len(other)) > most:
        return None
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        current = [row]
        for column, match in enumerate(other, start=1):
            cost = min(
                last[column] + 1,
                current[column - 1] + 1,
                last[column - 1] + (letter != match),
            )
            swaps = row > 1 and column > 1
            if swaps and letter == other[column - 2] and match == one[row - 2]:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > most:
            return None
        before, last = last, current
    return last[-1] if last[-1] <= most else None
