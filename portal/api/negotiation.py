"""Chooses the media type of a response that a client prefers."""

from collections.abc import Sequence

from portal.api.problems import ProblemError

JSON, CSV, PROBLEM = "application/json", "text/csv", "application/problem+json"


def choose(accept: str | None, offered: Sequence[str]) -> str:
    """Returns the media type that a client prefers, the first of those that it ranks equally.

    Raises:
        ProblemError: the client accepts none of those on offer.
    """
    liked = [(_liking(accept or "*/*", form), -place, form) for place, form in enumerate(offered)]
    liking, _, form = max(liked)
    if liking <= 0:
        raise ProblemError("not-acceptable", f"This address answers in {' or '.join(offered)}.")
    return form


def _liking(accept: str, form: str) -> float:
    """The q of the most specific part of an Accept header that matches a media type; 0 if none does."""
    found = (0, 0.0)
    for part in accept.split(","):
        name, *options = (word.strip().lower() for word in part.split(";"))
        if name in (form, "*/*", f"{form.split('/')[0]}/*"):
            precision = 3 - name.count("*")
            found = max(found, (precision, _quality(options)))
    return found[1]


def _quality(options: Sequence[str]) -> float:
    try:
        return next((float(option.removeprefix("q=")) for option in options if option.startswith("q=")), 1.0)
    except ValueError:
        return 0.0
