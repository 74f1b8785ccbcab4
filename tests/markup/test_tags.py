from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.template import engines
from django.utils import translation
from django.utils.safestring import mark_safe

from portal.accounts import Customer
from portal.helpspot.types import Moment

NOW = datetime(2026, 11, 24, 13, 20, tzinfo=UTC)


def render(source: str, **context) -> str:
    return engines["django"].from_string(source).render(context)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def test_a_moment_of_today_is_said_as_people_say_it():
    moment = Moment(at=NOW - timedelta(minutes=5))

    assert render("{% moment m %}", m=moment) == (
        '<time datetime="2026-11-24T13:15:00+00:00"'
        ' title="24 November 2026, 13:15 UTC">5\xa0minutes ago</time>'
    )


def test_an_older_moment_is_exact():
    moment = Moment(at=NOW - timedelta(days=2))

    assert ">22 November 2026, 13:20</time>" in render("{% moment m %}", m=moment)


def test_a_date_without_a_time_stays_a_date():
    moment = Moment(at=NOW, has_time=False)

    assert render("{% moment m %}", m=moment) == (
        '<time datetime="2026-11-24">24 November 2026</time>'
    )


def test_a_moment_of_unknown_pattern_is_its_text_escaped():
    moment = Moment(at=None, text="<soon>")

    assert render("{% moment m %}", m=moment) == "&lt;soon&gt;"


def test_no_moment_is_nothing():
    assert render("{% moment m %}", m=None) == ""


def test_prose_and_text_and_slug_and_highlight():
    html = render(
        "{% prose body True 7 %}|{{ body|to_text }}|{{ body|slug }}|"
        "{% highlight 'a <roll>' 'roll' %}",
        body="<h2>Roll</h2><script>x</script>",
    )

    prose, text, slug, marked = html.split("|")
    assert prose.startswith('<h2 id="user-content-7-roll">Roll')
    assert "script" not in prose
    assert text == "Roll"
    assert slug == "h2rollh2scriptxscript"
    assert marked == "a &lt;<mark>roll</mark>&gt;"


def test_a_widgets_attributes_come_out_as_django_writes_them():
    widget = {
        "attrs": {"id": "id_x", "required": True, "hidden": False, "title": 'a "<b>"'}
    }
    django = engines["django"].get_template("django/forms/widgets/attrs.html")

    assert render("{% attributes widget.attrs %}", widget=widget) == django.render(
        {"widget": widget}
    )
    assert 'title="a &quot;&lt;b&gt;&quot;"' in django.render({"widget": widget})


FOOTER = '{% remembered "includes/_footer.html" brand_name=name website="/x" %}'


def test_a_remembered_part_is_another_for_other_values():
    inkwell = render(FOOTER, name="Inkwell")
    quill = render(FOOTER, name="Quill")

    assert ">Inkwell</a>" in inkwell
    assert "Inkwell" not in quill
    assert render(FOOTER, name="Inkwell") == inkwell


def test_a_remembered_part_escapes_what_was_safe_when_it_came_before():
    safe = render(FOOTER, name=mark_safe("<b>Ink</b>"))  # what is tried
    unsafe = render(FOOTER, name="<b>Ink</b>")

    assert "<b>Ink</b>" in safe
    assert "&lt;b&gt;Ink&lt;/b&gt;" in unsafe


def test_a_remembered_part_is_said_in_each_language():
    part = '{% remembered "includes/_masthead.html" brand_name="Inkwell" %}'
    with translation.override("en"):
        english = render(part)
    # Django itself knows this word.
    with translation.override("de"):
        german = render(part)

    assert 'placeholder="Search"' in english
    assert 'placeholder="Suchen"' in german


def test_a_remembered_part_sees_nothing_of_the_page(rf):
    part = '{% remembered "includes/_masthead.html" brand_name="Inkwell" %}'
    customer = Customer(email="amal@example.com", full_name="Amal Haddad")
    page = (
        engines["django"].from_string(part).render({"customer": customer}, rf.get("/"))
    )

    assert "Amal" not in page
