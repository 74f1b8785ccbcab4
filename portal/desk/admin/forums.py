"""Forums, their topics, and posts that wait for review."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.desk import search
from portal.desk.models import Forum, Post, Topic


@admin.register(Forum)
class ForumAdmin(admin.ModelAdmin[Forum]):
    """The forums."""

    list_display = ["name", "order", "is_public", "is_closed", "is_moderated"]
    list_editable = ["order"]


class PostInline(admin.StackedInline[Post, Topic]):
    """A topic's posts, oldest first."""

    model = Post
    extra = 0
    fields = ["author_name", "label", "body", "is_approved", "posted_at"]


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin[Topic]):
    """The topics; sticky and closed are switched in the list."""

    list_display = [
        "title",
        "forum",
        "author_name",
        "posted_at",
        "is_sticky",
        "is_closed",
        "is_approved",
    ]
    list_editable = ["is_sticky", "is_closed"]
    list_filter = ["forum", "is_approved", "is_sticky", "is_closed"]
    list_select_related = ["forum"]
    search_fields = ["title", "author_name"]
    date_hierarchy = "posted_at"
    inlines = [PostInline]


@admin.register(Post)
class PostAdmin(admin.ModelAdmin[Post]):
    """The posts, and what to do with those that wait for review."""

    list_display = ["__str__", "topic", "author_name", "posted_at", "is_approved"]
    list_filter = ["is_approved", "topic__forum", "label"]
    list_select_related = ["topic"]
    search_fields = ["body", "author_name", "email"]
    autocomplete_fields = ["topic"]
    actions = ["approve"]

    def save_model(
        self,
        request: HttpRequest,
        obj: Post,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """Save; a topic that the post was moved from is no longer found by it."""
        super().save_model(request, obj, form, change)
        if change and "topic" in form.changed_data:
            search.topics.put(form.initial["topic"])

    @admin.action(description="Approve and show", permissions=["change"])
    def approve(self, request: HttpRequest, posts: QuerySet[Post]) -> None:
        """Show the posts, and topics that waited with them."""
        with transaction.atomic():
            topic_ids = set(posts.values_list("topic", flat=True))
            Topic.objects.filter(pk__in=topic_ids).update(is_approved=True)
            count = posts.update(is_approved=True)
            for topic_id in topic_ids:
                search.topics.put(topic_id)
        self.message_user(request, f"{count} posts are visible now.")
