"""Upstreams that misbehave: the caller gets a typed error or a whole answer, and the door lives on."""

import json
import pathlib
import time

import anthropic
import openai
import pytest

from standin_log import entries_of, requests_of

pytestmark = pytest.mark.door
TEXT = "Zürich, 医院 und 🏥"
ASKED = [{"role": "user", "content": TEXT}]
MEMORY_BYTES_MAX = 400_000_000


@pytest.fixture(autouse=True)
def the_door_lives_on(client):
    yield
    assert client.chat.completions.create(model="ward", messages=ASKED).choices


def plain(client, model):
    return client.chat.completions.create(model=model, messages=ASKED).choices[0].message.content


def streamed(client, model):
    chunks = client.chat.completions.create(model=model, messages=ASKED, stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def messages_streamed(claude, model):
    with claude.messages.stream(model=model, max_tokens=100, messages=ASKED) as stream:
        return "".join(stream.text_stream)


def test_characters_torn_between_chunks_arrive_whole(client, claude):
    assert TEXT in plain(client, "nasty-split-utf8")
    assert TEXT in streamed(client, "nasty-split-utf8")
    assert TEXT in messages_streamed(claude, "nasty-split-utf8")


def test_a_slow_upstream_is_waited_for(client, claude):
    assert TEXT in plain(client, "nasty-slow")
    assert TEXT in streamed(client, "nasty-slow")
    assert TEXT in messages_streamed(claude, "nasty-slow")


@pytest.mark.parametrize("model", ["nasty-hangup", "nasty-200-error", "nasty-gzip", "nasty-garbage", "nasty-redirect", "nasty-500", "nasty-duplicate-key"])
def test_a_broken_answer_is_a_fault_of_the_upstream(client, model):
    with pytest.raises(openai.InternalServerError) as fault:
        plain(client, model)
    assert fault.value.status_code in (500, 502, 503, 504)
    assert "127.0.0.1" not in fault.value.response.text


@pytest.mark.parametrize("model", ["nasty-hangup", "nasty-200-error", "nasty-gzip", "nasty-garbage", "nasty-redirect", "nasty-500"])
def test_a_broken_stream_is_an_error_and_never_a_short_answer(client, claude, model):
    with pytest.raises(openai.APIError):
        streamed(client, model)
    with pytest.raises(anthropic.APIError):
        messages_streamed(claude, model)


def test_a_redirect_is_not_followed(client, settings):
    with pytest.raises(openai.APIError):
        plain(client, "nasty-redirect")
    assert not [entry for entry in entries_of(settings, "ward") if "/stolen" in entry["path"]]


def test_a_busy_upstream_is_429_with_its_time_to_wait(client, claude):
    with pytest.raises(openai.RateLimitError) as fault:
        plain(client, "nasty-429-always")
    assert float(fault.value.response.headers["retry-after"]) >= 1
    with pytest.raises(anthropic.RateLimitError) as fault:
        claude.messages.create(model="nasty-429-always", max_tokens=10, messages=ASKED)
    assert fault.value.body["error"]["type"] == "rate_limit_error"


def test_the_sdk_waits_and_tries_again_after_429(client, settings):
    before = len(requests_of(settings, "ward"))
    begun = time.monotonic()
    with pytest.raises(openai.RateLimitError):
        plain(client.with_options(max_retries=1), "nasty-429-always")
    assert time.monotonic() - begun >= 1
    assert len(requests_of(settings, "ward")) >= before + 2


def test_an_upstream_that_is_busy_once_is_reached_in_the_end(client, claude):
    assert TEXT in plain(client.with_options(max_retries=3), "nasty-429")
    assert TEXT in streamed(client.with_options(max_retries=3), "nasty-429")
    assert claude.with_options(max_retries=3).messages.create(model="nasty-429", max_tokens=100, messages=ASKED).content


def test_a_gigabyte_is_cut_off_in_bounded_memory(client, settings):
    with pytest.raises(openai.APIError):
        plain(client, "nasty-gigabyte")
    with pytest.raises(openai.APIError):
        streamed(client, "nasty-gigabyte")
    assert peak_memory_bytes(settings["pid"]) < MEMORY_BYTES_MAX
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        taken = [entry["bytes_taken"] for entry in entries_of(settings, "ward") if "bytes_taken" in entry]
        if len(taken) >= 2:
            break
        time.sleep(0.1)
    assert len(taken) >= 2 and max(taken) < 1 << 30


def peak_memory_bytes(pid: int) -> int:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def test_nothing_a_caller_says_about_itself_reaches_an_upstream(client, settings):
    client.chat.completions.create(
        model="cloud", messages=ASKED, extra_headers={"x-secret": "of the caller", "cookie": "a=b", "x-forwarded-for": "10.0.0.1", "openai-organization": "org-1"}
    )
    headers = requests_of(settings, "cloud")[-1]["headers"]
    assert not {"x-secret", "cookie", "x-forwarded-for", "openai-organization"} & set(headers)
    assert headers["authorization"] == "own"
    assert json.dumps(headers).count(settings["openai_key"]) == 0
