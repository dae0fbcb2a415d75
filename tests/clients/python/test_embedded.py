"""The embedded model, through both SDKs: it is small, so that only the shape of what it says is checked."""

import pytest

pytestmark = pytest.mark.door
ASKED = [{"role": "user", "content": "Who are you?"}]


def test_it_answers_and_counts(client):
    answer = client.chat.completions.create(model="built-in", messages=ASKED, max_completion_tokens=40)
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason in ("stop", "length")
    assert answer.usage.completion_tokens > 0


def test_it_streams_what_it_says_whole(client):
    asked = {"model": "built-in", "messages": ASKED, "temperature": 0, "max_completion_tokens": 40}
    whole = client.chat.completions.create(**asked).choices[0].message.content
    parts = [chunk.choices[0].delta.content or "" for chunk in client.chat.completions.create(**asked, stream=True) if chunk.choices]
    assert "".join(parts) == whole


def test_it_answers_the_other_formats(client, claude):
    assert claude.messages.create(model="built-in", max_tokens=40, messages=ASKED).content[0].text
    assert client.responses.create(model="built-in", input="Who are you?", max_output_tokens=40).output_text
    assert client.completions.create(model="built-in", prompt="Who are you?", max_tokens=40).choices[0].text


def test_it_embeds(client):
    vectors = client.embeddings.create(model="built-in", input=["one", "two"]).data
    assert vectors[0].embedding != vectors[1].embedding
    assert len(vectors[0].embedding) == len(vectors[1].embedding) > 0
