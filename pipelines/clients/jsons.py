"""Reading JSON of any shape with the errors that a client expects."""

import json
from typing import Any


def read_any(body: bytes) -> Any:
    """Read JSON, whatever it holds.

    Raises:
        ValueError: it is not JSON, or holds what JSON does not have, such as NaN.
    """
    try:
        return json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected JSON, found something else ({error!s:.80})") from None


def whole(value: Any, name: str) -> int | None:
    """A whole number, or nothing.

    Raises:
        ValueError: it is something else.
    """
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise ValueError(f"expected a whole number under `{name}`, found {value!r:.40}")
    return value


def read_json(body: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        ValueError: the body is something else, such as an error page or an answer cut short.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected a JSON object, found something that is not JSON ({error!s:.80})") from None
    if not isinstance(content, dict):
        raise ValueError(f"expected a JSON object, found a {type(content).__name__}")
    return content


def text_of(value: object) -> str:
    """What a field of metadata says, as text without padding; empty where it says nothing."""
    return "" if value is None else str(value).strip()


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON value")
