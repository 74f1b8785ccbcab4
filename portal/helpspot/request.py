"""The vendor's `request.*` methods."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from django.views.decorators.debug import sensitive_variables

from portal.helpspot import custom_fields, wire
from portal.helpspot.errors import NotFound
from portal.helpspot.transport import Transport
from portal.helpspot.types import (
    Attachment,
    Category,
    CustomField,
    Download,
    Note,
    Ticket,
    TicketCreated,
    Upload,
)
from portal.memo import Memo

# Requests that are looked at again and again while nothing comes.
TICKETS_BYTES = 1024 * 1024
NO_CUSTOM: Mapping[int, str] = MappingProxyType({})
_ACCESS_KEY = re.compile(r"([0-9]{1,10})[A-Za-z][A-Za-z0-9]{0,63}")


class RequestMethods:
    """The vendor's `request.*` methods."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._tickets: Memo[Ticket] = Memo(TICKETS_BYTES)

    @sensitive_variables()
    def create(
        self,
        *,
        note: str,
        category_id: int | None = None,
        first_name: str = "",
        last_name: str = "",
        customer_id: str = "",
        email: str = "",
        phone: str = "",
        is_urgent: bool = False,
        custom: Mapping[int, str] = NO_CUSTOM,
        files: Sequence[Upload] = (),
        reference: str = "",
    ) -> TicketCreated:
        """Make a new request; the answer's access key is shown nowhere else.

        One of names, customer id, e-mail or phone must be given. `custom` has
        HelpSpot's values by field id. A help desk that knows `reference` makes one
        request of the same reference sent twice; HelpSpot ignores it. Raises
        `Rejected`, `Unavailable` and `Uncertain`.

        Vendor's method: request.create
        """
        portal_id = self._transport.connection.portal_id
        parameters = {
            "tNote": note,
            "xCategory": str(category_id or ""),
            "sFirstName": first_name,
            "sLastName": last_name,
            "sUserId": customer_id,
            "sEmail": email,
            "sPhone": phone,
            "fUrgent": "1" if is_urgent else "",
            "xPortal": str(portal_id or ""),
            "sReference": reference,
            **{f"Custom{id_}": value for id_, value in custom.items()},
        }
        return self._transport.write(
            "request.create", _created, _filled(parameters), files=files
        )

    @sensitive_variables()
    def update(
        self,
        *,
        access_key: str,
        note: str,
        files: Sequence[Upload] = (),
        reference: str = "",
    ) -> int:
        """Add a customer's note to a request and return the request's id.

        Raises `NotFound` for a wrong key, `Rejected`, `Unavailable`, `Uncertain`.

        Vendor's method: request.update
        """
        _ticket_id("request.update", access_key)
        parameters = {"accesskey": access_key, "tNote": note, "sReference": reference}
        return self._transport.write(
            "request.update",
            lambda root: wire.id_(root, "xRequest"),
            _filled(parameters),
            files=files,
        )

    @sensitive_variables()
    def get(self, access_key: str) -> Ticket:
        """Return a request with its public notes; raises `NotFound` for a wrong key.

        Vendor's method: request.get
        """
        id_ = _ticket_id("request.get", access_key)
        zone = self._transport.zone
        return self._transport.read(
            "request.get",
            lambda root: _ticket(root, id_, zone),
            # Ids and timestamps instead of labels and dates, where HelpSpot knows it.
            {"accesskey": access_key, "fRawValues": "1"},
            built=self._tickets,
        )

    def get_categories(self) -> list[Category]:
        """Return the public categories, in HelpSpot's order.

        Vendor's method: request.getCategories
        """
        return self._transport.read(
            "request.getCategories",
            lambda root: [_category(row) for row in root.findall("category")],
        )

    def get_custom_fields(self) -> list[CustomField]:
        """Return the public custom fields in the order that staff gave them.

        Vendor's method: request.getCustomFields
        """
        fields = self._transport.read(
            "request.getCustomFields",
            lambda root: [custom_fields.build(row) for row in root.findall("field")],
        )
        return sorted(fields, key=lambda field: field.order)

    def open_file(self, attachment: Attachment) -> Download:
        """Return the file of a public note, to be read once in chunks.

        Raises `NotFound` and `Unavailable`; the chunks may raise `Unavailable`.
        """
        return self._transport.download(
            {
                "from": "3",
                "id": str(attachment.document_id),
                "reqid": str(attachment.ticket_id),
                "reqhisid": str(attachment.note_id),
            }
        )


