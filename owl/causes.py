"""What a failure's log says, without what differs from one failure to the next: two with one cause get one text.

From the end of an error log the line is taken that names the cause (of a traceback its last line), and in it names,
paths, numbers and times are replaced by a mark each. Nothing here reads a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 200  # characters of a cause
_LINES = 40

# Lines that only say that something above has gone wrong, or that are decoration.
_EMPTY_WORDS = re.compile(
    r"""^(?:
        compilation\ terminated | make(?:\[\d+\])?:\ (?:\*\*\*|Leaving|Entering|Target) | ninja:\ build\ stopped
      | tar:\ (?:Exiting\ with\ failure|Error\ is\ not\ recoverable) | collect2: | \d+\ errors?\ generated
      | Aborted?\b | Command\ exited\ with | Exit(?:ed)?\ (?:status|code)\b
      | During\ handling\ of | The\ above\ exception\ was | Traceback\ \(most
      | \s*[\^~|]+[\^~|\s]*$ | \s*File\ ".*",\ line\ \d+ | Try\ '.*--help | usage:\ | \[?Errno\ None
      | rsync\ error: | curl:\ \(\d+\)\ $ | gzip:\ stdin:\ unexpected\ end | \s*\d+\ \|\ | \s*\|\s
      | HINT: | DETAIL: | LINE\ \d+: | CONTEXT: | \s*at\ [\w.$<>]+\( | note:\ | \(core\ dumped\)
      | For\ more\ information | See\ (?:also|the)\b | Please\ | Run\ '
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_TROUBLE = re.compile(
    r"""\b(?:errors?|fatal|fail(?:ed|ure|s)?|can(?:not|'t)|could\ not|unable|denied|refused|invalid|illegal|missing
      | not\ (?:found|permitted|allowed|a\b|exist|recognized|recoverable) | no\ (?:such|space|route)
      | exceed(?:ed|s)?
      | unexpected | undefined | unrecognized | corrupt(?:ed)? | timed?\ ?out | timeout | killed | segmentation
      | overflow | out\ of | too\ (?:long|many|large) | unknown | broken | mismatch | does(?:n't|\ not)
      | exception | abort(?:ed)? | reset | unreachable | disk\ quota | read-only)\b""",
    re.VERBOSE | re.IGNORECASE,
)
# `ValueError: …`, `astropy.io.fits.verify.VerifyError: …`, `KeyError`: the last line of a traceback.
_RAISED = re.compile(
    r"^(?:[A-Za-z_][\w]*\.)*[A-Z]\w*(?:Error|Exception|Warning|Interrupt|Exit|Failed|Away|Timeout)\b"
)
_STRERROR = (
    "No such file or directory|Permission denied|Is a directory|Not a directory|File exists|Read-only file system|"
    "No space left on device|Operation not permitted|Connection refused|Directory not empty|Input/output error|"
    "Too many levels of symbolic links|File name too long|Stale file handle|Disk quota exceeded|Broken pipe|"
    "Device or resource busy|Text file busy|Exec format error|Invalid argument|[Nn]ot found|[Cc]annot open"
)
_MASKS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), mark)
    for pattern, mark in (
        (r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>,;)]+", "URL"),
        (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", "N"),
        (r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[ ]?UTC|[+-]\d\d:?\d\d)?)?", "TIME"),
        (r"\b\d\d?:\d\d:\d\d(?:\.\d+)?\b", "TIME"),
        (r"\b0x[0-9a-fA-F]+\b", "N"),
        # A message about a file: `cat: NAME: No such file or directory`, whatever the name is.
        (rf"(^|[\s(])(?!\w+Error:)([^\s:'\"]+)(:(?: line \d+:)? (?:{_STRERROR}))", r"\1NAME\3"),
        # What is quoted is a name, unless it is a sentence that quotes one: KeyError: "Keyword 'X' not found."
        (r"\"([^\"'\n]*'[^'\n]*'[^\"'\n]*)\"", r"\1"),
        (r"'(?:[^'\\\n]|\\.)*'", "NAME"),
        (r"'[^'\n]{150,}$", "NAME"),  # its end was cut off
        (r'"(?:[^"\\\n]|\\.)*"', "NAME"),
        (r"`[^`'\n]*[`']", "NAME"),
        (r"[\u2018\u201c][^\u2019\u201d\n]*[\u2019\u201d]", "NAME"),
        (r"<[^<>\n]* at N>", "NAME"),
        (r"(?<![\w/])(?:~|\.{1,2})?(?:/[\w.+@%=~,-]+)+/?(?::\d+)*", "NAME"),
        (r"\b[\w+-]+(?:/[\w.+-]+)+\b", "NAME"),
        (r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b", "HOST"),
        (
            r"\b[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*\.(?:fits?|fit\.gz|tar|t?gz|zip|txt|csv|json|toml|ya?ml|asdf|dat"
            r"|log|c|cc|cpp|h|hpp|o|so|py|sh|sql|db|sqlite|xml|html|png|jpe?g|ecsv|dag|job|tmp|bz2|xz|conf|cfg|ini"
            r"|zst|lz4|7z|h5|hdf5|npy|npz|pkl|pickle|parquet|jsonl|lock|pid|list|lst|cat|reg|rmap|imap|pmap|pdf|tiff?)"
            r"\b(?::\d+)*",
            "NAME",
        ),
        (r"\b(?!cc1(?:plus)?:|f951:)(?=[\w.+-]*\d)(?=[\w.+-]*[A-Za-z_])[\w.+-]*[\w]\b", "NAME"),
        # What belongs to a name that was marked: NAME_raw, NAME.suffix.
        (r"\bNAME[\w+-][\w.+-]*\b|\bNAME(?:\.[A-Za-z]\w*)+", "NAME"),
        # What a checker says of one file of many, and what follows a word that a name always follows.
        (r"^[^\s:]+(: FAILED\b)", r"NAME\1"),
        (
            r"\b(EOF on|key from|mode|detector|instrument|filter|visit|exposure|field)"
            r" (?!NAME\b|is\b|of\b|has\b)[a-z]\w*",
            r"\1 NAME",
        ),
        (r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])", "N"),
    )
)
_REPEATED = re.compile(r"\b(NAME|N)(?:(?:,\s*|\s+|[x:]\s?)\1\b)+")


def cause(text: str, *, names: Iterable[str] = ()) -> str:
    """What the end of an error log says, with a mark for all that differs; nothing where it says nothing.

    `names` (the dataset, the run's id) are marked too, whatever they look like.
    """
    return mask(line_of(text), names=names)


def line_of(text: str) -> str:
    """The line of a log's end that names the cause."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()][-_LINES:]
    for place in range(len(lines) - 1, -1, -1):
        if _RAISED.match(lines[place].strip()):
            return lines[place].strip()[:1000]
    telling = [line.strip() for line in lines if not _EMPTY_WORDS.match(line)]
    trouble = [line for line in telling if _TROUBLE.search(line)]
    found = trouble[-1:] or telling[-1:] or [line.strip() for line in lines[-1:]]
    return found[0][:1000] if found else ""


def mask(line: str, *, names: Iterable[str] = ()) -> str:
    """A line with a mark for each name, path, number and time in it."""
    for name in sorted({name for name in names if name}, key=len, reverse=True):
        line = line.replace(name, "NAME")
    for pattern, mark in _MASKS:
        line = pattern.sub(mark, line)
    line = _REPEATED.sub(r"\1", line)
    return " ".join(line.split())[:LONGEST]
