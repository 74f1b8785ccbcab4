"""What real servers send beside the manual: read rightly, or not at all."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.helpspot import Connection, HelpSpot
from portal.helpspot.errors import HelpSpotError, Unavailable, Uncertain
from portal.helpspot.types import Forum, Moment
from tests.helpspot.conftest import BASE, sample

DECLARATION = '<?xml version="1.0" encoding="{}"?>\n'
POSTS = (
    "<posts><post><xPostId>1</xPostId><xTopicId>5</xTopicId>"
    "<tPost>{}</tPost></post></posts>"
)
WARNING = (
    "<br />\n<b>Warning</b>:  Undefined array key 3 in <b>/srv/www/api/index.php</b>"
    " on line <b>214</b><br />\n"
)


def post_body(wire, helpspot, answer) -> str:
    wire.answers("forums.getPosts", answer)
    return helpspot.forums.get_posts(5)[0].body


# -------------------------------------------------------------------- encodings


@pytest.mark.parametrize(
    ("declared", "actual"),
    [
        ("UTF-8", "utf-8"),
        ("iso-8859-1", "utf-8"),
        ("iso-8859-1", "iso-8859-1"),
        ("iso-8859-1", "cp1252"),
        ("UTF-8", "cp1252"),
        ("windows-1252", "cp1252"),
        ("UTF-8", "utf-8-sig"),
        ("UTF-16", "utf-16"),
        ("UTF-16", "utf-16-be"),
        ("nonsense-8", "utf-8"),
        ("idna", "cp1252"),
        ("iso-8859-99", "cp1252"),
    ],
)
def test_lets_the_bytes_decide_the_encoding(wire, helpspot, declared, actual):
    words = "Größe: café" if actual == "iso-8859-1" else "Größe: café – 5 € ‘now’"
    document = DECLARATION.format(declared) + POSTS.format(words)

    assert post_body(wire, helpspot, document.encode(actual)) == words


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("iso-8859-2", "Příliš žluťoučký"),
        ("windows-1251", "Принтер молчит"),
        ("KOI8-R", "Принтер молчит"),
        ("shift_jis", "ラベルが白い"),
        ("gb2312", "打印机"),
    ],
)
def test_honours_other_declarations(wire, helpspot, declared, words):
    document = DECLARATION.format(declared) + POSTS.format(words)

    assert post_body(wire, helpspot, document.encode(declared)) == words


def test_reads_an_old_letter_amid_new_ones(wire, helpspot):
    document = POSTS.format("Größe ‘x’: ").encode()
    document = document.replace(b": ", b": caf\xe9 ")

    assert post_body(wire, helpspot, document) == "Größe ‘x’: café "


def test_shows_a_letter_that_was_cut_in_half_as_such(wire, helpspot):
    document = POSTS.format("Größe ‘x’|").encode().replace(b"|", b"\xe2\x80")

    assert post_body(wire, helpspot, document) == "Größe ‘x’\ufffd"


# ---------------------------------------------------------------- what surrounds


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n\n  ", "\n\n"),
        ("\ufeff", ""),
        (WARNING, ""),
        ("", WARNING),
        (WARNING + WARNING, "\n<!-- 0.04 s -->"),
        ("Notice: Undefined index: x in /srv/www/x.php on line 3\n", ""),
        ("<font size='1'><table><tr><td>( ! )</td></tr></table></font>", ""),
        ('<?xml version="1.0"?><?xml version="1.0" encoding="UTF-8"?>', ""),
    ],
)
def test_cuts_away_what_php_says_round_the_document(wire, helpspot, before, after):
    document = before + sample("forums.get").decode() + after
    wire.answers("forums.get", document.encode())

    assert helpspot.forums.get(1) == Forum(
        id=1, name="Tips and tricks", description="Ideas from other owners"
    )


@pytest.mark.parametrize("place", ["<forum>", "<sForumName>", "</sForumName>"])
def test_cuts_away_what_php_says_inside(wire, helpspot, place):
    document = sample("forums.get").decode().replace(place, f"{place}{WARNING}")
    wire.answers("forums.get", document.encode())

    assert helpspot.forums.get(1).name == "Tips and tricks"


def test_counts_a_request_as_made_when_the_answer_came_amid_noise(wire, helpspot):
    noisy = WARNING.encode() + sample("request.create") + WARNING.encode()
    wire.answers("request.create", noisy, verb="POST")

    created = helpspot.request.create(note="Hello", email="amal@example.com")

    assert (created.id, created.access_key) == (21004, "21004vbtrqa")


# ------------------------------------------------------------------ broken XML


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("Ink & paper", "Ink & paper"),
        ("a&b=c &nosuch; &#0;&#x1F;&#xD800;&#1234567;.", "a&b=c &nosuch; ."),
        ("Caf&eacute;&nbsp;&mdash; &copy;", "Café\xa0— ©"),
        ("&amp;lt; &lt;b&gt; &", "&lt; <b> &"),
        ("bell\x07 and\x0b tab\x1f", "bell and tab"),
        ("not \ufffe a \uffff letter", "not  a  letter"),
        ("<![CDATA[<p>R&D</p> ]]>&", "<p>R&D</p> &"),
        ("<![CDATA[one]]> & <![CDATA[two]]>", "one & two"),
        ("5 < 6 > 4", "5 < 6 > 4"),
    ],
)
def test_mends_known_faults(wire, helpspot, sent, read):
    assert post_body(wire, helpspot, POSTS.format(sent).encode()) == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("&lt;p&gt;Hi&lt;/p&gt;", "<p>Hi</p>"),
        ("<![CDATA[<p>Hi</p>]]>", "<p>Hi</p>"),
        ("<p>Hi</p>", "<p>Hi</p>"),
        ("Before <p>a &lt; b</p> after", "Before <p>a &lt; b</p> after"),
        ("<p>One<br />two</p><hr/>", "<p>One<br>two</p><hr>"),
        ('<a href="?a=1&amp;b=2">x</a>', '<a href="?a=1&amp;b=2">x</a>'),
        ("<p>One<br>two", "<p>One<br>two"),
        ("<p>&nbsp;<o:p>Word</o:p></p>", "<p>&nbsp;<o:p>Word</o:p></p>"),
        ("<img src=x><p>&amp;</p>", "<img src=x><p>&amp;</p>"),
        ("<p>a</p><!-- b --><p>c</p>", "<p>a</p><!-- b --><p>c</p>"),
    ],
)
def test_recovers_html_that_was_not_escaped(wire, helpspot, sent, read):
    assert post_body(wire, helpspot, POSTS.format(sent).encode()) == read


def test_keeps_text_as_it_came(wire, helpspot):
    words = "  two blanks\n\ttab &#13;\n\n"

    assert post_body(wire, helpspot, POSTS.format(words).encode()) == (
        "  two blanks\n\ttab \r\n\n"
    )


def test_reads_over_comments_in_a_text(wire, helpspot):
    assert post_body(wire, helpspot, POSTS.format("a<!-- x -->b").encode()) == "ab"


# ------------------------------------------------------- columns left out, empty


def test_needs_nothing_but_ids(wire, helpspot):
    wire.answers(
        "forums.list", "<forums><forum><xForumId>7</xForumId></forum></forums>"
    )
    wire.answers("kb.getPage", "<page><xPage>7</xPage></page>")
    wire.answers("request.get", "<request><xRequest>7</xRequest></request>")

    assert helpspot.forums.list() == [Forum(id=7, name="")]
    assert helpspot.kb.get_page(7).body == ""
    assert helpspot.request.get("7abcdef").notes == ()


@pytest.mark.parametrize(
    "empty", ["<forums />", "<forums></forums>", "<forums>\n</forums>"]
)
def test_reads_an_empty_list(wire, helpspot, empty):
    wire.answers("forums.list", empty)

    assert helpspot.forums.list() == []


def test_takes_a_doubled_field_for_absent(wire, helpspot):
    wire.answers(
        "forums.get",
        "<forum><xForumId>7</xForumId><sForumName>A</sForumName>"
        "<sForumName>B</sForumName><sNew>x</sNew></forum>",
    )

    assert helpspot.forums.get(7) == Forum(id=7, name="")


@pytest.mark.parametrize("bad", ["", "<xForumId />", "<xForumId>x</xForumId>"])
def test_never_leaves_an_unreadable_row_out_of_a_list(wire, helpspot, bad):
    wire.answers(
        "forums.list",
        f"<forums><forum><xForumId>7</xForumId></forum><forum>{bad}</forum></forums>",
    )

    with pytest.raises(Unavailable):
        helpspot.forums.list()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{}",
        b'{"forum":[]}',
        b"<html><body>Sign in</body></html>",
        b"<!DOCTYPE html><html><forums></forums></html>",
        b"<!DOCTYPE forums [<!ENTITY a 'b'>]><forums />",
        b"<forums><!DOCTYPE x></forums>",
        b"<forums>&a;</forum>",
        b"<topics />",
        b"<forums />\x00<forums",
        sample("forums.list")[:-12],
        sample("forums.list") * 2,
        b"<forums>" + b"<a>" * 60 + b"</a>" * 60 + b"</forums>",
        b"<forums>" + b"<a/>" * 200_001 + b"</forums>",
        b"<forums " + b" ".join(b"a%d='1'" % n for n in range(101)) + b"></forums>",
        b"<reply>Hello</reply>",
        b"<errors></errors>",
        b"\xff\xfe<\x00",
    ],
    ids=lambda answer: repr(answer[:24]),
)
def test_calls_what_it_cannot_read_unavailable(wire, helpspot, answer):
    wire.answers("forums.list", answer)

    with pytest.raises(Unavailable):
        helpspot.forums.list()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>Thanks</html>",
        sample("request.create")[:-9],
        b"<request><xRequest>5</xRequest></request>",
        b"<request><accesskey>5abcdef</accesskey></request>",
    ],
)
def test_calls_a_write_uncertain_when_its_answer_cannot_be_read(wire, helpspot, answer):
    wire.answers("request.create", answer, verb="POST")

    with pytest.raises(Uncertain):
        helpspot.request.create(note="Hello", email="amal@example.com")


def test_takes_no_text_of_a_lost_ending_into_another_value(wire, helpspot):
    broken = sample("request.get").replace(
        b"for ten seconds.&lt;/p&gt;</tNote>", b"for ten seconds.&lt;/p&gt;</tN>"
    )
    wire.answers("request.get", broken)

    with pytest.raises(HelpSpotError):
        helpspot.request.get("21004vbtrqa")


# ------------------------------------------------------------------------ times

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("came", "moment"),
    [
        ("1795133040", datetime(2026, 11, 20, 0, 4, tzinfo=UTC)),
        ("-86400", datetime(1969, 12, 31, tzinfo=UTC)),
        ("Tue, September 25, 2007, 11:00 AM", (2007, 9, 25, 11)),
        ("June  9 2008, 11:48 AM", (2008, 6, 9, 11, 48)),
        ("Oct  3 2024, 12:02 PM", (2024, 10, 3, 12, 2)),
        ("Oct  3 2024, 12:02 AM", (2024, 10, 3, 0, 2)),
        ("Mon, September 24, 2007, 08:03 PM", (2007, 9, 24, 20, 3)),
        ("March 1, 2027 17:30", (2027, 3, 1, 17, 30)),
    ],
)
def test_reads_dates_in_every_known_form(wire, came, moment):
    at = moment if isinstance(moment, datetime) else datetime(*moment, tzinfo=NEW_YORK)

    assert opened(wire, came) == Moment(at=at, text=came)


@pytest.mark.parametrize(
    ("came", "day"),
    [
        ("September 24, 2007", (2007, 9, 24)),
        ("June  9, 2008", (2008, 6, 9)),
        ("Oct  3, 2024", (2024, 10, 3)),
    ],
)
def test_tells_dates_without_a_time(wire, came, day):
    at = datetime(*day, tzinfo=NEW_YORK)

    assert opened(wire, came) == Moment(at=at, has_time=False, text=came)


@pytest.mark.parametrize(
    "came",
    [
        "3 octobre 2024",
        "Okt  3, 2024",
        "February 30, 2024",
        "Oct 3 2024, 13:02 PM",
        "Oct 3 2024, 99:99",
        "soon",
        "999999999999",
        "Dec 31 9999, 11:59 PM",
        "Oct " * 100,
    ],
)
def test_shows_other_dates_as_they_came(wire, came):
    assert opened(wire, came) == Moment(at=None, text=came.strip())


@pytest.mark.parametrize("nothing", ["", " ", "0"])
def test_knows_that_there_is_no_date(wire, nothing):
    assert opened(wire, nothing) is None


def opened(wire, came):

    wire.answers(
        "request.get",
        f"<request><xRequest>7</xRequest><dtGMTOpened>{came}</dtGMTOpened></request>",
    )
    helpspot = HelpSpot(Connection(base_url=BASE, time_zone="America/New_York"))
    return helpspot.request.get("7abcdef").opened


# ----------------------------------------------------------------- drill-downs


@pytest.mark.parametrize(
    "items",
    [
        "<item>Boston#-#8st#-#Door</item><item>Boston#-#Elm</item><item>Kyoto</item>",
        """<item>Boston<item>8st<item>Door</item></item><item>Elm</item></item>
        <item>Kyoto</item>""",
        """<item><name>Boston</name><items>
        <item><name>8st</name><items><item>Door</item></items></item>
        <item>Elm</item></items></item><item>Kyoto</item>""",
    ],
)
def test_reads_drill_down_lists_flat_or_nested(wire, helpspot, items):
    wire.answers(
        "request.getCustomFields",
        "<customfields><field><xCustomField>3</xCustomField>"
        f"<fieldType>drilldown</fieldType><listItems>{items}</listItems></field>"
        "</customfields>",
    )

    (field,) = helpspot.request.get_custom_fields()

    assert field.paths == (("Boston", "8st", "Door"), ("Boston", "Elm"), ("Kyoto",))
    assert field.choices == ()


def test_sorts_custom_fields_by_order_and_else_as_they_came(wire, helpspot):
    fields = "".join(
        f"<field><xCustomField>{id_}</xCustomField><iOrder>{order}</iOrder></field>"
        for id_, order in [(4, 2), (9, 0), (1, 2), (3, 0)]
    )
    wire.answers("request.getCustomFields", f"<customfields>{fields}</customfields>")

    ids = [field.id for field in helpspot.request.get_custom_fields()]

    assert ids == [9, 3, 4, 1]


# --------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("name", "page_name", "read"),
    [
        ("2.3. Clean upgrade", "Clean upgrade", ("2.3.", "Clean upgrade")),
        ("2.3. Clean upgrade", "", ("2.3.", "Clean upgrade")),
        ("", "Clean upgrade", ("", "Clean upgrade")),
        ("Appendix", "Appendix", ("", "Appendix")),
        ("1. 3.5 inch rolls", "3.5 inch rolls", ("1.", "3.5 inch rolls")),
        ("2026 prices", "", ("", "2026 prices")),
        ("", "", ("", "")),
    ],
)
def test_parts_a_pages_number_from_its_name(wire, helpspot, name, page_name, read):
    wire.answers(
        "kb.getPage",
        f"<page><xPage>7</xPage><name>{name}</name><sPageName>{page_name}</sPageName>"
        "</page>",
    )

    page = helpspot.kb.get_page(7)

    assert (page.number, page.name) == read
