"""Staff learn what was sought in vain; nobody learns who sought it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from portal.search import missed
from portal.search.models import MissedSearch
from tests.html_page import parse, parse_page

REPORT = "/desk/search/missedsearch/"


def counts() -> dict[str, int]:
    return dict(MissedSearch.objects.values_list("words", "count"))


def tell(client, words: str):
    return client.post("/search/missed/", {"q": words})


def test_counts_words_that_find_nothing(client, inkwell):
    assert tell(client, "Zeppelin  MODE").status_code == 204
    tell(client, "zeppelin mode")

    assert counts() == {"zeppelin mode": 2}


def test_looking_at_pages_counts_nothing(client, inkwell):
    client.get("/search/?q=zeppelin")
    client.get("/search/suggestions/?q=zeppelin")

    assert client.get("/search/missed/?q=zeppelin").status_code == 405
    assert counts() == {}


def test_the_page_without_results_says_where_to_count_it(client, inkwell):
    page = parse_page(client.get("/search/?q=zeppelin"))
    part = parse(client.get("/search/suggestions/?q=zeppelin"))

    assert page.one("section", class_="state")["data-missed"] == "/search/missed/"
    assert part.one("p", data_missed="/search/missed/")


def test_does_not_count_what_is_found(client, inkwell):
    tell(client, "labels")
    tell(client, "blutooth")

    assert counts() == {}


def test_does_not_count_while_part_of_the_search_fails(client, inkwell, partly_down):
    partly_down("forums.search")

    assert tell(client, "zeppelin").status_code == 204
    assert counts() == {}


@pytest.mark.parametrize(
    "words",
    [
        "zeppelin noor@example.com",
        "12489jiicxp zeppelin",
        "abc123def456",
        "zeppelin 4929 1234 5678 9012",
        "+44 20 7946 0018",
        "zeppelin 123456",
        "https://example.com/?token=zeppelin",
        "zeppelinzeppelinzeppelinzeppelin",
        "!!!",
        "",
        "\0",
    ],
)
def test_drops_what_may_tell_of_a_person(client, inkwell, words):
    assert tell(client, words).status_code == 204
    assert counts() == {}


def test_keeps_a_hundred_letters_at_most(client, inkwell):
    tell(client, "zep pelin " * 30)

    (words,) = counts()
    assert len(words) == 100


def test_one_address_counts_twenty_times_an_hour(client, inkwell, time_machine):
    time_machine.move_to("2026-11-24 08:00Z", tick=False)
    for _ in range(20):
        tell(client, "zeppelin")

    assert tell(client, "zeppelin").status_code == 429
    assert counts() == {"zeppelin": 20}


def test_another_site_cannot_count(client, inkwell):
    response = client.post(
        "/search/missed/",
        {"q": "zeppelin"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert response.status_code == 403
    assert counts() == {}


def test_takes_no_more_rows_than_it_may(client, inkwell, monkeypatch):
    monkeypatch.setattr(missed, "MOST_ROWS", 1)
    tell(client, "zeppelin")

    tell(client, "airship")
    tell(client, "zeppelin")

    assert counts() == {"zeppelin": 2}


def test_forgets_after_ninety_days(db):
    today = timezone.localdate()
    MissedSearch.objects.create(words="old", day=today - timedelta(days=91))
    MissedSearch.objects.create(words="new", day=today - timedelta(days=89))

    missed.purge()

    assert counts() == {"new": 1}


@pytest.fixture
def operator(client, db):
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture
def report(db):
    for words, day, count in [
        ("zeppelin", 1, 2),
        ("zeppelin", 3, 5),
        ("airship", 2, 3),
    ]:
        MissedSearch.objects.create(words=words, day=date(2026, 11, day), count=count)


def test_the_report_totals_each_words_most_sought_first(operator, report):
    page = parse(operator.get(REPORT))

    rows = page.one("table", id="result_list").one("tbody").all("tr")
    assert [
        [cell.text for cell in row.all("td") if cell["class"] != "action-checkbox"]
        for row in rows
    ] == [["zeppelin", "7", "Nov. 3, 2026"], ["airship", "3", "Nov. 2, 2026"]]


def test_what_is_answered_can_be_taken_off_the_report(operator, report):
    chosen = MissedSearch.objects.get(day=date(2026, 11, 3))

    operator.post(
        REPORT,
        {"action": "delete_selected", "_selected_action": chosen.pk, "post": "yes"},
    )

    assert counts() == {"airship": 3}


def test_nobody_writes_into_the_report(operator, report):
    assert operator.get(f"{REPORT}add/").status_code == 403
