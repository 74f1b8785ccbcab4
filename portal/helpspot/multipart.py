"""A form with files, as HelpSpot wants it, written while it is sent.

HelpSpot takes files as three text fields each, the content in base64. The body is
made block by block, so that no file is in memory as a whole.
"""

from __future__ import annotations

import os
import secrets
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from portal.helpspot.types import Upload

MAX_FILES = 9
BLOCK = 48 * 1024  # a multiple of three: base64 without a seam


class MultipartForm:
    """A `multipart/form-data` body of known length; iterate it once."""

    def __init__(self, fields: Mapping[str, str], files: Sequence[Upload]) -> None:
        if len(files) > MAX_FILES:
            raise ValueError(f"HelpSpot takes {MAX_FILES} files at most")
        self._boundary = secrets.token_hex(16)
        self._fields = fields
        self._files = [(upload, _size(upload.file)) for upload in files]

    @property
    def content_type(self) -> str:
        """Return the Content-Type header."""
        return f"multipart/form-data; boundary={self._boundary}"

    def __len__(self) -> int:
        return sum(
            len(piece) if isinstance(piece, bytes) else (piece[1] + 2) // 3 * 4
            for piece in self._pieces()
        )

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces():
            if isinstance(piece, bytes):
                yield piece
            else:
                yield from _base64(*piece)

    def _pieces(self) -> Iterator[bytes | tuple[BinaryIO, int]]:
        for name, value in self._fields.items():
            yield self._head(name) + value.encode("utf-8", "replace") + b"\r\n"
        for index, (upload, size) in enumerate(self._files, start=1):
            for name, value in (
                (f"File{index}_sFilename", upload.filename),
                (f"File{index}_sFileMimeType", upload.mime_type),
            ):
                yield self._head(name) + value.encode("utf-8", "replace") + b"\r\n"
            yield self._head(f"File{index}_bFileBody")
            yield upload.file, size
            yield b"\r\n"
        yield f"--{self._boundary}--\r\n".encode()

    def _head(self, name: str) -> bytes:
        disposition = f'Content-Disposition: form-data; name="{name}"'
        return f"--{self._boundary}\r\n{disposition}\r\n\r\n".encode()


def _size(file: BinaryIO) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def _base64(file: BinaryIO, size: int) -> Iterator[bytes]:
    file.seek(0)
    left = size
    while left:
        block = file.read(min(BLOCK, left))
        # A short block in the middle would leave padding there.
        if len(block) < min(BLOCK, left):
            raise OSError
        left -= len(block)
        yield b64encode(block)
