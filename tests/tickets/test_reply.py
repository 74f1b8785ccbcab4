from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal import outbox
from portal.desk.models import DeskSettings, Document, Note
from portal.outbox.models import Submission


def reply_form(client, ticket) -> dict[str, str]:
    page = client.get(f"/requests/{ticket.pk}/").content.decode()
    return {"key": re.search(r'name="key" value="([^"]+)"', page)[1]}


def customer_notes(ticket) -> list[str]:
    notes = Note.objects.filter(ticket=ticket, author=None, is_initial=False)
    return list(notes.values_list("body", flat=True))


@pytest.fixture
def url(inkwell) -> str:
    return f"/requests/{inkwell.ticket.pk}/reply/"


@pytest.mark.django_db(transaction=True)
class TestOutboxed:
    """Replies travel through the outbox, which commits for real."""

    def test_a_reply_reaches_the_desk_and_the_conversation(self, holder, inkwell, url):
        form = reply_form(holder, inkwell.ticket)

        response = holder.post(url, {**form, "note": "It works again.\nThank you."})

        assert response.status_code == 303
        assert response["Location"].startswith(f"/requests/{inkwell.ticket.pk}/?")
        assert response["Location"].endswith("#latest")
        page = holder.get(response["Location"]).content.decode()
        assert "It works again." in page
        assert "We have your reply." in page
        assert len(customer_notes(inkwell.ticket)) == 1

    def test_the_same_form_twice_makes_one_note(self, holder, inkwell, url):
        form = {**reply_form(holder, inkwell.ticket), "note": "Once."}

        first = holder.post(url, form)
        second = holder.post(url, form)

        assert first["Location"] == second["Location"]
        assert len(customer_notes(inkwell.ticket)) == 1

    def test_a_reply_can_be_written_while_the_help_desk_is_away(
        self, holder, inkwell, url
    ):
        DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})
        page = holder.get(f"/requests/{inkwell.ticket.pk}/")
        assert page.status_code == 503
        key = re.search(r'name="key" value="([^"]+)"', page.content.decode())[1]

        response = holder.post(url, {"key": key, "note": "It smokes now."})

        after = holder.get(response["Location"])
        assert after.status_code == 200
        assert "Your reply is kept" in after.content.decode()
        DeskSettings.objects.update(fault="")
        waiting = Submission.objects.get(kind=Submission.Kind.REPLY)
        assert waiting.state == Submission.State.RECEIVED

    def test_files_go_with_the_reply(self, holder, inkwell, url):
        form = reply_form(holder, inkwell.ticket)

        holder.post(
            url,
            {
                **form,
                "note": "See here.",
                "attached": [
                    SimpleUploadedFile("a.txt", b"one"),
                    SimpleUploadedFile("b.txt", b"two"),
                ],
            },
        )

        sent = Document.objects.exclude(pk=inkwell.document.pk)
        assert {file.filename: bytes(file.content) for file in sent} == {
            "a.txt": b"one",
            "b.txt": b"two",
        }

    def test_files_of_a_refused_form_wait_and_go_with_the_next_try(
        self, holder, inkwell, url
    ):
        form = reply_form(holder, inkwell.ticket)

        refused = holder.post(
            url, {**form, "note": "", "attached": [SimpleUploadedFile("a.txt", b"one")]}
        )

        page = refused.content.decode()
        assert refused.status_code == 422
        assert "a.txt" in page
        token = re.search(r'name="waiting" value="([^"]+)"', page)[1]
        holder.post(url, {**form, "note": "Now with text.", "waiting": [token]})
        assert Document.objects.filter(filename="a.txt").count() == 1

    def test_a_reply_opens_a_closed_request_again(self, customer, inkwell):
        form = reply_form(customer, inkwell.closed_ticket)

        customer.post(
            f"/requests/{inkwell.closed_ticket.pk}/reply/", {**form, "note": "Again."}
        )

        inkwell.closed_ticket.refresh_from_db()
        assert inkwell.closed_ticket.is_open

    def test_an_absent_help_desk_keeps_the_reply_and_says_so(
        self, holder, inkwell, url
    ):
        form = reply_form(holder, inkwell.ticket)
        DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})

        response = holder.post(url, {**form, "note": "Kept for later."})

        page = holder.get(response["Location"])
        submission = Submission.objects.get()
        assert page.status_code == 200
        assert submission.reference in page.content.decode()
        assert "You do not need to send it again." in page.content.decode()
        assert not submission.is_delivered

    def test_an_empty_reply_is_asked_for_again_even_without_the_help_desk(
        self, holder, inkwell, url
    ):
        form = reply_form(holder, inkwell.ticket)
        DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})

        response = holder.post(url, {**form, "note": ""})

        assert response.status_code == 422
        assert "Enter your reply" in response.content.decode()


