"""The OpenAI side of a stand-in: chat completions, completions and embeddings, streamed and whole."""

import base64
import hashlib
import json
import struct
from collections.abc import Iterator

from standin.reply import Reply, reply

Event = tuple[str | None, dict | str]
"""The event's name, where the format has one, and its data."""

CREATED = 1_795_000_000
FINGERPRINT = "fp_standin"


def text_of(content: object) -> str:
    """The text in a message's content, whichever of its forms is used."""
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content or [] if isinstance(part, dict))


def usage(question: str, made: Reply) -> dict:
    asked, said = max(1, len(question) // 4), max(1, len(made.words))
    return {
        "prompt_tokens": asked,
        "completion_tokens": said,
        "total_tokens": asked + said,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


class Chat:
    """One chat completion."""

    def __init__(self, name: str, body: dict):
        self.body = body
        messages = body["messages"]
        users = [text_of(message["content"]) for message in messages if message["role"] == "user"]
        self.question = users[-1] if users else ""
        tools = {
            tool["function"]["name"]: tool["function"].get("parameters", {"type": "object", "properties": {}})
            for tool in body.get("tools") or []
            if tool["type"] == "function" and body.get("tool_choice") != "none"
        }
        form = body.get("response_format") or {}
        schema = {"json_schema": (form.get("json_schema") or {}).get("schema"), "json_object": {"type": "object", "properties": {"standin": {"type": "boolean"}}}}.get(form.get("type"))
        tokens_max = body.get("max_completion_tokens") or body.get("max_tokens")
        self.reply = reply(name, self.question, tools, messages[-1]["role"] == "tool", schema, tokens_max)
        self.id = "chatcmpl-standin" + hashlib.sha256(json.dumps(body).encode()).hexdigest()[:12]

    @property
    def finish(self) -> str:
        return "tool_calls" if self.reply.tools else "length" if self.reply.cut else "stop"

    def calls(self) -> list[dict]:
        return [
            {"id": f"call_standin{place}", "type": "function", "function": {"name": tool, "arguments": json.dumps(arguments)}}
            for place, (tool, arguments) in enumerate(self.reply.tools)
        ]

    def logprobs(self, words: list[str]) -> dict | None:
        if not self.body.get("logprobs"):
            return None
        top = self.body.get("top_logprobs") or 0
        return {"content": [{"token": w, "logprob": -0.1, "bytes": list(w.encode()), "top_logprobs": [{"token": w, "logprob": -0.1, "bytes": list(w.encode())}][:top]} for w in words], "refusal": None}

    def whole(self) -> dict:
        message = {"role": "assistant", "content": self.reply.text or None, "refusal": None, "annotations": []}
        if self.reply.tools:
            message["tool_calls"] = self.calls()
        choices = [
            {"index": index, "message": message, "logprobs": self.logprobs(self.reply.words), "finish_reason": self.finish}
            for index in range(self.body.get("n") or 1)
        ]
        return self._frame("chat.completion", choices) | {"usage": usage(self.question, self.reply)}

    def events(self) -> Iterator[Event]:
        options = self.body.get("stream_options") or {}
        for index in range(self.body.get("n") or 1):
            yield None, self._delta(index, {"role": "assistant", "content": None if self.reply.tools else "", "refusal": None})
            for place, call in enumerate(self.calls()):
                arguments = call["function"]["arguments"]
                head = call | {"function": call["function"] | {"arguments": ""}, "index": place}
                yield None, self._delta(index, {"tool_calls": [head]})
                for start in range(0, len(arguments), 7):
                    part = {"index": place, "function": {"arguments": arguments[start : start + 7]}}
                    yield None, self._delta(index, {"tool_calls": [part]})
            for word in self.reply.words if self.reply.text else []:
                yield None, self._delta(index, {"content": word}, logprobs=self.logprobs([word]))
            yield None, self._delta(index, {}, finish=self.finish)
        if options.get("include_usage"):
            yield None, self._frame("chat.completion.chunk", []) | {"usage": usage(self.question, self.reply)}
        yield None, "[DONE]"

    def _delta(self, index: int, delta: dict, finish: str | None = None, logprobs: dict | None = None) -> dict:
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        frame = self._frame("chat.completion.chunk", [choice])
        if (self.body.get("stream_options") or {}).get("include_usage"):
            frame["usage"] = None
        return frame

    def _frame(self, kind: str, choices: list[dict]) -> dict:
        return {
            "id": self.id,
            "object": kind,
            "created": CREATED,
            "model": self.body["model"],
            "service_tier": "default",
            "system_fingerprint": FINGERPRINT,
            "choices": choices,
        }


class Completion:
    """One completion of the old form."""

    def __init__(self, name: str, body: dict):
        self.body = body
        prompt = body["prompt"]
        self.question = prompt if isinstance(prompt, str) else str(prompt[0])
        self.reply = reply(name, self.question, {}, False, None, body.get("max_tokens"))

    def whole(self) -> dict:
        return self._frame(self.reply.text, "length" if self.reply.cut else "stop") | {"usage": usage(self.question, self.reply)}

    def events(self) -> Iterator[Event]:
        for word in self.reply.words:
            yield None, self._frame(word, None)
        yield None, self._frame("", "length" if self.reply.cut else "stop")
        yield None, "[DONE]"

    def _frame(self, text: str, finish: str | None) -> dict:
        choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": finish}
        return {"id": "cmpl-standin", "object": "text_completion", "created": CREATED, "model": self.body["model"], "choices": [choice]}


class Embeddings:
    """Vectors that depend on the text alone."""

    def __init__(self, _name: str, body: dict):
        self.body = body

    def whole(self) -> dict:
        given = self.body["input"]
        inputs = given if isinstance(given, list) and given and not isinstance(given[0], int) else [given]
        data = [{"object": "embedding", "index": place, "embedding": self._vector(str(text))} for place, text in enumerate(inputs)]
        tokens = sum(len(str(text)) // 4 + 1 for text in inputs)
        return {"object": "list", "data": data, "model": self.body["model"], "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}

    def _vector(self, text: str) -> list[float] | str:
        digest = hashlib.sha256(text.encode()).digest()
        values = [digest[place % 32] / 255 - 0.5 for place in range(self.body.get("dimensions") or 8)]
        if self.body.get("encoding_format") == "base64":
            return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
        return values
