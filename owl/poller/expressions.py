"""What a poller's table may say in `{{ … }}`, and its regular expressions: bounded, and without a way to Python.

The tables are the operators', what they are applied to is a stranger's; both can be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import regex
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from owl.errors import InvalidSetting
from owl.poller.interface import Reject

LONGEST = 4096  # characters of a value
REGEX_SECONDS = 1.0

_FILTERS = [
    "abs",
    "capitalize",
    "default",
    "d",
    "first",
    "float",
    "int",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "replace",
    "round",
    "sort",
    "string",
    "title",
    "trim",
    "upper",
    "unique",
]
# Methods of texts that can't make a short text long.
_METHODS = frozenset(
    [
        "casefold",
        "endswith",
        "find",
        "isalpha",
        "isdigit",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "startswith",
        "strip",
        "upper",
        "isoformat",
        "date",
        "get",
        "keys",
        "items",
        "values",
    ]
)


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, without statements, globals, and what makes a short text long."""

    intercepted_binops = frozenset(["*", "**", "%"])

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.filters["replace"] = _replace
        self.tests = {name: self.tests[name] for name in ("defined", "none", "number", "string", "in", "undefined")}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if callable(value) and attr not in _METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """A format can ask for a billion spaces: it isn't there."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" or not numbers:
            raise SecurityError(f"{operator} is for numbers only" if operator != "**" else "** isn't there")
        return super().call_binop(context, operator, left, right)


class Expressions:
    """Compiles the expressions of a poller's table."""

    def __init__(self) -> None:
        self._environment = _Environment()

    def compile(self, name: str, text: str) -> Expression:
        """An expression; `name` is where it stands.

        Raises:
            InvalidSetting: it can't be read, or is more than texts with `{{ … }}`.
        """
        try:
            parsed = self._environment.parse(text)
            if any(not isinstance(node, nodes.Output) for node in parsed.body):
                raise InvalidSetting(f"{name}: {{% … %}} isn't there, only {{{{ … }}}}")
            return Expression(name, text, self._environment)
        except TemplateSyntaxError as error:
            raise InvalidSetting(f"{name}: {text!r}: {error.message}") from error
        except TemplateError as error:
            raise InvalidSetting(f"{name}: {text!r}: {error}") from error


class Expression:
    """One text with `{{ … }}` in it."""

    def __init__(self, name: str, text: str, environment: _Environment) -> None:
        self.name = name
        self.text = text
        self._template = environment.from_string(text) if "{" in text else None

    def value(self, variables: Mapping[str, Any], longest: int = LONGEST) -> str:
        """What it is for one request.

        Raises:
            Reject: a variable isn't there, it does what it may not, or it is too long.
        """
        if self._template is None:
            return self.text
        try:
            found = self._template.render(variables)
        except (UndefinedError, SecurityError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            words = str(error).replace("'dict object' has no attribute", "there is no")
            raise Reject(f"{self.name} = {self.text}: {words}") from error
        if len(found) > longest:
            raise Reject(f"{self.name} = {self.text}: it has {len(found)} characters; {longest} are allowed")
        return found


class Match:
    """A regular expression that all of a text must match, within a second.

    Raises:
        InvalidSetting: it can't be read.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        try:
            self._compiled = regex.compile(text)
        except regex.error as error:
            raise InvalidSetting(f"{name} = {text!r}: {error}") from error
        self.groups = frozenset(self._compiled.groupindex)

    def groupdict(self, text: str) -> dict[str, str]:
        """The named groups of a match (a group that took no part is "").

        Raises:
            Reject: it doesn't match, or takes longer.
        """
        try:
            found = self._compiled.fullmatch(text, timeout=REGEX_SECONDS)
        except TimeoutError:
            raise Reject(f"{self.name} = {self.text} takes longer than {REGEX_SECONDS:.0f} s on it") from None
        if found is None:
            raise Reject(f"{self.name} = {self.text} doesn't match it")
        return {name: value or "" for name, value in found.groupdict().items()}


def _replace(value: Any, old: str, new: str) -> str:
    text = str(value)
    if len(text) > LONGEST or not old or len(new) > LONGEST:
        raise SecurityError("replace: the texts are too long, or the first is empty")
    found = text.replace(str(old), str(new))
    if len(found) > LONGEST:
        raise SecurityError("replace: it gets too long")
    return found
