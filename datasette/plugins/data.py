"""What can be taken away whole (/gegevens and /en/data): tables, ready-made questions, how to cite, the API."""

from typing import Any

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request

from portal.context import context_of
from portal.pages import history_address, render, routes


async def data_page(request: Request, datasette: Datasette) -> Response:
    """Serves the list of everything that can be taken away."""
    context = {**vars(context_of(datasette).overview), "history": history_address(datasette)}
    return await render(datasette, request, "data.html", "data", context)


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers the page at its address in both languages."""
    return routes("data", data_page)
