"""The pages for following requests: the list, one request, its files, a reply."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import (
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from portal import accounts, downloads, outbox
from portal.accounts import device, feeds, keys, limits
from portal.accounts.keys import ProofNeeded, WrongKey
from portal.accounts.limits import Limit, TooManyAttempts
from portal.accounts.pace import unhurried
from portal.brands.sections import with_sections
from portal.brands.together import beside
from portal.helpspot.errors import HelpSpotError, NotFound, Rejected, Unavailable
from portal.helpspot.types import CustomField, Ticket
from portal.http import RETRY_SECONDS, PortalRequest, redirect, render_page
from portal.tickets import conversation, questions, receipts
from portal.tickets.following import CheckForm, ReplyForm, empty_reply
from portal.tickets.listing import Listing, all_columns, as_csv, shown_columns
from portal.tickets.submitting import FILES_LIMITS
from portal.tickets.whole_pages import remembered_page

PAGE_LENGTH = 20
REPLY_LIMITS = (Limit(60, 60 * 60),)


# -------------------------------------------------------------------- the list


@require_safe
def index(request: PortalRequest) -> HttpResponse:
    """Show the signed-in customer's requests: filtered, searched, sorted, paged."""
    if not accounts.is_signed_in(request):
        return _to_sign_in(request)
    tickets = accounts.tickets(request)
    columns = shown_columns(request.brand, request.helpspot)
    listing = Listing(tickets, request.GET, columns)
    page = Paginator(listing.found, PAGE_LENGTH).get_page(request.GET.get("page"))
    return render_page(
        request,
        "tickets/index.html",
        {
            "section": "requests",
            "listing": listing,
            "page": page,
            "rows": [(ticket, columns.of(ticket)) for ticket in page],
            "page_numbers": page.paginator.get_elided_page_range(page.number),
            "is_cut": len(tickets) >= accounts.MOST_TICKETS,
        },
        partial="results",
    )


# ------------------------------------------------------------------ opened by key


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: PortalRequest) -> HttpResponse:
    """Ask for an access key and open its request in this browser."""
    if request.method != "POST":
        return _check_page(request, CheckForm())
    form = CheckForm(request.POST)
    with unhurried():
        try:
            return _unlock(request, form)
        except Unavailable:
            form.add_error(
                None, _("Our help desk is not answering. Wait a minute and try again")
            )
            response = _check_page(request, form, status=503)
            response["Retry-After"] = str(RETRY_SECONDS)
            return response


@require_safe
def open_by_key(request: PortalRequest, access_key: str) -> HttpResponse:
    """Open the request of a link with a key; the key leaves the address at once.

    Programs that follow links in mails change nothing here: no key is used up.
    """
    with unhurried():
        return _unlock(request, CheckForm({"accesskey": access_key}))


def _unlock(request: PortalRequest, form: CheckForm) -> HttpResponse:
    if not form.is_valid():
        return _check_page(request, form)
    try:
        ticket_id = keys.unlock(
            request, form.cleaned_data["accesskey"], form.cleaned_data["email"]
        )
    except WrongKey:
        form.add_error(
            "accesskey",
            _(
                "No request with that key. Keys are a number followed by letters, and "
                "capital and small letters count. Copy it from our email"
            ),
        )
    except ProofNeeded:
        form.ask_for_email()
        form.add_error(
            "email", _("Enter the email of this request as well, for its safety")
        )
    else:
        response = HttpResponseRedirect(
            reverse("tickets:detail", args=[ticket_id]), status=303
        )
        access_key = accounts.access_key(request, ticket_id)
        if form.cleaned_data["is_to_be_remembered"] and access_key:
            device.remember(request, response, ticket_id, access_key)
        return response
    return _check_page(request, form)


def _check_page(
    request: PortalRequest,
    form: CheckForm,
    *,
    unsent: str = "",
    ticket_id: int | None = None,
    status: int = 422,
) -> HttpResponse:
    asks_for_email = form.fields["email"].required or bool(form["email"].data)
    return render_page(
        request,
        "tickets/check.html",
        {
            "section": "requests",
            "form": form,
            "asks_for_email": asks_for_email,
            "unsent": unsent,
            "ticket_id": ticket_id or _asked_number(request),
            "known": device.known_tickets(request),
        },
        status=status if form.errors else 200,
    )


@require_POST
def open_known(request: PortalRequest, ticket_id: int) -> HttpResponse:
    """Open a request whose key this device remembers."""
    for known in device.known_tickets(request):
        if known.id == ticket_id:
            accounts.grant(request, ticket_id, known.access_key)
            return redirect(request, "tickets:detail", ticket_id)
    return _to_check(request, ticket_id)


