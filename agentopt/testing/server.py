"""An HTTP server on 127.0.0.1 that speaks as OpenAI and Anthropic do, by a script, and can fail in every way they do.

with ModelServer([Status(429, headers={"retry-after": "0"}), Say("hello")]) as server:
    model = connect("openai/any", options=Options(base_url=server.openai_url))
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from agentopt.testing.behaviour import (
    Behaviour,
    Body,
    Choose,
    CutBody,
    Disconnect,
    Drip,
    EchoKey,
    ErrorInStream,
    Hang,
    Html,
    NoChoice,
    Received,
    Refuse,
    Say,
    Status,
    StreamWithoutFinish,
)
from agentopt.testing.format import MODEL_ID, AnthropicFormat, Format, OpenAIFormat

__all__ = ["ModelServer"]

_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"


class ModelServer:
    """Serves a script of behaviours, one a request, or what a function of the request says.

    Requests that the real service would refuse (unknown fields, a schema its strict
    mode does not take) are answered 400 and use up no line of the script.

    Args:
        script: The behaviours, in order; or a function that chooses one.
        models: The names listed at /v1/models.
    """

    def __init__(self, script: Sequence[Behaviour] | Choose, models: Sequence[str] = (MODEL_ID,)) -> None:
        self._choose = script if callable(script) else None
        self._script = [] if callable(script) else list(script)
        self._lock = threading.Lock()
        self._served = 0
        self.models = tuple(models)
        self.requests: list[Received] = []
        """Everything asked of a model, in order of arrival."""
        self.closing = threading.Event()
        self.dropped = threading.Event()
        """Set once a client has gone away in the middle of an answer."""
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def openai_url(self) -> str:
        """The base URL for OpenAI's format."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def anthropic_url(self) -> str:
        """The base URL for Anthropic's format."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def next(self, request: Received, form: Format) -> Behaviour:
        """The behaviour for a request, which is noted."""
        fault = form.fault(request.body)
        with self._lock:
            self.requests.append(request)
            if fault is not None:
                return Status(400, fault)
            place = self._served
            self._served += 1
        if self._choose is not None:
            return self._choose(request)
        if place < len(self._script):
            return self._script[place]
        return Status(418, f"the script holds {len(self._script)} lines and was asked for one more")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""
        self.owner.dropped.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            listed = [{"id": name, "object": "model"} for name in self.server.owner.models]
            self._json(200, {"object": "list", "data": listed})
        else:
            self._json(404, {"error": {"message": f"no {self.path}"}})

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("content-length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        form: Format = AnthropicFormat() if self.path.startswith("/v1/messages") else OpenAIFormat()
        request = Received(self.path, headers, json.loads(data))
        if not self.path.split("?")[0].endswith(("/v1/messages", "/chat/completions")):
            self._json(404, {"error": {"message": f"no {self.path}"}})
            return
        self._do(self.server.owner.next(request, form), request, form)

    def _do(self, behaviour: Behaviour, request: Received, form: Format) -> None:
        if isinstance(behaviour, Refuse):
            held = behaviour.setting in request.body
            refusal = Status(400, f"{behaviour.setting} is not supported by this model")
            self._do(refusal if held else behaviour.otherwise, request, form)
        elif isinstance(behaviour, Say):
            self._say(behaviour, request, form)
        else:
            _ACTIONS[type(behaviour)](self, behaviour, request, form)

    def _say(self, say: Say, request: Received, form: Format) -> None:
        if not request.streamed:
            self._json(200, form.whole(request, say))
            return
        self._begin_stream()
        for event in form.events(request, say):
            self._chunk(event)
        self._chunk(b"")

    def _status(self, does: Status, request: Received, form: Format) -> None:
        body = json.dumps(form.error(_kind(does.status), does.message, does.code))
        self._send(does.status, (does.body if does.body is not None else body).encode(), dict(does.headers))

    def _echo_key(self, does: EchoKey, request: Received, form: Format) -> None:
        said = form.error(_kind(does.status), f"Incorrect API key provided: {request.key}", request.key)
        self._send(does.status, json.dumps(said).encode(), {"x-echo": request.key})

    def _body(self, does: Body, request: Received, form: Format) -> None:
        self._send(200, does.data, {"content-type": does.content_type})

    def _html(self, does: Html, request: Received, form: Format) -> None:
        self._send(200, _PAGE, {"content-type": "text/html"})

    def _cut(self, does: CutBody, request: Received, form: Format) -> None:
        whole = json.dumps(form.whole(request, Say(does.text, as_text=True))).encode()
        self._send(200, whole[: len(whole) // 2], {"content-type": "application/json"})

    def _disconnect(self, does: Disconnect, request: Received, form: Format) -> None:
        if not does.early:
            self._begin_stream()
            events = list(form.events(request, Say(does.text), finished=False))
            for event in events if request.streamed else [b'{"id": "half']:
                self._chunk(event)
        # Lingering for zero seconds makes the close a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
        self.close_connection = True

    def _unfinished(self, does: StreamWithoutFinish, request: Received, form: Format) -> None:
        self._begin_stream()
        for event in form.events(request, Say(does.text), finished=False):
            self._chunk(event)
        self._chunk(b"")

    def _error_in_stream(self, does: ErrorInStream, request: Received, form: Format) -> None:
        self._begin_stream()
        for event in form.events(request, Say("half a text"), finished=False):
            self._chunk(event)
        error = json.dumps(form.error(does.kind, "Overloaded"))
        self._chunk(f"event: error\ndata: {error}\n\n".encode())
        self._chunk(b"")

    def _hang(self, does: Hang, request: Received, form: Format) -> None:
        self._watch()
        self.close_connection = True

    def _drip(self, does: Drip, request: Received, form: Format) -> None:
        self._begin_stream()
        while not self.server.owner.closing.wait(does.every_s):
            self._chunk(b": wait\n\n" if request.streamed else b" \n")

    def _nothing(self, does: NoChoice, request: Received, form: Format) -> None:
        self._json(200, form.empty())

    def _watch(self) -> None:
        """Wait for the server's end, noting if the client goes first."""
        self.connection.settimeout(0.01)
        while not self.server.owner.closing.is_set():
            with suppress(TimeoutError):
                if not self.connection.recv(1):
                    self.server.owner.dropped.set()
                    return

    def _begin_stream(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def _chunk(self, data: bytes) -> None:
        """One chunk; an empty one is the end."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _json(self, status: int, value: object) -> None:
        self._send(status, json.dumps(value).encode(), {"content-type": "application/json"})

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


_ACTIONS: dict[type, Callable[[_Handler, Any, Received, Format], None]] = {
    Status: _Handler._status,
    EchoKey: _Handler._echo_key,
    Body: _Handler._body,
    Html: _Handler._html,
    CutBody: _Handler._cut,
    Disconnect: _Handler._disconnect,
    StreamWithoutFinish: _Handler._unfinished,
    ErrorInStream: _Handler._error_in_stream,
    Hang: _Handler._hang,
    Drip: _Handler._drip,
    NoChoice: _Handler._nothing,
}


def _kind(status: int) -> str:
    kinds = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error"}
    return {**kinds, 429: "rate_limit_error", 529: "overloaded_error"}.get(status, "api_error")
