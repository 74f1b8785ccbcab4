"""How any method is called and answered, whatever it is."""

from __future__ import annotations

import json
import logging
import time

import pytest

from portal.desk.models import Book, DeskSettings
from portal.desk.server import answer
from tests.desk.api.conftest import API, document, problems

BOOKS = """
<books>
<book>
<xBook>{id}</xBook>
<sBookName>Printer manual</sBookName>
<iOrder>0</iOrder>
<tDescription>Everything about your label printer.</tDescription>
</book>
</books>
"""
URLENCODED = "application/x-www-form-urlencoded"


def change(**values):
    DeskSettings.load()
    DeskSettings.objects.update(**values)


def test_answers_xml_unless_asked_for_something_else(inkwell, ask):
    expected = document(BOOKS.format(id=inkwell.book.pk))

    for response in [ask("kb.list"), ask("kb.list", output="toml")]:
        assert response.status_code == 200
        assert response["Content-Type"] == "text/xml; charset=UTF-8"
        assert response.content.decode() == expected


@pytest.mark.parametrize("flavour", ["strings", "numbers"])
def test_answers_json_without_the_root_in_the_flavour_set(inkwell, ask, flavour):
    change(json_scalars=flavour)

    response = ask("kb.list", output="json")

    scalar = str if flavour == "strings" else int
    assert response["Content-Type"] == "application/json; charset=UTF-8"
    assert json.loads(response.content) == {
        "book": [
            {
                "xBook": scalar(inkwell.book.pk),
                "sBookName": "Printer manual",
                "iOrder": scalar(0),
                "tDescription": "Everything about your label printer.",
            }
        ]
    }


def test_escapes_json_as_php_does(ask, db):
    Book.objects.create(name="Größe 1/2")

    assert (
        b'"sBookName": "Gr\\u00f6\\u00dfe 1\\/2"'
        in ask("kb.list", output="json").content
    )


def test_answers_php_with_lengths_in_bytes(ask, db):
    book = Book.objects.create(name="Größe")

    response = ask("kb.list", output="php")

    assert response["Content-Type"] == "text/plain; charset=UTF-8"
    assert response.content.decode() == (
        'a:1:{s:4:"book";a:1:{i:0;a:4:{'
        f's:5:"xBook";s:{len(str(book.pk))}:"{book.pk}";'
        's:9:"sBookName";s:7:"Größe";s:6:"iOrder";s:1:"0";'
        's:12:"tDescription";s:0:"";}}}'
    )


def test_indexes_categories_by_number_in_php(inkwell, ask):
    change(json_scalars="numbers")

    content = ask("request.getCategories", output="php").content.decode()

    first = inkwell.categories["printer"].pk
    assert content.startswith(
        f'a:1:{{s:8:"category";a:2:{{i:{first};a:3:{{s:9:"xCategory";i:{first};'
    )


def test_leaves_out_what_xml_cannot_hold(ask, db):
    Book.objects.create(name="Tab\tBell\x07 & <Form\x0cfeed>\ufffe 👍")

    content = ask("kb.list").content.decode()

    assert "<sBookName>Tab\tBell &amp; &lt;Formfeed&gt; 👍</sBookName>" in content


def test_takes_method_and_output_from_the_body(inkwell, client):
    body = {"method": "kb.list", "output": "json"}

    assert json.loads(client.post(API, body).content)["book"]


def test_lets_the_body_win_over_the_query(inkwell, client):
    response = client.post(
        f"{API}?method=kb.get&xBook=9999", {"xBook": inkwell.book.pk}
    )

    assert b"<sBookName>Printer manual</sBookName>" in response.content


def test_lets_the_last_of_repeated_keys_win(inkwell, client):
    response = client.get(
        f"{API}?output=xml&method=forums.list&method=kb.list&output=json"
    )

    assert list(json.loads(response.content)) == ["book"]


@pytest.mark.parametrize("verb", ["get", "post"])
def test_takes_either_verb_and_ignores_what_it_does_not_know(inkwell, client, verb):
    call = getattr(client, verb)

    response = call(f"{API}?method=kb.list&page=2&fDeleted=0&x=1")

    assert response.status_code == 200


@pytest.mark.parametrize(
    "header", ["Basic Og==", "Basic bWF5YTpz", "Bearer 1|abc", "nonsense"]
)
def test_ignores_credentials(inkwell, client, header):
    response = client.get(f"{API}?method=kb.list", headers={"Authorization": header})

    assert response.status_code == 200


def test_takes_a_call_from_another_site(inkwell, client):
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://example.org"}

    response = client.post(f"{API}?method=kb.list", headers=headers)

    assert response.status_code == 200


@pytest.mark.parametrize("query", ["", "?method=", "?method=KB.list", "?method=kb"])
def test_refuses_an_unknown_method(db, client, query):
    assert problems(client.get(API + query)) == [(201, "Invalid method provided")]