@require_POST
def remember(request: PortalRequest, ticket_id: int) -> HttpResponse:
    """Have this device remember the request's key, or forget it."""
    if "forget" in request.POST:
        response = redirect(request, "tickets:check")
        device.forget(request, response, ticket_id)
        return response
    access_key = accounts.access_key(request, ticket_id)
    if access_key is None:
        return _to_check(request, ticket_id)
    response = redirect(request, "tickets:detail", ticket_id)
    device.remember(request, response, ticket_id, access_key)
    return response


def _asked_number(request: PortalRequest) -> int | None:
    return _number(request.GET.get("request", "")) or None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 11 else 0


def _to_check(request: PortalRequest, ticket_id: int) -> HttpResponse:
    """Send away who may not see it: the same way whether there is such a request."""
    query = urlencode({"request": ticket_id})
    return redirect(request, f"{reverse('tickets:check')}?{query}")


def _to_sign_in(request: PortalRequest) -> HttpResponse:
    query = urlencode({"next": request.path})
    return redirect(request, f"{reverse('accounts:sign_in')}?{query}")


# -------------------------------------------------------------------- one request


@require_safe
def detail(request: PortalRequest, ticket_id: int) -> HttpResponse:
    """Show a request's conversation, always fresh, to who holds its key."""
    access_key = accounts.access_key(request, ticket_id)
    if access_key is None:
        return _to_check(request, ticket_id)
    reply = _kept_reply(request.GET.get("reply", ""))
    form = empty_reply(request.brand, get_language())
    try:
        return _ticket_page(request, ticket_id, access_key, form, reply)
    except Unavailable:
        # Who has just replied must read that it is safe; others may write all the same.
        return _reply_page(request, ticket_id, form, reply)


@require_safe
def updates(request: PortalRequest, ticket_id: int) -> HttpResponse:
    """Answer with what came since the page was shown: 304 where nothing did.

    `after` is the id of the newest note on the page. 403 ends the looking.
    """
    access_key = accounts.access_key(request, ticket_id)
    if access_key is None:
        return HttpResponse(status=403)
    ticket = _fetch(request, ticket_id, access_key)
    tag = conversation.state_tag(ticket)
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    messages = conversation.news(ticket, _number(request.GET.get("after", "")))
    response = render_page(
        request,
        "tickets/updates.html",
        {
            "ticket": ticket,
            "messages": messages,
            "is_waiting_for_customer": conversation.is_waiting_for_customer(ticket),
            "staff_name": messages[-1].staff_name if messages else "",
        },
    )
    response["ETag"] = tag
    return response


@require_safe
def export(request: PortalRequest) -> HttpResponse:
    """Hand out the signed-in customer's list as CSV, filtered as it is shown."""
    if not accounts.is_signed_in(request):
        return _to_sign_in(request)
    shown = shown_columns(request.brand, request.helpspot)
    listing = Listing(accounts.tickets(request), request.GET, shown)
    text = as_csv(listing.found, all_columns(request.brand, request.helpspot))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="requests.csv"'
    return response


@require_POST
def reply(request: PortalRequest, ticket_id: int) -> HttpResponse:
    """Take a customer's reply; the text survives whatever goes wrong."""
    access_key = accounts.access_key(request, ticket_id)
    if access_key is None:
        return _check_page(
            request,
            CheckForm(),
            unsent=request.POST.get("note", ""),
            ticket_id=ticket_id,
        )
    form = ReplyForm(brand=request.brand, data=request.POST, files=request.FILES)
    submission = _send(request, ticket_id, access_key, form)
    if submission is not None:
        mark = receipts.form_mark(submission, form.cleaned_data["key"])
        query = urlencode({"reply": submission.reference, **mark})
        address = reverse("tickets:detail", args=[ticket_id])
        return redirect(request, f"{address}?{query}#latest")
    with form.coming_back():
        try:
            return _ticket_page(request, ticket_id, access_key, form)
        except HelpSpotError:
            return _reply_page(request, ticket_id, form)


