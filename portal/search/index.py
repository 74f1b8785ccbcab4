"""A small index of titles, in memory, that forgives what full-text searches do not.

It knows words by their stems. A word that was sought stands for itself, for words that
begin with it, for those that mean the same, and, where there are none of these, for
words that differ by a letter or two.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from heapq import nsmallest
from itertools import chain

from portal.search.words import (
    allowed_edits,
    edits,
    fold,
    is_spaceless,
    is_stop_word,
    stem,
    words_in,
)

MOST_WORDS = 12
MOST_BEGUN = 50
MOST_FOUND = 200
MOST_KEPT = 256
TITLE, TAGS, PLACE = 4.0, 3.0, 1.0
EXACT, BEGUN, SAME_MEANING, MISTYPED = 1.0, 0.7, 0.8, 0.5
_SHORTEST_BEGINNING = 3
_SHORTEST_LAST_BEGINNING = 2
# From so many words on, a third of them may be missing.
_LENIENT_FROM = 3

Phrase = tuple[str, ...]
Synonyms = tuple[tuple[str, ...], ...]
Weights = Mapping[str, float]
Hits = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What the index knows of one thing: its title, its tags, where it stands."""

    title: str
    tags: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """What one word, or phrase, that was sought may stand for.

    `choices` are stems that have to stand together in a text, with how good a sign
    that is. `corrected` is the word that was probably meant, "" where this one is
    known.
    """

    words: Phrase
    choices: tuple[tuple[Phrase, float], ...]
    corrected: str = ""


@dataclass(frozen=True, slots=True)
class Sought:
    """The words of a search as an index understands them."""

    terms: tuple[Term, ...]

    @property
    def corrected(self) -> str:
        """Return the words with their typos put right, "" where there are none."""
        if not any(term.corrected for term in self.terms):
            return ""
        return " ".join(term.corrected or " ".join(term.words) for term in self.terms)

    def as_typed(self) -> Sought:
        """Return the same words without guesses at typos."""
        return Sought(
            tuple(
                replace(term, choices=term.choices[:1], corrected="")
                if term.corrected
                else term
                for term in self.terms
            )
        )

    @property
    def telling(self) -> Sequence[Term]:
        """Return the terms that say something, all of them where none does."""
        return [term for term in self.terms if not _is_empty(term)] or self.terms

    def score(self, text: Text) -> float:
        """Return how well a text fits, 0 where too few of the words are there."""
        weights = _weigh(text)
        scores = [_score(term, weights) for term in self.telling]
        met = [score for score in scores if score]
        return sum(met) if len(met) >= _needed(len(scores)) else 0.0


