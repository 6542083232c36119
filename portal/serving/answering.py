"""Lets questions of the public into their lanes, and gives each a limit; pages and files of ours are let through."""

import json
from http import HTTPStatus

from datasette.utils import add_cors_headers
from datasette.utils.asgi import Response

from portal.asgi import AsgiApp, Message, Receive, Scope, Send
from portal.serving.forwarding import NoAnswerError
from portal.serving.lanes import FullError, Lane, is_question, is_stream, question_lane, stream_lane
from portal.serving.limits import Inquiry, asked
from portal.serving.work import HungUpError, answer_while_wanted

TOO_SLOW = "This question took too long: ask for fewer rows, or take the whole table as a file"
NOT_THERE = "Questions cannot be answered at the moment: ask again in a few seconds"
# The process that answers questions ends them itself: one that says nothing for so much longer is not there.
SILENT_SECONDS = 3.0
# Datasette sends each row by itself, and for each of them all that passes it on would have to wake.
AT_ONCE_BYTES = 16_384


class LanedAnswers:
    """An application in which questions have lanes.

    Args:
        app: what answers pages and files, and questions too unless `questions` does.
        questions: what answers questions: another process, for example.
    """

    def __init__(self, app: AsgiApp, questions: AsgiApp | None = None) -> None:
        self._app, self._questions = app, questions or app
        self._is_passed_on = questions is not None
        self._question_lane, self._stream_lane = question_lane(), stream_lane()

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Returns the lanes, for who measures them."""
        return self._question_lane, self._stream_lane

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if not is_question(scope):
            await self._app(scope, receive, send)
            return
        lane = self._stream_lane if is_stream(scope) else self._question_lane
        answer = _Answer(scope, send, Inquiry(is_stream=is_stream(scope), is_page=_is_page(scope["path"])))
        try:
            async with lane.place():
                given = asked.set(answer.question)
                try:
                    seconds = lane.seconds + (SILENT_SECONDS if self._is_passed_on else 0)
                    await answer_while_wanted(self._questions, scope, receive, answer.send, seconds)
                finally:
                    asked.reset(given)
        except FullError:
            told = f"Too many questions are being answered: ask again in {lane.retry_after} seconds"
            await answer.refuse(HTTPStatus.TOO_MANY_REQUESTS, told, {"Retry-After": str(lane.retry_after)})
        except (NoAnswerError, TimeoutError) as error:
            if isinstance(error, NoAnswerError) or self._is_passed_on:
                await answer.refuse(HTTPStatus.SERVICE_UNAVAILABLE, NOT_THERE, {"Retry-After": "5"})
            else:
                await answer.refuse(HTTPStatus.BAD_REQUEST, TOO_SLOW)
        except HungUpError:
            return


class _Answer:
    """What is sent of an answer: as soon as reading fails nothing more, so that the client sees that it broke off."""

    def __init__(self, scope: Scope, send: Send, question: Inquiry) -> None:
        self._scope, self._send, self.question = scope, send, question
        self._has_begun = False
        self._rows = bytearray()

    async def send(self, message: Message) -> None:
        """Sends a part; rows of a stream go together."""
        is_broken = self._has_begun and self.question.is_stream and self.question.has_failed
        self._has_begun = True
        if is_broken:
            return
        if self.question.is_stream and message["type"] == "http.response.body":
            self._rows += message.get("body", b"")
            if message.get("more_body", False) and len(self._rows) < AT_ONCE_BYTES:
                return
            message = {**message, "body": bytes(self._rows)}
            self._rows.clear()
        await self._send(message)

    async def refuse(self, status: HTTPStatus, told: str, headers: dict[str, str] | None = None) -> None:
        """Sends an error, unless something was sent already: then the answer stays incomplete."""
        if self._has_begun:
            return
        about = {"Cache-Control": "no-store", **(headers or {})}
        add_cors_headers(about)
        if self._scope["path"].endswith(".json"):
            body = {"ok": False, "error": told, "status": int(status), "title": None}
            answer = Response(json.dumps(body), status=status, headers=about, content_type="application/json")
        else:
            answer = Response.text(told, status=status, headers=about)
        await answer.asgi_send(self._send)


def _is_page(path: str) -> bool:
    return "." not in path.rpartition("/")[2]
