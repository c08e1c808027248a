"""HTCondor's quoting: arguments, environments, ClassAd strings and macros of the submit language.

HTCondor manual, condor_submit, "arguments", "environment" and "Dollar-dollar expansions".
"""

from __future__ import annotations

import re

from owl.drmaa.errors import DrmaaError, Errno

_NEEDS_QUOTES = re.compile(r"[\s']")
_MACRO = re.compile(r"(\$+)(?=\w*\()")


def new_syntax_token(text: str) -> str:
    """One argument, or one NAME=value, in the "new" syntax inside its double quotes' contents."""
    if text and not _NEEDS_QUOTES.search(text):
        return text
    return "'" + text.replace("'", "''") + "'"


def new_syntax(tokens: list[str]) -> str:
    """Arguments, or variables, as the raw new syntax (what the job ad holds)."""
    return " ".join(new_syntax_token(token) for token in tokens)


def variable_token(text: str) -> str:
    """``NAME=value`` in the new syntax: only the value is quoted."""
    name, _, value = text.partition("=")
    return f"{name}={new_syntax_token(value)}" if value else f"{name}="


def submit_quoted(raw: str) -> str:
    """The raw new syntax as the value of ``arguments`` or ``environment``: in double quotes."""
    return '"' + raw.replace('"', '""') + '"'


def classad_string(text: str) -> str:
    """The value of an attribute (``My.Name = …``): a ClassAd expression that gives exactly this text.

    A submit description has the old ClassAd syntax, where a backslash only counts before a
    quote and a line break can't be written; so lines are joined by a function.

    Raises:
        DrmaaError: INVALID_ATTRIBUTE_VALUE, as ``literal``.
    """
    lines = text.split("\n")
    if len(lines) == 1:
        return _classad_line(text)
    return "strcat(" + ', formatTime(0, "%n"), '.join(_classad_part(line) for line in lines) + ")"


def _classad_line(line: str) -> str:
    return '"' + literal(line).replace('"', '\\"') + '"'


def _classad_part(line: str) -> str:
    """A line as an argument of a function, where a backslash at its end would take the closing quote away."""
    return f"substr({_classad_line(line + '.')}, 0, -1)" if line.endswith("\\") else _classad_line(line)


def literal(text: str) -> str:
    """Text for a submit command's value with nothing left that the submit language would expand.

    Raises:
        DrmaaError: INVALID_ATTRIBUTE_VALUE for what one line of a submit description can't hold.
    """
    if "\n" in text or "\r" in text:
        raise DrmaaError(Errno.INVALID_ATTRIBUTE_VALUE, f"{text[:80]!r} has a line break")

    def escape(match: re.Match[str]) -> str:
        if len(match[1]) == 1:
            return "$(DOLLAR)"
        if len(match[1]) == 2 and text[match.end()] == "(":
            return "$$(DOLLARDOLLAR)"
        raise DrmaaError(Errno.INVALID_ATTRIBUTE_VALUE, f"{text[:80]!r} has dollar signs that HTCondor expands")

    return _MACRO.sub(escape, text)


def old_to_new_environment(text: str) -> str:
    """An environment in the "old" syntax (``A=1;B=x y``) in the raw new syntax, macros untouched."""
    return " ".join(variable_token(one.strip()) for one in text.split(";") if one.strip())


def environment_contents(value: str) -> str:
    """What stands inside the value of a submit command ``environment``, in the raw new syntax."""
    text = value.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"').strip()
    return old_to_new_environment(text)