def test_sends_errors_in_the_format_asked_for(db, client):
    json_errors = client.get(f"{API}?method=kb.get&output=json")
    php_errors = client.get(f"{API}?method=kb.get&output=php")

    assert json_errors.status_code == php_errors.status_code == 400
    assert json.loads(json_errors.content) == {
        "error": [{"id": 101, "description": "Required parameter xBook not supplied"}]
    }
    assert php_errors.content == (
        b'a:1:{s:5:"error";a:1:{i:0;a:2:{s:2:"id";i:101;s:11:"description";'
        b's:37:"Required parameter xBook not supplied";}}}'
    )


def test_writes_the_errors_document_as_the_vendor_does(db, client):
    assert client.get(f"{API}?method=nope").content.decode() == document("""
        <errors>
        <error>
        <id>201</id>
        <description>Invalid method provided</description>
        </error>
        </errors>
    """)


@pytest.mark.parametrize("method", ["private.version", "private.request.get"])
def test_offers_no_private_method(db, ask, method):
    response = ask(method)

    assert response.status_code == 400
    assert response.content.decode() == document(
        "<reply>Private API not enabled</reply>"
    )


def test_says_when_the_public_api_is_switched_off(db, ask):
    change(is_public_api_enabled=False)

    in_xml, in_json = ask("kb.list"), ask("kb.list", output="json")

    assert in_xml.status_code == in_json.status_code == 400
    assert in_xml.content.decode() == document("<reply>Public API not enabled</reply>")
    assert json.loads(in_json.content) == {"reply": "Public API not enabled"}


def test_answers_a_broken_body_with_an_errors_document(db, client):
    response = client.post(
        f"{API}?method=kb.list", b"--x", content_type="multipart/form-data; boundary="
    )

    assert [id_ for id_, _ in problems(response)] == [201]


def test_answers_too_large_a_body_with_an_errors_document(db, client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10

    response = client.post(
        f"{API}?method=kb.list&output=json", "a=" + "b" * 20, content_type=URLENCODED
    )

    assert response.status_code == 400
    assert json.loads(response.content)["error"][0]["id"] == 201


def test_answers_a_bug_with_an_errors_document_and_logs_it(db, ask, caplog):
    change(time_zone="Atlantis/Capital")
    caplog.set_level(logging.ERROR, logger="portal.desk")

    response = ask("request.get", accesskey=_ticket_key())

    assert response.status_code == 500
    assert b"<id>500</id>" in response.content
    assert "The desk could not answer" in caplog.text


def _ticket_key() -> str:
    from portal.desk.models import Status, Ticket

    return Ticket.objects.create(status=Status.objects.create(name="A")).access_key


def test_survives_ids_that_are_none(inkwell, ask):
    for id_ in ["9" * 40, "-1", "1.5", "\u0661", "1 OR 1=1", "\x00"]:
        assert ask("kb.get", xBook=id_).status_code in {200, 400}


def test_says_its_version(db, ask):
    assert ask("version").content.decode() == document("""
        <results>
        <version>5.0.0</version>
        <min_version>1.0.0</min_version>
        </results>
    """)
    assert set(json.loads(ask("version", output="json").content)) == {
        "version",
        "min_version",
    }


# --------------------------------------------------------------------- faults


def test_answers_late_when_it_is_slow(inkwell, ask):
    change(fault="slow", fault_delay=0.25)
    began_at = time.monotonic()

    response = ask("kb.list")

    assert response.status_code == 200
    assert b"".join(response).startswith(b"<?xml")
    assert time.monotonic() - began_at > 0.25


def test_answers_at_once_when_it_is_slow_by_less_than_nothing(inkwell, ask):
    change(fault="slow", fault_delay=-1)

    assert b"".join(ask("kb.list")).startswith(b"<?xml")


def test_answers_503_and_does_nothing_when_it_is_down(inkwell, send):
    change(fault="down")

    response = send("kb.voteHelpful", xPage=inkwell.pages["unbox"].pk)

    inkwell.pages["unbox"].refresh_from_db()
    assert response.status_code == 503
    assert inkwell.pages["unbox"].helpful == 0


def test_does_its_work_before_it_hangs_up(inkwell, send, rf):
    change(fault="hang_up")
    request = rf.get(
        API, {"method": "kb.voteHelpful", "xPage": inkwell.pages["unbox"].pk}
    )

    with pytest.raises(ConnectionResetError):
        answer(request)

    inkwell.pages["unbox"].refresh_from_db()
    assert inkwell.pages["unbox"].helpful == 1


def test_breaks_off_before_the_first_byte_over_a_socket(inkwell, ask):
    change(fault="hang_up")

    response = ask("kb.list")

    with pytest.raises(ConnectionResetError):
        next(iter(response.streaming_content))


def test_garbles_so_that_nothing_can_be_read(inkwell, ask):
    whole = ask("kb.list").content
    change(fault="garble")

    response = ask("kb.list")

    assert response.status_code == 200
    assert len(response.content) < len(whole)
    with pytest.raises(UnicodeDecodeError):
        response.content.decode()