def _send(
    request: PortalRequest, ticket_id: int, access_key: str, form: ReplyForm
) -> outbox.Submission | None:
    """Keep and hand over a valid reply; None leaves the reason on the form."""
    visitor = limits.visitor_network(request)
    try:
        if form.attachments.has_new:
            with form.attachments.refusing_what_is_left():
                limits.spend(("files", visitor, FILES_LIMITS))
                form.attachments.stage()
        if form.is_valid():
            return outbox.submit(
                request.brand,
                request.helpspot,
                outbox.ReplyContent(
                    ticket_id=ticket_id,
                    access_key=access_key,
                    note=form.cleaned_data["note"],
                ),
                key=form.cleaned_data["key"],
                files=form.attachments.waiting,
                admit=partial(limits.admit, ("reply", visitor, REPLY_LIMITS)),
            )
    except TooManyAttempts as exc:
        form.show_pause(exc.retry_after)
    except Rejected as exc:
        form.show_refusal(exc.problems)
    except outbox.NotStored as exc:
        form.show_not_stored(exc)
    return None


@require_safe
def file(
    request: PortalRequest, ticket_id: int, document_id: int, filename: str
) -> HttpResponseBase:
    """Hand on a file of a public note, after asking the help desk for that request."""
    access_key = accounts.access_key(request, ticket_id)
    if access_key is None:
        return _to_check(request, ticket_id)
    ticket = _fetch(request, ticket_id, access_key)
    attachment = next(
        (
            attachment
            for note in ticket.notes
            for attachment in note.attachments
            if attachment.document_id == document_id
        ),
        None,
    )
    if attachment is None:
        raise NotFound("request.get")
    return downloads.stream(
        request,
        request.helpspot.request.open_file(attachment),
        conversation.safe_filename(attachment),
        wants_inline="inline" in request.GET,
    )


def _fetch(request: PortalRequest, ticket_id: int, access_key: str) -> Ticket:
    ticket = request.helpspot.request.get(access_key)
    if ticket.id != ticket_id:
        raise NotFound("request.get")
    return ticket


def _ticket_page(
    request: PortalRequest,
    ticket_id: int,
    access_key: str,
    form: ReplyForm,
    reply: outbox.Submission | None = None,
) -> HttpResponse:
    ticket, custom_fields = with_sections(
        request.sections,
        request.helpspot,
        lambda: beside(
            request.helpspot,
            partial(_fetch, request, ticket_id, access_key),
            partial(_custom_fields, request),
        ),
    )
    sheet = conversation.Sheet(
        ticket=ticket,
        details=conversation.details(
            ticket, custom_fields, request.brand.connection.time_zone
        ),
        is_whole="all" in request.GET,
    )
    shown: dict[str, Hashable] = {
        "access_key": access_key,
        "is_known": any(
            known.id == ticket_id for known in device.known_tickets(request)
        ),
        "feed_address": _feed_address(request, ticket_id, access_key),
        "takes_replies": conversation.takes_replies(ticket, request.brand),
        "form": form,
    }
    if reply is None and not form.is_bound:
        return remembered_page(request, sheet, **shown)
    return render_page(
        request,
        "tickets/detail.html",
        {
            "section": "requests",
            "sheet": sheet,
            "key": _key(form),
            "reply": reply,
            "form_key": reply and receipts.form_key(request, reply),
            **shown,
        },
        status=form.status if form.is_bound else 200,
    )


def _feed_address(request: PortalRequest, ticket_id: int, access_key: str) -> str:
    token = feeds.feed_token(request.brand, ticket_id, access_key)
    if not token:
        return ""
    return request.build_absolute_uri(reverse("tickets:feed", args=[token]))


def _key(form: ReplyForm) -> str:
    """Return what makes a reply one submission, however often it is sent."""
    return form.data.get("key") or outbox.new_key()


def _reply_page(
    request: PortalRequest,
    ticket_id: int,
    form: ReplyForm,
    reply: outbox.Submission | None = None,
) -> HttpResponse:
    """Show the reply alone, where the help desk does not give the conversation."""
    response = render_page(
        request,
        "tickets/reply.html",
        {
            "section": "requests",
            "ticket_id": ticket_id,
            "form": form,
            "key": _key(form),
            "reply": reply,
            "form_key": reply and receipts.form_key(request, reply),
        },
        status=form.status if form.is_bound else 200 if reply else 503,
    )
    if response.status_code == 503:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _custom_fields(request: PortalRequest) -> Sequence[CustomField]:
    try:
        return questions.remembered_fields(request.brand, request.helpspot).value
    except HelpSpotError:
        # The conversation is worth showing without these answers.
        return ()


def _kept_reply(reference: str) -> outbox.Submission | None:
    if not reference:
        return None
    try:
        submission = outbox.find(reference)
    except outbox.Submission.DoesNotExist:
        return None
    return submission if submission.kind == outbox.Submission.Kind.REPLY else None
