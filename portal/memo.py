"""What was worked out lately, so that the same question is not worked out twice."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")
# What a key and its place take beside the texts.
_PLACE_BYTES = 1000


class Memo(Generic[Answer]):
    """Answers by all that they depend on, up to so many bytes; threads share it.

    Each process has its own and writes it nowhere. The longest unused go first.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._answers: OrderedDict[Hashable, tuple[Answer, int]] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def answer(
        self,
        key: Hashable,
        work_out: Callable[[], Answer],
        texts: Callable[[Answer], tuple[str | bytes, ...]],
    ) -> Answer:
        """Return the key's answer; `texts` are those that keeping it takes."""
        with self._lock:
            known = self._answers.get(key)
            if known is not None:
                self._answers.move_to_end(key)
                return known[0]
        found = work_out()
        size = _PLACE_BYTES + sum(sys.getsizeof(text) for text in texts(found))
        # One giant is not worth all the others.
        if size <= self._most_bytes // 8:
            self._keep(key, found, size)
        return found

    def _keep(self, key: Hashable, answer: Answer, size: int) -> None:
        with self._lock:
            if key in self._answers:
                return
            self._answers[key] = answer, size
            self.bytes += size
            while self.bytes > self._most_bytes:
                _key, (_answer, freed) = self._answers.popitem(last=False)
                self.bytes -= freed
