import pytest

from portal.desk import models as desk
from tests.html_page import parse, parse_page


def titles(page):
    rows = page.one("ol", class_="rows").all("h2")
    # What is marked stands in an element of its own.
    return [row.one("a").text.replace(" ?", "?") for row in rows]


def segments(page):
    return [link.text for link in page.one("nav", class_="segments").all("a")]


def test_asks_for_words_first(client, inkwell):
    page = parse_page(client.get("/search/"))

    form = page.one("main").one("form")
    assert form["action"] == "/search/"
    assert form.attributes.get("method", "get") == "get"
    assert not page.all("nav", class_="segments")
    assert page.one("div", id="results").text == ""


def test_finds_guides_and_topics_in_one_list(client, inkwell):
    page = parse_page(client.get("/search/?q=labels"))

    assert set(titles(page)) == {
        "Guide: Labels come out blank or faint",
        "Guide: Unbox the printer",
        "Guide: Error codes",
        "Topic: Best stock for glass jars?",
    }
    assert titles(page)[0] == "Guide: Labels come out blank or faint"
    assert segments(page) == ["Everything 4", "Guides 3", "Community 1"]
    assert page.one("p", id="search-count").text == "4 results for “labels”"
    assert page.one("input", id="search-q")["value"] == "labels"


def test_leads_to_what_it_found(client, inkwell):
    page = parse_page(client.get("/search/?q=labels"))

    links = {link.text: link["href"] for link in page.all("a", class_="cover")}
    assert links["Guide: Labels come out blank or faint"] == (
        f"/kb/pages/{inkwell.pages['blank'].pk}-labels-come-out-blank-or-faint/"
    )
    assert links["Topic: Best stock for glass jars?"] == (
        f"/forums/topics/{inkwell.topic.pk}-best-stock-for-glass-jars/"
    )


@pytest.mark.parametrize(
    ("kind", "start"), [("guides", "Guide: "), ("community", "Topic: ")]
)
def test_narrows_down_to_one_kind(client, inkwell, kind, start):
    page = parse_page(client.get(f"/search/?q=labels&in={kind}"))

    assert all(title.startswith(start) for title in titles(page))
    assert segments(page) == ["Everything 4", "Guides 3", "Community 1"]
    assert page.one("input", name="in")["value"] == kind


def test_marks_the_words_in_title_and_excerpt(client, inkwell):
    page = parse_page(client.get("/search/?q=dark"))

    row = page.one("li", class_="row")
    assert [mark.text for mark in row.one("p", class_="row__excerpt").all("mark")] == [
        "dark"
    ]
    page = parse_page(client.get("/search/?q=blank"))
    assert page.all("li", class_="row")[0].one("h2").one("mark").text == "blank"


def test_keeps_the_words_and_offers_to_write_when_nothing_is_found(client, inkwell):
    page = parse_page(client.get("/search/", {"q": "flux capacitor & more"}))

    state = page.one("section", class_="state")
    assert page.one("input", id="search-q")["value"] == "flux capacitor & more"
    assert "No results for “ flux capacitor & more ”" in state.text
    assert state.all("a")[0]["href"] == (
        "/requests/new/?tNote=flux%20capacitor%20%26%20more"
    )


def test_shows_twenty_on_a_page(client, inkwell):
    for number in range(25):
        topic = desk.Topic.objects.create(
            forum=inkwell.forum, title=f"Zebra {number}", author_name="Olu"
        )
        topic.posts.create(author_name="Olu", body="Stripes.")

    first = parse_page(client.get("/search/?q=zebra"))
    second = parse_page(client.get("/search/?q=zebra&page=2"))

    assert len(titles(first)) == 20
    assert first.one("a", rel="next")["href"] == "/search/?q=zebra&page=2"
    assert len(titles(second)) == 5
    assert not set(titles(first)) & set(titles(second))
    assert first.one("p", id="search-count").text == "25 results for “zebra”"


def test_swaps_the_results_alone_and_announces_the_count(client, inkwell):
    response = client.get(
        "/search/?q=labels",
        headers={"HX-Request": "true", "HX-Target": "results"},
    )

    part = parse(response)
    assert not part.all("html")
    assert len(part.one("div", id="results").all("li", class_="row")) == 4
    status = part.one("p", hx_swap_oob="innerHTML:#search-count")
    assert status.text == "4 results for “labels”"
    assert {"HX-Request", "HX-Target"} <= set(response["Vary"].split(", "))


