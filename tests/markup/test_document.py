from __future__ import annotations

import pytest

from portal import markup
from portal.markup import Heading
from tests.markup.reading import Reading


def read(html: str, **options) -> Reading:
    return Reading(markup.clean(html, **options))


def test_headings_get_ids_of_their_words_and_a_link_to_themselves():
    document = markup.document("<h2>Check the roll</h2><h2>Check the roll</h2>")

    first, second = Reading(document.html).named("h2")
    assert first.attributes == {"id": "user-content-check-the-roll"}
    assert second.attributes == {"id": "user-content-check-the-roll-2"}
    anchor = Reading(document.html).named("a")[0]
    assert anchor.attributes == {
        "class": "anchor",
        "href": "#user-content-check-the-roll",
        "aria-label": "Link to this section",
    }


def test_lists_headings_of_two_levels():
    document = markup.document(
        "<h1>Top</h1><h2>Roll &amp; <em>head</em></h2><h3>Pen</h3><h4>Deep</h4>"
    )

    assert document.headings == (
        Heading(id="user-content-top", text="Top", level=2),
        Heading(id="user-content-roll-head", text="Roll & head", level=2),
        Heading(id="user-content-pen", text="Pen", level=3),
    )


def test_headings_of_other_scripts_and_empty_ones_are_served_too():
    document = markup.document("<h2>打印机</h2><h2> </h2><h2>Übergröße</h2>")

    assert [heading.id for heading in document.headings] == [
        "user-content-section",
        "user-content-ubergroe",
    ]
    assert document.html.count("<h2") == 2


def test_an_authors_anchor_still_works():
    reading = read("<a name=roll></a><p id=p1>x</p><a href='#roll'>see</a>")

    assert reading.named("a")[0].attributes == {"id": "user-content-roll"}
    assert reading.named("p")[0].attributes == {"id": "user-content-p1"}
    assert reading.named("a")[1].attributes == {"href": "#user-content-roll"}


def test_bodies_on_one_page_keep_their_ids_apart():
    first = read("<h2>Roll</h2><a href='#roll'>x</a>", scope="p1")
    second = read("<h2>Roll</h2>", scope="p2")

    assert first.named("h2")[0].attributes["id"] == "user-content-p1-roll"
    assert first.named("a")[1].attributes["href"] == "#user-content-p1-roll"
    assert second.named("h2")[0].attributes["id"] == "user-content-p2-roll"


def test_a_pasted_link_sign_is_not_doubled():
    html = markup.clean("<h2 id=roll>Roll<a href='#roll'>¶</a></h2>")

    assert html == (
        '<h2 id="user-content-roll">Roll<a class="anchor" href="#user-content-roll"'
        ' aria-label="Link to this section">#</a></h2>'
    )


def test_tables_scroll_by_keyboard_and_have_names_of_their_own():
    reading = read(
        "<table><tr><td>1</table><table><caption>Codes</caption><tr><td>"
        "<table><tr><td>inner</table></table><table><tr><td>3</table>"
    )

    boxes = reading.named("div")
    assert [box.attributes["aria-label"] for box in boxes] == [
        "Table",
        "Codes",
        "Table 3",
    ]
    assert boxes[0].attributes == {
        "class": "scroll",
        "role": "region",
        "tabindex": "0",
        "aria-label": "Table",
    }
    assert all(
        table.attributes == {"class": "table"} for table in reading.named("table")
    )


def test_code_scrolls_by_keyboard():
    (block,) = read("<pre>a\n  b</pre>").named("pre")

    assert block.attributes == {"role": "region", "tabindex": "0", "aria-label": "Code"}
    assert block.text == "a\n  b"


def test_the_first_picture_is_loaded_at_once_and_the_others_when_near():
    first, second = read(
        "<img src='index.php?pg=file&from=2&id=3' alt=One width=40 height=30>"
        "<img src='index.php?pg=file&from=2&id=4'>"
    ).named("img")

    assert first.attributes == {
        "src": "/kb/files/3/",
        "alt": "One",
        "width": "40",
        "height": "30",
    }
    assert second.attributes == {
        "src": "/kb/files/4/",
        "alt": "",
        "loading": "lazy",
        "decoding": "async",
    }


def test_a_picture_at_a_note_is_shown_by_the_portals_own_route():
    (picture,) = read(
        "<img src='index.php?pg=file&from=3&id=60&reqid=12745&reqhisid=9'>"
    ).named("img")

    assert picture.attributes["src"] == "/requests/12745/files/60/file?inline"


def test_a_picture_from_elsewhere_is_a_link():
    reading = read("<p><img src='https://cdn.example/x.png' alt='The roll'></p>")

    assert reading.named("img") == []
    (link,) = reading.named("a")
    assert link.text == "The roll (Show picture from cdn.example)"
    assert link.attributes["href"] == "https://cdn.example/x.png"


def test_a_picture_from_elsewhere_in_a_link_leaves_the_link_alone():
    (link,) = read(
        "<a href='/kb/'><img src='https://cdn.example/x.png' alt='Guides'></a>"
    ).named("a")

    assert link.attributes == {"href": "/kb/"}
    assert "Guides" in link.text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            "<iframe src='https://video.example/embed/1'></iframe>",
            "Show content from video.example",
        ),
        (
            "<object data='https://video.example/embed/1'><p>Old</p></object>",
            "Show content from video.example",
        ),
        (
            "<video><source src='https://video.example/embed/1'>No</video>",
            "Play the recording",
        ),
        ("<audio src='https://video.example/embed/1'></audio>", "Play the recording"),
    ],
)
def test_what_would_play_is_a_link(body, words):
    (link,) = read(body).named("a")

    assert link.text == words
    assert link.attributes["href"] == "https://video.example/embed/1"
    assert link.attributes["rel"] == "noopener noreferrer nofollow ugc"


def test_prose_picks_by_kind():
    assert markup.prose("<b>x</b>", is_html=True) == "<p><b>x</b></p>"
    assert markup.prose("<b>x</b>", is_html=False) == "<p>&lt;b&gt;x&lt;/b&gt;</p>"


def test_words_in_no_block_become_a_paragraph():
    html = markup.clean("one<br><b>two</b><ul><li>x</ul> <i>three</i>\n<hr>")

    assert html == (
        "<p>one<br><b>two</b></p><ul><li>x</li></ul><p> <i>three</i>\n</p><hr>"
    )


def test_bodies_on_one_page_have_no_landmarks_of_the_same_name():
    reading = read("<table><tr><td>1</table><pre>x</pre>", scope="p1")

    roles = [tag.attributes["role"] for tag in reading.named("div", "pre")]
    assert roles == ["group", "group"]
