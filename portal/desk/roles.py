"""What the two kinds of staff may do.

Administrators are superusers. Support staff work on requests, guides and forums.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission

SUPPORT_STAFF = "Support staff"
_FULL = ("view", "add", "change")
_PERMISSIONS = {
    "ticket": _FULL,
    "customvalue": (*_FULL, "delete"),
    "customer": _FULL,
    "page": _FULL,
    "chapter": _FULL,
    "book": ("view",),
    "document": (*_FULL, "delete"),
    "tag": _FULL,
    "forum": ("view",),
    "topic": (*_FULL, "delete"),
    "post": (*_FULL, "delete"),
    "status": ("view",),
    "category": ("view",),
    "customfield": ("view",),
}


def make_groups(**kwargs: Any) -> None:
    """Make the support staff's group where it is missing; changes no existing one."""
    group, is_new = Group.objects.get_or_create(name=SUPPORT_STAFF)
    if is_new:
        names = [
            f"{action}_{model}"
            for model, actions in _PERMISSIONS.items()
            for action in actions
        ]
        group.permissions.set(
            Permission.objects.filter(
                content_type__app_label="desk", codename__in=names
            )
        )
