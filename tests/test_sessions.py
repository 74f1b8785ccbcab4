from __future__ import annotations

import pytest
import time_machine

from portal.sessions import SessionStore

pytestmark = pytest.mark.django_db


def begun(**values: str) -> SessionStore:
    session = SessionStore()
    session.update(values)
    session.save()
    return session


def test_a_session_is_found_again_by_its_key_alone():
    session = begun(name="Amal")

    assert dict(SessionStore(session.session_key).items()) == {"name": "Amal"}
    assert dict(SessionStore("x" * 32).items()) == {}


def test_a_key_that_nobody_was_given_begins_no_session():
    stranger = SessionStore("x" * 32)
    stranger["name"] = "Mallory"
    stranger.save()

    assert stranger.session_key != "x" * 32


def test_a_key_that_is_taken_goes_to_nobody_else(monkeypatch):
    first = begun(name="Amal")
    keys = iter([first.session_key, "y" * 32])
    monkeypatch.setattr("portal.sessions.secrets.token_hex", lambda _size: next(keys))

    second = begun(name="Ben")

    assert second.session_key == "y" * 32
    assert SessionStore(first.session_key)["name"] == "Amal"
    assert SessionStore(second.session_key)["name"] == "Ben"


def test_a_session_that_ran_out_holds_nothing():
    with time_machine.travel("2026-11-24 10:00:00Z") as now:
        session = begun(name="Amal")
        session.set_expiry(3600)
        session.save()
        now.shift(3601)

        assert dict(SessionStore(session.session_key).items()) == {}
