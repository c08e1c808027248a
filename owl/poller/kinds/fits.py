"""Kind `fits`: dataset, instrument, mode and priority come from header keywords, read with astropy."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from owl.errors import InvalidSetting
from owl.poller.interface import File, Kind, NotYet, Reject

BLOCK = 2880  # bytes; a FITS file is made of such (FITS standard 4.0, section 3.1)


class Fits(Kind):
    """A FITS file becomes one request; the expressions see `header` (of the primary HDU) and `headers` (of all)."""

    known_options: Mapping[str, Any] = {"required": []}

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        try:
            import astropy.io.fits  # noqa: F401 - to say at once that it isn't there
        except ImportError as error:
            raise InvalidSetting("kind fits needs astropy: install OWL with its extra `fits`") from error

    def read(self, file: File) -> Iterator[Mapping[str, Any]]:
        """Its headers; data aren't read, but they must all be there."""
        headers = _headers(file)
        missing = [name for name in self.options["required"] if name not in headers[0]]
        if missing:
            raise Reject(f"its header lacks {', '.join(missing)}")
        yield {"header": headers[0], "headers": headers}


def _headers(file: File) -> list[dict[str, Any]]:
    from astropy.io import fits

    with file.open() as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # astropy's warning of a truncated file is our NotYet
        size = stream.seek(0, 2)
        stream.seek(0)
        try:
            with fits.open(stream, memmap=False, lazy_load_hdus=True) as hdus:
                found = [(dict(_cards(hdu.header)), hdu.fileinfo()) for hdu in hdus]
        except (OSError, ValueError, TypeError, LookupError, fits.VerifyError) as error:
            words = " ".join(str(error).split())[:200]
            raise NotYet(f"it isn't FITS, or is truncated: {words}", evidence=size) from error
    end = max((info["datLoc"] + info["datSpan"] for _, info in found if info), default=0)
    rest = _bytes_at(file, end)
    if not found or size < end or (size - end) % BLOCK or rest.startswith(b"XTENSION"):
        raise NotYet(f"it is truncated: it has {size} bytes, its last whole HDU ends at {end}", evidence=size)
    return [header for header, _ in found]


def _bytes_at(file: File, place: int) -> bytes:
    """What follows the last HDU: nothing, special records, or the beginning of one that isn't all there."""
    with file.open() as stream:
        stream.seek(place)
        return stream.read(BLOCK)


def _cards(header: Any) -> Iterator[tuple[str, Any]]:
    """Keywords with their first values; what can't be read isn't there."""
    seen = set()
    for card in header.cards:
        try:
            name, value = card.keyword, card.value
        except (ValueError, KeyError):
            continue
        if name and name not in seen and isinstance(value, str | int | float | bool):
            seen.add(name)
            yield name, value.strip() if isinstance(value, str) else value
