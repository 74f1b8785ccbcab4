"""What a session keeps is sealed, whatever its length."""

from __future__ import annotations

import random

import pytest

from portal.accounts.seals import seal, unseal

WORDS = ["label", "printer", "٣", "🖨", "Größe", "\n", "order 88-1021"]


@pytest.mark.parametrize("length", [0, 1, 511, 512, 4096, 32_768, 200_000])
def test_a_text_of_any_length_is_the_same_when_it_is_opened(length):
    said = random.Random(length)  # noqa: S311  # a text, not a secret
    text = " ".join(said.choices(WORDS, k=length))[:length]

    sealed = seal(text)

    assert unseal(sealed) == text
    assert length < 100 or len(sealed) < 2 * len(text.encode())


def test_what_says_the_same_over_and_over_takes_little():
    assert len(seal("The labels come out blank. " * 4000)) < 3000


@pytest.mark.parametrize("sealed", ["sealed by another key", "", "=", "gAAAA", "Größe"])
def test_what_somebody_else_sealed_is_nothing(sealed):
    assert unseal(sealed) is None
