"""Only what HelpSpot marks as public reaches a customer; what is odd is private."""

from contextlib import suppress

import pytest

from portal.helpspot.errors import HelpSpotError
from tests.helpspot.conftest import ask

CANARY = "CANARY of the staff"
TICKET = """<request><xRequest>5</xRequest><sTitle>Blank</sTitle>
<sRequestPassword>abcdef</sRequestPassword>
<request_history>
<item><xRequestHistory>3</xRequestHistory><xPerson>Maya</xPerson><fPublic>1</fPublic>
<tNote>Shown</tNote></item>
<item><xRequestHistory>2</xRequestHistory><xPerson>Maya</xPerson>{}
<tLog>CANARY of the staff</tLog><tNote>CANARY of the staff</tNote>
<tEmailHeaders>CANARY of the staff</tEmailHeaders>
<files><file><xDocumentId>61</xDocumentId><sFilename>CANARY of the staff</sFilename>
</file></files></item>
</request_history></request>"""

ODD = [
    "",
    "<fPublic />",
    "<fPublic></fPublic>",
    "<fPublic>0</fPublic>",
    "<fPublic>2</fPublic>",
    "<fPublic>10</fPublic>",
    "<fPublic>01</fPublic>",
    "<fPublic>1.0</fPublic>",
    "<fPublic>+1</fPublic>",
    "<fPublic> 1</fPublic>",
    "<fPublic>1\n</fPublic>",
    "<fPublic>true</fPublic>",
    "<fPublic>yes</fPublic>",
    "<fPublic>\u0661</fPublic>",
    "<fPublic>\uff11</fPublic>",
    "<fPublic>1</fPublic><fPublic>1</fPublic>",
    "<fPublic>1</fPublic><fPublic>0</fPublic>",
    "<fPublic>0</fPublic><fPublic>1</fPublic>",
    "<fPublic>1<!-- -->0</fPublic>",
    "<fPublic>1<!-- --></fPublic>",
    "<fPublic><!-- -->1</fPublic>",
    "<fPublic>1<?x y?></fPublic>",
    "<fPublic>1<b>0</b></fPublic>",
    "<fPublic><b>1</b></fPublic>",
    "<fPublic><fPublic>1</fPublic></fPublic>",
    "<fPublic of='0'>1</fPublic>",
    "<x><fPublic>1</fPublic></x>",
    "<files><fPublic>1</fPublic></files>",
    "<fpublic>1</fpublic>",
    "<FPUBLIC>1</FPUBLIC>",
    "<y:fPublic xmlns:y='z'>1</y:fPublic>",
    "<fPublic xmlns='z'>1</fPublic>",
    "<isPublic>1</isPublic>",
    "<!-- <fPublic>1</fPublic> -->",
    "<![CDATA[<fPublic>1</fPublic>]]>",
    "&lt;fPublic&gt;1&lt;/fPublic&gt;",
]


@pytest.mark.parametrize("flag", ODD)
def test_hides_every_note_that_is_not_plainly_public(wire, helpspot, flag):
    wire.answers("request.get", TICKET.format(flag).encode())

    ticket = helpspot.request.get("5abcdef")

    assert [note.id for note in ticket.notes] == [3]
    assert CANARY not in repr(ticket)


def test_shows_what_is_plainly_public(wire, helpspot):
    wire.answers("request.get", TICKET.format("<fPublic>1</fPublic>").encode())

    assert [note.id for note in helpspot.request.get("5abcdef").notes] == [2, 3]


@pytest.mark.parametrize(("begin", "end"), [("<![CDATA[", "]]>"), ("<!--", "-->")])
def test_hides_a_note_that_may_have_swallowed_another(wire, helpspot, begin, end):
    whole = TICKET.format("<fPublic>0</fPublic>")
    first = whole.index("</item>")
    last = whole.index("<files>")
    swallowed = whole[:first] + begin + whole[first:last] + end + whole[last:]
    wire.answers("request.get", swallowed.encode())

    assert CANARY not in repr(helpspot.request.get("5abcdef"))


def test_needs_nothing_of_a_note_that_it_hides(wire, helpspot):
    odd = TICKET.format("").replace("<xRequestHistory>2</xRequestHistory>", "")
    wire.answers("request.get", odd.encode())

    assert [note.id for note in helpspot.request.get("5abcdef").notes] == [3]


def test_never_reads_a_history_of_a_broken_request(wire, helpspot):
    nested = TICKET.format("<fPublic>0</fPublic>").replace(
        "<tNote>Shown</tNote></item>", "<tNote>Shown</tNote>"
    )
    wire.answers("request.get", nested.encode())

    with pytest.raises(HelpSpotError):
        helpspot.request.get("5abcdef")


def test_shows_nothing_private_of_an_answer_with_a_piece_missing():
    whole = TICKET.format("<fPublic>0</fPublic>")
    shown = 0

    for start in range(len(whole)):
        with suppress(HelpSpotError):
            ticket = ask(read_ticket, whole[:start] + whole[start + 9 :])
            assert CANARY not in repr(ticket)
            shown += 1

    assert shown > 20


def read_ticket(helpspot):
    return helpspot.request.get("5abcdef")
