"""What a caller learns when the answer is no: the SDK's typed exception, a stable code, why, and what to do."""

import anthropic
import openai
import pytest

from standin_log import requests_of

pytestmark = pytest.mark.door
ASKED = [{"role": "user", "content": "Which berth is free on Friday?"}]
PATIENT = "Patient Ragna Sigurdsdottir, MRN: 00482913, was diagnosed with chemotherapy-induced anaemia. Summarise. RESTRICTED-MARKER"


def code_of(refused: openai.APIStatusError | anthropic.APIStatusError) -> str:
    """The stable code, wherever the front door's own format has room for it."""
    error = refused.body if isinstance(refused, openai.APIStatusError) else refused.body["error"]
    return error["code"]


def other(client, **changed):
    return client.with_options(**changed)


def test_an_unknown_key_is_401_in_both_formats(client, claude):
    with pytest.raises(openai.AuthenticationError) as refused:
        other(client, api_key="pk-wrong").chat.completions.create(model="ward", messages=ASKED)
    assert code_of(refused.value) and refused.value.response.headers["x-should-retry"] == "false"
    with pytest.raises(anthropic.AuthenticationError) as refused:
        other(claude, api_key="pk-wrong").messages.create(model="ward", max_tokens=10, messages=ASKED)
    assert refused.value.body["type"] == "error" and refused.value.body["error"]["type"] == "authentication_error"


@pytest.mark.parametrize("model", ["cloud", "claude"])
def test_a_patient_record_is_403_before_any_hosted_model(client, claude, settings, model):
    before = len(requests_of(settings, model))
    asked = [{"role": "user", "content": PATIENT}]
    with pytest.raises(openai.PermissionDeniedError) as refused:
        other(client, max_retries=2).chat.completions.create(model=model, messages=asked)
    error = refused.value
    assert code_of(error) and "phi" in error.message
    assert error.response.headers["x-should-retry"] == "false"
    assert error.response.headers["x-portcullis-record"]
    assert "00482913" not in error.response.text and "Ragna" not in error.response.text
    with pytest.raises(anthropic.PermissionDeniedError) as refused:
        other(claude, max_retries=2).messages.create(model=model, max_tokens=100, messages=asked)
    assert refused.value.body["error"]["type"] == "permission_error"
    with pytest.raises(openai.PermissionDeniedError):
        client.responses.create(model=model, input=PATIENT)
    with pytest.raises(openai.PermissionDeniedError):
        client.chat.completions.create(model=model, messages=asked, stream=True)
    assert len(requests_of(settings, model)) == before


