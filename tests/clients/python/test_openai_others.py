"""The OpenAI SDK's completions, embeddings and list of models."""

import openai
import pytest


def test_an_old_completion_is_answered(client, openai_model):
    answer = client.completions.create(model=openai_model, prompt="Once upon a tide", max_tokens=50)
    assert "Once upon a tide" in answer.choices[0].text
    assert answer.choices[0].finish_reason == "stop"


def test_an_old_completion_is_streamed(client, openai_model):
    chunks = list(client.completions.create(model=openai_model, prompt="Once upon a tide", max_tokens=50, stream=True))
    assert "Once upon a tide" in "".join(chunk.choices[0].text for chunk in chunks if chunk.choices)


def test_embeddings_come_as_numbers_whatever_the_encoding(client, embedding_model):
    coded = client.embeddings.create(model=embedding_model, input=["one", "two"])
    plain = client.embeddings.create(model=embedding_model, input=["one", "two"], encoding_format="float")
    assert [item.index for item in coded.data] == [0, 1]
    assert coded.data[0].embedding == pytest.approx(plain.data[0].embedding, abs=1e-6)
    assert coded.data[0].embedding != coded.data[1].embedding
    assert coded.usage.total_tokens > 0


def test_embeddings_of_one_text_and_fewer_dimensions(client, embedding_model):
    answer = client.embeddings.create(model=embedding_model, input="one text", dimensions=4)
    assert len(answer.data[0].embedding) == 4


@pytest.mark.door
def test_token_ids_that_nobody_can_read_are_refused(client, embedding_model):
    with pytest.raises(openai.BadRequestError) as refused:
        client.embeddings.create(model=embedding_model, input=[[1, 2, 3]])
    assert refused.value.code


@pytest.mark.door
def test_embeddings_that_a_destination_has_not_are_refused(client):
    with pytest.raises(openai.APIStatusError) as refused:
        client.embeddings.create(model="claude", input="text")
    assert 400 <= refused.value.status_code < 500


@pytest.mark.door
def test_the_models_are_the_aliases(client):
    listed = [model.id for model in client.models.list()]
    assert {"ward", "cloud", "claude", "either"} <= set(listed)
    assert client.models.retrieve("ward").id == "ward"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("no-such-model")
