"""When every suite has run: what reached hosted models, and whether the ledger can prove it."""

import json
import os
import pathlib
import subprocess
import time
from collections import Counter

SETTINGS = json.loads(os.environ["CLIENTS"])
RESTRICTED = ("RESTRICTED-MARKER", "00482913", "Sigurdsdottir")


def log(name: str) -> list[dict]:
    return [json.loads(line) for line in pathlib.Path(SETTINGS["logs"][name]).read_text().splitlines()]


def portcullis(*arguments: str) -> subprocess.CompletedProcess:
    command = [SETTINGS["program"], *arguments, *SETTINGS["folders"]]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_no_restricted_prompt_reached_a_hosted_model():
    for name in ("cloud", "claude"):
        text = pathlib.Path(SETTINGS["logs"][name]).read_text()
        assert not [marker for marker in RESTRICTED if marker in text], name
    ward = pathlib.Path(SETTINGS["logs"]["ward"]).read_text()
    assert all(marker in ward for marker in RESTRICTED), "the suites sent no restricted prompt at all"


def test_every_request_that_left_was_valid_for_its_provider():
    refused = [entry for name in SETTINGS["logs"] for entry in log(name) if "refused" in entry]
    assert not refused, refused[:3]


def test_no_destination_saw_a_credential_that_is_not_its_own():
    foreign = [entry for name in SETTINGS["logs"] for entry in log(name) if "FOREIGN" in entry.get("headers", {}).values()]
    assert not foreign, foreign[:3]
    ward = [entry for entry in log("ward") if {"authorization", "x-api-key"} & set(entry.get("headers", {}))]
    assert not ward, ward[:3]


def test_upstream_storage_is_always_off():
    bodies = [json.loads(entry["body"]) for entry in log("cloud") if "body" in entry and "/completions" in entry["path"] and "chat" in entry["path"]]
    assert bodies and all(body.get("store") in (None, False) for body in bodies)
    responses = [json.loads(entry["body"]) for entry in log("cloud") if "body" in entry and "/responses" in entry["path"]]
    assert all(body["store"] is False for body in responses)


def verdict() -> dict:
    verified = portcullis("ledger", "verify", "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    return json.loads(verified.stdout)


def intents() -> list[dict]:
    found = portcullis("ledger", "search", "--kind", "intent", "--limit", "100000", "--json")
    assert found.returncode == 0, found.stdout + found.stderr
    return [record["body"] for record in json.loads(found.stdout)["records"]]


def test_the_ledger_verifies_and_no_attempt_is_left_open():
    assert verdict()["sound"]
    deadline = time.monotonic() + 15
    while (left := verdict()["open_intents"]) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert left == 0


def test_the_ledger_names_each_attempt():
    """As many intents as requests arrived, for each provider: none without a record, and no record without a request."""
    assert verdict()["kinds"]["intent"] == len(intents()), "not all intents could be listed"
    recorded = Counter(provider_of(intent["destination"]["name"]) for intent in intents())
    received = Counter({name: sum("body" in entry for entry in log(name)) for name in SETTINGS["logs"]})
    recorded.pop("built-in", None)
    assert recorded == received


def provider_of(destination: str) -> str:
    return {"responses": "cloud"}.get(destination, "ward" if destination.startswith("nasty-") else destination)


def test_no_attempt_at_a_hosted_model_is_recorded_above_public():
    hosted = [intent for intent in intents() if intent["destination"]["hosting"] == "hosted"]
    assert hosted and {intent["level"] for intent in hosted} == {"public"}
