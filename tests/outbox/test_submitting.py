from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from portal import outbox
from portal.helpspot.errors import Problem, Rejected
from portal.outbox.models import StagedFile, Submission

pytestmark = pytest.mark.django_db

KEY = "k-0123456789abcdef"


def staged_file(content=b"hello", name="notes.txt"):
    outbox.stage(SimpleUploadedFile(name, content, "text/plain"))
    return outbox.staged([StagedFile.objects.latest("pk").token])


def test_hands_a_request_over_at_once_and_keeps_its_number_and_key(desk, portal):
    submission = outbox.submit(
        *portal,
        outbox.TicketContent(
            note="It prints nothing.",
            email="ann@example.com",
            first_name="Ann",
            custom={3: "PostgreSQL"},
            is_urgent=True,
        ),
        key=KEY,
        files=staged_file(),
    )

    [values] = desk.writes("request.create")
    assert values["tNote"] == f"It prints nothing.\n\nRef. {submission.reference}"
    assert values["sEmail"] == "ann@example.com"
    assert values["Custom3"] == "PostgreSQL"
    assert values["fUrgent"] == "1"
    assert values["File1_sFilename"] == "notes.txt"
    assert values["File1_bFileBody"] == "aGVsbG8="
    assert submission.is_delivered
    assert (submission.result_id, submission.access_key) == (1, "1abcdef")


def test_still_knows_the_number_when_the_key_can_no_longer_be_opened(portal, settings):
    submission = outbox.submit(*portal, outbox.TicketContent(note="x"), key=KEY)

    settings.SECRET_KEY = "another"

    assert (submission.result_id, submission.access_key) == (1, None)


def test_wipes_what_was_written_once_it_is_delivered(portal):
    submission = outbox.submit(
        *portal,
        outbox.TicketContent(note="private words"),
        key=KEY,
        files=staged_file(),
    )

    submission.refresh_from_db()
    assert bytes(submission.sealed_content) == b""
    assert not StagedFile.objects.exists()


def test_keeps_what_was_written_sealed_while_it_waits(away):
    submission = outbox.submit(
        *away,
        outbox.TicketContent(note="private words", email="ann@example.com"),
        key=KEY,
    )

    row = Submission.objects.values().get(pk=submission.pk)
    assert not submission.is_delivered
    assert submission.state == "received"
    assert b"private" not in bytes(row["sealed_content"])
    assert "ann@example.com" not in str(row)


@pytest.mark.parametrize("state_first", ["delivered", "received"])
def test_returns_the_same_submission_for_the_same_key(
    desk, portal_of, away, state_first
):
    portal = portal_of(desk.url) if state_first == "delivered" else away

    first = outbox.submit(*portal, outbox.TicketContent(note="once"), key=KEY)
    again = outbox.submit(*portal, outbox.TicketContent(note="once"), key=KEY)

    assert again.pk == first.pk
    assert again.state == state_first
    assert len(desk.writes("request.create")) == (state_first == "delivered")


def test_words_added_to_a_form_sent_before_are_sent_and_name_what_they_may_repeat(
    desk, portal
):
    first = outbox.submit(*portal, outbox.TicketContent(note="It stops."), key=KEY)
    more = outbox.submit(
        *portal, outbox.TicketContent(note="It stops. Now it smokes."), key=KEY
    )
    again = outbox.submit(
        *portal, outbox.TicketContent(note="It stops. Now it smokes."), key=KEY
    )

    notes = [values["tNote"] for values in desk.writes("request.create")]
    assert more.pk != first.pk
    assert again.pk == more.pk
    assert len(notes) == 2
    assert notes[1].startswith(
        f"It stops. Now it smokes.\n\nMay repeat {first.reference}"
    )


def test_a_file_added_to_a_form_sent_before_is_sent(desk, portal):
    content = outbox.TicketContent(note="It stops.")
    first = outbox.submit(*portal, content, key=KEY, files=staged_file())
    more = outbox.submit(
        *portal, content, key=KEY, files=staged_file(b"hi", "photo.txt")
    )

    before, after = desk.writes("request.create")
    assert more.pk != first.pk
    assert "File2_sFilename" not in before
    assert after["File1_sFilename"] == "photo.txt"
    assert after["tNote"].startswith(f"It stops.\n\nMay repeat {first.reference}")


def test_one_file_more_is_sent_though_it_looks_like_another(desk, portal):
    content = outbox.TicketContent(note="It stops.")
    outbox.submit(*portal, content, key=KEY, files=staged_file())

    outbox.submit(*portal, content, key=KEY, files=staged_file() + staged_file())

    assert len(desk.writes("request.create")) == 2


