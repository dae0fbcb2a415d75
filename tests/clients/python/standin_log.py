"""Reading what the stand-ins noted."""

import json
import pathlib


def entries_of(settings: dict, name: str) -> list[dict]:
    """Everything one stand-in noted so far, oldest first."""
    return [json.loads(line) for line in pathlib.Path(settings["logs"][name]).read_text().splitlines()]


def requests_of(settings: dict, name: str) -> list[dict]:
    """The requests with a body that one stand-in received."""
    return [entry for entry in entries_of(settings, name) if "body" in entry]
