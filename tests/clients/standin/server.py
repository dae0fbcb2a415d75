"""The HTTP side of a stand-in: reads, notes and checks each request, then answers well or badly."""

import json
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standin import published
from standin.anthropic import CountTokens, Messages
from standin.nasty import misbehave
from standin.openai import Chat, Completion, Embeddings, Event
from standin.responses import Responses

BODY_BYTES_MAX = 64 << 20
VERSION_WITH_SAMPLING = "2023-06-01"


@dataclass
class StandIn:
    """One provider that is played: its kind, its name, the one credential it takes, and where it notes requests."""

    kind: str
    name: str
    key: str | None
    log: str
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, entry: dict) -> None:
        with self.lock, open(self.log, "a", encoding="utf-8") as log:
            log.write(json.dumps({"standin": self.name} | entry) + "\n")


def listen(standin: StandIn, port: int) -> ThreadingHTTPServer:
    """A server on loopback; the caller runs it."""
    ThreadingHTTPServer.request_queue_size = 512
    server = ThreadingHTTPServer(("127.0.0.1", port), Exchange)
    server.daemon_threads = True
    server.standin = standin
    return server


ROUTES = {
    ("openai", "/v1/chat/completions"): ("chat.completion_create_params", "CompletionCreateParams", Chat),
    ("openai", "/v1/responses"): ("responses.response_create_params", "ResponseCreateParams", Responses),
    ("openai", "/v1/completions"): ("completion_create_params", "CompletionCreateParams", Completion),
    ("openai", "/v1/embeddings"): ("embedding_create_params", "EmbeddingCreateParams", Embeddings),
    ("anthropic", "/v1/messages"): ("message_create_params", "MessageCreateParams", Messages),
    ("anthropic", "/v1/messages/count_tokens"): ("message_count_tokens_params", "MessageCountTokensParams", CountTokens),
}


def as_endpoints_take_it(body: object, version: str | None) -> object:
    """The body without the liberties that endpoints let pass although the published types do not.

    OpenAI: `annotations` in assistant messages, since callers send answers back as they came, and function tools of
    responses without `strict`. Anthropic: the sampling parameters, in the version of the API before those types.
    """
    if not isinstance(body, dict):
        return body
    taken = dict(body)
    if version == VERSION_WITH_SAMPLING:
        for name in ("temperature", "top_p", "top_k"):
            if isinstance(taken.get(name), (int, float)):
                del taken[name]
    if isinstance(body.get("messages"), list):
        taken["messages"] = [
            {name: value for name, value in message.items() if name != "annotations"}
            if isinstance(message, dict) and message.get("role") == "assistant"
            else message
            for message in body["messages"]
        ]
    if isinstance(body.get("tools"), list) and "input" in body:
        taken["tools"] = [
            {"strict": None} | tool if isinstance(tool, dict) and tool.get("type") == "function" else tool for tool in body["tools"]
        ]
    return taken


