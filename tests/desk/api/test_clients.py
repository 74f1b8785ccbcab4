"""The desk as programs that were written for HelpSpot call it."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from portal.desk.methods import METHODS
from portal.desk.models import Status, Ticket
from tests.desk.api.conftest import API

URLENCODED = "application/x-www-form-urlencoded"

# The vendor's own examples, `curl` without -F …
GETS = [
    "customer.getRequests&sEmail=amal@example.com&sPassword=lighthouse",
    "request.getCategories",
    "request.getCustomFields",
    "request.get&accesskey={key}",
    "forums.list",
    "forums.get&xForumId={forum}",
    "forums.getTopics&xForumId={forum}",
    "forums.getPosts&xTopicId={topic}",
    "forums.search&q=installation",
    "kb.list",
    "kb.get&xBook={book}",
    "kb.getBookTOC&xBook={book}",
    "kb.getPage&xPage={page}",
    "kb.search&q=installation",
    "kb.voteHelpful&xPage={page}",
    "kb.voteNotHelpful&xPage={page}",
    "util.getFieldLabels",
]
# … and with it.
POSTS = [
    ("request.create", {"tNote": "This is the request.", "sUserId": "12345"}),
    ("request.update", {"accesskey": "{key}", "tNote": "Update the request."}),
    (
        "forums.createTopic",
        {
            "xForumId": "{forum}",
            "sTopic": "Help with things",
            "tPost": "Initial post",
            "sName": "Bob Jones",
        },
    ),
    (
        "forums.createPost",
        {"xTopicId": "{topic}", "tPost": "Reply to a post", "sName": "Bob Jones"},
    ),
]
ROOTS = {
    "customer.getRequests": "requests",
    "request.create": "request",
    "request.update": "request",
    "request.get": "request",
    "request.getCategories": "categories",
    "request.getCustomFields": "customfields",
    "forums.list": "forums",
    "forums.get": "forum",
    "forums.getTopics": "topics",
    "forums.getPosts": "posts",
    "forums.createTopic": "topic",
    "forums.createPost": "post",
    "forums.search": "topics",
    "kb.list": "books",
    "kb.get": "book",
    "kb.getBookTOC": "toc",
    "kb.getPage": "page",
    "kb.search": "pages",
    "kb.voteHelpful": "page",
    "kb.voteNotHelpful": "page",
    "util.getFieldLabels": "labels",
    "version": "results",
}


@pytest.fixture
def ids(inkwell):
    return {
        "key": inkwell.ticket.access_key,
        "forum": inkwell.forum.pk,
        "topic": inkwell.topic.pk,
        "book": inkwell.book.pk,
        "page": inkwell.pages["unbox"].pk,
    }


def test_offers_all_of_the_vendors_methods():
    assert set(METHODS) == set(ROOTS)


@pytest.mark.parametrize("example", GETS)
def test_answers_the_vendors_examples_of_reading(ids, client, example):
    response = client.get(f"{API}?method={example.format(**ids)}")

    root = ElementTree.fromstring(response.content)  # noqa: S314 - our own desk's
    assert response.status_code == 200
    assert root.tag == ROOTS[example.partition("&")[0]]


@pytest.mark.parametrize(("method", "form"), POSTS)
def test_answers_the_vendors_examples_of_writing(ids, client, method, form):
    fields = {name: value.format(**ids) for name, value in form.items()}

    response = client.post(f"{API}?method={method}", fields)

    root = ElementTree.fromstring(response.content)  # noqa: S314 - our own desk's
    assert response.status_code == 200
    assert root.tag == ROOTS[method]


def test_serves_the_vendors_php_clients(inkwell, client):
    # The method stands in the body, the address ends in "?", the login is ":".
    response = client.post(
        f"{API}?",
        "method=request.create&output=xml&tNote=x&sEmail=a%40example.com",
        content_type=URLENCODED,
        headers={"Authorization": "Basic Og=="},
    )

    root = ElementTree.fromstring(response.content)  # noqa: S314 - our own desk's
    assert root.findtext("accesskey").startswith(root.findtext("xRequest"))


def test_serves_python_helpspot(inkwell, client):
    response = client.get(f"{API}?method=request.get&output=json")

    assert response.status_code == 400
    assert json.loads(response.content)["error"][0]["description"] == (
        "Required parameter accesskey not supplied"
    )


def test_serves_ruby_clients_that_read_by_post(inkwell, client):
    def call(**fields):
        return json.loads(client.post(API, {"output": "json", **fields}).content)

    assert isinstance(call(method="forums.list")["forum"], list)
    assert isinstance(
        call(method="forums.getTopics", xForumId=inkwell.forum.pk)["topic"], list
    )
    assert isinstance(
        call(method="forums.getPosts", xTopicId=inkwell.topic.pk)["post"], list
    )
    assert call(method="forums.get", xForumId=inkwell.forum.pk)["xForumId"]


def test_serves_ruby_clients_that_name_the_format_twice(inkwell, client):
    response = client.get(f"{API}?output=xml&method=kb.list&output=json")

    assert json.loads(response.content)["book"]


def test_serves_clients_whose_models_take_strings_only(inkwell, client):
    def strings(value) -> bool:
        if isinstance(value, dict | list):
            inner = value.values() if isinstance(value, dict) else value
            return all(strings(member) for member in inner)
        return isinstance(value, str)

    for call in [
        "request.getCategories",
        "request.getCustomFields",
        f"request.get&accesskey={inkwell.ticket.access_key}",
        "customer.getRequests&sEmail=amal@example.com&sPassword=lighthouse",
    ]:
        body = json.loads(client.get(f"{API}?method={call}&output=json").content)
        assert strings(body)
    categories = json.loads(
        client.get(f"{API}?method=request.getCategories&output=json").content
    )["category"]
    assert list(categories) == [
        row["xCategory"] for row in categories.values()
    ]  # keyed by id


def test_serves_the_widget(inkwell, client):
    created = json.loads(
        client.post(
            f"{API}?method=request.create&output=json",
            "tNote=x&sFirstName=Tim",
            content_type=URLENCODED,
        ).content
    )

    assert "error" not in created
    assert created["accesskey"] == Ticket.objects.get(pk=created["xRequest"]).access_key


def test_serves_the_expression_engine_module(inkwell, client):
    response = client.get(
        f"{API}?method=request.get&fRawValues=1&accesskey={inkwell.ticket.access_key}"
    )

    root = ElementTree.fromstring(response.content)  # noqa: S314 - our own desk's
    assert root.findtext("sStatus") == "Active"
    assert root.findtext("xStatus") == str(Status.objects.get(name="Active").pk)
    assert root.findtext("dtGMTOpened").isdecimal()
    assert [item.findtext("xPerson") for item in root.iter("item")] == [
        str(inkwell.staff.pk),
        "0",
    ]
    assert root.findtext(f"Custom{inkwell.fields['model'].pk}") == "X2"


def test_does_not_answer_to_wrong_names(inkwell, client):
    response = client.get(f"{API}?method=kb.get&xKBBook={inkwell.book.pk}")

    assert response.status_code == 400
