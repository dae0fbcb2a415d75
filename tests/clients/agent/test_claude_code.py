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
        program = pathlib.Path(os.environ["CLIENTS_NODE_FOLDER"]) / "node_modules" / ".bin" / "claude"
        environment = os.environ | {
            "HOME": str(home),
            "ANTHROPIC_BASE_URL": SETTINGS["anthropic_url"],
            "ANTHROPIC_AUTH_TOKEN": SETTINGS["anthropic_key"],
            "ANTHROPIC_MODEL": "claude-standin",
            "ANTHROPIC_SMALL_FAST_MODEL": "claude-standin",
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": "claude-standin",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS": "1",
            "CLAUDE_CODE_MAX_RETRIES": "0",
            "DISABLE_AUTOUPDATER": "1",
        }
        command = [str(program), "-p", prompt, *options]
        return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX, stdin=subprocess.DEVNULL)

    return run


def test_the_agent_says_what_the_model_said(claude_code):
    ended = claude_code("Which berth is free on Friday?", "--output-format", "json", "--tools", "")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    said = json.loads(ended.stdout)
    assert not said["is_error"], said
    assert "stand-in claude heard" in said["result"] and "berth" in said["result"]
