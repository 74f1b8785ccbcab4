"""What a visitor reads when something goes wrong: never a traceback."""

from __future__ import annotations

import pytest

from tests.html_page import parse_page


def test_a_bug_becomes_a_page_even_without_static_files(client, settings, inkwell):
    settings.ROOT_URLCONF = "tests.breaking_urls"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {
            "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        },
    }
    client.raise_request_exception = False

    response = client.get("/broken/")

    assert response.status_code == 500
    page = response.content.decode()
    assert "Something broke on our side" in page
    assert "secret words" not in page


def test_an_unknown_address_offers_search_and_the_overview(client, inkwell):
    response = client.get("/no/such/page/")

    assert response.status_code == 404
    assert parse_page(response).one("input", id="q-404")


def test_a_missing_guide_is_sought_by_the_words_of_its_address(client, inkwell):
    response = client.get("/kb/pages/98765-paper-jams-on-the-x2/")

    field = parse_page(response).one("input", id="q-404")
    assert field.attributes["value"] == "paper jams on the x2"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize(
    "address", ["/account/sign-in/", "/requests/check/", "/requests/new/"]
)
def test_forms_of_other_sites_are_refused(client, inkwell, headers, address):
    response = client.post(address, {}, headers=headers)

    assert response.status_code == 403
    assert "came from another site" in response.content.decode()


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}, {}]
)
def test_our_own_forms_are_taken(client, inkwell, headers):
    response = client.post("/requests/check/", {"accesskey": "x"}, headers=headers)

    assert response.status_code == 422


def test_more_than_can_be_taken_is_said(client, inkwell, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 5

    response = client.post("/requests/check/", {str(n): n for n in range(9)})

    assert response.status_code == 413
    assert "nothing was sent" in response.content.decode()
