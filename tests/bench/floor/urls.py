"""The least that a page can cost: the same bytes, a template, a commit, a call."""

from __future__ import annotations

import json
import threading
import time
from functools import cache
from typing import Any

import requests
from cryptography.fernet import Fernet
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.crypto import get_random_string
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import etag

from tests.bench.floor.models import Kept, Note

SEAL = Fernet(Fernet.generate_key())
_kept = threading.local()


class NoteForm(forms.Form):
    name = forms.CharField(max_length=200)
    email = forms.EmailField(max_length=250)
    note = forms.CharField()


@cache
def page(name: str) -> bytes:
    return (settings.PAGES_DIR / name).read_bytes()


@cache
def lines(name: str) -> list[SafeString]:
    kept = page(name).decode().splitlines(keepends=True)
    return [mark_safe(line) for line in kept]  # noqa: S308  # the portal's own page


def same_bytes(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(page(name))


@etag(lambda request, name: '"unchanged"')
def unchanged(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(page(name))


def by_template(request: HttpRequest, name: str) -> HttpResponse:
    """Put the same page together, line for line."""
    return render(request, "lines.html", {"lines": lines(name)})


def one_commit(request: HttpRequest) -> HttpResponse:
    return _take(request) or _see_other()


def one_call(request: HttpRequest, name: str) -> HttpResponse:
    _call(_kept_session(), "GET", settings.UPSTREAM_QUERY)
    return render(request, "lines.html", {"lines": lines(name)})


def commit_and_call(request: HttpRequest) -> HttpResponse:
    """Keep a form and hand it over at once."""
    refused = _take(request)
    if refused:
        return refused
    _post(_kept_session())
    return _see_other()


def all_promises(request: HttpRequest) -> HttpResponse:
    """Do what a submission promises: sealed, sent once, settled, with a receipt."""
    form = NoteForm(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_json(), status=422)
    words = json.dumps(form.cleaned_data).encode()
    kept = Kept.objects.create(
        key=get_random_string(32), state="sending", sealed=SEAL.encrypt(words)
    )
    with requests.Session() as session:
        session.trust_env = False
        answer = _post(session)
    Kept.objects.filter(pk=kept.pk, state="sending").update(
        state="delivered", sealed=SEAL.encrypt(answer.content)
    )
    request.session["receipts"] = {kept.key: SEAL.encrypt(words).decode()}
    return _see_other()


def slow(request: HttpRequest) -> HttpResponse:
    """Answer after a second, for requests that are on their way when servers stop."""
    time.sleep(1)
    return HttpResponse("slow")


def _take(request: HttpRequest) -> HttpResponse | None:
    form = NoteForm(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_json(), status=422)
    Note.objects.create(**form.cleaned_data)
    return None


def _kept_session() -> requests.Session:
    if not hasattr(_kept, "session"):
        _kept.session = requests.Session()
        _kept.session.trust_env = False
    session: requests.Session = _kept.session
    return session


def _post(session: requests.Session) -> requests.Response:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    query = "method=request.create"
    return _call(session, "POST", query, data=settings.UPSTREAM_FORM, headers=headers)


def _call(
    session: requests.Session, verb: str, query: str, **what: Any
) -> requests.Response:
    address = f"{settings.UPSTREAM_URL}/api/index.php?{query}"
    answer = session.request(verb, address, timeout=5, **what)
    answer.raise_for_status()
    return answer


def _see_other() -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": "/"})


urlpatterns = [
    path("same/<str:name>/", same_bytes),
    path("unchanged/<str:name>/", unchanged),
    path("template/<str:name>/", by_template),
    path("commit/", one_commit),
    path("call/<str:name>/", one_call),
    path("hand-over/", commit_and_call),
    path("promises/", all_promises),
    path("slow/", slow),
]