def test_swaps_in_nothing_when_the_words_are_gone(client, inkwell):
    response = client.get(
        "/search/?q=", headers={"HX-Request": "true", "HX-Target": "results"}
    )

    part = parse(response)
    assert part.one("div", id="results").text == ""
    assert part.one("p", hx_swap_oob="innerHTML:#search-count").text == ""


@pytest.mark.parametrize(
    ("down", "words", "notice", "expected"),
    [
        (
            "kb.search",
            "labels jars",
            "The guides could not be searched",
            {"Topic: Best stock for glass jars?"},
        ),
        (
            "kb.search",
            "labels",
            "What has these words in its title is below all the same.",
            {
                "Guide: Labels come out blank or faint",
                "Topic: Best stock for glass jars?",
            },
        ),
        (
            "forums.search",
            "blank",
            "The community could not be searched",
            {"Guide: Labels come out blank or faint"},
        ),
        (
            "forums.search",
            "jars",
            "What has these words in its title is below all the same.",
            {"Topic: Best stock for glass jars?"},
        ),
    ],
)
def test_where_one_search_fails_shows_the_other_and_what_is_called_so(
    client, inkwell, partly_down, down, words, notice, expected
):
    partly_down(down)

    response = client.get("/search/", {"q": words})

    page = parse_page(response)
    assert response.status_code == 200
    assert notice in page.text
    assert set(titles(page)) == expected


def test_where_no_search_answers_shows_what_is_called_so(client, inkwell, partly_down):
    client.get("/kb/")
    partly_down("kb.search", "forums.search")

    response = client.get("/search/?q=labels")

    page = parse_page(response)
    assert response.status_code == 200
    assert "Nothing could be searched right now" in page.text
    assert titles(page) == ["Guide: Labels come out blank or faint"]
    assert client.get("/search/?q=dark").status_code == 503


def test_says_from_when_an_old_answer_is(client, inkwell, partly_down, time_machine):
    time_machine.move_to("2026-11-24 08:00Z", tick=False)
    client.get("/search/?q=dark")
    time_machine.move_to("2026-11-24 08:01:30Z", tick=False)
    partly_down("kb.search")

    page = parse_page(client.get("/search/?q=dark"))

    assert "You see this page as of 24 November 2026, 08:00" in page.text
    assert titles(page) == ["Guide: Labels come out blank or faint"]


@pytest.mark.parametrize("address", ["?q=dark", "?q=dark&in=guides"])
def test_never_calls_a_failed_search_an_empty_one(
    client, inkwell, partly_down, address
):
    partly_down("kb.search")

    page = parse_page(client.get(f"/search/{address}"))

    assert "The guides could not be searched" in page.text
    assert "No results" not in page.text
    assert page.one("p", id="search-count").text == ""
    assert segments(page) == ["Everything", "Guides", "Community 0"]


@pytest.mark.parametrize("fault", ["down", "hang_up", "garble"])
def test_says_that_the_help_desk_does_not_answer(client, inkwell, fault):
    desk.DeskSettings.objects.create(pk=1, fault=fault)

    response = client.get("/search/?q=labels")

    assert response.status_code == 503


def test_searches_the_guides_alone_where_there_are_no_forums(client, inkwell):
    desk.DeskSettings.objects.create(pk=1, offers_forums=False)

    page = parse_page(client.get("/search/?q=labels"))

    assert all(title.startswith("Guide: ") for title in titles(page))
    assert "could not be searched" not in page.text
    assert not page.all("nav", class_="segments")


def test_shows_words_titles_and_excerpts_as_text(client, inkwell):
    evil = "<img src=x onerror=alert(1)>"
    topic = desk.Topic.objects.create(
        forum=inkwell.forum, title=f"zebra {evil}", author_name="Olu"
    )
    topic.posts.create(author_name="Olu", body=f"zebra {evil}")

    page = parse_page(client.get("/search/", {"q": f"zebra {evil}"}))

    assert evil in page.one("input", id="search-q")["value"]
    assert not page.one("main").all("img")


@pytest.mark.parametrize(
    "query", ["\0", "a" * 5000, "%", "'\"", "\u202e", "(a+)+$", "  labels   blank "]
)
def test_takes_any_words(client, inkwell, query):
    response = client.get("/search/", {"q": query, "page": "x", "in": "nowhere"})

    assert response.status_code == 200
    assert len(parse_page(response).one("input", id="search-q")["value"]) <= 200


def test_is_the_same_for_everyone(client, inkwell):
    response = client.get("/search/?q=labels")

    assert not response.cookies
    assert "public" in response["Cache-Control"]
    assert "Cookie" not in response.get("Vary", "")


def test_only_reads(client, inkwell):
    assert client.post("/search/", {"q": "labels"}).status_code == 405
