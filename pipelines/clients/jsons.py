"""Reading JSON of any shape with the errors that a client expects."""

import json
from collections import Counter
from typing import Any

from pipelines.clients.budget import MOST_JSON_VALUES


def read_any(body: bytes | str, wanted: str = "JSON") -> Any:
    """Read JSON, whatever it holds.

    Args:
        body: the document.
        wanted: what is expected, for an error.

    Raises:
        ValueError: it is not JSON, holds what JSON does not have, such as NaN, gives a key of an object twice, so that
            it can be read in two ways, or has more values than one document may have.
    """
    values = body.count(",") if isinstance(body, str) else body.count(b",")
    if values > MOST_JSON_VALUES:
        raise ValueError(f"expected {wanted} with at most {MOST_JSON_VALUES} values, found {values}")
    try:
        return json.loads(body, parse_constant=_refuse, object_pairs_hook=_once)
    except _TwiceError as error:
        raise ValueError(f"expected {wanted} with each key of an object once, found {error}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected {wanted}, found something that is not JSON ({error!s:.80})") from None


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
    content = read_any(body, "a JSON object")
    if not isinstance(content, dict):
        raise ValueError(f"expected a JSON object, found a {type(content).__name__}")
    return content


def text_of(value: object) -> str:
    """What a field of metadata says, as text without padding; empty where it says nothing."""
    return "" if value is None else str(value).strip()


class _TwiceError(ValueError):
    pass


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON value")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (key, count), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise _TwiceError(f"{key!r:.40} {count} times")
    return found
