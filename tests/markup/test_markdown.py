"""What staff wrote, as Markdown that says the same."""

from __future__ import annotations

import pytest

from portal.markup import escape_markdown, to_markdown

ADDRESS = "https://help.example/kb/pages/16-view/"


def written(html: str, **options) -> str:
    return to_markdown(html, address=ADDRESS, **options)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h2>Check</h2><p>The <b>roll</b>.</p>", "## Check\n\nThe **roll**."),
        ("<p>a <em>b </em>c</p>", "a *b* c"),
        ("<p>one<br>two</p>", "one\\\ntwo"),
        ("loose <i>words</i><p>more</p>", "loose *words*\n\nmore"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<ol start=3><li>a</li><li>b</li></ol>", "3. a\n4. b"),
        (
            "<ul><li>a<ol><li>x</li></ol></li><li><p>b</p><p>c</p></li></ul>",
            "- a\n  1. x\n- b\n\n  c",
        ),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<pre>if a:\n  b()</pre>", "```\nif a:\n  b()\n```"),
        ("<pre>```\nx</pre>", "````\n```\nx\n````"),
        ("<p><code>a`b</code></p>", "`` a`b ``"),
        ("<hr>", "---"),
        ("<dl><dt>Term</dt><dd>Said</dd></dl>", "**Term**\n\nSaid"),
        (
            "<table><tr><th>Code</th><th>Is</th></tr><tr><td>E|1</td></tr></table>",
            "| Code | Is |\n| --- | --- |\n| E\\|1 |  |",
        ),
        ("<details><summary>More</summary><p>x</p></details>", "**More**\n\nx"),
        ("", ""),
    ],
)
def test_writes_what_the_html_says(html, expected):
    assert written(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<a href='https://x.example/a(b)'>x</a>", "[x](<https://x.example/a(b)>)"),
        (
            "<a href='index.php?pg=kb.page&amp;id=3'>x</a>",
            "[x](https://help.example/kb/pages/3/)",
        ),
        (
            "<a href='#part'>x</a>",
            f"[x]({ADDRESS}#user-content-part)",
        ),
        (
            "<img src='index.php?pg=file&amp;from=2&amp;id=9' alt='A roll'>",
            "![A roll](https://help.example/kb/files/9/)",
        ),
        ("<a href='javascript:alert(1)'>x</a>", "x"),
        ("<script>alert(1)</script>a", "a"),
    ],
)
def test_links_are_absolute_and_only_safe_ones(html, expected):
    assert written(f"<p>{html}</p>") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 * 3 < 7 [a](b)", r"2 \* 3 \< 7 \[a\](b)"),
        ("# no heading", r"\# no heading"),
        ("1. no list", r"1\. no list"),
        ("- no list", r"\- no list"),
        ("&lt;b&gt;", r"\&lt;b\&gt;"),
        ("C&A", "C&A"),
    ],
)
def test_nothing_in_the_text_is_taken_for_markdown(text, expected):
    html = text.replace("&", "&amp;").replace("<", "&lt;")

    assert written(f"<p>{html}</p>") == expected
    assert escape_markdown(text) == expected


def test_headings_go_below_those_of_a_book():
    assert written("<h2>a</h2><h6>b</h6>", below=2) == "#### a\n\n###### b"


def test_takes_what_is_nested_without_measure_as_text():
    html = "<blockquote>" * 500 + "deep" + "</blockquote>" * 500

    assert written(html) == "deep"