class Index:
    """The texts, found by their positions in the sequence they came in."""

    def __init__(self, texts: Sequence[Text], synonyms: Synonyms = ()) -> None:
        self._spaceless = [
            (position, folded)
            for position, text in enumerate(texts)
            if is_spaceless(folded := fold(f"{text.title} {' '.join(text.tags)}"))
        ]
        self._weights: dict[str, dict[int, float]] = defaultdict(dict)
        for position, text in enumerate(texts):
            for one, weight in _weigh(text).items():
                self._weights[one][position] = weight
        self._stems = sorted(self._weights)
        self._letters = [(one, set(one)) for one in self._stems if one.isalpha()]
        self._forms = _forms(texts)
        self._phrases = _phrases(synonyms)
        self._longest_phrase = max(map(len, self._phrases), default=1)
        # Typing asks for the same words again and again, and so do the pages of
        # results; a word that stands in all titles is as dear as there are titles.
        self._near = lru_cache(maxsize=1024)(self._find_near)
        self._found = lru_cache(maxsize=MOST_KEPT)(self._find)

    def understand(self, query: str) -> Sought:
        """Return what the words of a search may stand for."""
        words = words_in(query)[:MOST_WORDS]
        return Sought(tuple(self._terms(words)))

    def find(self, sought: Sought) -> list[tuple[int, float]]:
        """Return positions with their scores, best first.

        What only stands in a place of that name counts where nothing is called so.
        """
        return list(self._found(sought))

    def _find(self, sought: Sought) -> Hits:
        scores = [self._scores(term) for term in sought.telling]
        needed = _needed(len(scores))
        met = Counter(chain.from_iterable(scores))
        found = [
            (position, *_total([one[position] for one in scores if position in one]))
            for position, count in met.items()
            if count >= needed
        ]
        by_name = [one for one in found if one[2]]
        best = nsmallest(
            MOST_FOUND, by_name or found, key=lambda one: (-one[1], one[0])
        )
        hits = [(position, score) for position, score, _ in best]
        known = {position for position, _ in hits}
        return (
            *hits,
            *(one for one in self._in_spaceless(sought) if one[0] not in known),
        )

    def marks(self, sought: Sought) -> str:
        """Return all words that may be marked where something was found."""
        stems = {
            one
            for term in sought.terms
            for phrase, _ in term.choices
            for one in phrase
            if not is_stop_word(one)
        }
        forms = {form for one in stems for form in self._forms.get(one, ())}
        return " ".join(sorted(forms))

    def rewordings(self, sought: Sought) -> list[str]:
        """Return the search in other words of the same meaning."""
        words = [" ".join(term.words) for term in sought.terms]
        return [
            " ".join([*words[:number], " ".join(phrase), *words[number + 1 :]])
            for number, term in enumerate(sought.terms)
            for phrase, quality in term.choices
            if quality == SAME_MEANING
        ]

    def _terms(self, words: Sequence[str]) -> Iterator[Term]:
        start = 0
        while start < len(words):
            length = self._phrase_at(words, start)
            chosen = tuple(words[start : start + length])
            start += length
            yield self._term(chosen, is_last=start == len(words))

    def _phrase_at(self, words: Sequence[str], start: int) -> int:
        """Return how many words make the longest phrase with others of its meaning."""
        for length in range(min(self._longest_phrase, len(words) - start), 1, -1):
            if _stems(words[start : start + length]) in self._phrases:
                return length
        return 1

    def _term(self, words: Phrase, *, is_last: bool) -> Term:
        own = _stems(words)
        choices: dict[Phrase, float] = {own: EXACT}
        for phrase in self._phrases.get(own, ()):
            choices.setdefault(phrase, SAME_MEANING)
        if len(own) > 1:
            return Term(words, tuple(choices.items()))
        for one in self._begun_by(words[0], is_last=is_last):
            choices.setdefault((one,), BEGUN)
        if len(choices) > 1 or own[0] in self._weights or is_stop_word(words[0]):
            return Term(words, tuple(choices.items()))
        near = self._near(own[0])
        choices |= {(one,): MISTYPED for one in near}
        corrected = self._nearest_form(words[0], near[0]) if near else ""
        return Term(words, tuple(choices.items()), corrected)

    def _nearest_form(self, word: str, one: str) -> str:
        """Return how a stem is written where it looks most like the word."""
        most = len(word)
        return min(
            sorted(self._forms[one]),
            key=lambda form: (
                distance if (distance := edits(word, form, most)) is not None else most
            ),
        )

    def _begun_by(self, word: str, *, is_last: bool) -> list[str]:
        shortest = _SHORTEST_LAST_BEGINNING if is_last else _SHORTEST_BEGINNING
        if len(word) < shortest:
            return []
        first = bisect_left(self._stems, word)
        begun = []
        for one in self._stems[first : first + MOST_BEGUN]:
            if not one.startswith(word):
                break
            begun.append(one)
        return begun

    def _find_near(self, word: str) -> tuple[str, ...]:
        """Return the stems nearest to a mistyped one, the most common ones first."""
        most = allowed_edits(word)
        if not most:
            return ()
        letters = set(word)
        # Each edit changes two letters at most: most words are ruled out by that.
        distances = {
            one: distance
            for one, others in self._letters
            if len(letters ^ others) <= 2 * most
            and (distance := edits(word, one, most)) is not None
        }
        least = min(distances.values(), default=0)
        near = [one for one, distance in distances.items() if distance == least]
        return tuple(sorted(near, key=lambda one: -len(self._weights[one])))

    def _scores(self, term: Term) -> dict[int, float]:
        """Return the positions where a term stands, each with its score."""
        scores: dict[int, float] = {}
        for phrase, quality in term.choices:
            first, *others = (self._weights.get(one, {}) for one in phrase)
            for position, weight in first.items():
                weights = [other.get(position, 0.0) for other in others]
                score = min([weight, *weights]) * quality
                if score > scores.get(position, 0.0):
                    scores[position] = score
        return scores

    def _in_spaceless(self, sought: Sought) -> list[tuple[int, float]]:
        """Return texts that hold the words somewhere, in scripts without spaces."""
        words = [word for term in sought.terms for word in term.words]
        if not self._spaceless or not words or not all(map(is_spaceless, words)):
            return []
        return [
            (position, TITLE * BEGUN)
            for position, folded in self._spaceless
            if all(word in folded for word in words)
        ]


def _weigh(text: Text) -> Weights:
    """Return the stems of a text with what each weighs there."""
    weights: dict[str, float] = {}
    for words, weight in (
        (text.title, TITLE),
        (" ".join(text.tags), TAGS),
        (text.place, PLACE),
    ):
        for word in words_in(words):
            weights.setdefault(stem(word), weight)
    return weights


def _is_empty(term: Term) -> bool:
    return all(is_stop_word(word) for word in term.words)


def _total(scores: Sequence[float]) -> tuple[float, float]:
    """Return the sum of all scores and of those that more than a place gave."""
    return sum(scores), sum(score for score in scores if score > PLACE)


def _needed(count: int) -> int:
    return count if count < _LENIENT_FROM else math.ceil(count * 2 / 3)


def _score(term: Term, weights: Weights) -> float:
    return max(
        min(weights.get(one, 0.0) for one in phrase) * quality
        for phrase, quality in term.choices
    )


def _stems(words: Sequence[str]) -> Phrase:
    return tuple(map(stem, words))


def _forms(texts: Sequence[Text]) -> dict[str, set[str]]:
    """Return the words as they are written in the texts, by their stems."""
    forms: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        for word in words_in(" ".join((text.title, *text.tags, text.place))):
            forms[stem(word)].add(word)
    return forms


def _phrases(synonyms: Synonyms) -> dict[Phrase, list[Phrase]]:
    """Return the other phrases of the same meaning for each phrase."""
    others: dict[Phrase, list[Phrase]] = defaultdict(list)
    for group in synonyms:
        phrases = [phrase for words in group if (phrase := _stems(words_in(words)))]
        for phrase in phrases:
            others[phrase] += [one for one in phrases if one != phrase]
    return dict(others)
