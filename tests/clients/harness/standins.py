"""The three providers that are played: a ward's own model, a hosted OpenAI and a hosted Anthropic."""

import json
import pathlib
import subprocess
import sys

CLIENTS = pathlib.Path(__file__).resolve().parent.parent
PROVIDERS = (
    ("ward", "openai", None),
    ("cloud", "openai", "sk-standin-cloud-credential"),
    ("claude", "anthropic", "sk-ant-standin-claude-credential"),
)
"""Name, kind, and the one credential it takes; the ward's model takes none, so that any that arrives is a leak."""


class StandIns:
    """Runs as long as its context; each writes every request it receives into a log of its own."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.processes: list[subprocess.Popen] = []
        self.urls: dict[str, str] = {}
        self.keys = {name: key for name, _, key in PROVIDERS}

    def __enter__(self) -> "StandIns":
        for name, kind, key in PROVIDERS:
            command = [sys.executable, "-m", "standin", "--kind", kind, "--name", name, "--log", str(self.log(name))]
            command += ["--key", key] if key else []
            process = subprocess.Popen(command, cwd=CLIENTS, stdout=subprocess.PIPE, text=True)
            self.processes.append(process)
            self.urls[name] = json.loads(process.stdout.readline())["url"]
            self.log(name).touch()
        return self

    def __exit__(self, *_fault: object) -> None:
        for process in self.processes:
            process.terminate()
            process.wait()

    def log(self, name: str) -> pathlib.Path:
        return self.folder / f"{name}.jsonl"

    def settings(self) -> dict:
        """What suites need that run against the stand-ins themselves."""
        return {
            "door": False,
            "openai_url": self.urls["cloud"] + "/v1",
            "anthropic_url": self.urls["claude"],
            "openai_key": self.keys["cloud"],
            "anthropic_key": self.keys["claude"],
            "openai_models": ["standin-cloud"],
            "anthropic_models": ["standin-claude"],
            "embedding_models": ["standin-cloud"],
            "agent_model": "standin-claude",
            "logs": {name: str(self.log(name)) for name in self.urls},
        }
