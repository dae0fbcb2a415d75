"""The OpenAI side of a stand-in: the Responses format, streamed and whole."""

import hashlib
import json
from collections.abc import Iterator

from standin.openai import CREATED, Event, text_of
from standin.reply import reply


class Responses:
    """One response."""

    def __init__(self, name: str, body: dict):
        self.body = body
        given = body.get("input") or ""
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        users = [text_of(item["content"]) for item in items if item.get("role") == "user"]
        self.question = users[-1] if users else ""
        tools = {
            tool["name"]: tool.get("parameters") or {"type": "object", "properties": {}}
            for tool in body.get("tools") or []
            if tool["type"] == "function" and body.get("tool_choice") != "none"
        }
        form = (body.get("text") or {}).get("format") or {}
        schema = form.get("schema") if form.get("type") == "json_schema" else None
        answered = bool(items) and items[-1].get("type") == "function_call_output"
        self.reply = reply(name, self.question, tools, answered, schema, body.get("max_output_tokens"))
        self.id = "resp_standin" + hashlib.sha256(json.dumps(body).encode()).hexdigest()[:12]

    def whole(self) -> dict:
        return self._frame("incomplete" if self.reply.cut else "completed", self._items())

    def events(self) -> Iterator[Event]:
        number = 0

        def event(kind: str, **fields: object) -> Event:
            nonlocal number
            data = {"type": kind, **fields, "sequence_number": number}
            number += 1
            return kind, data

        yield event("response.created", response=self._frame("in_progress", []))
        yield event("response.in_progress", response=self._frame("in_progress", []))
        for place, item in enumerate(self._items()):
            if item["type"] == "function_call":
                yield from self._call_events(event, place, item)
            else:
                yield from self._message_events(event, place, item)
        last = "incomplete" if self.reply.cut else "completed"
        yield event(f"response.{last}", response=self._frame(last, self._items()))

    def _message_events(self, event, place: int, item: dict) -> Iterator[Event]:
        at = {"item_id": item["id"], "output_index": place, "content_index": 0}
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        yield event("response.output_item.added", output_index=place, item=item | {"status": "in_progress", "content": []})
        yield event("response.content_part.added", **at, part=part)
        for word in self.reply.words:
            yield event("response.output_text.delta", **at, delta=word, logprobs=[])
        yield event("response.output_text.done", **at, text=self.reply.text, logprobs=[])
        yield event("response.content_part.done", **at, part=part | {"text": self.reply.text})
        yield event("response.output_item.done", output_index=place, item=item)

    def _call_events(self, event, place: int, item: dict) -> Iterator[Event]:
        at = {"item_id": item["id"], "output_index": place}
        arguments = item["arguments"]
        yield event("response.output_item.added", output_index=place, item=item | {"status": "in_progress", "arguments": ""})
        for start in range(0, len(arguments), 7):
            yield event("response.function_call_arguments.delta", **at, delta=arguments[start : start + 7])
        yield event("response.function_call_arguments.done", **at, name=item["name"], arguments=arguments)
        yield event("response.output_item.done", output_index=place, item=item)

    def _items(self) -> list[dict]:
        calls = [
            {
                "id": f"fc_standin{place}",
                "type": "function_call",
                "status": "completed",
                "call_id": f"call_standin{place}",
                "name": tool,
                "arguments": json.dumps(arguments),
            }
            for place, (tool, arguments) in enumerate(self.reply.tools)
        ]
        if calls:
            return calls
        content = [{"type": "output_text", "text": self.reply.text, "annotations": [], "logprobs": []}]
        status = "incomplete" if self.reply.cut else "completed"
        return [{"id": "msg_standin", "type": "message", "status": status, "role": "assistant", "content": content}]

    def _frame(self, status: str, output: list[dict]) -> dict:
        body = self.body
        asked, said = max(1, len(self.question) // 4), max(1, len(self.reply.words))
        done = status != "in_progress"
        return {
            "id": self.id,
            "object": "response",
            "created_at": CREATED,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "instructions": body.get("instructions"),
            "max_output_tokens": body.get("max_output_tokens"),
            "model": body["model"],
            "output": output,
            "parallel_tool_calls": body.get("parallel_tool_calls", True),
            "previous_response_id": None,
            "reasoning": {"effort": None, "summary": None},
            "store": body.get("store", True),
            "temperature": body.get("temperature", 1.0),
            "text": body.get("text") or {"format": {"type": "text"}},
            "tool_choice": body.get("tool_choice", "auto"),
            "tools": body.get("tools") or [],
            "top_p": body.get("top_p", 1.0),
            "truncation": "disabled",
            "usage": {
                "input_tokens": asked,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens": said,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": asked + said,
            }
            if done
            else None,
            "user": None,
            "metadata": body.get("metadata") or {},
        }
