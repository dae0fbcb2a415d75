"""The stand-ins themselves: their answers fit the providers' published types, and they refuse what a provider refuses."""

import json
import urllib.error
import urllib.request

import anthropic.types as anthropic_types
import openai.types as openai_types
import openai.types.chat as chat_types
import openai.types.responses as response_types
import pytest
from pydantic import TypeAdapter

from harness.standins import StandIns
from standin.anthropic import CountTokens, Messages
from standin.openai import Chat, Completion, Embeddings
from standin.responses import Responses

ASKED = [{"role": "user", "content": "both"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}}
FUNCTION = {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}
RESPONSE_FUNCTION = {"type": "function", "name": "weather", "parameters": PARAMETERS}
TOOL = {"name": "weather", "input_schema": PARAMETERS}
STREAM = {"stream": True, "stream_options": {"include_usage": True}}

SHAPES = [
    (Chat, {"messages": ASKED}, chat_types.ChatCompletion, chat_types.ChatCompletionChunk),
    (Chat, {"messages": ASKED, "logprobs": True, "n": 2} | STREAM, chat_types.ChatCompletion, chat_types.ChatCompletionChunk),
    (Chat, {"messages": ASKED, "tools": [FUNCTION]}, chat_types.ChatCompletion, chat_types.ChatCompletionChunk),
    # Its chunks are not checked: the published type has no room for the null that the provider sends before the end.
    (Completion, {"prompt": "once"}, openai_types.Completion, None),
    (Embeddings, {"input": ["a", "b"]}, openai_types.CreateEmbeddingResponse, None),
    (Responses, {"input": "hello"}, response_types.Response, response_types.ResponseStreamEvent),
    (Responses, {"input": "hello", "max_output_tokens": 1}, response_types.Response, response_types.ResponseStreamEvent),
    (Responses, {"input": "hello", "tools": [RESPONSE_FUNCTION]}, response_types.Response, response_types.ResponseStreamEvent),
    (Messages, {"messages": ASKED, "max_tokens": 9}, anthropic_types.Message, anthropic_types.RawMessageStreamEvent),
    (Messages, {"messages": ASKED, "tools": [TOOL]}, anthropic_types.Message, anthropic_types.RawMessageStreamEvent),
    (Messages, {"messages": ASKED, "thinking": {"type": "enabled"}}, anthropic_types.Message, anthropic_types.RawMessageStreamEvent),
    (CountTokens, {"messages": ASKED}, anthropic_types.MessageTokensCount, None),
]


@pytest.mark.parametrize(("form", "body", "whole", "event"), SHAPES)
def test_answers_fit_the_published_types(form, body, whole, event):
    made = form("ward", {"model": "standin"} | body)
    TypeAdapter(whole).validate_python(made.whole())
    if event is not None:
        one = TypeAdapter(event)
        for _name, data in made.events():
            # A ping is in the format, but not in the SDK's type: the SDK drops it first.
            if data != "[DONE]" and data.get("type") != "ping":
                one.validate_python(data)


DEEP = [{"role": "user", "content": [{"type": "text", "text": "x", "surprise": 1}]}]
REFUSED = [
    ("ward", "/v1/chat/completions", {"messages": ASKED, "surprise": 1}),
    ("ward", "/v1/chat/completions", {"messages": [ASKED[0] | {"surprise": 1}]}),
    ("ward", "/v1/chat/completions", {"messages": DEEP}),
    ("ward", "/v1/chat/completions", {}),
    ("ward", "/v1/responses", {"input": [{"role": "user", "content": [{"type": "input_text"}]}]}),
    ("claude", "/v1/messages", {"messages": ASKED}),
    ("claude", "/v1/messages", {"max_tokens": 1, "messages": ASKED, "surprise": 1}),
    ("claude", "/v1/messages", {"max_tokens": 1, "messages": DEEP}),
    ("claude", "/v1/messages/count_tokens", {"messages": DEEP}),
]


@pytest.fixture(scope="module")
def standins(tmp_path_factory):
    """Stand-ins apart from those of the run, whose logs must show valid requests alone."""
    with StandIns(tmp_path_factory.mktemp("standins")) as running:
        yield running


def status(standins: StandIns, name: str, path: str, body: dict, key: str | None, version: str = "2023-06-01") -> int:
    headers = {"content-type": "application/json", "anthropic-version": version}
    headers |= {"authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(standins.urls[name] + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


@pytest.mark.parametrize(("name", "path", "body"), REFUSED)
def test_requests_that_do_not_fit_are_refused(standins, name, path, body):
    assert status(standins, name, path, {"model": "standin"} | body, standins.keys[name]) == 400


def test_only_its_own_credential_is_taken(standins):
    body = {"model": "standin", "messages": ASKED}
    assert status(standins, "ward", "/v1/chat/completions", body, None) == 200
    assert status(standins, "ward", "/v1/chat/completions", body, "sk-any") == 401
    assert status(standins, "cloud", "/v1/chat/completions", body, standins.keys["cloud"]) == 200
    assert status(standins, "cloud", "/v1/chat/completions", body, "sk-any") == 401
    assert status(standins, "cloud", "/v1/chat/completions", body, None) == 401


def test_sampling_parameters_end_with_the_version_that_took_them_away(standins):
    body = {"model": "standin", "max_tokens": 9, "messages": ASKED, "temperature": 0.2}
    assert status(standins, "claude", "/v1/messages", body, standins.keys["claude"], "2023-06-01") == 200
    assert status(standins, "claude", "/v1/messages", body, standins.keys["claude"], "2026-10-21") == 400
