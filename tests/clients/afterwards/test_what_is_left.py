"""When every suite has run: what reached hosted models, and whether the ledger can prove it."""

import json
import os
import pathlib
import subprocess

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


def test_the_ledger_verifies():
    verified = portcullis("ledger", "verify", "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout)
