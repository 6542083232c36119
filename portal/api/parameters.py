"""Reads the query of a request by the description, and reports each fault with what was expected."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.api import cursors
from portal.api.description import BASE
from portal.api.facts import Facts
from portal.api.problems import Fault, invalid
from portal.api.query_keys import AS_OF, CURSOR, DEFAULT_LIMIT, LIMIT, MAX_VALUES, OF_EVERY_LIST
from portal.api.shapes import ApiResource, ApiText, Parameter

Value = str | int
BOOLEANS = {"true": 1, "false": 0}
WHOLE_NUMBER = re.compile(r"-?\d{1,9}", re.ASCII)
# How much of a wrong value is repeated to the client that sent it.
SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class Asked:
    """A request for a list that can be answered."""

    table: str
    schema: str
    filters: tuple[tuple[Parameter, tuple[Value, ...]], ...]
    limit: int
    after: cursors.Position | None


def read_query(resource: ApiResource, pairs: Sequence[tuple[str, str]], facts: Facts) -> Asked:
    """Returns what a query asks for in a list.

    Raises:
        ProblemError: a key is unknown, a value is not valid, or a key that may occur once is repeated.
    """
    known = {parameter.name: parameter for parameter in (*resource.list_parameters, *OF_EVERY_LIST)}
    texts: dict[str, list[str]] = {}
    for name, text in pairs:
        texts.setdefault(name, []).append(text)
    faults = [_unknown(name, list(known)) for name in texts if name not in known]
    values: dict[str, tuple[Value, ...]] = {}
    for name in texts.keys() & known.keys():
        values[name], wrong = _read_values(known[name], texts[name], facts)
        faults += wrong
    table, schema = resource.answering(frozenset(texts))
    after = None
    if not faults and CURSOR.name in values:
        after = cursors.decode(str(values[CURSOR.name][0]), facts.release_id, table, facts.tables[table])
        faults += [] if after else [Fault(CURSOR.name, "cursor", cursors.explain(facts.release_id))]
    if faults:
        raise invalid(sorted(faults, key=lambda fault: fault.name))
    filters = tuple((p, values[p.name]) for p in resource.list_parameters if p.name in values)
    return Asked(table, schema, filters, int(values.get(LIMIT.name, (DEFAULT_LIMIT,))[0]), after)


def read_day(pairs: Sequence[tuple[str, str]], facts: Facts, today: date) -> date | None:
    """Returns the day of which a query wants to know what was said then; None if it does not ask that.

    Raises:
        ProblemError: it is no day, or one to come.
    """
    texts = [text for name, text in pairs if name == AS_OF.name]
    if not texts:
        return None
    _, faults = _read_values(AS_OF, texts, facts)
    if faults:
        raise invalid(faults)
    try:
        day = date.fromisoformat(texts[0])
    except ValueError:
        raise invalid([Fault(AS_OF.name, "invalid-value", f"There is no day {texts[0]}.")]) from None
    if day > today:
        raise invalid([Fault(AS_OF.name, "invalid-value", f"{day} is to come; the last day is {today}.")])
    return day


def refuse_query(pairs: Sequence[tuple[str, str]]) -> None:
    """Raises ProblemError if a path that takes no parameters has any."""
    if pairs:
        raise invalid([_unknown(name, []) for name in dict(pairs)])


def _unknown(name: str, known: list[str]) -> Fault:
    near = difflib.get_close_matches(name, known, n=1)
    expected = f"Known parameters: {', '.join(known)}." if known else "This address takes none."
    guess = f" Did you mean {near[0]}?" if near else ""
    return Fault(_cut(name), "unknown-parameter", f"There is no parameter {_cut(name)!r}. {expected}{guess}")


def _read_values(parameter: Parameter, texts: list[str], facts: Facts) -> tuple[tuple[Value, ...], list[Fault]]:
    most = MAX_VALUES if parameter.is_repeated else 1
    if len(texts) > most:
        detail = f"{parameter.name} is given {len(texts)} times; the maximum is {most}."
        return (), [Fault(parameter.name, "too-many-values", detail)]
    values = [read_value(parameter, text, facts) for text in texts]
    faults = [
        Fault(
            parameter.name,
            "invalid-value",
            f"{parameter.name} is {_cut(text)!r}; expected {expected(parameter, facts).en}.",
        )
        for text, value in zip(texts, values, strict=True)
        if value is None
    ]
    return tuple(value for value in values if value is not None), faults


def read_value(parameter: Parameter, text: str, facts: Facts) -> Value | None:
    """Returns a value in the type of its column, None for one that the parameter does not accept."""
    value: Value | None = text
    if parameter.kind == "boolean":
        value = BOOLEANS.get(text)
    elif parameter.kind == "integer":
        value = int(text) if WHOLE_NUMBER.fullmatch(text) else None
    if value is None or (parameter.choices and value not in facts.choices[parameter.choices]):
        return None
    if parameter.minimum is not None and int(value) < parameter.minimum:
        return None
    if parameter.maximum is not None and int(value) > parameter.maximum:
        return None
    return value if parameter.pattern is None or re.search(parameter.pattern, text, re.ASCII) else None


def expected(parameter: Parameter, facts: Facts) -> ApiText:
    """Returns in words which values a parameter accepts."""
    if parameter.kind == "boolean":
        return ApiText("true of false", "true or false")
    if parameter.choices and parameter.is_spelled:
        listed = ", ".join(str(choice) for choice in facts.choices[parameter.choices])
        return ApiText(f"een van {listed}", f"one of {listed}")
    if parameter.listed_at:
        address = f"{BASE}{parameter.listed_at}"
        return ApiText(
            f"een uit {address}, zoals {parameter.example}", f"one that is in {address}, such as {parameter.example}"
        )
    if parameter.kind == "integer":
        lowest, highest = parameter.minimum, parameter.maximum
        return ApiText(
            f"een geheel getal van {lowest} tot en met {highest}", f"a whole number from {lowest} to {highest}"
        )
    return ApiText(f"iets als {parameter.example}", f"something like {parameter.example}")


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
