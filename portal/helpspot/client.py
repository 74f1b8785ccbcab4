"""The help desk as Python: `HelpSpot(connection)`, named as in the vendor's manual."""

from __future__ import annotations

from functools import cached_property

from portal.helpspot.connection import Connection, Limits
from portal.helpspot.customer import CustomerMethods
from portal.helpspot.forums import ForumMethods
from portal.helpspot.kb import KnowledgeBaseMethods
from portal.helpspot.request import RequestMethods
from portal.helpspot.transport import Transport
from portal.helpspot.util import UtilMethods

__all__ = ["Connection", "HelpSpot", "Limits"]


class HelpSpot:
    """One help desk; its methods stand in groups as in the vendor's manual.

    Threads may share it: each keeps its own connections.
    """

    def __init__(
        self,
        connection: Connection,
        limits: Limits | None = None,
        *,
        transport: Transport | None = None,
    ) -> None:
        self.connection = connection
        transport = transport or Transport(connection, limits or Limits())
        self._transport = transport
        self.customer = CustomerMethods(transport)
        self.request = RequestMethods(transport)
        self.forums = ForumMethods(transport)
        self.kb = KnowledgeBaseMethods(transport)
        self.util = UtilMethods(transport)

    @cached_property
    def at_once(self) -> HelpSpot:
        """Return the same help desk for what somebody waits for.

        While it is away its calls fail at once (`Unavailable`): none of them is the one
        that finds out whether it is back, before something else was answered.
        """
        return HelpSpot(self.connection, transport=self._transport.at_once())
