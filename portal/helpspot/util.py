"""The vendor's `util.*` method, and `version`."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from portal.helpspot import wire
from portal.helpspot.transport import Transport
from portal.helpspot.types import FieldLabels, Version


class UtilMethods:
    """The vendor's `util.*` method, and `version`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get_field_labels(self) -> FieldLabels:
        """Return HelpSpot's labels, in its language, by its name of the column.

        Vendor's method: util.getFieldLabels
        """
        return self._transport.read("util.getFieldLabels", _labels)

    def version(self) -> Version:
        """Return HelpSpot's version and the oldest API it still speaks.

        Vendor's method: version
        """
        return self._transport.read("version", _version)


def _labels(root: Element) -> FieldLabels:
    return {
        name: label
        for name, child in wire.singles(root).items()
        if (label := wire.content(child).strip())
    }


def _version(root: Element) -> Version:
    version = wire.text(root, "version")
    if version is None:
        raise wire.Unreadable
    return Version(
        version=version, min_version=wire.text(root, "min_version") or version
    )
