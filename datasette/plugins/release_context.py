"""Reads the release that is served, before the first request is answered."""

from collections.abc import Awaitable, Callable

from datasette import hookimpl
from datasette.app import Datasette

from portal.context import attach_context


@hookimpl
def startup(datasette: Datasette) -> Callable[[], Awaitable[None]]:
    """Attaches the release to the server, where `context_of` finds it."""

    async def inner() -> None:
        # A global and not a template variable: Datasette renders its error pages without plugin variables.
        datasette.jinja_env.globals["portal"] = await attach_context(datasette)

    return inner