@pytest.mark.parametrize("note", ["It stops.", "It stops. Now it smokes."])
@pytest.mark.parametrize("comes_with", ["the same file anew", "a file used up"])
def test_the_same_form_and_files_sent_again_are_one_submission(
    desk, portal, note, comes_with
):
    outbox.submit(*portal, outbox.TicketContent(note="It stops."), key=KEY)
    content = outbox.TicketContent(note=note)
    files = staged_file()
    first = outbox.submit(*portal, content, key=KEY, files=files)

    if comes_with == "the same file anew":
        again = outbox.submit(*portal, content, key=KEY, files=staged_file())
        assert again.pk == first.pk
    else:
        left = outbox.staged([file.token for file in files])
        outbox.submit(*portal, content, key=KEY, files=left)

    assert len(desk.writes("request.create")) == 2


def test_the_same_form_is_one_submission_though_the_key_was_changed_in_between(
    desk, portal, settings
):
    content = outbox.TicketContent(note="It stops.")
    more = outbox.TicketContent(note="It stops. Now it smokes.")
    before = [
        outbox.submit(*portal, said, key=KEY, files=staged_file())
        for said in (content, more)
    ]

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-that-nobody-can-guess-so-it-is-long"
    after = [
        outbox.submit(*portal, said, key=KEY, files=staged_file())
        for said in (content, more)
    ]

    assert after == before
    assert len(desk.writes("request.create")) == 2


def test_the_same_form_is_one_submission_though_a_newer_version_asks_more(desk, portal):
    class NewerContent(outbox.TicketContent, frozen=True):
        fax: str = ""

    custom = {3: "Ink", 4: "Jars"}
    first = outbox.submit(
        *portal, outbox.TicketContent(note="x", custom=custom), key=KEY
    )

    other_way_round = dict(reversed(custom.items()))
    again = outbox.submit(
        *portal, NewerContent(note="x", custom=other_way_round), key=KEY
    )

    assert again == first
    assert len(desk.writes("request.create")) == 1


def test_what_was_added_to_a_form_can_be_corrected_after_a_refusal(desk, portal):
    outbox.submit(*portal, outbox.TicketContent(note="It stops."), key=KEY)
    desk.faults = ["refuse"]
    more = outbox.TicketContent(note="It stops. Now it smokes.")
    with pytest.raises(Rejected):
        outbox.submit(*portal, more, key=KEY)

    submission = outbox.submit(*portal, more, key=KEY)

    assert submission.is_delivered
    assert len(desk.writes("request.create")) == 2


def test_a_limit_is_asked_only_for_what_is_new(portal):
    asked: list[int] = []

    for _ in range(3):
        outbox.submit(
            *portal,
            outbox.TicketContent(note="once"),
            key=KEY,
            admit=lambda: asked.append(1),
        )

    assert asked == [1]


def test_what_a_limit_refuses_is_not_kept(desk, portal):
    def refuse() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        outbox.submit(*portal, outbox.TicketContent(note="once"), key=KEY, admit=refuse)

    assert not Submission.objects.exists()
    assert desk.writes("request.create") == []


def test_refuses_a_form_without_a_key(portal):
    with pytest.raises(ValueError, match="key"):
        outbox.submit(*portal, outbox.TicketContent(note="x"), key="")


def test_brings_the_form_back_with_helpspots_words(desk, portal):
    desk.faults = ["refuse"]

    with pytest.raises(Rejected) as refused:
        outbox.submit(*portal, outbox.TicketContent(note="x"), key=KEY)

    assert refused.value.problems == (
        Problem(101, "Required parameter Custom3 not supplied"),
    )
    assert Submission.objects.get().state == "refused"


def test_takes_the_corrected_form_with_the_same_key_and_its_files(desk, portal):
    desk.faults = ["refuse"]
    files = staged_file()
    token = files[0].token
    with pytest.raises(Rejected):
        outbox.submit(*portal, outbox.TicketContent(note="x"), key=KEY, files=files)

    submission = outbox.submit(
        *portal,
        outbox.TicketContent(note="x", custom={3: "now given"}),
        key=KEY,
        files=outbox.staged([token]),
    )

    [values] = desk.writes("request.create")
    assert values["Custom3"] == "now given"
    assert values["File1_sFilename"] == "notes.txt"
    assert submission.is_delivered
    assert Submission.objects.count() == 1


