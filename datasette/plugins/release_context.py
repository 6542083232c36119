"""Reads the release that is served, before the first request is answered."""

from collections.abc import Awaitable, Callable
from typing import Any, Self

from datasette import hookimpl
from datasette.app import Datasette

from portal.context import attach_context
from portal.pages import served_databases


class Unchanging(dict[str, Any]):
    """What is the same for the life of the server, so that a copy of it can be itself.

    Datasette copies all it is told about tables whenever it checks whether a reader may see one: twice a page.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


@hookimpl
def startup(datasette: Datasette) -> Callable[[], Awaitable[None]]:
    """Attaches the release to the server, where `context_of` finds it."""

    async def inner() -> None:
        databases = datasette.metadata("databases") or {}
        for name in served_databases(datasette):
            databases[name] = Unchanging(databases.get(name, {}))
        # A global and not a template variable: Datasette renders its error pages without plugin variables.
        datasette.jinja_env.globals["portal"] = await attach_context(datasette)

    return inner