def _filled(parameters: Mapping[str, str]) -> dict[str, str]:
    # HelpSpot refuses a custom field that is sent blank, even an optional one.
    return {name: value for name, value in parameters.items() if value.strip()}


@sensitive_variables()
def _ticket_id(method: str, access_key: str) -> int:
    match = _ACCESS_KEY.fullmatch(access_key)
    if match is None:
        raise NotFound(method)
    return int(match[1])


def _created(root: Element) -> TicketCreated:
    key = wire.text(root, "accesskey")
    if key is None:
        raise wire.Unreadable
    return TicketCreated(id=wire.id_(root, "xRequest"), access_key=key)


def _category(row: Element) -> Category:
    return Category(
        id=wire.id_(row, "xCategory"),
        name=wire.text(row, "sCategory") or "",
        custom_field_ids=tuple(
            wire.content_id(field)
            for field in wire.items(row, "sCustomFieldList", "xCustomField")
        ),
    )


def _ticket(root: Element, id_: int, zone: ZoneInfo) -> Ticket:
    wire.check_is(root, "xRequest", id_)
    closed = wire.moment(root, "dtGMTClosed", zone)
    notes = [
        _note(item, id_, zone)
        for item in wire.items(root, "request_history", "item")
        if wire.is_public(item)
    ]
    return Ticket(
        id=id_,
        is_open=wire.flag(root, "fOpen", default=closed is None),
        is_urgent=wire.flag(root, "fUrgent"),
        title=wire.text(root, "sTitle"),
        status_name=wire.label(root, "sStatus", "xStatus"),
        category_id=wire.reference(root, "xCategory"),
        category_name=wire.label(root, "sCategory", "xCategory"),
        assigned_to=wire.label(root, "xPersonAssignedTo"),
        opened=wire.moment(root, "dtGMTOpened", zone),
        closed=closed,
        full_name=wire.text(root, "fullname"),
        first_name=wire.text(root, "sFirstName"),
        last_name=wire.text(root, "sLastName"),
        email=wire.text(root, "sEmail"),
        phone=wire.text(root, "sPhone"),
        customer_id=wire.text(root, "sUserId"),
        custom_values=tuple(custom_fields.values(root)),
        notes=tuple(sorted(notes, key=lambda note: note.id)),
    )


def _note(item: Element, ticket_id: int, zone: ZoneInfo) -> Note:
    id_ = wire.id_(item, "xRequestHistory")
    ticket_id = wire.reference(item, "xRequest") or ticket_id
    return Note(
        id=id_,
        ticket_id=ticket_id,
        author_name=wire.label(item, "xPersonName", "xPerson"),
        is_by_staff=wire.text(item, "xPerson") not in {None, "0"},
        is_initial=wire.flag(item, "fInitial"),
        body=wire.body(item, "tNote"),
        is_html=wire.flag(item, "fNoteIsHTML"),
        created=wire.moment(item, "dtGMTChange", zone),
        attachments=tuple(
            Attachment(
                document_id=wire.id_(file, "xDocumentId"),
                ticket_id=ticket_id,
                note_id=id_,
                filename=wire.text(file, "sFilename") or "",
                mime_type=wire.text(file, "sFileMimeType"),
            )
            for file in wire.items(item, "files", "file")
        ),
    )
