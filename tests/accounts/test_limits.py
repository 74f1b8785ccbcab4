"""Tries at the same moment are limited like those one after the other."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.db import connections
from django.test import Client

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 12
CHECK_URL = "/requests/check/"
SIGN_IN_URL = "/account/sign-in/"


def post_at_once(url, form, *, addresses=1):
    """Post a form from many threads at the same moment; return the answers."""
    gate, answers = Barrier(AT_ONCE), []

    def post(number):
        client = Client(REMOTE_ADDR=f"192.0.2.{number % addresses}")
        gate.wait()
        answers.append(client.post(url, form))
        connections.close_all()

    threads = [Thread(target=post, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


def test_wrong_keys_of_one_address_are_five_tries(inkwell):
    key = f"{inkwell.ticket.pk}{'z' * 20}"

    answers = post_at_once(CHECK_URL, {"accesskey": key})

    assert statuses(answers) == [422] * 5 + [429] * (AT_ONCE - 5)


def test_wrong_keys_of_one_request_are_ten_tries_until_its_email_is_asked_for(inkwell):
    key = f"{inkwell.ticket.pk}{'z' * 20}"

    answers = post_at_once(CHECK_URL, {"accesskey": key}, addresses=AT_ONCE)

    pages = [answer.content.decode() for answer in answers]
    asking = ["the email of this request as well" in page for page in pages]
    assert statuses(answers) == [422] * AT_ONCE
    assert sum(asking) == AT_ONCE - 10


def test_wrong_passwords_of_one_account_are_five_tries(inkwell):
    wrong = {"email": "amal@example.com", "password": "wrong"}

    answers = post_at_once(SIGN_IN_URL, wrong, addresses=AT_ONCE)

    assert statuses(answers) == [422] * 5 + [429] * (AT_ONCE - 5)
