"""What is worked out once per release, when it is first asked for, and kept for the life of the process.

Belongs here: parts of pages that depend on the release and the language alone. Not here: what depends on a request.
"""

from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from datasette.app import Datasette
from markupsafe import Markup

from portal.pages import page_url

Made = TypeVar("Made")
_made: WeakKeyDictionary[Datasette, dict[Hashable, Any]] = WeakKeyDictionary()


async def made_once(datasette: Datasette, key: Hashable, make: Callable[[], Awaitable[Made]]) -> Made:
    """Returns what `make` made for a server when `key` was first asked for."""
    kept = _made.setdefault(datasette, {})
    if key not in kept:
        kept[key] = await make()
    made: Made = kept[key]
    return made


async def rendered_once(
    datasette: Datasette, template: str, key: str, lang: str, read: Callable[[], Awaitable[dict[str, Any]]]
) -> Markup:
    """Returns a part of a page in a language: of the region or other subject `key`, made of what `read` returns."""

    async def render() -> Markup:
        context = {"lang": lang, "page_url": page_url, **await read()}
        # The template escapes what it is given.
        return Markup(await datasette.render_template(template, context))  # noqa: S704

    return await made_once(datasette, (template, key, lang), render)
