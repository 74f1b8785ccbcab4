from __future__ import annotations

import pytest
from django.test import Client

from tests.desk_content import Inkwell


@pytest.fixture
def holder(client: Client, inkwell: Inkwell) -> Client:
    """A browser in which the access key of `inkwell.ticket` was entered."""
    client.post("/requests/check/", {"accesskey": inkwell.ticket.access_key})
    return client


@pytest.fixture
def customer(client: Client, inkwell: Inkwell) -> Client:
    """A browser in which Amal is signed in."""
    client.post(
        "/account/sign-in/", {"email": "amal@example.com", "password": "lighthouse"}
    )
    return client
