r"""Paths as text. A file's name is bytes, whatever they are; a database and a terminal want text.

Every name has exactly one text: printable characters stand for themselves, a backslash is written `\\`, and every
other byte `\xNN`.
"""

from __future__ import annotations

import hashlib
import os
import re

_ESCAPED = re.compile(rb"\\(?:\\|x([0-9a-f]{2}))")


def to_text(path: str) -> str:
    """A path of this system as text that every database and terminal takes."""
    if path.isprintable() and "\\" not in path:
        return path
    return "".join(c if c.isprintable() and c != "\\" else _escape(c) for c in path)


def from_text(text: str) -> str:
    """The path that `to_text` made this text of."""
    if "\\" not in text:
        return text
    return os.fsdecode(_ESCAPED.sub(lambda m: bytes.fromhex(m[1].decode()) if m[1] else b"\\", text.encode()))


def key(path: str) -> str:
    """What a path is looked up by in an index: SHA-256 of its bytes."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()


def _escape(character: str) -> str:
    if character == "\\":
        return "\\\\"
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))
