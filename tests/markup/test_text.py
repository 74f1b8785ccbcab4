from __future__ import annotations

import pytest

from portal import markup

LINK = '<a href="{0}" rel="noopener noreferrer nofollow ugc">{0}</a>'


def test_plain_text_has_paragraphs_and_line_breaks():
    html = markup.plain("One\r\ntwo\n\n \n<b>three</b>\n")

    assert html == "<p>One<br>two</p><p>&lt;b&gt;three&lt;/b&gt;</p>"


@pytest.mark.parametrize(
    ("text", "address", "rest"),
    [
        ("see https://a.example/x.", "https://a.example/x", "."),
        ("see https://a.example/x_(y))", "https://a.example/x_(y)", ")"),
        ("see https://a.example/x?!", "https://a.example/x", "?!"),
        ("see http://a.example", "http://a.example", ""),
    ],
)
def test_web_addresses_are_links_without_the_sentences_punctuation(text, address, rest):
    assert markup.plain(text) == f"<p>see {LINK.format(address)}{rest}</p>"


def test_an_address_of_the_help_desk_leads_into_the_portal(settings):
    settings.HELPSPOT_URL = "https://desk.example/"

    html = markup.plain("https://desk.example/index.php?pg=kb.page&id=4")

    assert '<a href="/kb/pages/4/">' in html


def test_other_schemes_stay_text():
    assert markup.plain("javascript:alert(1)") == "<p>javascript:alert(1)</p>"


def test_to_text_keeps_words_apart_and_leaves_scripts_out():
    html = (
        "<h2>Roll</h2><p>One&nbsp;&amp;  <b>t</b>wo</p><script>alert(1)</script>"
        "<ul><li>a<li>b</ul>x<br>y"
    )

    assert markup.to_text(html) == "Roll\nOne & two\na\nb\nx\ny"


def test_highlight_marks_words_whatever_their_accents_and_case():
    html = markup.highlight("Das Café & die CAFETERIA, decaf", "cafe <script>")

    assert html == "Das <mark>Café</mark> &amp; die <mark>CAFE</mark>TERIA, decaf"


def test_highlight_finds_words_of_scripts_without_spaces():
    assert markup.highlight("我的打印机坏了", "打印机") == "我的<mark>打印机</mark>坏了"


def test_highlight_keeps_letters_that_grow_when_folded():
    assert markup.highlight("Straße ﬁrst", "strasse fi") == (
        "<mark>Straße</mark> <mark>ﬁ</mark>rst"
    )


def test_highlight_without_words_marks_nothing():
    assert markup.highlight("a < b", "  ?! ") == "a &lt; b"


def test_excerpt_shows_the_first_hit():
    text = "word " * 200 + "the needle here " + "more " * 200

    found = markup.excerpt(text, "Needle", length=80)

    assert found.startswith("…")
    assert found.endswith("…")
    assert "the needle here" in found
    assert len(found) <= 82


def test_excerpt_of_a_short_text_is_the_text():
    assert markup.excerpt("just\n this", "x") == "just this"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Labels come out blank!", "labels-come-out-blank"),
        ("打印", "view"),
        ("", "view"),
    ],
)
def test_slugs_are_never_empty(name, slug):
    assert markup.slug(name) == slug
