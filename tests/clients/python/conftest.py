"""What every Python suite shares: the settings of this run, and clients made from them."""

import json
import os

import anthropic
import openai
import pytest

SETTINGS = json.loads(os.environ["CLIENTS"])
"""Written by run.py: addresses, keys, and the models to go through."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out what only the door can do when the suites run against the stand-ins."""
    for item in items:
        if item.get_closest_marker("door") and not SETTINGS["door"]:
            item.add_marker(pytest.mark.skip(reason="needs the door"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "door: needs the door, not only a provider")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test once for each destination that its argument names."""
    for argument in ("openai_model", "anthropic_model", "embedding_model"):
        if argument in metafunc.fixturenames:
            metafunc.parametrize(argument, SETTINGS[f"{argument}s"])


@pytest.fixture
def settings() -> dict:
    return SETTINGS


@pytest.fixture
def client() -> openai.OpenAI:
    return openai.OpenAI(base_url=SETTINGS["openai_url"], api_key=SETTINGS["openai_key"], max_retries=0, timeout=60)


@pytest.fixture
def claude() -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=SETTINGS["anthropic_url"], api_key=SETTINGS["anthropic_key"], max_retries=0, timeout=60)