class Exchange(BaseHTTPRequestHandler):
    """One connection; requests on it come one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    streamed = False

    @property
    def standin(self) -> StandIn:
        return self.server.standin

    def do_POST(self) -> None:
        try:
            self._answer()
        except (BrokenPipeError, ConnectionResetError):
            self.note({"path": self.path, "client_left": True})
            self.close_connection = True

    def do_GET(self) -> None:
        self.note({"path": self.path, "method": "GET"})
        if self.path.split("?")[0] == "/v1/models":
            models = [{"id": f"standin-{self.standin.name}", "object": "model", "created": 0, "owned_by": "stand-in"}]
            self.json(200, {"object": "list", "data": models, "has_more": False})
        else:
            self.fail(404, "not_found", "the stand-in has no such page")

    def _answer(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        raw = self.rfile.read(min(size, BODY_BYTES_MAX)) if size else self._chunked()
        self.streamed = False
        self.note({"path": self.path, "headers": self._headers(), "body": raw.decode("utf-8", "replace")})
        path = self.path.split("?")[0]
        route = ROUTES.get((self.standin.kind, path))
        if route is None:
            return self.fail(404, "not_found", f"the stand-in has no {path}")
        if complaint := self._credential_complaint():
            return self.fail(401, "invalid_api_key", complaint)
        module, name, form = route
        try:
            body = json.loads(raw)
            published.check(self.standin.kind, module, name, as_endpoints_take_it(body, self.headers.get("anthropic-version")))
        except (ValueError, published.Refused) as fault:
            self.note({"path": path, "refused": str(fault)})
            return self.fail(400, "invalid_request", f"not a valid request: {fault}")
        if not body["model"].startswith(("standin", "nasty-")):
            return self.fail(404, "model_not_found", f"the stand-in has no model {body['model']}")
        self.streamed = bool(body.get("stream"))
        made = form(self.standin.name, body)
        if misbehave(self, body["model"], made):
            return None
        if not self.streamed:
            return self.json(200, made.whole())
        self.begin(200, "text/event-stream; charset=utf-8")
        for event in made.events():
            self.chunk(self.sse([event]))
        return self.end()

    def _credential_complaint(self) -> str | None:
        bearer, api_key = self.headers.get("authorization"), self.headers.get("x-api-key")
        if self.standin.key is None:
            return "a credential was sent to a stand-in that has none" if bearer or api_key else None
        if self.standin.kind == "anthropic":
            if not self.headers.get("anthropic-version"):
                return "anthropic-version: header is required"
            given = {api_key, (bearer or "").removeprefix("Bearer ")} - {None, ""}
            return None if given == {self.standin.key} else "invalid x-api-key"
        return None if bearer == f"Bearer {self.standin.key}" and not api_key else "Incorrect API key provided"

    def _headers(self) -> dict:
        """Header values, with credentials told from one another but not written down."""
        known = {f"Bearer {self.standin.key}", self.standin.key}
        secret = ("authorization", "x-api-key")
        return {
            name.lower(): value if name.lower() not in secret else "own" if value in known else "FOREIGN"
            for name, value in self.headers.items()
        }

    def _chunked(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return b""
        body = b""
        while len(body) < BODY_BYTES_MAX:
            size = int(self.rfile.readline().split(b";")[0], 16)
            body += self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                break
        return body

    def note(self, entry: dict) -> None:
        self.standin.note(entry)

    def encoded(self, made) -> bytes:
        """The whole proper answer, as the bytes of a body."""
        return self.sse(made.events()) if self.streamed else json.dumps(made.whole(), ensure_ascii=False).encode()

    @staticmethod
    def sse(events) -> bytes:
        def one(event: Event) -> str:
            name, data = event
            text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
            return (f"event: {name}\n" if name else "") + f"data: {text}\n\n"

        return "".join(map(one, events)).encode()

    def error(self, code: str, message: str) -> dict:
        if self.standin.kind == "anthropic":
            kinds = {"rate_limit_exceeded": "rate_limit_error", "invalid_api_key": "authentication_error", "server_error": "api_error", "not_found": "not_found_error", "model_not_found": "not_found_error"}
            error = {"type": kinds.get(code, "invalid_request_error"), "message": message}
            return {"type": "error", "error": error, "request_id": "req_standin"}
        return {"error": {"message": message, "type": code, "param": None, "code": code}}

    def fail(self, status: int, code: str, message: str, headers: dict | None = None) -> None:
        self.json(status, self.error(code, message), headers)

    def json(self, status: int, body: dict, headers: dict | None = None) -> None:
        self.plain(status, json.dumps(body, ensure_ascii=False).encode(), "application/json", headers)

    def plain(self, status: int, body: bytes, kind: str, headers: dict | None = None) -> None:
        self.send_response(status)
        self._announce(kind, headers)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def begin(self, status: int, kind: str) -> None:
        self.send_response(status)
        self._announce(kind)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        if data:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def hang_up(self) -> None:
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _announce(self, kind: str, headers: dict | None = None) -> None:
        """Says on every answer that this is no real provider."""
        self.send_header("content-type", kind)
        self.send_header("x-stand-in", self.standin.name)
        self.send_header("request-id" if self.standin.kind == "anthropic" else "x-request-id", "req_standin")
        for name, value in (headers or {}).items():
            self.send_header(name, value)

    def version_string(self) -> str:
        return f"stand-in {self.standin.name}"

    def log_message(self, *_ignored: object) -> None:
        """Requests are noted in the log file, not on the terminal."""
