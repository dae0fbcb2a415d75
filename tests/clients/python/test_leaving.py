"""Streams that are cut: a caller that leaves, and a key that is withdrawn, both end the call upstream and on record."""

import json
import subprocess
import time

import openai
import pytest

from standin_log import entries_of

pytestmark = pytest.mark.door
ASKED = [{"role": "user", "content": "Which berth is free on Friday?"}]
SECONDS_MAX = 15


def portcullis(settings, *arguments: str) -> dict:
    command = [settings["program"], *arguments, "--json", *settings["folders"]]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60).stdout)


def within(seconds: float, true) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.1)
    return False


def left(settings) -> int:
    """How often the ward's model noticed that nobody was listening any more."""
    return sum("client_left" in entry for entry in entries_of(settings, "ward"))


def ended(settings, record: str) -> str | None:
    """How the attempt of that record ended, as the ledger tells it."""
    found = portcullis(settings, "ledger", "search", "--kind", "outcome", "--limit", "10000")["records"]
    return next((outcome["body"]["ended"] for outcome in found if record in (outcome["body"]["intent"], outcome["body"]["call"])), None)


def test_a_caller_that_leaves_ends_the_call_upstream_and_on_record(client, settings):
    before = left(settings)
    raw = client.chat.completions.with_raw_response.create(model="nasty-endless", messages=ASKED, stream=True)
    record = raw.headers["x-portcullis-record"]
    stream = raw.parse()
    for _ in range(5):
        next(stream)
    stream.response.close()
    assert within(SECONDS_MAX, lambda: left(settings) > before)
    assert within(SECONDS_MAX, lambda: ended(settings, record) is not None)
    assert ended(settings, record) != "complete"


def test_a_withdrawn_key_ends_its_open_stream(client, settings):
    made = portcullis(settings, "key", "create", "clients-withdrawn", "--floor", "public")
    brief = client.with_options(api_key=made["key"])
    stream = brief.chat.completions.create(model="nasty-endless", messages=ASKED, stream=True)
    next(iter(stream))
    before = left(settings)
    begun = time.monotonic()
    portcullis(settings, "key", "revoke", made["id"])
    with pytest.raises(openai.APIError):
        for _chunk in stream:
            assert time.monotonic() - begun < SECONDS_MAX, "the stream went on after its key was withdrawn"
    assert within(SECONDS_MAX, lambda: left(settings) > before)
    with pytest.raises(openai.AuthenticationError):
        brief.chat.completions.create(model="ward", messages=ASKED)
