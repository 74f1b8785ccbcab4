"""What staff or senders write cannot act on a reader: each layer holds alone."""

from __future__ import annotations

import pytest

from portal.desk.models import Note
from tests.desk_content import Inkwell
from tests.markup.hostile import ALL

WITNESS = "window.acted = []; window.alert = (word) => window.acted.push(String(word));"


@pytest.fixture
def watched(open_page):
    """A page without our content security policy, where every alert is noted.

    The fixture that opened it fails the test when anything is asked of another host.
    """
    page = open_page(bypass_csp=True)
    page.add_init_script(WITNESS)
    return page


def test_the_witness_sees_a_script_that_runs(watched, inkwell):
    watched.goto("/kb/")

    watched.evaluate(
        "document.body.insertAdjacentHTML('beforeend', `${IMAGE}`)".replace(
            "${IMAGE}", "<img src=/static/none.png onerror=alert(1)>"
        )
    )
    watched.wait_for_function("window.acted.length > 0")

    assert watched.evaluate("window.acted") == ["1"]


def test_no_hostile_guide_acts_with_the_policy_switched_off(watched, inkwell: Inkwell):
    page = inkwell.pages["pair"]
    page.body = "\n".join(f"<section>{body}</section>" for body in ALL)
    page.save()

    watched.goto(f"/kb/pages/{page.pk}-pair-over-bluetooth/")
    watched.wait_for_load_state("networkidle")

    assert watched.evaluate("window.acted") == []
    assert watched.locator("main footer, footer.foot").count() == 1


def test_no_hostile_note_acts_with_the_policy_switched_off(watched, inkwell: Inkwell):
    for body in ALL:
        Note.objects.create(
            ticket=inkwell.ticket, author=inkwell.staff, body=body, is_html=True
        )

    watched.goto(f"/requests/open/{inkwell.ticket.access_key}/")
    watched.goto(f"/requests/{inkwell.ticket.pk}/?all=1")
    watched.wait_for_load_state("networkidle")

    assert watched.evaluate("window.acted") == []
    assert watched.get_by_label("Your reply").count() == 1
