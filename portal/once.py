"""What is worked out once per release, when it is first asked for, and kept for the life of the process.

Belongs here: parts of pages that depend on the release and the language alone. Not here: what depends on a request.
"""

from collections.abc import Awaitable, Callable, Hashable
from typing import Any
from weakref import WeakKeyDictionary

from datasette.app import Datasette
from markupsafe import Markup

from portal.pages import page_url, region_url

_made: WeakKeyDictionary[Datasette, dict[Hashable, Markup]] = WeakKeyDictionary()


async def rendered_once(
    datasette: Datasette, template: str, key: str, lang: str, read: Callable[[], Awaitable[dict[str, Any]]]
) -> Markup:
    """Returns a part of a page in a language: of the region or other subject `key`, made of what `read` returns."""
    made = _made.setdefault(datasette, {})
    if (template, key, lang) not in made:
        context = {"lang": lang, "page_url": page_url, "region_url": region_url, **await read()}
        # The template escapes what it is given.
        made[template, key, lang] = Markup(await datasette.render_template(template, context))  # noqa: S704
    return made[template, key, lang]
