"""The forums room's pages."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    conditional_page,
    require_http_methods,
    require_safe,
)

from portal import markup, outbox
from portal.brands.generations import begin_forums
from portal.brands.latest import latest_topics
from portal.brands.memory import Remembered
from portal.brands.sections import with_sections
from portal.brands.together import both
from portal.forums.feeds import posts_feed, topics_feed
from portal.forums.forms import PostForm, TopicForm
from portal.forums.sending import (
    said_by_visitor,
    send,
    was_just_posted,
)
from portal.forums.thread import POSTS_PER_PAGE, read_thread, topic_address
from portal.forums.topics import (
    TOPICS_PER_PAGE,
    find_forum,
    known_forums,
    list_forums,
    page_of_topics,
)
from portal.helpspot.errors import Disabled, HelpSpotError, NotFound, Unavailable
from portal.helpspot.types import Forum
from portal.http import (
    PortalRequest,
    public,
    public_and_current,
    redirect,
    render_page,
)

SECTION = "community"

Kind = outbox.Submission.Kind
State = outbox.Submission.State


# -------------------------------------------------------------------- reading


@conditional_page
@public
@require_safe
def index(request: PortalRequest) -> HttpResponse:
    """Show the forums."""
    brand, helpspot = request.brand, request.helpspot
    read = partial(known_forums, brand, helpspot)
    copy = with_sections(request.sections, helpspot, read)
    return render_page(
        request,
        "forums/index.html",
        {"section": SECTION, "forums": copy.value, "as_of": _age_of(copy)},
    )


@public
@require_safe
def forum_by_id(request: PortalRequest, forum_id: int) -> HttpResponse:
    """Lead from a forum's number to its full address."""
    found = find_forum(request.brand, request.helpspot, forum_id)
    return _moved(request, _forum_address(found))


@conditional_page
@public_and_current
@require_safe
def forum(request: PortalRequest, forum_id: int, slug: str) -> HttpResponse:
    """Show a forum's topics, pinned ones first, 25 on a page."""
    brand, helpspot = request.brand, request.helpspot
    number = _page_number(request)
    found, copy = with_sections(
        request.sections,
        helpspot,
        lambda: both(
            helpspot,
            partial(find_forum, brand, helpspot, forum_id),
            partial(page_of_topics, brand, helpspot, forum_id, number),
        ),
    )
    if slug != markup.slug(found.name):
        return _moved(request, _forum_address(found))
    topics = copy.value
    if number > 1 and not topics:
        raise Http404
    return render_page(
        request,
        "forums/forum.html",
        {
            "section": SECTION,
            "forum": found,
            "forum_slug": slug,
            "forums": list_forums(brand, helpspot),
            "topics": topics[:TOPICS_PER_PAGE],
            "newer": number - 1,
            "older": number + 1 if len(topics) > TOPICS_PER_PAGE else None,
            "as_of": _age_of(copy),
            "crumbs": [(_("Community"), reverse("forums:index")), (found.name, None)],
        },
    )


@public
@require_safe
def topic_by_id(request: PortalRequest, topic_id: int) -> HttpResponse:
    """Lead from a topic's number to its full address."""
    thread = read_thread(request.brand, request.helpspot, topic_id)
    return _moved(request, thread.address)


@conditional_page
@public_and_current
@require_safe
def topic(request: PortalRequest, topic_id: int, slug: str) -> HttpResponse:
    """Show a topic's posts, 50 on a page, and the form that answers."""
    brand, helpspot = request.brand, request.helpspot
    is_anew = was_just_posted(brand, request.GET.get("posted", ""))
    thread = with_sections(
        request.sections,
        helpspot,
        partial(read_thread, brand, helpspot, topic_id, is_anew=is_anew),
    )
    if thread.slug is not None and slug != thread.slug:
        return _moved(request, thread.address)
    page = Paginator(thread.posts, POSTS_PER_PAGE).get_page(request.GET.get("page"))
    quoted = thread.quote(_number(request.GET.get("quote", "")))
    crumbs = [(_("Community"), reverse("forums:index"))]
    if thread.forum:
        crumbs.append((thread.forum.name, _forum_address(thread.forum)))
    return render_page(
        request,
        "forums/topic.html",
        {
            "section": SECTION,
            "thread": thread,
            "topic_slug": slug,
            "forum": thread.forum,
            "page": page,
            "page_numbers": page.paginator.get_elided_page_range(page.number),
            "numbered_posts": thread.numbered(page.start_index(), page.end_index()),
            "was_posted": "posted" in request.GET,
            "form": PostForm(brand=brand, initial={"body": quoted}),
            "as_of": thread.as_of,
            "crumbs": [*crumbs, (thread.title, None)],
        },
    )


