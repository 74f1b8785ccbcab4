"""What a search finds: guides and topics."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a result is; the value stands in addresses."""

    GUIDE = "guides"
    TOPIC = "community"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A guide or a topic that a search found; `place` is its book or forum."""

    kind: Kind
    id: int
    title: str
    excerpt: str
    place: str

    @property
    def is_guide(self) -> bool:
        """Return whether this is a guide."""
        return self.kind is Kind.GUIDE
