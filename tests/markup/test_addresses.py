from __future__ import annotations

import pytest

from portal import markup
from tests.markup.reading import Reading

OWN = [
    ("index.php?pg=kb.page&id=16", "/kb/pages/16/"),
    ("index.php?id=16&pg=kb.page", "/kb/pages/16/"),
    ("?pg=kb.page&id=16", "/kb/pages/16/"),
    ("./index.php?pg=kb.page&id=16#roll", "/kb/pages/16/#user-content-roll"),
    ("/support/index.php?pg=kb.book&id=3", "/kb/books/3/"),
    ("index.php?pg=kb.chapter&id=7", "/kb/chapters/7/"),
    ("index.php?pg=kb.printer.friendly&id=3", "/kb/books/3-view/print/"),
    ("index.php?pg=kb", "/kb/"),
    ("index.php?pg=forums", "/forums/"),
    ("index.php?pg=forums.topics&id=2", "/forums/2/"),
    ("index.php?pg=forums.posts&id=43", "/forums/topics/43/"),
    ("index.php?pg=request", "/requests/new/"),
    ("index.php?pg=request&xCategory=2", "/requests/new/?xCategory=2"),
    ("index.php?pg=request.no.such.page", "/requests/new/"),
    ("index.php?pg=search&q=blank+labels", "/search/?q=blank+labels"),
    ("index.php?pg=request.check", "/requests/check/"),
    ("index.php?pg=request.check&id=12745jiicxp", "/requests/open/12745jiicxp/"),
    ("index.php?pg=request.history", "/requests/"),
    ("index.php?pg=file&from=2&id=7", "/kb/files/7/"),
    ("index.php?pg=file&from=3&id=60&reqid=5&reqhisid=9", "/requests/5/files/60/file"),
]


def address(href: str) -> str | None:
    (link,) = Reading(markup.clean(f'<a href="{href}">x</a>')).named("a")
    return link.attributes.get("href")


@pytest.mark.parametrize(("href", "expected"), OWN)
def test_the_help_desks_own_addresses_lead_into_the_portal(href, expected):
    assert address(href.replace("&", "&amp;")) == expected


@pytest.mark.parametrize(("href", "expected"), OWN)
def test_so_do_absolute_ones_to_the_help_desks_host(settings, href, expected):
    settings.HELPSPOT_URL = "https://desk.example/support"
    query = href[href.index("?") :].replace("&", "&amp;")

    assert address(f"https://desk.example/support/index.php{query}") == expected
    assert address(f"https://DESK.example/support/{query}") == expected


@pytest.mark.parametrize(
    "href",
    [
        "https://other.example/index.php?pg=kb.page&amp;id=16",
        "https://desk.example.evil.example/index.php?pg=kb.page&amp;id=16",
    ],
)
def test_another_hosts_addresses_stay_its_own(settings, href):
    settings.HELPSPOT_URL = "https://desk.example/support"

    assert address(href) == href.replace("&amp;", "&")


def test_other_relative_addresses_are_the_help_desks(settings):
    settings.HELPSPOT_URL = "https://desk.example/support"

    assert address("manual.pdf") == "https://desk.example/support/manual.pdf"
    assert address("/manual.pdf") == "https://desk.example/manual.pdf"


def test_without_a_help_desk_of_its_own_an_unknown_address_is_no_link():
    assert address("manual.pdf") is None
    assert address("/requests/new/?category=2") == "/requests/new/?category=2"


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("https://bank.example@evil.example/x", "https://evil.example/x"),
        ("https://u:p@shop.example/", "https://shop.example/"),
        ("//shop.example/x", "https://shop.example/x"),
        ("/\\shop.example/x", "https://shop.example/x"),
        ("HTTPS://Shop.Example/A?b=c#d", "https://shop.example/A?b=c#d"),
        ("mailto:help@inkwell.example", "mailto:help@inkwell.example"),
        ("tel:+491234", "tel:+491234"),
        ("https://shop.example/a b", "https://shop.example/a%20b"),
        ("https://shop.example/ü", "https://shop.example/%C3%BC"),
        ("javascript:alert(1)", None),
        ("java&#9;script:alert(1)", None),
        ("data:text/html,x", None),
        ("ftp://shop.example/", None),
        ("https:shop.example", None),
        ("http://[::1", None),
        ("#", None),
    ],
)
def test_outward_addresses_are_plain(href, expected):
    assert address(href) == expected