@conditional_page
@public
@require_safe
def feed(request: PortalRequest) -> HttpResponse:
    """Answer with the newest topics of all forums as an Atom feed."""
    list_forums(request.brand, request.helpspot)
    copy = latest_topics(request.brand, request.helpspot)
    return topics_feed(
        request,
        title=_("All topics"),
        page=reverse("forums:index"),
        topics=copy.value,
        is_old=copy.is_old,
    )


@conditional_page
@public
@require_safe
def forum_feed(request: PortalRequest, forum_id: int, slug: str) -> HttpResponse:
    """Answer with a forum's newest topics as an Atom feed."""
    found = find_forum(request.brand, request.helpspot, forum_id)
    copy = page_of_topics(request.brand, request.helpspot, forum_id, 1)
    return topics_feed(
        request,
        title=found.name,
        page=_forum_address(found),
        topics=copy.value[:TOPICS_PER_PAGE],
        is_old=copy.is_old,
    )


@conditional_page
@public
@require_safe
def topic_feed(request: PortalRequest, topic_id: int, slug: str) -> HttpResponse:
    """Answer with a topic's newest posts as an Atom feed."""
    return posts_feed(request, read_thread(request.brand, request.helpspot, topic_id))


# -------------------------------------------------------------------- writing


@public
@require_http_methods(["GET", "HEAD", "POST"])
def new_topic(request: PortalRequest, forum_id: int, slug: str) -> HttpResponse:
    """Show the form for a new topic and take what the visitor sends."""
    found = _forum_if_known(request, forum_id)
    form = TopicForm(
        request.POST if request.method == "POST" else None, brand=request.brand
    )
    if form.is_valid() and not _is_preview(request):
        title = form.cleaned_data["title"]
        said = said_by_visitor(request, form)
        content = outbox.TopicContent(forum_id=forum_id, title=title, **said)
        submission = send(request, form, content)
        if submission:
            begin_forums(request.brand)
            address = _topic_address(request, submission, markup.slug(title))
            return redirect(
                request,
                address
                or reverse(
                    "forums:topic_sent", args=(forum_id, slug, submission.reference)
                ),
            )
    return _form_page(
        request,
        "forums/new_topic.html",
        form,
        {"forum": found, "forum_id": forum_id, "forum_slug": slug},
    )


@public
@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: PortalRequest, topic_id: int, slug: str) -> HttpResponse:
    """Take an answer in a topic; the form comes back alone where something is wrong.

    The topic is not read first, so that an answer is kept while HelpSpot is away.
    """
    if request.method != "POST":
        thread = read_thread(request.brand, request.helpspot, topic_id)
        return redirect(request, f"{thread.address}#reply")
    form = PostForm(request.POST, brand=request.brand)
    if form.is_valid() and not _is_preview(request):
        said = said_by_visitor(request, form)
        content = outbox.PostContent(topic_id=topic_id, **said)
        submission = send(request, form, content)
        if submission:
            begin_forums(request.brand)
            return redirect(
                request,
                _post_address(request, submission, topic_id)
                or reverse(
                    "forums:reply_sent", args=(topic_id, slug, submission.reference)
                ),
            )
    return _form_page(
        request,
        "forums/reply.html",
        form,
        {"topic_id": topic_id, "topic_slug": slug},
    )


@require_safe
def topic_sent(
    request: PortalRequest, forum_id: int, slug: str, reference: str
) -> HttpResponse:
    """Say what became of a new topic; lead to it once it shows."""
    submission = _submission(request, reference, Kind.TOPIC)
    address = _topic_address(request, submission, markup.slug(""))
    if address:
        return redirect(request, address)
    back = reverse("forums:forum", args=(forum_id, slug))
    topic_id = submission.result_id
    return _sent_page(request, submission, topic_id, back, f"forum-{forum_id}")


