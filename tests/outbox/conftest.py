from __future__ import annotations

import pytest

from portal.brands import brand_for
from portal.helpspot import helpspot_for
from tests.outbox.double import closed_port, serving


@pytest.fixture
def desk():
    """A help desk on a socket, for one test."""
    with serving() as double:
        yield double


@pytest.fixture
def portal_of(settings):
    """Make this process's portal stand in front of the help desk at an address."""

    def choose(url):
        settings.HELPSPOT_URL = url
        brand_for.cache_clear()
        brand = brand_for("")
        return brand, helpspot_for(brand.connection)

    yield choose
    brand_for.cache_clear()


@pytest.fixture
def portal(desk, portal_of):
    """Brand and client of the portal in front of the help desk."""
    return portal_of(desk.url)


@pytest.fixture
def away(portal_of):
    """Brand and client of a portal whose help desk does not listen."""
    return portal_of(f"http://127.0.0.1:{closed_port()}")
