"""What every test stands on: the practice desk, filled, and nothing kept between."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from portal.brands import brand_for, memory
from tests import partly_down as half_a_desk
from tests.desk_content import Inkwell, fill_desk


@pytest.fixture(autouse=True)
def plain_settings(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        },
    }
    # Each process of a run remembers for itself.
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    }
    # Tests see what the help desk says now; those of the memory look at its ways.
    settings.REFRESH_BEHIND = False
    settings.REMEMBER_FAILURES = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ALLOWED_HOSTS = ["*"]
    # Tests look at pages as they are rendered; those of the store look at its copies.
    settings.STORED_PAGES_BYTES = 0
    settings.ANSWER_STEP_SECONDS = 0


@pytest.fixture(autouse=True)
def forget_cached(plain_settings):
    memory.forget_everything()
    cache.clear()
    yield
    memory.forget_everything()
    cache.clear()


@pytest.fixture
def inkwell(db) -> Inkwell:
    """The practice desk of a small printer maker, with a little of everything."""
    return fill_desk()


@pytest.fixture
def partly_down(settings):
    """Let the methods that start with these words fail, the others answer."""
    settings.HELPSPOT_EMBEDDED_SERVER = "tests.partly_down.answer"
    yield lambda *starts: half_a_desk.DOWN.update(starts)
    half_a_desk.DOWN.clear()


@pytest.fixture
def brand_says(settings):
    """Set what the brand says of itself, as in `brand_says(notice="Slow today.")`."""

    def say(**values):
        settings.BRAND = {**settings.BRAND, **values}
        brand_for.cache_clear()

    yield say
    brand_for.cache_clear()
