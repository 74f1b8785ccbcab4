"""The least that a page can cost: the same bytes, one commit, one call upstream."""

from __future__ import annotations

import threading
from functools import cache

import requests
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from tests.bench.floor.models import Note

_kept = threading.local()


class NoteForm(forms.Form):
    name = forms.CharField(max_length=200)
    email = forms.EmailField(max_length=250)
    note = forms.CharField()


@cache
def page(name: str) -> bytes:
    return (settings.PAGES_DIR / name).read_bytes()


def same_bytes(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(page(name))


def one_commit(request: HttpRequest) -> HttpResponse:
    form = NoteForm(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_json(), status=422)
    Note.objects.create(**form.cleaned_data)
    return HttpResponse(status=303, headers={"Location": "/"})


def one_call(request: HttpRequest) -> HttpResponse:
    if not hasattr(_kept, "session"):
        _kept.session = requests.Session()
        _kept.session.trust_env = False
    answer = _kept.session.get(
        f"{settings.UPSTREAM_URL}/api/index.php?{settings.UPSTREAM_QUERY}", timeout=5
    )
    return render(request, "one_call.html", {"lines": answer.text.splitlines()})


urlpatterns = [
    path("same/<str:name>/", same_bytes),
    path("commit/", one_commit),
    path("call/", one_call),
]