def test_a_refused_form_keeps_the_text_and_names_the_problem(holder, inkwell, url):
    form = reply_form(holder, inkwell.ticket)
    files = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(6)]

    response = holder.post(url, {**form, "note": "My long text", "attached": files})

    page = response.content.decode()
    assert response.status_code == 422
    assert "5.txt is one too many. Send up to 5 files" in page
    assert "My long text" in page
    assert "<title>Error: Request" in page
    assert customer_notes(inkwell.ticket) == []


def test_a_file_that_waits_no_longer_is_not_left_out_silently(holder, inkwell, url):
    form = reply_form(holder, inkwell.ticket)

    response = holder.post(url, {**form, "note": "See here", "waiting": ["gone"]})

    page = response.content.decode()
    assert response.status_code == 422
    assert "A file you attached was not kept. Choose it again" in page
    assert "See here" in page
    assert customer_notes(inkwell.ticket) == []


def test_an_empty_file_is_named(holder, inkwell, url):
    form = reply_form(holder, inkwell.ticket)

    response = holder.post(
        url, {**form, "note": "Text", "attached": [SimpleUploadedFile("nil.txt", b"")]}
    )

    assert response.status_code == 422
    assert "nil.txt is empty" in response.content.decode()


def test_a_text_written_before_the_visit_ended_is_not_lost(client, inkwell, url):
    response = client.post(url, {"key": "k1", "note": "My long text"})

    page = response.content.decode()
    assert "My long text" in page
    assert "so your reply was not sent" in page
    assert customer_notes(inkwell.ticket) == []
    assert Submission.objects.count() == 0


def test_nobody_replies_to_another_customers_request(customer, inkwell):
    customer.post(
        f"/requests/{inkwell.foreign_ticket.pk}/reply/", {"key": "k1", "note": "Mine?"}
    )

    assert customer_notes(inkwell.foreign_ticket) == []
    assert Submission.objects.count() == 0


def test_replying_is_a_post(holder, url):
    assert holder.get(url).status_code == 405


def test_a_form_of_another_site_replies_nothing(holder, inkwell, url):
    form = {**reply_form(holder, inkwell.ticket), "note": "Forged"}

    response = holder.post(url, form, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403
    assert customer_notes(inkwell.ticket) == []


def test_an_unknown_reference_in_the_address_says_nothing(holder, inkwell):
    assert outbox.Submission.objects.count() == 0

    page = holder.get(f"/requests/{inkwell.ticket.pk}/?reply=R-2222-2222")

    assert page.status_code == 200
    assert "R-2222-2222" not in page.content.decode()


def test_a_reply_that_may_have_been_kept_is_never_called_unsent_later(
    holder, inkwell, url, monkeypatch
):
    def fail(*args, **values):
        raise failures.pop(0)

    failures = [outbox.PerhapsStored, outbox.NotStored]
    monkeypatch.setattr("portal.outbox.submitting.submit", fail)
    form = {"key": "one-key", "note": "Holding Feed helped."}
    first = holder.post(url, form).content.decode()
    assert '<input type="hidden" name="perhaps" value="1">' in first

    again = holder.post(url, form | {"perhaps": "1"}).content.decode()

    assert "We cannot tell yet whether this reached us" in again
    assert "not sent" not in again


def test_says_who_looks_after_a_reply_that_is_held(holder, inkwell, url):
    form = {**reply_form(holder, inkwell.ticket), "note": "Holding Feed helped."}
    address = holder.post(url, form)["Location"]
    outbox.Submission.objects.update(state=outbox.Submission.State.HELD)

    page = holder.get(address).content.decode()

    assert "so someone from our team looks after it by hand" in page
    assert "we keep checking" not in page
