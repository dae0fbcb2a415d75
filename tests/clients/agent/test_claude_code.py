"""Claude Code, the coding agent's command line, with its base URL pointed at the door."""

import json
import os
import pathlib
import subprocess

import pytest

SETTINGS = json.loads(os.environ["CLIENTS"])
SECONDS_MAX = 120


@pytest.fixture
def claude_code(tmp_path):
    """Runs `claude -p` once, in an empty project and a home of its own, allowed to reach nothing but the door."""

    def run(prompt: str, *options: str) -> subprocess.CompletedProcess:
        project, home = tmp_path / "project", tmp_path / "home"
        project.mkdir(exist_ok=True)
        home.mkdir(exist_ok=True)
        packages = pathlib.Path(os.environ["CLIENTS_NODE_FOLDER"]) / "node_modules"
        program = packages / "@anthropic-ai" / "claude-code" / "cli-wrapper.cjs"
        environment = os.environ | {
            "HOME": str(home),
            "ANTHROPIC_BASE_URL": SETTINGS["anthropic_url"],
            "ANTHROPIC_AUTH_TOKEN": SETTINGS["anthropic_key"],
            "ANTHROPIC_MODEL": SETTINGS["agent_model"],
            "ANTHROPIC_SMALL_FAST_MODEL": SETTINGS["agent_model"],
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": SETTINGS["agent_model"],
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS": "1",
            "CLAUDE_CODE_MAX_RETRIES": "0",
            "DISABLE_AUTOUPDATER": "1",
        }
        # The wrapper and not the installed command, since packages are installed without running their scripts.
        command = ["node", str(program), "-p", prompt, "--output-format", "json", *options]
        return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX, stdin=subprocess.DEVNULL)

    return run


def said(ended: subprocess.CompletedProcess) -> dict:
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads(ended.stdout)


def test_the_agent_says_what_the_model_said(claude_code):
    answer = said(claude_code("Which berth is free on Friday?", "--tools", ""))
    assert not answer["is_error"], answer
    assert "stand-in claude heard" in answer["result"] and "berth" in answer["result"]


def test_the_agent_uses_a_tool_and_goes_on(claude_code):
    answer = said(claude_code("Read the list of berths.", "--tools", "Read", "--allowedTools", "Read"))
    assert not answer["is_error"], answer
    assert answer["num_turns"] == 2
    assert "stand-in claude heard" in answer["result"]
