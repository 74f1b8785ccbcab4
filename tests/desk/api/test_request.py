"""The `request.*` methods that read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.desk.models import (
    Category,
    CategoryField,
    CustomField,
    CustomValue,
    DeskSettings,
    Document,
    Note,
    Status,
    Ticket,
)
from tests.desk.api.conftest import document, problems, texts

OPENED = datetime(2026, 6, 9, 23, 48, tzinfo=UTC)
ANSWERED = OPENED + timedelta(days=1)


@pytest.fixture
def story(db):
    """A request with an answer, a file, a private note and a closing."""
    maya = User.objects.create_user("maya", first_name="Maya", last_name="Lindqvist")
    field = CustomField.objects.create(name="Bought", type="date")
    hidden = CustomField.objects.create(name="Score", type="text", is_public=False)
    ticket = Ticket.objects.create(
        password="abcdefghijKLMNOPQRST",
        category=Category.objects.create(name="Bugs & more"),
        status=Status.objects.create(name="Solved", is_closed=True),
        is_open=False,
        customer_id="12345",
        assigned_to=maya,
        opened_at=OPENED,
        closed_at=ANSWERED,
    )
    for asked, value in [(field, "1767225600"), (hidden, "CANARY")]:
        CustomValue.objects.create(ticket=ticket, custom_field=asked, value=value)
    opening = ticket.notes.create(
        body="It is\nbroken", is_initial=True, created_at=OPENED
    )
    ticket.notes.create(body="CANARY", author=maya, is_public=False, created_at=OPENED)
    ticket.notes.create(log="CANARY log", is_public=False, created_at=ANSWERED)
    reply = ticket.notes.create(
        body="<p>Fixed</p>", is_html=True, author=maya, created_at=ANSWERED
    )
    file = Document.objects.create(
        note=reply, filename="Invoice.pdf", mime_type="application/pdf", content=b"%PDF"
    )
    return {
        "ticket": ticket,
        "field": field,
        "opening": opening,
        "reply": reply,
        "file": file,
        "maya": maya,
    }


def history(story, shape):
    ticket, opening, reply = story["ticket"].pk, story["opening"], story["reply"]
    file = story["file"].pk
    maya, customer, answered, opened = shape
    host = "http://testserver"
    return f"""<request_history>
        <item>
        <xRequestHistory>{reply.pk}</xRequestHistory>
        <xRequest>{ticket}</xRequest>
        {maya}
        <dtGMTChange>{answered}</dtGMTChange>
        <fPublic>1</fPublic>
        <fInitial>0</fInitial>
        <tLog />
        <tNote>&lt;p&gt;Fixed&lt;/p&gt;</tNote>
        <tEmailHeaders />
        <fNoteIsHTML>1</fNoteIsHTML>
        <fMergedFromRequest>0</fMergedFromRequest>
        <files>
        <file>
        <sFileMimeType>application/pdf</sFileMimeType>
        <sFilename>Invoice.pdf</sFilename>
        <xDocumentId>{file}</xDocumentId>
        <public_url>{host}/index.php?pg=file&amp;from=3&amp;id={file}&amp;reqid={ticket}&amp;reqhisid={reply.pk}</public_url>
        <private_url>{host}/admin.php?pg=file&amp;from=0&amp;id={file}&amp;showfullsize=1&amp;download=1</private_url>
        </file>
        </files>
        </item>
        <item>
        <xRequestHistory>{opening.pk}</xRequestHistory>
        <xRequest>{ticket}</xRequest>
        {customer}
        <dtGMTChange>{opened}</dtGMTChange>
        <fPublic>1</fPublic>
        <fInitial>1</fInitial>
        <tLog />
        <tNote>It is
        broken</tNote>
        <tEmailHeaders />
        <fNoteIsHTML>0</fNoteIsHTML>
        <fMergedFromRequest>0</fMergedFromRequest>
        <files />
        </item>
        </request_history>"""


def test_shows_a_request_as_the_vendors_sample_does(story, ask):
    ticket = story["ticket"]
    shape = (
        "<xPerson>Maya Lindqvist</xPerson>",
        "<xPerson> </xPerson>",
        "Wed, June 10, 2026, 11:48 PM",
        "Tue, June  9, 2026, 11:48 PM",
    )

    response = ask("request.get", accesskey=ticket.access_key)

    assert response.content.decode() == document(f"""
        <request>
        <xRequest>{ticket.pk}</xRequest>
        <fOpenedVia>Web Service</fOpenedVia>
        <xOpenedViaId>0</xOpenedViaId>
        <xPersonOpenedBy />
        <xPersonAssignedTo>Maya Lindqvist</xPersonAssignedTo>
        <fOpen>0</fOpen>
        <xStatus>Solved</xStatus>
        <fUrgent>0</fUrgent>
        <xCategory>Bugs &amp; more</xCategory>
        <dtGMTOpened>June  9, 2026</dtGMTOpened>
        <dtGMTClosed>June 10, 2026</dtGMTClosed>
        <sRequestPassword>abcdefghijKLMNOPQRST</sRequestPassword>
        <sTitle />
        <sUserId>12345</sUserId>
        <sFirstName />
        <sLastName />
        <sEmail />
        <sPhone />
        <iLastReplyBy>Maya Lindqvist</iLastReplyBy>
        <fTrash>0</fTrash>
        <dtGMTTrashed />
        <fullname> </fullname>
        <Custom{story["field"].pk}>January  1, 2026</Custom{story["field"].pk}>
        {history(story, shape)}
        </request>
    """)


def test_shows_ids_and_timestamps_when_asked_for_raw_values(story, ask):
    ticket, maya = story["ticket"], story["maya"].pk
    opened, answered = int(OPENED.timestamp()), int(ANSWERED.timestamp())
    shape = (
        f"<xPerson>{maya}</xPerson>\n<xPersonName>Maya Lindqvist</xPersonName>",
        "<xPerson>0</xPerson>\n<xPersonName />",
        answered,
        opened,
    )

    response = ask("request.get", accesskey=ticket.access_key, fRawValues=1)

    assert response.content.decode() == document(f"""
        <request>
        <xRequest>{ticket.pk}</xRequest>
        <fOpenedVia>6</fOpenedVia>
        <xOpenedViaId>0</xOpenedViaId>
        <xPersonOpenedBy>0</xPersonOpenedBy>
        <xPersonAssignedTo>{maya}</xPersonAssignedTo>
        <fOpen>0</fOpen>
        <xStatus>{ticket.status_id}</xStatus>
        <fUrgent>0</fUrgent>
        <xCategory>{ticket.category_id}</xCategory>
        <dtGMTOpened>{opened}</dtGMTOpened>
        <dtGMTClosed>{answered}</dtGMTClosed>
        <sRequestPassword>abcdefghijKLMNOPQRST</sRequestPassword>
        <sTitle />
        <sUserId>12345</sUserId>
        <sFirstName />
        <sLastName />
        <sEmail />
        <sPhone />
        <sCategory>Bugs &amp; more</sCategory>
        <sStatus>Solved</sStatus>
        <iLastReplyBy>{maya}</iLastReplyBy>
        <fTrash>0</fTrash>
        <dtGMTTrashed />
        <fullname> </fullname>
        <Custom{story["field"].pk}>1767225600</Custom{story["field"].pk}>
        {history(story, shape)}
        </request>
    """)


@pytest.mark.parametrize("output", ["xml", "json", "php"])
@pytest.mark.parametrize("raw", [0, 1])
def test_never_sends_what_is_private(story, ask, output, raw):
    response = ask(
        "request.get",
        accesskey=story["ticket"].access_key,
        output=output,
        fRawValues=raw,
    )

    assert response.status_code == 200
    assert b"CANARY" not in response.content


def test_keys_the_history_by_id_in_json_newest_first(story, ask):
    body = json.loads(
        ask("request.get", accesskey=story["ticket"].access_key, output="json").content
    )

    items = body["request_history"]["item"]
    assert list(items) == [str(story["reply"].pk), str(story["opening"].pk)]
    assert items[str(story["opening"].pk)]["files"] == []
    [file] = items[str(story["reply"].pk)]["files"]["file"]
    assert file["sFilename"] == "Invoice.pdf"
    assert body["sEmail"] == ""
    assert body["fOpen"] == "0"


def test_formats_dates_in_the_desks_own_zone(story, ask):
    DeskSettings.load()
    DeskSettings.objects.update(time_zone="Europe/Berlin")

    response = ask("request.get", accesskey=story["ticket"].access_key)

    assert texts(response, "dtGMTOpened") == ["June 10, 2026"]
    assert texts(response, "request_history/item/dtGMTChange")[-1] == (
        "Wed, June 10, 2026, 01:48 AM"
    )
    # A date field is a date wherever it is read.
    assert texts(response, f"Custom{story['field'].pk}") == ["January  1, 2026"]


def test_shows_a_request_that_nobody_has_touched(inkwell, ask):
    Ticket.objects.filter(pk=inkwell.foreign_ticket.pk).update(category=None)

    response = ask("request.get", accesskey=inkwell.foreign_ticket.access_key)

    assert texts(response, "iLastReplyBy") == ["0"]
    assert texts(response, "xCategory") == [""]
    assert texts(response, "xPersonAssignedTo") == [""]


def test_opens_a_request_only_with_its_own_key(story, ask):
    ticket = story["ticket"]
    other = Ticket.objects.create(status=ticket.status)
    wrong = [
        f"{ticket.pk}abcdefghijklmnopqrst",  # letter case counts
        f"{ticket.pk}abcdefghij",
        f"{ticket.pk}",
        f"{other.pk}{ticket.password}",
        f"99999{ticket.password}",
        "-",
        "0-",
        f"{'9' * 40}{ticket.password}",
        "é" * 5,
    ]
    for key in wrong:
        assert problems(ask("request.get", accesskey=key)) == [
            (102, "Valid access key required")
        ]
    assert problems(ask("request.get")) == [
        (101, "Required parameter accesskey not supplied")
    ]


def test_asks_the_database_no_more_for_a_longer_history(story, ask):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            ask("request.get", accesskey=story["ticket"].access_key)
        return len(queries)

    DeskSettings.load()
    before = count()
    for _ in range(20):
        note = Note.objects.create(ticket=story["ticket"], author=story["maya"])
        Document.objects.create(note=note, content=b"x" * 1000)

    with CaptureQueriesContext(connection) as queries:
        ask("request.get", accesskey=story["ticket"].access_key)
    assert len(queries) == before <= 6
    assert not any('"content"' in query["sql"] for query in queries)


def test_lists_public_categories_and_the_public_fields_they_ask(db, ask):
    usage = Category.objects.create(name="Usage Question", order=1)
    Category.objects.create(name="Internal", is_public=False)
    bug = Category.objects.create(name="Report a Bug", order=0)
    first, second, hidden = (
        CustomField.objects.create(name=name, type="text", is_public=name != "c")
        for name in "abc"
    )
    for order, field in enumerate([second, hidden, first]):
        CategoryField.objects.create(category=usage, custom_field=field, order=order)

    response = ask("request.getCategories")

    assert response.content.decode() == document(f"""
        <categories>
        <category>
        <xCategory>{bug.pk}</xCategory>
        <sCategory>Report a Bug</sCategory>
        <sCustomFieldList />
        </category>
        <category>
        <xCategory>{usage.pk}</xCategory>
        <sCategory>Usage Question</sCategory>
        <sCustomFieldList>
        <xCustomField>{second.pk}</xCustomField>
        <xCustomField>{first.pk}</xCustomField>
        </sCustomFieldList>
        </category>
        </categories>
    """)
    in_json = json.loads(ask("request.getCategories", output="json").content)
    assert list(in_json["category"]) == [str(bug.pk), str(usage.pk)]
    assert in_json["category"][str(bug.pk)]["sCustomFieldList"] == []
    assert in_json["category"][str(usage.pk)]["sCustomFieldList"] == {
        "xCustomField": [str(second.pk), str(first.pk)]
    }


def test_describes_public_custom_fields(db, ask):
    office = CustomField.objects.create(
        name="Office", type="text", text_size=30, is_always_visible=True
    )
    database = CustomField.objects.create(
        name="Database", type="select", items="MySQL\n\n MS SQL Server \n", order=1
    )
    zip_code = CustomField.objects.create(
        name="ZIP", type="regex", pattern=r"/^\d{5}$/", is_required=True, order=2
    )
    CustomField.objects.create(name="Score", type="text", is_public=False)

    response = ask("request.getCustomFields")

    def field(row, required, size, items, pattern, always):
        return f"""<field>
        <xCustomField>{row.pk}</xCustomField>
        <fieldName>{row.name}</fieldName>
        <isRequired>{required}</isRequired>
        <fieldType>{row.type}</fieldType>
        <iOrder>{row.order}</iOrder>
        {size}
        <lrgTextRows />
        {items}
        <iDecimalPlaces>0</iDecimalPlaces>
        {pattern}
        <isAlwaysVisible>{always}</isAlwaysVisible>
        </field>"""

    empty = "<sTxtSize />", "<listItems />", "<sRegex />"
    pattern = r"<sRegex>/^\d{5}$/</sRegex>"
    items = """<listItems>
        <item>MySQL</item>
        <item>MS SQL Server</item>
        </listItems>"""
    assert response.content.decode() == document(f"""
        <customfields>
        {field(office, 0, "<sTxtSize>30</sTxtSize>", empty[1], empty[2], 1)}
        {field(database, 0, empty[0], items, empty[2], 0)}
        {field(zip_code, 1, empty[0], empty[1], pattern, 0)}
        </customfields>
    """)


def test_sends_a_drill_down_as_full_paths(inkwell, ask):
    fields = json.loads(ask("request.getCustomFields", output="json").content)["field"]

    part = next(field for field in fields if field["fieldType"] == "drilldown")
    assert part["listItems"] == {
        "item": [
            "Label printers#-#X2#-#Print head",
            "Label printers#-#X2#-#Battery",
            "Label printers#-#X1#-#Roller",
            "Accessories#-#Cutter#-#Blade",
        ]
    }
