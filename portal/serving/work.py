"""Answers a request as a task of its own, which ends when the client hangs up or its time is over."""

import asyncio
from contextlib import suppress

from portal.asgi import AsgiApp, Message, Receive, Scope, Send


class HungUpError(Exception):
    """The client is gone: nobody reads the answer."""


async def answer_while_wanted(app: AsgiApp, scope: Scope, receive: Receive, send: Send, seconds: float) -> None:
    """Lets an application answer a request that has no body, for as long as somebody waits for it.

    Raises:
        HungUpError: the client hung up.
        TimeoutError: it took longer than `seconds`.
    """
    asked = asyncio.Event()

    async def receive_once() -> Message:
        if asked.is_set():
            await asyncio.Event().wait()
        asked.set()
        return {"type": "http.request", "body": b"", "more_body": False}

    work = asyncio.ensure_future(app(scope, receive_once, send))
    gone = asyncio.ensure_future(_hang_up(receive))
    try:
        async with asyncio.timeout(seconds):
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise HungUpError
        work.result()
    finally:
        for task in (work, gone):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait({work, gone})


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
