"""The form for a new request, as tests fill it in and read what came back."""

from __future__ import annotations

from typing import Any

from django.test import Client

from portal.desk.models import CustomValue, Ticket
from tests.desk_content import Inkwell
from tests.html_page import Element, parse_page

URL = "/requests/new/"


def valid(inkwell: Inkwell, **changes: Any) -> dict[str, Any]:
    """Return a form that HelpSpot takes: a billing question, unless changed."""
    return {
        "key": "one-key",
        "category": inkwell.categories["billing"].pk,
        "note": "The invoice is wrong.",
        "name": "Ines de la Cruz",
        "email": "ines@example.com",
        **changes,
    }


def about_printer(inkwell: Inkwell, **custom: Any) -> dict[str, Any]:
    """Return a valid form about a printer, with the named custom fields answered."""
    fields = {named(inkwell, name): value for name, value in custom.items()}
    return valid(
        inkwell,
        category=inkwell.categories["printer"].pk,
        **{named(inkwell, "model"): "X2", **fields},
    )


def named(inkwell: Inkwell, name: str, suffix: str = "") -> str:
    """Return a custom field's name in the form."""
    return f"custom_{inkwell.fields[name].pk}{suffix}"


def error_at(page: Element, name: str) -> str:
    """Return what is said at a field."""
    words = page.one("div", id=f"id_{name}_error").text
    return words.removeprefix("Error: ")


def refusal(client: Client, data: dict[str, Any], name: str) -> str:
    """Send a form that must come back; return what is said at the field.

    The summary says the same and leads there.
    """
    response = client.post(URL, data)
    assert response.status_code == 422
    page = parse_page(response)
    assert page.one("title").text.startswith("Error: ")
    words = error_at(page, name)
    links = page.one("div", id="errors").all("a")
    assert words in [link.text for link in links]
    targets = {link["href"].removeprefix("#") for link in links}
    assert targets <= {one.attributes.get("id") for one in page.all("*")}
    return words


def value_sent(client: Client, data: dict[str, Any], name: str) -> str | None:
    """Send a form that must be taken; return the custom value HelpSpot then has."""
    response = client.post(URL, data)
    assert response.status_code == 303, parse_page(response).one("main").text
    values = CustomValue.objects.filter(
        ticket=Ticket.objects.latest("id"), custom_field__name=name
    )
    return values.get().value if values else None
