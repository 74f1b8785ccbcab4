"""Guides for what somebody wrote, on a page that comes back to them."""

from __future__ import annotations

from django import template
from django.template.context import RequestContext

from portal.search.answers import answers_at_hand
from portal.search.kinds import Result

register = template.Library()


@register.simple_tag(takes_context=True)
def guides_for(context: RequestContext, text: str) -> list[Result]:
    """Return guides that may answer the text, without asking anyone for it."""
    return answers_at_hand(context["request"].brand, text)
