"""`manage.py warm` leaves nothing to ask for when the first visitor comes."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portal.desk.models import DeskSettings


def test_after_warming_every_public_page_stands_without_the_help_desk(client, inkwell):
    said = StringIO()
    call_command("warm", stdout=said)
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})

    answers = {
        address: client.get(address, follow=True).status_code
        for address in (
            "/",
            "/kb/",
            "/forums/",
            f"/kb/pages/{inkwell.pages['blank'].pk}/",
            f"/forums/{inkwell.forum.pk}/",
            f"/forums/topics/{inkwell.topic.pk}/",
        )
    }

    assert set(answers.values()) == {200}
    assert "200:" in said.getvalue()


def test_fails_with_their_number_where_pages_failed(inkwell):
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})
    said = StringIO()

    with pytest.raises(CommandError) as failed:
        call_command("warm", stdout=said)

    answered = dict(line.split(": ") for line in said.getvalue().splitlines())
    number = answered["503"].removesuffix(" pages")
    assert str(failed.value).startswith(f"{number} of ")


def test_warms_the_guides_of_a_help_desk_whose_forums_cannot_be_read(
    client, inkwell, partly_down
):
    partly_down("forums.")
    with pytest.raises(CommandError):
        call_command("warm", stdout=StringIO())
    DeskSettings.objects.update_or_create(pk=1, defaults={"fault": "down"})

    guide = client.get(f"/kb/pages/{inkwell.pages['blank'].pk}/", follow=True)

    assert guide.status_code == 200


def test_counts_broken_pages_among_those_that_failed(inkwell, settings):
    storage = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": storage}}
    said = StringIO()

    with pytest.raises(CommandError, match="pages failed"):
        call_command("warm", stdout=said)

    assert "500: " in said.getvalue()
