"""What each answer says of what it may load."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.tickets.asking import URL, valid


def policy(response) -> dict[str, str]:
    said = response["Content-Security-Policy"].split("; ")
    return {
        name: sources for name, _, sources in (each.partition(" ") for each in said)
    }


@pytest.mark.parametrize("address", ["/", "/kb/", URL, "/no-such-page/"])
def test_a_page_loads_scripts_and_styles_from_here_alone(client, inkwell, address):
    said = policy(client.get(address))

    assert said["default-src"] == "'none'"
    assert said["script-src"] == said["style-src"] == "'self'"
    assert said["frame-ancestors"] == "'none'"


def test_an_answer_that_leads_on_says_so_as_well(client, inkwell):
    response = client.post(URL, valid(inkwell))

    assert response.status_code == 303
    assert policy(response)["default-src"] == "'none'"


def test_the_editor_of_the_desk_asks_for_more_and_no_other_page_gets_it(
    client, inkwell
):
    client.force_login(User.objects.create_superuser("dana"))
    before = policy(client.get("/"))
    editor = [
        policy(client.get("/desk/desk/page/add/"))["script-src"] for _ in range(2)
    ]

    assert all(said.startswith("'self' 'nonce-") for said in editor)
    assert editor[0] != editor[1]
    assert policy(client.get("/")) == before
