r"""The manifest of a delivery.

A text file named `manifest.txt` (ASCII, at most 1 MiB). Its first line is `owl-delivery 1 NAME COUNT`; COUNT
lines follow, one for each file: `SHA256  RELATIVE-NAME  SIZE`, two spaces between the fields, the size in
bytes. Empty lines and lines that begin with `#` count for nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from delivery.errors import DeliveryMissing, ManifestInvalid, NameUnsafe

MANIFEST_FILE = "manifest.txt"
MAX_MANIFEST_BYTES = 1 << 20

_HEADER = re.compile(r"owl-delivery 1 ([A-Za-z0-9][A-Za-z0-9._+-]{0,199}) ([0-9]{1,6})")
_LINE = re.compile(r"([0-9a-f]{64})  (\S+)  ([0-9]{1,15})")
_COMPONENT = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9._+-]{0,199}")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One file of a delivery: its name below the delivery's directory, size in bytes, SHA-256 in "
    "hexadecimal."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a delivery says it holds."""

    name: str
    path: Path
    entries: tuple[Entry, ...]


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        DeliveryMissing: it can't be read.
        ManifestInvalid: it isn't written as it must be; the text names the line.
        NameUnsafe: a name is absolute, holds `..`, or isn't a plain name.
    """
    lines = [
        (number, line)
        for number, line in enumerate(_read_text(path).split("\n"), start=1)
        if line.strip() and not line.startswith("#")
    ]
    header = _HEADER.fullmatch(lines[0][1]) if lines else None
    if header is None:
        raise ManifestInvalid(
            f"{path}: the first line isn't 'owl-delivery 1 NAME COUNT': write the manifest anew and deliver again"
        )
    entries = tuple(_parse_line(path, number, line) for number, line in lines[1:])
    _check_whole(path, entries, expected=int(header[2]))
    return Manifest(name=header[1], path=path, entries=entries)


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_MANIFEST_BYTES + 1)
    except OSError as error:
        raise DeliveryMissing(
            f"{path}: no manifest can be read ({error.strerror}): check the pathname of the delivery"
        ) from error
    if len(content) > MAX_MANIFEST_BYTES:
        raise ManifestInvalid(f"{path}: the manifest is larger than 1 MiB: split the delivery")
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as error:
        raise ManifestInvalid(f"{path}: byte {error.start} isn't ASCII: write the manifest anew") from error


def _parse_line(path: Path, number: int, line: str) -> Entry:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ManifestInvalid(
            f"{path}:{number}: the line isn't 'SHA256  RELATIVE-NAME  SIZE': {line[:100]!r}: write the "
            "manifest anew"
        )
    name = match[2]
    if not all(_COMPONENT.fullmatch(component) for component in name.split("/")):
        raise NameUnsafe(
            f"{path}:{number}: {name[:200]!r} isn't a plain name below the delivery "
            "(letters, digits, . _ + -, no leading dot or slash, no ..): rename the file and deliver again"
        )
    return Entry(name=name, size=int(match[3]), sha256=match[1])


def _check_whole(path: Path, entries: tuple[Entry, ...], *, expected: int) -> None:
    if len(entries) != expected or not entries:
        raise ManifestInvalid(
            f"{path}: the first line says {expected} files, {len(entries)} are listed: the manifest is cut "
            "short or "
            "edited; deliver again"
        )
    names = [entry.name for entry in entries]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ManifestInvalid(f"{path}: {twice[0]} is listed more than once: list every file once")
