"""/mcp: the release for assistants, over the Model Context Protocol (streamable HTTP, without sessions, read-only)."""

from collections.abc import Awaitable, Callable
from functools import wraps
from importlib.metadata import version
from typing import Annotated, Any, ParamSpec, TypeVar

from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import ToolAnnotations
from pydantic import Field

from portal.asgi import AsgiApp, Receive, Scope, Send, around
from portal.assistants.answers import (
    ComparisonAnswer,
    FigureAnswer,
    FoundIndicators,
    FoundRegions,
    Language,
    ReleaseAnswer,
)
from portal.assistants.questions import MOST_COMPARED, Assistant, UnanswerableError
from portal.pages import site_address

PATH = "/mcp"
LARGEST_QUESTION = 64 * 1024
# Anyone may ask, from any page: there is nothing to protect, and nothing can be changed.
OPEN = TransportSecuritySettings(enable_dns_rebinding_protection=False)
READ_ONLY = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
INSTRUCTIONS = """
Open figures on small business (MKB) and human capital for every Dutch municipality, labour-market region, province and
cooperation of municipalities. Find the region and the indicator first, then ask for the figure. Repeat the sentence of
an answer, its period, status, source and page; if there is a notice, say that the figures are invented. Do not rank
regions yourself, and do not compare periods across a break (`begins_anew`). A question that is refused has no true
answer here: say so.
"""
SearchText = Annotated[str, Field(min_length=1, max_length=100)]
RegionText = Annotated[
    str, Field(min_length=1, max_length=100, description="A code such as GM0193, or the exact name of a region.")
]
IndicatorText = Annotated[
    str, Field(min_length=1, max_length=200, description="An id or a title, as find_indicators gives them.")
]
In = Annotated[Language, Field(description="The language of texts in the answer.")]
P = ParamSpec("P")
R = TypeVar("R")


def told(tool: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Lets the assistant read why a question has no answer."""

    @wraps(tool)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await tool(*args, **kwargs)
        except UnanswerableError as error:
            raise ToolError(str(error)) from error

    return answer


def make_server(datasette: Datasette) -> MCPServer[Any]:
    """Returns the protocol's side of the questions: their names, what they take, and what they say."""
    server: MCPServer[Any] = MCPServer(
        "regiokompas",
        title="Regiokompas",
        instructions=INSTRUCTIONS.strip(),
        version=version("regiokompas"),
        log_level="WARNING",
        subscriptions=False,
    )

    def assistant(ctx: Context[Any, Any], lang: Language) -> Assistant:
        asked = ctx.request_context.request
        if asked is None:
            raise ToolError("This server answers over HTTP only.")
        return Assistant(datasette, site_address(datasette, Request(asked.scope, None)), lang)

    @server.tool(annotations=READ_ONLY)
    @told
    async def about_release(ctx: Context[Any, Any], language: In = "nl") -> ReleaseAnswer:
        """Says which release this is, which kinds of region it has, and its indicators by theme."""
        return assistant(ctx, language).overview()

    @server.tool(annotations=READ_ONLY)
    @told
    async def find_regions(ctx: Context[Any, Any], text: SearchText, language: In = "nl") -> FoundRegions:
        """Finds regions by a name (also an old one), a place in them, or a code; forgives a slip of the pen."""
        return assistant(ctx, language).find_regions(text)

    @server.tool(annotations=READ_ONLY)
    @told
    async def find_indicators(ctx: Context[Any, Any], text: SearchText, language: In = "nl") -> FoundIndicators:
        """Finds indicators by words of their titles or themes, in Dutch or English."""
        return assistant(ctx, language).find_indicators(text)

    @server.tool(annotations=READ_ONLY)
    @told
    async def get_figure(
        ctx: Context[Any, Any], region: RegionText, indicator: IndicatorText, language: In = "nl"
    ) -> FigureAnswer:
        """Gives an indicator in a region: a sentence to repeat, all years, the country, sources, citation and page."""
        return await assistant(ctx, language).figure(region, indicator)

    @server.tool(annotations=READ_ONLY)
    @told
    async def compare_regions(
        ctx: Context[Any, Any],
        indicator: IndicatorText,
        regions: Annotated[list[RegionText], Field(max_length=2 * MOST_COMPARED)],
        language: In = "nl",
    ) -> ComparisonAnswer:
        """Puts 2 to 45 regions side by side on an indicator, in one period; refuses what cannot be compared."""
        return await assistant(ctx, language).comparison(indicator, regions)

    return server


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Callable[[AsgiApp], AsgiApp]:
    """Gives questions that are posted to /mcp to the protocol."""
    server = make_server(datasette)

    async def handle(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        # Nothing is kept between questions, so each has a manager of its own: it cannot outlive its question.
        server.streamable_http_app(
            stateless_http=True, json_response=True, max_request_body_size=LARGEST_QUESTION, transport_security=OPEN
        )
        manager = server.session_manager
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    return around(handle)


def say_how(request: Request) -> Response:
    """Says to a browser what the address is for."""
    answer: Response = Response.text(
        "This address is for assistants: they post questions to it in the Model Context Protocol. -> see /docs/api\n",
        status=405,
        headers={"Allow": "POST"},
    )
    return answer


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Registers what anything but a question gets."""
    return [(rf"^{PATH}/?$", say_how)]
