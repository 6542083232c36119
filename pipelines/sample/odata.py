"""The OData query options that clients of these tables use: $filter, $select, $skip, $top."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

ODataRow = Mapping[str, Any]
Predicate = Callable[[ODataRow], bool]
Operand = Callable[[ODataRow], Any]

TOKEN = re.compile(r"'(?:[^']|'')*'|[(),]|[^\s(),']+")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
TESTS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": lambda text, part: part in text,
    "substringof": lambda part, text: part in text,
}


class ODataQueryError(ValueError):
    """A query option that cannot be read; the sources respond with HTTP 400."""


class Filter:
    """Parses a $filter expression into a predicate over rows."""

    def __init__(self, text: str, columns: Sequence[str]) -> None:
        self.tokens = TOKEN.findall(text)
        self.columns = columns
        self.at = 0

    def predicate(self) -> Predicate:
        """The whole expression; raises ODataQueryError if part of it is left unread."""
        result = self._either()
        if self.at != len(self.tokens):
            raise ODataQueryError(f"cannot read $filter near {self._peek()!r}")
        return result

    def _peek(self) -> str:
        return self.tokens[self.at].lower() if self.at < len(self.tokens) else ""

    def _take(self, wanted: str = "") -> str:
        token = self.tokens[self.at] if self.at < len(self.tokens) else ""
        if not token or (wanted and token.lower() != wanted):
            raise ODataQueryError(f"$filter: expected {wanted or 'more'}, found {token or 'the end'!r}")
        self.at += 1
        return token

    def _either(self) -> Predicate:
        parts = [self._both()]
        while self._peek() == "or":
            self._take()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def _both(self) -> Predicate:
        parts = [self._atom()]
        while self._peek() == "and":
            self._take()
            parts.append(self._atom())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _atom(self) -> Predicate:
        if self._peek() == "(":
            self._take()
            inner = self._either()
            self._take(")")
            return inner
        if self._peek() in TESTS:
            return self._test()
        left = self._operand()
        name = self._take().lower()
        if name == "in":
            allowed = self._literals()
            return lambda row: left(row) in allowed
        if name not in COMPARE:
            raise ODataQueryError(f"$filter: unknown operator {name!r}")
        right, compare = self._operand(), COMPARE[name]
        return lambda row: compare(left(row), right(row))

    def _test(self) -> Predicate:
        test = TESTS[self._take().lower()]
        self._take("(")
        first = self._operand()
        self._take(",")
        second = self._operand()
        self._take(")")
        return lambda row: test(first(row) or "", second(row) or "")

    def _literals(self) -> set[str]:
        self._take("(")
        found = {_literal(self._take())}
        while self._peek() == ",":
            self._take()
            found.add(_literal(self._take()))
        self._take(")")
        return found

    def _operand(self) -> Operand:
        token = self._take()
        if token.lower() == "trim":
            self._take("(")
            inner = self._operand()
            self._take(")")
            return lambda row: (inner(row) or "").strip()
        if token.startswith("'"):
            text = _literal(token)
            return lambda row: text
        if token not in self.columns:
            raise ODataQueryError(f"Could not find a property named '{token}'.")
        return lambda row: row[token]


def _literal(token: str) -> str:
    if not token.startswith("'"):
        raise ODataQueryError(f"$filter: not a text in single quotes: {token!r}")
    return token[1:-1].replace("''", "'")


def matching(rows: Sequence[ODataRow], query: Mapping[str, str]) -> Sequence[ODataRow]:
    """The rows that match the query's $filter, before paging."""
    if not rows or "$filter" not in query:
        return rows
    test = Filter(query["$filter"], list(rows[0])).predicate()
    return [row for row in rows if test(row)]


def window(rows: Sequence[ODataRow], query: Mapping[str, str]) -> Sequence[ODataRow]:
    """The rows that remain after $skip and $top."""
    skip, top = query.get("$skip", "0"), query.get("$top")
    if not skip.isdecimal() or not (top is None or top.isdecimal()):
        raise ODataQueryError("$skip and $top must be whole numbers")
    return rows[int(skip) :] if top is None else rows[int(skip) : int(skip) + int(top)]


def selected(rows: Sequence[ODataRow], query: Mapping[str, str]) -> list[ODataRow]:
    """The rows with only the columns of $select, in its order."""
    if not rows or "$select" not in query:
        return list(rows)
    columns = [name.strip() for name in query["$select"].split(",")]
    unknown = [name for name in columns if name not in rows[0]]
    if unknown:
        raise ODataQueryError(f"Could not find a property named '{unknown[0]}'.")
    return [{name: row[name] for name in columns} for row in rows]
