"""The OpenAI SDK's Responses, through the door to every kind of destination."""

import json

import openai
import pytest
from pydantic import BaseModel

QUESTION = "Which berth is free on Friday?"
WEATHER = {
    "type": "function",
    "name": "weather",
    "description": "The weather in a city",
    "strict": False,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def test_a_plain_response_is_answered(client, openai_model):
    response = client.responses.create(model=openai_model, instructions="Answer in one sentence.", input=QUESTION)
    assert QUESTION in response.output_text
    assert response.status == "completed"
    assert response.usage.input_tokens > 0 and response.usage.output_tokens > 0


def test_a_streamed_response_ends_with_the_whole(client, openai_model):
    with client.responses.stream(model=openai_model, input=QUESTION) as stream:
        events = [event.type for event in stream]
        final = stream.get_final_response()
    assert events[0] == "response.created" and events[-1] == "response.completed"
    assert "response.output_text.delta" in events
    assert QUESTION in final.output_text


def test_a_tool_is_called_and_its_result_is_heard(client, openai_model):
    asked = [{"role": "user", "content": "How is the weather in Bergen?"}]
    first = client.responses.create(model=openai_model, input=asked, tools=[WEATHER])
    call = next(item for item in first.output if item.type == "function_call")
    assert call.name == "weather" and "city" in json.loads(call.arguments)
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "rain, 9 degrees"}
    again = {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
    second = client.responses.create(model=openai_model, input=[*asked, again, result], tools=[WEATHER])
    assert "Bergen" in second.output_text


def test_a_streamed_tool_call_is_put_together(client, openai_model):
    with client.responses.stream(model=openai_model, input="How is the weather in Bergen?", tools=[WEATHER]) as stream:
        final = stream.get_final_response()
    call = next(item for item in final.output if item.type == "function_call")
    assert "city" in json.loads(call.arguments)


class Berth(BaseModel):
    name: str
    metres: int
    free: bool


def test_structured_output_is_parsed(client, openai_model):
    response = client.responses.parse(model=openai_model, input=QUESTION, text_format=Berth)
    assert isinstance(response.output_parsed, Berth)


def test_a_limit_of_tokens_ends_the_response(client, openai_model):
    response = client.responses.create(model=openai_model, input=QUESTION, max_output_tokens=3)
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"


@pytest.mark.door
def test_state_that_a_provider_would_keep_is_refused(client, openai_model):
    for stateful in ({"previous_response_id": "resp_1"}, {"conversation": "conv_1"}, {"background": True}):
        with pytest.raises(openai.BadRequestError) as refused:
            client.responses.create(model=openai_model, input=QUESTION, **stateful)
        assert refused.value.code == "state_unsupported"
