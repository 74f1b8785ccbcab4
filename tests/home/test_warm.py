"""`manage.py warm` leaves nothing to ask for when the first visitor comes."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command

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
