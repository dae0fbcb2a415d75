"""The OpenAI SDK's chat completions, through the door to every kind of destination."""

import asyncio
import json

import openai
import pytest
from pydantic import BaseModel

QUESTION = "Which berth is free on Friday?"
ASKED = [{"role": "system", "content": "You answer in one sentence."}, {"role": "user", "content": QUESTION}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
TIDE = WEATHER | {"function": WEATHER["function"] | {"name": "tide", "description": "The tide in a city"}}


def test_a_plain_call_is_answered(client, openai_model):
    answer = client.chat.completions.create(model=openai_model, messages=ASKED)
    assert QUESTION in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens > 0
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_stream_brings_the_same_text_and_its_usage(client, openai_model):
    stream = client.chat.completions.create(model=openai_model, messages=ASKED, stream=True, stream_options={"include_usage": True})
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert QUESTION in text
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens > 0
    assert len({chunk.id for chunk in chunks}) == 1


def test_without_asking_a_stream_has_no_usage(client, openai_model):
    chunks = list(client.chat.completions.create(model=openai_model, messages=ASKED, stream=True))
    assert all(chunk.choices for chunk in chunks)


def test_a_tool_is_called_and_its_result_is_heard(client, openai_model):
    messages = [{"role": "user", "content": "How is the weather in Bergen?"}]
    first = client.chat.completions.create(model=openai_model, messages=messages, tools=[WEATHER])
    message = first.choices[0].message
    assert first.choices[0].finish_reason == "tool_calls"
    assert message.tool_calls[0].function.name == "weather"
    assert "city" in json.loads(message.tool_calls[0].function.arguments)
    messages += [message, {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "rain, 9 degrees"}]
    second = client.chat.completions.create(model=openai_model, messages=messages, tools=[WEATHER])
    assert second.choices[0].finish_reason == "stop"
    assert "Bergen" in second.choices[0].message.content


def test_two_tools_are_called_at_once(client, openai_model):
    messages = [{"role": "user", "content": "Tell me both the weather and the tide."}]
    message = client.chat.completions.create(model=openai_model, messages=messages, tools=[WEATHER, TIDE]).choices[0].message
    assert [call.function.name for call in message.tool_calls] == ["weather", "tide"]
    results = [{"role": "tool", "tool_call_id": call.id, "content": "fine"} for call in message.tool_calls]
    second = client.chat.completions.create(model=openai_model, messages=[*messages, message, *results], tools=[WEATHER, TIDE])
    assert second.choices[0].finish_reason == "stop"


def test_a_streamed_tool_call_is_put_together(client, openai_model):
    messages = [{"role": "user", "content": "How is the weather in Bergen?"}]
    with client.chat.completions.stream(model=openai_model, messages=messages, tools=[WEATHER]) as stream:
        final = stream.get_final_completion()
    call = final.choices[0].message.tool_calls[0]
    assert (call.function.name, final.choices[0].finish_reason) == ("weather", "tool_calls")
    assert "city" in json.loads(call.function.arguments)


class Berth(BaseModel):
    name: str
    metres: int
    free: bool


def test_structured_output_is_parsed(client, openai_model):
    answer = client.chat.completions.parse(model=openai_model, messages=ASKED, response_format=Berth)
    assert isinstance(answer.choices[0].message.parsed, Berth)


def test_structured_output_is_parsed_from_a_stream(client, openai_model):
    with client.chat.completions.stream(model=openai_model, messages=ASKED, response_format=Berth) as stream:
        assert isinstance(stream.get_final_completion().choices[0].message.parsed, Berth)


def test_a_limit_of_tokens_ends_the_answer(client, openai_model):
    answer = client.chat.completions.create(model=openai_model, messages=ASKED, max_completion_tokens=3)
    assert answer.choices[0].finish_reason == "length"


def test_many_parameters_of_everyday_use_are_understood(client, openai_model):
    parameters = {"temperature": 0.2, "top_p": 0.9, "max_completion_tokens": 200}
    # The Responses format has no stop sequences, and the door drops nothing in silence.
    stop = {} if openai_model == "responses" else {"stop": ["END"]}
    answer = client.chat.completions.create(model=openai_model, messages=ASKED, **parameters, **stop)
    assert answer.choices[0].finish_reason == "stop"


@pytest.mark.door
def test_several_choices_come_from_a_destination_that_can(client):
    answer = client.chat.completions.create(model="ward", messages=ASKED, n=2, seed=7, logprobs=True, top_logprobs=1)
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert answer.choices[0].logprobs.content


@pytest.mark.door
def test_what_a_destination_cannot_say_is_refused_by_name(client):
    for model, parameter in (("claude", {"n": 2}), ("responses", {"stop": ["END"]})):
        with pytest.raises(openai.BadRequestError) as refused:
            client.chat.completions.create(model=model, messages=ASKED, **parameter)
        assert all(f"`{name}`" in refused.value.message for name in parameter)


@pytest.mark.door
def test_an_answer_names_its_record_destination_and_level(client, openai_model):
    raw = client.chat.completions.with_raw_response.create(model=openai_model, messages=ASKED)
    assert raw.headers["x-portcullis-record"]
    assert raw.headers["x-portcullis-destination"] == openai_model
    assert raw.headers["x-portcullis-level"] == "public"


def test_forty_calls_at_once_are_all_answered(settings, openai_model):
    async def all_at_once() -> list[str]:
        async with openai.AsyncOpenAI(base_url=settings["openai_url"], api_key=settings["openai_key"], max_retries=0) as client:
            calls = [client.chat.completions.create(model=openai_model, messages=[{"role": "user", "content": f"call {n}!"}]) for n in range(40)]
            return [answer.choices[0].message.content for answer in await asyncio.gather(*calls)]

    answers = asyncio.run(all_at_once())
    assert all(f"call {n}!" in answer for n, answer in enumerate(answers))
