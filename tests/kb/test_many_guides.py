"""What a page costs in front of a large knowledge base."""

from __future__ import annotations

import sys

import pytest
from django.core.cache import cache

from portal.brands import memory
from portal.desk import models as desk

FEW, MANY = 250, 1250
MOST_GROWTH = 1.02
MOST_CALLS_A_GUIDE = 10


@pytest.fixture
def fill(inkwell):
    """Put guides, all with the same tag, into a second book, up to a number."""
    book = desk.Book.objects.create(name="Tips", order=2)
    chapter = desk.Chapter.objects.create(book=book, name="All of them", order=1)
    labels = desk.Tag.objects.get(name="labels")
    through = desk.Page.tags.through

    def fill(number):
        first = desk.Page.objects.filter(chapter=chapter).count()
        desk.Page.objects.bulk_create(
            desk.Page(chapter=chapter, name=f"Tip {order} on labels", order=order)
            for order in range(first, number)
        )
        tagged = desk.Page.objects.filter(chapter=chapter, order__gte=first)
        through.objects.bulk_create(through(page=page, tag=labels) for page in tagged)
        cache.clear()
        memory.forget_everything()

    return fill


def calls(client, address):
    """Return how many functions are called to render a page from what is known."""
    client.get(address)
    client.get(address)
    counted = 0

    def count(frame, event, argument):
        nonlocal counted
        counted += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        response = client.get(address)
    finally:
        sys.setprofile(None)
    assert response.status_code == 200
    return counted


@pytest.fixture
def addresses(inkwell):
    guide = inkwell.pages["unbox"].pk
    return [
        "/",
        "/kb/",
        "/kb/tags/",
        f"/kb/pages/{guide}-unbox-the-printer/",
        "/search/?q=labels",
    ]


def test_what_is_known_is_shown_at_the_same_cost_however_many_guides_there_are(
    client, fill, addresses
):
    fill(FEW)
    with_few = {address: calls(client, address) for address in addresses}

    fill(MANY)
    with_many = {address: calls(client, address) for address in addresses}

    growth = {one: with_many[one] / with_few[one] for one in addresses}
    assert {one: grown for one, grown in growth.items() if grown > MOST_GROWTH} == {}


def test_a_books_page_is_made_again_at_nearly_the_same_cost_however_long_it_is(
    client, fill
):
    address = f"/kb/books/{desk.Book.objects.get(name='Tips').pk}-tips/"
    fill(100)
    with_few = calls(client, address)

    fill(300)
    with_many = calls(client, address)

    assert (with_many - with_few) / 200 < MOST_CALLS_A_GUIDE


def test_a_search_costs_the_same_after_the_guides_were_read_again(client, fill):
    fill(MANY + 1)  # no other test's index fits these
    before = calls(client, "/search/?q=labels")

    memory.forget_everything()  # what the other processes know is read from there

    assert calls(client, "/search/?q=labels") <= before * MOST_GROWTH
