from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from portal.desk import search
from portal.desk.demo import DemoAccess, load_demo
from portal.desk.demo.contents import read_forums, read_tickets
from portal.desk.demo.times import Calendar
from portal.desk.models import (
    Book,
    Category,
    Chapter,
    Customer,
    CustomField,
    CustomValue,
    Document,
    Forum,
    Note,
    Page,
    Post,
    Status,
    Tag,
    Ticket,
    Topic,
)

EVERYTHING = [
    Book,
    Category,
    Chapter,
    Customer,
    CustomField,
    CustomValue,
    Document,
    Forum,
    Note,
    Page,
    Post,
    Status,
    Tag,
    Ticket,
    Topic,
    User,
]
pytestmark = pytest.mark.django_db
MD5 = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="module", autouse=True)
def demo(django_db_setup, django_db_blocker):
    """The demo, loaded once: what a test changes is rolled back to here."""
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(PASSWORD_HASHERS=MD5):
            access = load_demo()
        yield access
        transaction.set_rollback(True)


def visible_pages():
    return Page.objects.filter(
        is_hidden=False, chapter__is_hidden=False, chapter__book__is_public=True
    )


class Body(HTMLParser):
    """The links, pictures and elements of a page's body."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.elements: Counter[str] = Counter()
        self.ids: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.elements[tag] += 1
        if tag == "a":
            self.links.append(values["href"])
        if tag == "img":
            self.pictures.append(values)
        elif tag not in {"br", "hr"}:
            self.open.append(tag)
        if "id" in values:
            self.ids.append(values["id"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


# ---------------------------------------------------------------------- guides


def test_offers_six_books_of_guides_and_hides_what_staff_hide():
    shown = visible_pages()

    assert list(Book.objects.filter(is_public=True).values_list("name", flat=True)) == [
        "Getting started",
        "Printers and hardware",
        "Inkwell Studio",
        "Account and billing",
        "Integrations",
        "Troubleshooting",
    ]
    assert shown.count() >= 62
    assert shown.filter(is_highlighted=True).count() >= 8
    assert shown.values("chapter").filter(chapter__is_appendix=True).count() >= 2
    assert Page.objects.filter(is_hidden=True).count() == 2
    assert Chapter.objects.filter(is_hidden=True).count() == 1
    assert Book.objects.filter(is_public=False).count() == 1


def test_every_shown_chapter_has_pages():
    for book in Book.objects.filter(is_public=True):
        chapters = book.chapters.filter(is_hidden=False)
        assert 2 <= chapters.count() <= 5
        assert all(chapter.pages.exists() for chapter in chapters)


def test_pages_are_as_long_as_a_guide_and_well_formed():
    for page in visible_pages():
        body = Body(page.body)
        words = re.sub(r"<[^>]+>", " ", page.body).split()

        assert 150 <= len(words) <= 500, page.name
        assert body.elements["h2"] >= 1, page.name
        assert body.open == [], page.name


def test_pages_use_everything_that_authors_use():
    used: Counter[str] = Counter()
    for page in visible_pages():
        used += Body(page.body).elements

    for element in [
        "blockquote",
        "code",
        "dl",
        "figure",
        "h2",
        "h3",
        "img",
        "kbd",
        "ol",
        "pre",
        "table",
        "ul",
    ]:
        assert used[element] > 1, element


def test_every_link_leads_to_something_that_customers_may_see():
    shown = {page.pk: Body(page.body).ids for page in visible_pages()}

    for page in visible_pages():
        for link in Body(page.body).links:
            parts = urlsplit(link)
            query = parse_qs(parts.query)
            assert parts.path == "index.php", (page.name, link)
            match query["pg"]:
                case ["kb.page"]:
                    target = int(query["id"][0])
                    assert target in shown, (page.name, link)
                    assert target != page.pk, (page.name, link)
                    assert not parts.fragment or parts.fragment in shown[target]
                case ["file"]:
                    assert page.documents.filter(pk=query["id"][0]).exists()
                case other:
                    assert other == ["request"], (page.name, link)


def test_every_picture_is_a_small_file_of_its_page_with_words_and_size():
    names = set()
    for page in Page.objects.all():
        for picture in Body(page.body).pictures:
            query = parse_qs(urlsplit(picture["src"]).query)
            document = page.documents.get(pk=query["id"][0])
            width, height = (
                int.from_bytes(document.content[start : start + 4], "big")
                for start in (16, 20)
            )
            names.add(document.filename)

            assert query["from"] == ["2"]
            assert document.mime_type == "image/png"
            assert document.size == len(document.content) < 20_000
            assert (int(picture["width"]), int(picture["height"])) == (width, height)
            assert len(picture["alt"]) > 20

    assert len(names) >= 6


def test_shown_pages_have_tags_and_relate_only_to_shown_ones():
    shown = set(visible_pages().values_list("pk", flat=True))

    for page in visible_pages():
        assert page.tags.exists(), page.name
        assert set(page.related.values_list("pk", flat=True)) <= shown - {page.pk}


def test_the_portal_serves_every_guide(client):
    for page in visible_pages():
        response = client.get(f"/kb/pages/{page.pk}/", follow=True)
        text = response.content.decode()

        assert response.status_code == 200, page.name
        assert "index.php" not in text, page.name
        assert text.count("<img") >= Body(page.body).elements["img"], page.name


# ---------------------------------------------------------------------- forums


def test_forums_are_lively():
    posts = Counter(Post.objects.values_list("topic", flat=True))

    assert Forum.objects.filter(is_closed=True).exists()
    assert Forum.objects.filter(is_moderated=True).exists()
    assert len(posts) == Topic.objects.count() >= 44
    assert max(posts.values()) > 60
    assert Topic.objects.filter(is_sticky=True).exists()
    assert Topic.objects.filter(is_closed=True).exists()
    assert Post.objects.filter(label="Staff").exists()
    assert Post.objects.exclude(url="").exists()


def test_a_topic_starts_with_its_author_at_its_time():
    for topic in Topic.objects.all():
        first = topic.posts.first()

        assert (first.author_name, first.posted_at) == (
            topic.author_name,
            topic.posted_at,
        )


# -------------------------------------------------------------------- requests


def test_categories_ask_for_every_kind_of_public_field():
    fields = CustomField.objects.filter(is_public=True)
    asked = fields.filter(categories__is_public=True)
    deepest = max(
        len(line) - len(line.lstrip())
        for field in fields.filter(type="drilldown")
        for line in field.items.splitlines()
    )

    assert set(asked.values_list("type", flat=True)) == set(CustomField.Type.values)
    assert asked.filter(is_required=True).exists()
    assert asked.filter(is_required=False).exists()
    assert fields.filter(is_always_visible=True).exists()
    assert deepest == 4
    assert Category.objects.filter(is_public=False).count() == 1
    assert Category.objects.count() == 7
    assert Status.objects.count() <= 8


def test_requests_hold_everything_that_a_conversation_can():
    assert Ticket.objects.count() >= 32
    assert Ticket.objects.filter(is_open=True).exists()
    assert Ticket.objects.filter(is_open=False, closed_at=None).count() == 0
    assert Ticket.objects.filter(is_urgent=True).exists()
    assert Note.objects.filter(is_public=False).exclude(log="").exists()
    assert Note.objects.filter(is_public=False).exclude(body="").exists()
    assert Note.objects.filter(is_public=True, is_html=True).exists()
    for ticket in Ticket.objects.all():
        assert ticket.notes.filter(is_initial=True, is_public=True).count() == 1
        assert ticket.is_open is not ticket.status.is_closed
    types = Document.objects.exclude(note=None).values_list("mime_type", flat=True)
    assert {"application/pdf", "image/png", "text/csv", "text/plain"} <= set(types)


def test_values_of_requests_are_those_that_their_fields_take():
    for value in CustomValue.objects.select_related("custom_field", "ticket"):
        field = value.custom_field
        match field.type:
            case "select":
                assert value.value in field.items.splitlines()
            case "drilldown":
                lines = [line.strip() for line in field.items.splitlines()]
                assert all(part in lines for part in value.value.split("#-#"))
            case "checkbox" | "numtext" | "date" | "datetime":
                assert value.value.isdigit()
            case "decimal":
                assert re.fullmatch(r"\d+\.\d+", value.value)
            case "regex":
                pattern = field.pattern.strip("/i")
                assert re.fullmatch(pattern, value.value), value
        if not field.is_always_visible:
            assert field in value.ticket.category.custom_fields.all(), value


# ----------------------------------------------------------------------- times


@pytest.mark.parametrize("hour", [0, 7, 12, 23])
def test_conversations_stay_in_order_whenever_the_demo_is_loaded(hour):
    now = datetime(2031, 5, 4, hour, 5, tzinfo=UTC)
    calendar = Calendar(now)

    for entry in read_tickets():
        times = [calendar.at(note.at) for note in entry.notes]
        assert times == sorted(times), entry.title
        assert times[-1] <= now
        if entry.closed:
            assert times[-1] <= calendar.at(entry.closed) <= now, entry.title
    for forum in read_forums():
        for topic in forum.topics:
            start = calendar.at(topic.at)
            assert start <= calendar.at(topic.until or topic.at) <= now, topic.title


def test_the_newest_is_minutes_old_and_the_oldest_more_than_a_year():
    newest = Note.objects.latest("created_at").created_at
    oldest = Post.objects.earliest("posted_at").posted_at

    assert timezone.now() - newest < timedelta(minutes=30)
    assert timezone.now() - oldest > timedelta(days=365)


@pytest.mark.parametrize("age", ["", "5", "1d", "1d 9:00", "yesterday"])
def test_refuses_an_age_that_it_does_not_know(age):
    with pytest.raises(ValueError, match="not an age"):
        Calendar(timezone.now()).at(age)


# --------------------------------------------------------------------- getting in


def test_says_how_to_get_in_and_it_is_true(demo, settings):
    settings.PASSWORD_HASHERS = MD5
    ticket = Ticket.objects.get(pk=int(re.match(r"\d+", demo.access_key)[0]))
    customer = Customer.objects.get(email=demo.customer_email)
    staff = User.objects.get(username=demo.staff_name)

    assert ticket.access_key == demo.access_key
    assert ticket.email == demo.customer_email == "amal@example.com"
    assert customer.has_password("lighthouse")
    assert demo.customer_password == "lighthouse"
    assert staff.is_superuser
    assert staff.check_password(demo.staff_password)


def test_customers_and_staff_can_sign_in():
    staff = User.objects.filter(is_staff=True, is_superuser=False)

    assert Customer.objects.count() == 6
    assert staff.count() == 3
    assert all(one.groups.get().name == "Support staff" for one in staff)


def test_loading_again_changes_nothing_and_says_the_same(
    demo, django_assert_num_queries
):
    before = {
        model: list(model.objects.order_by("pk").values()) for model in EVERYTHING
    }
    output = StringIO()

    with django_assert_num_queries(4):
        again = load_demo()
    call_command("desk_demo", stdout=output)

    after = {model: list(model.objects.order_by("pk").values()) for model in EVERYTHING}
    assert again == demo
    assert isinstance(again, DemoAccess)
    assert after == before
    for words in (demo.access_key, "amal@example.com", "lighthouse", "inkwell-demo"):
        assert words in output.getvalue()


def test_the_next_request_gets_the_next_number():
    last = Ticket.objects.latest("pk")

    with transaction.atomic():
        ticket = Ticket.objects.create(status=Status.objects.first())
        transaction.set_rollback(True)

    assert ticket.pk == last.pk + 1


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("blank labels", "Labels come out blank or faint"),
        ("reset password", "Reset your password"),
        ("refund", "Track a refund"),
        ("bluetooth", "Bluetooth does not find the printer"),
    ],
)
def test_search_finds_what_people_look_for(words, title):
    names = dict(Page.objects.values_list("pk", "name"))

    hits = [names[hit.id] for hit in search.pages.search(words)]

    assert title in hits[:3]
