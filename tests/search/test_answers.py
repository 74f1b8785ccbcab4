"""Guides that may answer a letter while it is written."""

from __future__ import annotations

import pytest

from portal.search.models import SolvedCount

URL = "/search/answers/"
LETTER = (
    "Hello, since this morning all labels from my printer come out blank. "
    "I have tried to switch it off and on. Please help, thank you."
)


def test_finds_the_guide_among_many_words_that_say_nothing(client, inkwell):
    response = client.post(URL, {"q": LETTER})

    assert response.status_code == 200
    assert "Labels come out blank or faint" in response.content.decode()
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("text", ["", "Hello, please help, thank you.", "xyzzy plugh"])
def test_shows_nothing_where_nothing_fits(client, inkwell, text):
    assert client.post(URL, {"q": text}).status_code == 204


def test_the_words_stand_in_no_address(client, inkwell):
    assert client.get(URL, {"q": LETTER}).status_code == 405


def test_a_guide_that_solved_it_is_counted_without_the_words(client, inkwell):
    page = inkwell.pages["blank"].pk

    for _ in range(2):
        response = client.post("/search/solved/", {"page": page, "note": LETTER})

    assert "Glad it helped" in response.content.decode()
    assert list(SolvedCount.objects.values_list("page_id", "count")) == [(page, 2)]


def test_nonsense_is_not_counted(client, inkwell):
    assert client.post("/search/solved/", {"page": "²"}).status_code == 200
    assert not SolvedCount.objects.exists()
