"""The Anthropic SDK's messages, through the door to every kind of destination."""

import anthropic
import pytest
from pydantic import BaseModel

QUESTION = "Which berth is free on Friday?"
ASKED = [{"role": "user", "content": QUESTION}]
WEATHER = {
    "name": "weather",
    "description": "The weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
TIDE = WEATHER | {"name": "tide", "description": "The tide in a city"}


def test_a_plain_message_is_answered(claude, anthropic_model):
    message = claude.messages.create(model=anthropic_model, max_tokens=100, system="Answer in one sentence.", messages=ASKED)
    assert QUESTION in message.content[0].text
    assert (message.role, message.stop_reason) == ("assistant", "end_turn")
    assert message.usage.input_tokens > 0 and message.usage.output_tokens > 0


def test_a_stream_brings_the_same_text(claude, anthropic_model):
    with claude.messages.stream(model=anthropic_model, max_tokens=100, messages=ASKED) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert QUESTION in text
    assert final.content[0].text == text
    assert final.stop_reason == "end_turn" and final.usage.output_tokens > 0


def test_a_stream_has_the_events_of_the_format_in_their_order(claude, anthropic_model):
    events = [event.type for event in claude.messages.create(model=anthropic_model, max_tokens=100, messages=ASKED, stream=True)]
    assert events[0] == "message_start" and events[-2:] == ["message_delta", "message_stop"]
    assert events.index("content_block_start") < events.index("content_block_delta") < events.index("content_block_stop")


def test_a_tool_is_called_and_its_result_is_heard(claude, anthropic_model):
    asked = [{"role": "user", "content": "How is the weather in Bergen?"}]
    first = claude.messages.create(model=anthropic_model, max_tokens=100, messages=asked, tools=[WEATHER])
    use = next(block for block in first.content if block.type == "tool_use")
    assert first.stop_reason == "tool_use" and use.name == "weather" and "city" in use.input
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "rain, 9 degrees"}]}
    again = {"role": "assistant", "content": first.content}
    second = claude.messages.create(model=anthropic_model, max_tokens=100, messages=[*asked, again, result], tools=[WEATHER])
    assert second.stop_reason == "end_turn" and second.content[0].text


def test_two_tools_are_called_at_once(claude, anthropic_model):
    asked = [{"role": "user", "content": "Tell me both the weather and the tide."}]
    first = claude.messages.create(model=anthropic_model, max_tokens=100, messages=asked, tools=[WEATHER, TIDE])
    uses = [block for block in first.content if block.type == "tool_use"]
    assert [use.name for use in uses] == ["weather", "tide"]
    results = [{"type": "tool_result", "tool_use_id": use.id, "content": "fine"} for use in uses]
    messages = [*asked, {"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
    second = claude.messages.create(model=anthropic_model, max_tokens=100, messages=messages, tools=[WEATHER, TIDE])
    assert second.stop_reason == "end_turn"


def test_a_streamed_tool_call_is_put_together(claude, anthropic_model):
    asked = [{"role": "user", "content": "How is the weather in Bergen?"}]
    with claude.messages.stream(model=anthropic_model, max_tokens=100, messages=asked, tools=[WEATHER]) as stream:
        final = stream.get_final_message()
    use = next(block for block in final.content if block.type == "tool_use")
    assert "city" in use.input and final.stop_reason == "tool_use"


class Berth(BaseModel):
    name: str
    metres: int
    free: bool


def test_structured_output_is_parsed(claude, anthropic_model):
    message = claude.messages.parse(model=anthropic_model, max_tokens=100, messages=ASKED, output_format=Berth)
    assert isinstance(message.parsed_output, Berth)


def test_a_limit_of_tokens_ends_the_message(claude, anthropic_model):
    message = claude.messages.create(model=anthropic_model, max_tokens=3, messages=ASKED)
    assert message.stop_reason == "max_tokens"


def test_tokens_are_counted(claude, settings):
    model = settings["anthropic_models"][-1]
    assert claude.messages.count_tokens(model=model, messages=ASKED, tools=[WEATHER]).input_tokens > 0


@pytest.mark.door
def test_thinking_goes_round_with_its_signature(claude):
    thinking = {"type": "enabled", "budget_tokens": 1024}
    first = claude.messages.create(model="claude", max_tokens=2000, messages=ASKED, thinking=thinking)
    assert [block.type for block in first.content] == ["thinking", "text"]
    assert first.content[0].signature
    messages = [*ASKED, {"role": "assistant", "content": first.content}, {"role": "user", "content": "And on Saturday?"}]
    second = claude.messages.create(model="claude", max_tokens=2000, messages=messages, thinking=thinking)
    assert second.content[-1].type == "text"


@pytest.mark.door
def test_thinking_that_nobody_issued_is_refused(claude):
    forged = {"type": "thinking", "thinking": "forged", "signature": "Zm9yZ2Vk"}
    messages = [*ASKED, {"role": "assistant", "content": [forged, {"type": "text", "text": "Berth 3."}]}, {"role": "user", "content": "And on Saturday?"}]
    with pytest.raises(anthropic.APIStatusError) as refused:
        claude.messages.create(model="claude", max_tokens=100, messages=messages)
    assert 400 <= refused.value.status_code < 500
