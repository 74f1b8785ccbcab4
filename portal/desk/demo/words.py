"""Sentences from a word mix in which some words are common and most are rare."""

from __future__ import annotations

import random
from itertools import accumulate

_COMMON = (
    "label printer roll print the and when after with from into every battery paper "
    "light head clean template studio order batch feed press open close "
    "barcode size box shop page start"
)
_STEMS = "am bel cor dun el far gil hol im jar kel lum mor nal or pel quin ras sol tam"
_ENDS = "a ade ent er ic ine ion is o or um ure y"
_SENTENCES = 4_000
_CODE = "<pre><code>inkwell print {} --copies {}</code></pre>"


class Writer:
    """Writes titles, texts and pages; the same chance writes the same words.

    Sentences are made once and then mixed, because choosing millions of words one by
    one would take longer than storing them.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        ends = _ENDS.split()
        rare = [
            first + second + end
            for first in _STEMS.split()
            for second in _STEMS.split()
            for end in ends
        ]
        chance.shuffle(rare)
        self._words = _COMMON.split() + rare
        # Zipf's law, as in any real text: search has common words to look past.
        self._weights = list(accumulate(1 / n for n in range(1, len(self._words) + 1)))
        self._sentences = [self._new_sentence() for _ in range(_SENTENCES)]

    def title(self) -> str:
        """Return three to six words."""
        return " ".join(self._choose(self._chance.randint(3, 6))).capitalize()

    def sentence(self) -> str:
        """Return a sentence."""
        return self._chance.choice(self._sentences)

    def text(self) -> str:
        """Return a short plain text, as people write in forums."""
        return " ".join(
            self._chance.choices(self._sentences, k=self._chance.randint(1, 4))
        )

    def page(self) -> str:
        """Return the HTML of a page: headings, paragraphs, a list, sometimes code."""
        sections = [self._section() for _ in range(self._chance.randint(2, 4))]
        return "".join(sections)

    def _section(self) -> str:
        steps = "".join(f"<li>{self.sentence()}</li>" for _ in range(3))
        section = (
            f"<h2>{self.title()}</h2><p>{self.text()}</p><p>{self.text()}</p>"
            f"<ol>{steps}</ol>"
        )
        if self._chance.random() < 0.2:
            section += _CODE.format(*self._choose(1), self._chance.randint(1, 99))
        return section

    def _new_sentence(self) -> str:
        words = self._choose(self._chance.randint(6, 14))
        return f"{' '.join(words).capitalize()}."

    def _choose(self, count: int) -> list[str]:
        return self._chance.choices(self._words, cum_weights=self._weights, k=count)
