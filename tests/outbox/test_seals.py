from __future__ import annotations

import pytest

from portal.outbox import seals


def test_opens_what_an_older_key_sealed(settings):
    sealed = seals.seal_text("words")

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the new key"

    assert seals.open_text(sealed) == "words"


@pytest.mark.parametrize("change", ["key gone", "damaged"])
def test_opens_nothing_damaged_or_sealed_with_a_key_now_gone(settings, change):
    sealed = seals.seal_text("words")

    if change == "key gone":
        settings.SECRET_KEY = "the new key"
    else:
        sealed = sealed[:-8] + b"AAAAAAA="

    with pytest.raises(seals.BrokenSeal):
        seals.open_text(sealed)


def test_seals_nothing_as_nothing():
    assert seals.seal_text("") == b""
    assert seals.open_text(b"") == ""
