"""What staff of the practice desk can do in its admin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal.desk import models as desk
from portal.desk.roles import SUPPORT_STAFF


@pytest.fixture
def administrator(client, inkwell):
    client.force_login(User.objects.create_superuser("admin", password="s"))
    return client


@pytest.fixture
def support(client, inkwell):
    inkwell.staff.is_staff = True
    inkwell.staff.save()
    inkwell.staff.groups.add(Group.objects.get(name=SUPPORT_STAFF))
    client.force_login(inkwell.staff)
    return client


def ticket_form(inkwell, **changes):
    ticket = inkwell.ticket
    return {
        "note": "",
        "audience": "public",
        "status": ticket.status_id,
        "category": ticket.category_id,
        "assigned_to": ticket.assigned_to_id or "",
        "title": ticket.title,
        "first_name": ticket.first_name,
        "last_name": ticket.last_name,
        "email": ticket.email,
        "phone": "",
        "customer_id": "",
        "opened_via": ticket.opened_via,
        "custom_values-TOTAL_FORMS": 0,
        "custom_values-INITIAL_FORMS": 0,
        **changes,
    }


def change(client, ticket, data):
    address = reverse("admin:desk_ticket_change", args=[ticket.pk])
    response = client.post(address, data)
    assert response.status_code == 302, response.context["adminform"].form.errors
    return response


def test_the_queue_finds_a_request_by_what_was_said_in_it(support, inkwell):
    response = support.get(reverse("admin:desk_ticket_changelist"), {"q": "test page"})

    assert [ticket.pk for ticket in response.context["cl"].result_list] == [
        inkwell.ticket.pk
    ]


def test_the_whole_conversation_stands_on_one_page(support, inkwell):
    response = support.get(
        reverse("admin:desk_ticket_change", args=[inkwell.ticket.pk])
    )

    page = response.content.decode()
    for words in ("Every label is blank", "CANARY", "for ten seconds", "return-label"):
        assert words in page


def test_a_public_reply_with_a_file_reaches_the_customer(support, inkwell):
    file = SimpleUploadedFile("steps.txt", b"one, two", "text/plain")

    change(
        support,
        inkwell.ticket,
        ticket_form(inkwell, note="<p>Try this</p>", uploads=[file]),
    )

    answer = support.get(
        "/api/index.php",
        {"method": "request.get", "accesskey": inkwell.ticket.access_key},
    ).content.decode()
    assert "Try this" in answer
    assert "steps.txt" in answer


def test_a_private_note_stays_with_staff(support, inkwell):
    change(
        support,
        inkwell.ticket,
        ticket_form(inkwell, note="<p>Check the invoice</p>", audience="private"),
    )

    answer = support.get(
        "/api/index.php",
        {"method": "request.get", "accesskey": inkwell.ticket.access_key},
    ).content.decode()
    assert desk.Note.objects.latest("id").is_public is False
    assert "Check the invoice" not in answer


def test_what_staff_change_is_logged_as_history(support, inkwell):
    change(
        support,
        inkwell.ticket,
        ticket_form(
            inkwell,
            status=inkwell.statuses["Problem Solved"].pk,
            category=inkwell.categories["billing"].pk,
            assigned_to="",
        ),
    )

    inkwell.ticket.refresh_from_db()
    assert (inkwell.ticket.is_open, inkwell.ticket.closed_at is None) == (False, False)
    assert set(
        inkwell.ticket.notes.exclude(log="").values_list("log", "is_public")
    ) == {
        ('Status changed from "Active" to "Problem Solved"', False),
        ('Category changed from "Printer problem" to "Billing"', False),
        ('Assigned to changed from "maya" to ""', False),
    }


def test_scripts_in_a_reply_are_not_stored(support, inkwell):
    change(
        support,
        inkwell.ticket,
        ticket_form(inkwell, note="<p>Hi</p><script>alert(1)</script>"),
    )

    assert "script" not in desk.Note.objects.latest("id").body


def test_a_drill_down_refuses_an_item_without_a_parent(administrator, inkwell):
    field = inkwell.fields["part"]

    response = administrator.post(
        reverse("admin:desk_customfield_change", args=[field.pk]),
        {
            "name": field.name,
            "type": field.type,
            "order": 0,
            "decimal_places": 0,
            "items": "  X2\n  X1",
        },
    )

    assert response.status_code == 200
    assert "has no parent" in response.content.decode()


def test_support_staff_see_no_settings_and_no_accounts(support):
    for name in ("desk_desksettings_changelist", "auth_user_changelist"):
        assert support.get(reverse(f"admin:{name}")).status_code == 403


def test_customers_have_no_staff_side(client, inkwell):
    response = client.get(reverse("admin:index"))

    assert response.status_code == 302
    assert "/desk/login/" in response["Location"]


@pytest.mark.parametrize(
    "model",
    [
        "ticket",
        "customer",
        "category",
        "customfield",
        "status",
        "book",
        "chapter",
        "page",
        "tag",
        "forum",
        "topic",
        "post",
        "desksettings",
    ],
)
def test_every_list_and_form_opens(administrator, model):
    listed = administrator.get(reverse(f"admin:desk_{model}_changelist"), follow=True)
    first = desk.__dict__[
        {"customfield": "CustomField", "desksettings": "DeskSettings"}.get(
            model, model.capitalize()
        )
    ].objects.first()

    assert listed.status_code == 200
    if first:
        opened = administrator.get(
            reverse(f"admin:desk_{model}_change", args=[first.pk])
        )
        assert opened.status_code == 200


def test_a_customers_new_password_is_stored_hashed(administrator, inkwell):
    customer = inkwell.customer

    administrator.post(
        reverse("admin:desk_customer_change", args=[customer.pk]),
        {"email": customer.email, "new_password": "harbour-light"},
    )

    customer.refresh_from_db()
    assert "harbour-light" not in customer.password
    assert customer.has_password("harbour-light")


def approve(administrator, post):
    administrator.post(
        reverse("admin:desk_post_changelist"),
        {"action": "approve", "_selected_action": [post.pk]},
    )


def test_posts_that_wait_are_shown_once_approved(administrator, inkwell):
    post = inkwell.topic.posts.create(
        author_name="Noor", body="Wait for me", is_approved=False
    )

    approve(administrator, post)

    post.refresh_from_db()
    assert post.is_approved


def test_posts_are_found_once_approved(administrator, inkwell):
    post = inkwell.topic.posts.create(
        author_name="Noor", body="Cormorants nest here", is_approved=False
    )

    approve(administrator, post)

    answer = administrator.get(
        "/api/index.php", {"method": "forums.search", "q": "cormorants"}
    ).content.decode()
    assert inkwell.topic.title in answer


def test_a_post_that_was_moved_is_no_longer_found_where_it_was(administrator, inkwell):
    post = inkwell.topic.posts.create(author_name="Noor", body="Cormorants nest here")
    hidden = desk.Forum.objects.create(name="Staff", is_public=False)
    elsewhere = hidden.topics.create(title="Birds", author_name="Noor")

    response = administrator.post(
        reverse("admin:desk_post_change", args=[post.pk]),
        {
            "topic": elsewhere.pk,
            "author_name": "Noor",
            "body": post.body,
            "posted_at_0": "2027-01-01",
            "posted_at_1": "12:00",
            "is_approved": "on",
        },
    )

    assert response.status_code == 302, response.context["adminform"].form.errors
    answer = administrator.get(
        "/api/index.php", {"method": "forums.search", "q": "cormorants"}
    ).content.decode()
    assert "ormorants" not in answer


def test_an_account_whose_words_customers_read_is_not_deleted(administrator, inkwell):
    inkwell.ticket.notes.create(author=inkwell.staff, body="Try this")

    administrator.post(
        reverse("admin:auth_user_delete", args=[inkwell.staff.pk]), {"post": "yes"}
    )

    # A note without author is the customer's.
    assert desk.Note.objects.get(body="Try this").author == inkwell.staff


@pytest.mark.parametrize("time_zone", ["Berlin", "../UTC", ""])
def test_the_time_zone_is_a_known_one(administrator, inkwell, time_zone):
    desk.DeskSettings.load()

    administrator.post(
        reverse("admin:desk_desksettings_change", args=[1]),
        {
            "is_public_api_enabled": "on",
            "json_scalars": "strings",
            "history_by": "email",
            "offers_forums": "on",
            "time_zone": time_zone,
            "fault": "",
            "fault_delay": "5",
        },
    )

    answer = administrator.get(
        "/api/index.php",
        {"method": "request.get", "accesskey": inkwell.ticket.access_key},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("id_", ["abc", "1e3"])
def test_a_request_of_a_number_that_is_none_is_not_there(support, id_):
    response = support.get(reverse("admin:desk_ticket_change", args=[id_]))

    assert response.status_code == 302


def test_what_a_customer_wrote_meanwhile_is_read_before_it_is_answered(
    support, inkwell
):
    address = reverse("admin:desk_ticket_change", args=[inkwell.ticket.pk])
    seen = support.get(address).context["adminform"].form["seen"].value()
    solved = inkwell.statuses["Problem Solved"].pk
    support.post(
        "/api/index.php?method=request.update",
        {"accesskey": inkwell.ticket.access_key, "tNote": "Now it burns"},
    )
    form = ticket_form(inkwell, note="<p>All done</p>", status=solved, seen=seen)

    response = support.post(address, form)

    inkwell.ticket.refresh_from_db()
    assert inkwell.ticket.is_open
    page = response.content.decode()
    assert "wrote meanwhile" in page
    assert "Now it burns" in page
    assert "All done" in page

    form["seen"] = response.context["adminform"].form["seen"].value()
    change(support, inkwell.ticket, form)

    inkwell.ticket.refresh_from_db()
    assert not inkwell.ticket.is_open