def test_never_sends_a_request_without_a_file_that_belongs_to_it(desk, portal):
    files = staged_file()
    outbox.submit(*portal, outbox.TicketContent(note="x"), key=KEY, files=files)

    with pytest.raises(outbox.NotStored):
        outbox.submit(
            *portal, outbox.TicketContent(note="x"), key="another-key", files=files
        )

    assert len(desk.writes("request.create")) == 1
    assert not Submission.objects.filter(key="another-key").exists()


def test_hands_a_reply_over_with_its_reference(desk, portal):
    submission = outbox.submit(
        *portal,
        outbox.ReplyContent(ticket_id=1, access_key="1abcdef", note="Thanks"),
        key=KEY,
    )

    [values] = desk.writes("request.update")
    assert values["accesskey"] == "1abcdef"
    assert values["tNote"] == f"Thanks\n\nRef. {submission.reference}"
    assert (submission.state, submission.result_id) == ("delivered", 1)
    assert submission.access_key is None


def test_returns_a_reply_to_the_form_where_its_request_is_gone(desk, portal):
    desk.faults = ["refuse"]
    desk.refusal = (102, "Valid access key required")

    with pytest.raises(Rejected) as refused:
        outbox.submit(
            *portal,
            outbox.ReplyContent(ticket_id=1, access_key="1abcdef", note="Thanks"),
            key=KEY,
        )

    assert [problem.text for problem in refused.value.problems] == [
        "The help desk no longer has what this belongs to."
    ]


def test_hands_topics_and_posts_over_without_a_reference_in_public(desk, portal):
    topic = outbox.submit(
        *portal,
        outbox.TopicContent(
            forum_id=1,
            title="Ink",
            author_name="Ann",
            body="Which ink?",
            email="ann@example.com",
            wants_email=True,
            ip_address="192.0.2.1",
        ),
        key=KEY,
    )
    post = outbox.submit(
        *portal,
        outbox.PostContent(topic_id=topic.result_id, author_name="Bob", body="Black."),
        key="key-of-the-post",
    )

    [topic_values] = desk.writes("forums.createTopic")
    [post_values] = desk.writes("forums.createPost")
    assert topic_values["tPost"] == "Which ink?"
    assert topic_values["fEmailUpdate"] == "1"
    assert topic_values["sIP"] == "192.0.2.1"
    assert (post_values["xTopicId"], post_values["tPost"]) == ("1", "Black.")
    assert (topic.result_id, post.result_id) == (1, 2)


def test_casts_a_vote_once_and_rather_loses_it_than_doubles_it(desk, portal):
    desk.faults = ["", "hang_up_after"]

    counted = outbox.cast_vote(*portal, page_id=16, is_helpful=True)
    doubtful = outbox.cast_vote(*portal, page_id=16, is_helpful=False)

    assert (counted.state, doubtful.state) == ("delivered", "discarded")
    assert len(desk.writes("kb.voteHelpful")) == 1
    assert len(desk.writes("kb.voteNotHelpful")) == 1


@pytest.mark.parametrize(
    "fault", ["hang_up", "hang_up_after", "bad_gateway", "garble_after"]
)
def test_never_calls_it_lost_or_delivered_when_nobody_can_know(desk, portal, fault):
    desk.faults = [fault]

    submission = outbox.submit(*portal, outbox.TicketContent(note="x"), key=KEY)

    assert submission.state == "unknown"
    assert submission.due_at > submission.created_at
    assert bytes(submission.sealed_content)


def test_gives_references_that_can_be_read_out(portal):
    submission = outbox.submit(*portal, outbox.TicketContent(note="x"), key=KEY)

    assert re.fullmatch(
        r"R-[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}", (submission.reference)
    )
    assert outbox.find(f" {submission.reference.lower()} ") == submission


def test_does_not_find_a_reference_nobody_was_given():
    with pytest.raises(outbox.Submission.DoesNotExist):
        outbox.find("R-2222-2222")


def test_leaves_no_words_names_or_keys_in_the_log(desk, portal, caplog):
    desk.faults = ["", "hang_up", "refuse"]
    caplog.set_level("DEBUG")

    for number in range(2):
        outbox.submit(
            *portal,
            outbox.ReplyContent(
                ticket_id=1, access_key="1abcdef", note="private words"
            ),
            key=f"key-{number}-of-the-form",
        )
    with pytest.raises(Rejected):
        outbox.submit(
            *portal,
            outbox.TicketContent(note="private words", email="ann@example.com"),
            key=KEY,
        )

    ours = [r.getMessage() for r in caplog.records if r.name.startswith("portal")]
    assert ours
    for secret in ("private", "ann@example.com", "1abcdef"):
        assert secret not in "\n".join(ours)