def test_a_patient_record_hidden_anywhere_is_403(client, claude):
    tool = {"type": "function", "function": {"name": "chart", "parameters": {"type": "object", "properties": {}}}}
    call = {"id": "call_1", "type": "function", "function": {"name": "chart", "arguments": "{}"}}
    places = [
        [{"role": "system", "content": PATIENT}, *ASKED],
        [*ASKED, {"role": "assistant", "content": PATIENT}, *ASKED],
        [*ASKED, {"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "call_1", "content": PATIENT}],
        [{"role": "user", "content": [{"type": "text", "text": "Look:"}, {"type": "text", "text": PATIENT}]}],
    ]
    for messages in places:
        with pytest.raises(openai.PermissionDeniedError):
            client.chat.completions.create(model="cloud", messages=messages, tools=[tool])
    described = tool | {"function": tool["function"] | {"description": PATIENT}}
    with pytest.raises(openai.PermissionDeniedError):
        client.chat.completions.create(model="cloud", messages=ASKED, tools=[described])
    with pytest.raises(openai.PermissionDeniedError):
        client.embeddings.create(model="cloud", input=["harmless", PATIENT])
    with pytest.raises(anthropic.PermissionDeniedError):
        claude.messages.create(model="claude", max_tokens=10, system=PATIENT, messages=ASKED)
    with pytest.raises(anthropic.PermissionDeniedError):
        claude.messages.count_tokens(model="claude", messages=[{"role": "user", "content": PATIENT}])


def test_the_same_record_is_answered_by_the_model_of_the_ward(client, claude):
    asked = [{"role": "user", "content": PATIENT}]
    raw = client.chat.completions.with_raw_response.create(model="ward", messages=asked)
    assert raw.headers["x-portcullis-destination"] == "ward"
    assert raw.headers["x-portcullis-level"] == "restricted"
    assert "00482913" in raw.parse().choices[0].message.content
    assert claude.messages.create(model="ward", max_tokens=100, messages=asked).content[0].text


def test_of_an_alias_with_both_only_the_ward_is_taken(client):
    for _ in range(5):
        raw = client.chat.completions.with_raw_response.create(model="either", messages=[{"role": "user", "content": PATIENT}])
        assert raw.headers["x-portcullis-destination"] == "ward"


def test_a_caller_that_nobody_declared_public_reaches_no_hosted_model(client, settings):
    usual = other(client, api_key=settings["usual_key"])
    assert usual.chat.completions.create(model="ward", messages=ASKED).choices
    with pytest.raises(openai.PermissionDeniedError) as refused:
        usual.chat.completions.create(model="cloud", messages=ASKED)
    assert code_of(refused.value)


def test_a_body_that_is_too_large_is_413(client, claude):
    huge = [{"role": "user", "content": "berth " * 3_500_000}]
    with pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(model="ward", messages=huge)
    assert refused.value.status_code == 413 and code_of(refused.value)
    with pytest.raises(anthropic.APIStatusError) as refused:
        claude.messages.create(model="ward", max_tokens=10, messages=huge)
    assert refused.value.status_code == 413 and refused.value.body["error"]["type"] == "request_too_large"


def test_an_unknown_model_is_404(client, claude):
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.create(model="no-such-model", messages=ASKED)
    assert code_of(refused.value)
    with pytest.raises(anthropic.NotFoundError) as refused:
        claude.messages.create(model="no-such-model", max_tokens=10, messages=ASKED)
    assert refused.value.body["error"]["type"] == "not_found_error"


def test_what_the_door_has_no_path_for_is_refused(client):
    with pytest.raises(openai.NotFoundError):
        client.moderations.create(input="text")
    with pytest.raises(openai.NotFoundError):
        client.files.list()


def test_a_field_that_nobody_knows_is_refused_by_name(client, claude):
    with pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(model="ward", messages=ASKED, extra_body={"shadow_prompt": "x"})
    assert refused.value.status_code in (400, 403) and "shadow_prompt" in refused.value.message
    with pytest.raises(anthropic.APIStatusError) as refused:
        claude.messages.create(model="ward", max_tokens=10, messages=ASKED, extra_body={"shadow_prompt": "x"})
    assert refused.value.status_code in (400, 403) and "shadow_prompt" in refused.value.message


def test_tools_that_the_provider_runs_are_refused(client, claude):
    with pytest.raises(openai.APIStatusError) as refused:
        client.responses.create(model="cloud", input="Search.", tools=[{"type": "web_search"}])
    assert refused.value.status_code in (400, 403)
    with pytest.raises(openai.APIStatusError) as refused:
        mcp = {"type": "mcp", "server_label": "x", "server_url": "https://tools.example/mcp"}
        client.responses.create(model="cloud", input="Search.", tools=[mcp])
    assert refused.value.status_code in (400, 403)
    with pytest.raises(anthropic.APIStatusError) as refused:
        search = {"type": "web_search_20250305", "name": "web_search"}
        claude.messages.create(model="claude", max_tokens=10, messages=ASKED, tools=[search])
    assert refused.value.status_code in (400, 403)


def test_a_refused_call_can_be_made_again_with_what_was_asked_for(client):
    for _ in range(3):
        with pytest.raises(openai.PermissionDeniedError):
            client.chat.completions.create(model="cloud", messages=[{"role": "user", "content": PATIENT}])
    assert client.chat.completions.create(model="cloud", messages=ASKED).choices
