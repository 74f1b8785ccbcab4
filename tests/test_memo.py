from __future__ import annotations

import pytest

from portal import markup
from portal.memo import Memo


@pytest.fixture
def memo():
    return Memo(most_bytes=32_000)


def texts(answer: str) -> tuple[str, ...]:
    return (answer,)


def never() -> str:
    raise AssertionError("worked out again")


def test_the_same_question_is_worked_out_once(memo):
    memo.answer("a", lambda: "first", texts)

    assert memo.answer("a", never, texts) == "first"


def test_it_stays_within_its_bytes_and_lets_the_longest_unused_go(memo):
    memo.answer("kept", lambda: "k", texts)
    for number in range(100):
        memo.answer(number, lambda: "x" * 1000, texts)
        memo.answer("kept", never, texts)

    assert memo.bytes <= 32_000
    assert memo.answer(99, never, texts)
    with pytest.raises(AssertionError):
        memo.answer(0, never, texts)


def test_a_giant_is_not_kept_and_drives_nothing_out(memo):
    memo.answer("small", lambda: "s", texts)
    giant = memo.answer("giant", lambda: "x" * 40_000, texts)

    assert len(giant) == 40_000
    assert memo.answer("small", never, texts) == "s"
    assert memo.bytes < 4000


def test_a_failure_is_not_remembered(memo):
    with pytest.raises(AssertionError):
        memo.answer("a", never, texts)

    assert memo.answer("a", lambda: "now", texts) == "now"


def test_one_text_never_comes_out_as_another_or_with_anothers_ids():
    first = markup.clean("<h2>One</h2>", scope="1")
    others = [
        markup.clean("<h2>One</h2>", scope="2"),
        markup.clean("<h2>Two</h2>", scope="1"),
        markup.document("<h2>One</h2>").html,
    ]

    assert first not in others
    assert len(set(others)) == 3
    assert markup.clean("<h2>One</h2>", scope="1") == first
