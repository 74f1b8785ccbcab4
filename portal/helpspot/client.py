"""The help desk as Python: `HelpSpot(connection)`, named as in the vendor's manual."""

from __future__ import annotations

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

    def __init__(self, connection: Connection, limits: Limits | None = None) -> None:
        self.connection = connection
        transport = Transport(connection, limits or Limits())
        self.customer = CustomerMethods(transport)
        self.request = RequestMethods(transport)
        self.forums = ForumMethods(transport)
        self.kb = KnowledgeBaseMethods(transport)
        self.util = UtilMethods(transport)