@require_safe
def reply_sent(
    request: PortalRequest, topic_id: int, slug: str, reference: str
) -> HttpResponse:
    """Say what became of an answer; lead to it once it shows."""
    submission = _submission(request, reference, Kind.POST)
    address = _post_address(request, submission, topic_id)
    if address:
        return redirect(request, address)
    back = topic_address(topic_id, slug)
    return _sent_page(request, submission, topic_id, back, f"topic-{topic_id}")


# ------------------------------------------------------------------- answering


def _moved(request: PortalRequest, address: str) -> HttpResponse:
    query = request.META.get("QUERY_STRING")
    to = f"{address}?{query}" if query else address
    return redirect(request, to, permanent=True)


def _age_of(copy: Remembered[Any]) -> datetime | None:
    return copy.read_at if copy.is_old else None


def _is_preview(request: PortalRequest) -> bool:
    return "_preview" in request.POST


def _form_page(
    request: PortalRequest, template: str, form: PostForm, context: dict[str, object]
) -> HttpResponse:
    shows_preview = _is_preview(request) and not form.errors
    response = render_page(
        request,
        template,
        {
            "section": SECTION,
            "form": form,
            "preview": form.cleaned_data["body"] if shows_preview else None,
            **context,
        },
        status=form.status if form.errors else 200,
    )
    if form.retry_after is not None:
        response["Retry-After"] = str(form.retry_after)
    return response


def _sent_page(
    request: PortalRequest,
    submission: outbox.Submission,
    topic_id: int | None,
    back: str,
    draft: str,
) -> HttpResponse:
    is_delivered = submission.is_delivered
    return render_page(
        request,
        "forums/sent.html",
        {
            "section": SECTION,
            "submission": submission,
            "is_topic": submission.kind == Kind.TOPIC,
            "draft": draft,
            "is_hidden": is_delivered and _is_current(request, topic_id),
            "was_refused": submission.state in {State.REFUSED, State.DISCARDED},
            "back": back,
        },
    )


# --------------------------------------------------------------------- finding


def _page_number(request: PortalRequest) -> int:
    return min(max(_number(request.GET.get("page", "1")), 1), 10_000)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 11 else 0


def _forum_address(found: Forum) -> str:
    return reverse("forums:forum", args=(found.id, markup.slug(found.name)))


def _forum_if_known(request: PortalRequest, forum_id: int) -> Forum | None:
    """Return the forum; None where only the help desk's absence hides it."""
    try:
        return find_forum(request.brand, request.helpspot, forum_id)
    except Unavailable:
        # A topic can be kept for later without knowing its forum's name.
        if request.method != "POST":
            raise
        return None


def _submission(
    request: PortalRequest, reference: str, kind: Kind
) -> outbox.Submission:
    try:
        submission = outbox.find(reference)
    except outbox.Submission.DoesNotExist as exc:
        raise Http404 from exc
    if submission.kind != kind or submission.brand_id != request.brand.id:
        raise Http404
    return submission


def _topic_address(
    request: PortalRequest, submission: outbox.Submission, title_slug: str
) -> str | None:
    """Return where a new topic stands, None where it does not show (yet)."""
    if not submission.is_delivered or submission.result_id is None:
        return None
    try:
        read_thread(request.brand, request.helpspot, submission.result_id, is_anew=True)
    except HelpSpotError:
        return None
    address = topic_address(submission.result_id, title_slug)
    return f"{address}?{urlencode({'posted': submission.reference})}"


def _is_current(request: PortalRequest, topic_id: int | None) -> bool:
    """Say whether the help desk just told what the topic shows, if there is one."""
    try:
        thread = topic_id and read_thread(request.brand, request.helpspot, topic_id)
    except (NotFound, Disabled):
        return True
    except HelpSpotError:
        return False
    return not (thread and thread.as_of)


def _post_address(
    request: PortalRequest, submission: outbox.Submission, topic_id: int
) -> str | None:
    """Return where an answer stands, None where it does not show (yet)."""
    if not submission.is_delivered or submission.result_id is None:
        return None
    try:
        thread = read_thread(request.brand, request.helpspot, topic_id, is_anew=True)
    except HelpSpotError:
        return None
    return thread.address_of(submission.result_id, submission.reference)
