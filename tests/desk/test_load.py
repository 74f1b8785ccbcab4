from __future__ import annotations

from io import StringIO

from django.core.management import call_command

from portal.desk import search
from portal.desk.models import Book, Customer, Forum, Note, Page, Post, Ticket, Topic


def load(**amounts) -> str:
    output = StringIO()
    call_command("desk_load", stdout=output, **amounts)
    return output.getvalue()


def test_adds_as_much_as_was_asked_for(db):
    said = load(pages=60, topics=30, requests=20, posts_per_topic=4)

    assert Page.objects.count() == 60
    assert Topic.objects.count() == 30
    assert Post.objects.count() == 120
    assert Ticket.objects.count() == 20
    assert Note.objects.filter(is_initial=True).count() == 20
    assert "Loaded in" in said
    assert "Indexed in" in said


def test_makes_nothing_that_was_not_asked_for(db):
    load(pages=3)

    assert (Book.objects.count(), Page.objects.count()) == (1, 3)
    assert not Forum.objects.exists()
    assert not Ticket.objects.exists()


def test_what_it_adds_is_found_by_search(db):
    load(pages=40, topics=40)
    page, topic = Page.objects.last(), Topic.objects.last()

    assert page.pk in [hit.id for hit in search.pages.search(page.name)]
    assert topic.pk in [hit.id for hit in search.topics.search(topic.title)]


def test_the_same_seed_writes_the_same_and_another_seed_something_else(db):
    load(pages=5, seed=7)
    load(pages=5, seed=7)
    load(pages=5, seed=8)

    names = list(Page.objects.order_by("pk").values_list("name", flat=True))
    assert names[:5] == names[5:10]
    assert names[:5] != names[10:]


def test_requests_can_all_be_of_one_customer(db):
    customer = Customer.objects.create(email="amal@example.com", password="!")

    load(requests=12, email=customer.email)

    assert set(Ticket.objects.values_list("email", flat=True)) == {"amal@example.com"}
    assert len({ticket.access_key for ticket in Ticket.objects.all()}) == 12


def test_adds_to_what_is_there(inkwell):
    before = Page.objects.count()

    load(pages=10, topics=10, requests=10)

    assert Page.objects.count() == before + 10
    assert Ticket.objects.filter(pk=inkwell.ticket.pk).exists()
    assert all(
        ticket.is_open is not ticket.status.is_closed for ticket in Ticket.objects.all()
    )
