from __future__ import annotations

import pytest

from portal.accounts.keys import find_key


@pytest.mark.parametrize(
    "pasted",
    [
        "12489jiicxp",
        "  12489jiicxp \n",
        "12489 jiicxp",
        "“12489jiicxp”",
        "'12489jiicxp',",
        "\u200b12489jiicxp\ufeff",
        "My key is 12489jiicxp.",
        "https://help.example/requests/open/12489jiicxp/",
        "<https://2help.example/index.php?pg=request.check&id=12489jiicxp>",
        "index.php?pg=request.check%26id%3D12489jiicxp",
    ],
)
def test_finds_the_key_in_whatever_was_pasted(pasted):
    assert find_key(pasted) == "12489jiicxp"


def test_keeps_capital_and_small_letters_of_a_long_key():
    assert find_key(" 12490kVqmdaTrWzLuXbEoNpHs ") == "12490kVqmdaTrWzLuXbEoNpHs"


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "12489",
        "jiicxp",
        "12489jiicxp9",
        "12489jii&method=private.request.get",
        "99999999999jiicxp",
        "१२४jiicxp",
        "12489" + "j" * 200,
        "'; drop table request; --",
    ],
)
def test_finds_no_key_where_there_is_none(pasted):
    assert find_key(pasted) is None
