"""How a post leaves the portal: limited, then kept and handed over by the outbox."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from portal import outbox
from portal.accounts import limits
from portal.accounts.limits import Limit, TooManyAttempts
from portal.brands import Brand
from portal.forums import browsers
from portal.forums.forms import PostForm
from portal.helpspot.errors import Rejected
from portal.http import PortalRequest, visitor_address
from portal.seals import digests

POST_KINDS = frozenset({outbox.Submission.Kind.TOPIC, outbox.Submission.Kind.POST})
JUST_POSTED = timedelta(minutes=5)
SENT_AGAIN = timedelta(hours=2)
POST_LIMITS = (Limit(3, 600), Limit(10, 24 * 60 * 60))


Post = outbox.TopicContent | outbox.PostContent


def said_by_visitor(request: PortalRequest, form: PostForm) -> dict[str, Any]:
    """Return what a valid form and the connection say of any post, by name."""
    user_agent = request.headers.get("User-Agent", "")
    names = ("author_name", "body", "email", "wants_email")
    return {name: form.cleaned_data[name] for name in names} | {
        "ip_address": visitor_address(request, settings.TRUSTED_PROXIES),
        "operating_system": browsers.operating_system(user_agent),
        "browser": browsers.browser(user_agent),
    }


def send(
    request: PortalRequest, form: PostForm, content: Post
) -> outbox.Submission | None:
    """Submit what a valid form says; None leaves the reason on the form."""
    counter = ("post", limits.visitor_network(request), POST_LIMITS)
    try:
        return outbox.submit(
            request.brand,
            request.helpspot,
            content,
            key=_key(request.brand, content),
            admit=partial(limits.admit, counter),
        )
    except TooManyAttempts as exc:
        form.show_pause(exc.retry_after)
    except Rejected as exc:
        form.show_refusal(exc.problems)
    except outbox.NotStored as exc:
        form.show_not_stored(exc)
    return None


def _key(brand: Brand, content: Post) -> str:
    """Return the key that makes one submission of the same words sent twice.

    Forum pages are the same for everyone, so their forms can hold no random key: the
    words, the visitor and the day stand in for it. Around midnight it is the day when
    the words first came, and while SECRET_KEY is changed the key of that time.
    """
    moment = timezone.now()
    days = (moment.date(), (moment - SENT_AGAIN).date())
    todays, *lately = dict.fromkeys(
        key for day in days for key in _keys_on(day, content)
    )
    return outbox.known_key(brand, lately) or todays


def _keys_on(day: date, content: Post) -> list[str]:
    said = f"{day.isoformat()} {content.kind} {content.ip_address} {content.words()}"
    return digests("forums.sending", said)


def was_just_posted(brand: Brand, reference: str) -> bool:
    """Say whether this reference is that of a post which arrived a moment ago.

    Only whoever posted has it, so that nobody else can have the help desk asked anew.
    """
    if not reference:
        return False
    try:
        submission = outbox.find(reference)
    except (outbox.Submission.DoesNotExist, DatabaseError):
        return False
    settled_at = submission.settled_at
    return (
        submission.brand_id == brand.id
        and submission.kind in POST_KINDS
        and submission.is_delivered
        and settled_at is not None
        and timezone.now() - settled_at < JUST_POSTED
    )
