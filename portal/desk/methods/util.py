"""`util.getFieldLabels` and `version`."""

from __future__ import annotations

from portal.desk.calls import Call
from portal.desk.formats import Answer

VERSION = "5.0.0"
MIN_VERSION = "1.0.0"

LABELS = {
    "iLastReplyBy": "Replied To",
    "fOpenedVia": "Contacted Via",
    "mailbox": "Mailbox",
    "fOpen": "Open",
    "xRequest": "ID",
    "sUserId": "Customer ID",
    "fullname": "Customer",
    "sLastName": "Last Name",
    "sEmail": "Email",
    "sPhone": "Phone",
    "xPersonOpenedBy": "Opened By",
    "xPersonAssignedTo": "Assigned To",
    "xStatus": "Status",
    "sCategory": "Category",
    "sTitle": "Email Subject",
    "reqsummary": "Initial Request",
    "lastpublicnote": "Latest Public Note",
    "lastpublicnoteby": "Latest Public Note By",
    "dtGMTOpened": "Opened",
    "dtGMTClosed": "Closed",
    "dtGMTTrashed": "Trashed On",
    "lastupdate": "Last Update",
    "lastpubupdate": "Last Public Update",
    "lastcustupdate": "Last Customer Update",
    "ctPublicUpdates": "#",
    "age": "Age",
    "timetrack": "Time",
}


def version(call: Call) -> Answer:
    """Return the desk's version and the oldest API version a client may speak."""
    return Answer("results", {"version": VERSION, "min_version": MIN_VERSION})


def get_field_labels(call: Call) -> Answer:
    """Return the labels of a request's columns.

    Vendor's method: util.getFieldLabels
    """
    return Answer("labels", LABELS)
