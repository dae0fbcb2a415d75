"""The Anthropic side of a stand-in: messages, streamed and whole, and token counting."""

import hashlib
import json
from collections.abc import Iterator

from standin.openai import Event, text_of
from standin.reply import reply


def answered(messages: list[dict]) -> bool:
    """Whether the last message brings a tool's result."""
    content = messages[-1]["content"]
    return isinstance(content, list) and any(block.get("type") == "tool_result" for block in content)


class Messages:
    """One message."""

    def __init__(self, name: str, body: dict):
        self.body = body
        messages = body["messages"]
        users = [text_of(message["content"]) for message in messages if message["role"] == "user"]
        self.question = next((text for text in reversed(users) if text), "")
        choice = (body.get("tool_choice") or {}).get("type")
        tools = {tool["name"]: tool["input_schema"] for tool in body.get("tools") or [] if "input_schema" in tool and choice != "none"}
        form = (body.get("output_config") or {}).get("format") or {}
        self.reply = reply(name, self.question, tools, answered(messages), form.get("schema"), body.get("max_tokens"))
        self.id = "msg_standin" + hashlib.sha256(json.dumps(body).encode()).hexdigest()[:12]

    def whole(self) -> dict:
        return self._frame(self._blocks(), self._stop(), max(1, len(self.reply.words)))

    def events(self) -> Iterator[Event]:
        yield "message_start", {"type": "message_start", "message": self._frame([], None, 1)}
        for index, block in enumerate(self._blocks()):
            empty = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}, "tool_use": {"input": {}}}[block["type"]]
            yield "content_block_start", {"type": "content_block_start", "index": index, "content_block": block | empty}
            if index == 0:
                yield "ping", {"type": "ping"}
            for delta in self._deltas(block):
                yield "content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta}
            yield "content_block_stop", {"type": "content_block_stop", "index": index}
        delta = {"stop_reason": self._stop(), "stop_sequence": None}
        usage = {"input_tokens": max(1, len(self.question) // 4), "output_tokens": max(1, len(self.reply.words))}
        yield "message_delta", {"type": "message_delta", "delta": delta, "usage": usage}
        yield "message_stop", {"type": "message_stop"}

    def _deltas(self, block: dict) -> Iterator[dict]:
        if block["type"] == "text":
            for word in self.reply.words:
                yield {"type": "text_delta", "text": word}
        elif block["type"] == "thinking":
            yield {"type": "thinking_delta", "thinking": block["thinking"]}
            yield {"type": "signature_delta", "signature": block["signature"]}
        else:
            given = json.dumps(block["input"])
            yield {"type": "input_json_delta", "partial_json": ""}
            for start in range(0, len(given), 7):
                yield {"type": "input_json_delta", "partial_json": given[start : start + 7]}

    def _blocks(self) -> list[dict]:
        blocks = []
        if (self.body.get("thinking") or {}).get("type") in ("enabled", "adaptive"):
            blocks.append({"type": "thinking", "thinking": "a stand-in does not think", "signature": "c3RhbmQtaW4="})
        for place, (tool, arguments) in enumerate(self.reply.tools):
            blocks.append({"type": "tool_use", "id": f"toolu_standin{place}", "name": tool, "input": arguments})
        if not self.reply.tools:
            blocks.append({"type": "text", "text": self.reply.text})
        return blocks

    def _stop(self) -> str:
        return "tool_use" if self.reply.tools else "max_tokens" if self.reply.cut else "end_turn"

    def _frame(self, content: list[dict], stop: str | None, said: int) -> dict:
        return {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.body["model"],
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": {
                "input_tokens": max(1, len(self.question) // 4),
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": said,
                "service_tier": "standard",
            },
        }


class CountTokens:
    """The size of a call, roughly."""

    def __init__(self, _name: str, body: dict):
        self.tokens = len(json.dumps(body)) // 4

    def whole(self) -> dict:
        return {"input_tokens": self.tokens}
