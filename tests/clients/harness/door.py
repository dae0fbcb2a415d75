"""A running door with a configuration of its own, in front of the stand-ins."""

import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.request

from harness.standins import StandIns
from standin.nasty import WAYS

START_SECONDS_MAX = 60
DESTINATION = """\
kind = "{kind}"
hosting = "{hosting}"
endpoint = "{endpoint}"
model = "{model}"
aliases = {aliases}
region = "{region}"
jurisdiction = "{jurisdiction}"
private_network = true
{more}
[owners]
patching = "platform@hospital.example"
incident_response = "soc@hospital.example"
offboarding = "iam@hospital.example"
"""


MAIN = """\
mode = "development"
[limits]
breaker_failures = 1000
"""
"""Upstreams misbehave on purpose here, and each test must meet its own."""
VENDOR = """\
name = "Stand-in, Inc."
reviewed = 2026-06-01
valid_until = 2099-06-01
reviewer = "privacy@hospital.example"
training_use = false
retention_days = 0
baa = false
regions = ["us-east-1"]
sub_processors = []
certifications = []
"""


class Door:
    """Runs `portcullis serve` as long as its context, with a public caller and one of the usual floor."""

    def __init__(self, program: pathlib.Path, folder: pathlib.Path, standins: StandIns):
        self.program = program
        self.config, self.state = folder / "config", folder / "state"
        self.log = folder / "portcullis.log"
        self.standins = standins
        self.address, self.admin_address = free_address(), free_address()
        self.process: subprocess.Popen | None = None
        self.keys: dict[str, str] = {}

    def __enter__(self) -> "Door":
        self.write_configuration()
        self.state.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"CLOUD_KEY": self.standins.keys["cloud"], "CLAUDE_KEY": self.standins.keys["claude"]}
        for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
            environment.pop(name, None)
        command = [self.program, "serve", *self.folders(), "--listen", self.address, "--admin-listen", self.admin_address]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        self.await_ready()
        for name, floor in (("clients-public", "public"), ("clients-usual", None)):
            self.keys[name] = self.make_key(name, floor)
        return self

    def __exit__(self, *_fault: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def settings(self) -> dict:
        """What the suites need; one key for both SDKs, as the door takes it in either header."""
        return {
            "door": True,
            "openai_url": f"http://{self.address}/v1",
            "anthropic_url": f"http://{self.address}",
            "openai_key": self.keys["clients-public"],
            "anthropic_key": self.keys["clients-public"],
            "usual_key": self.keys["clients-usual"],
            "openai_models": ["ward", "cloud", "responses", "claude"],
            "anthropic_models": ["ward", "cloud", "responses", "claude"],
            "embedding_models": ["ward", "cloud"],
            "agent_model": "claude-standin",
            "logs": {name: str(self.standins.log(name)) for name in self.standins.urls},
            "pid": self.process.pid,
            "program": str(self.program),
            "folders": self.folders(),
            "door_log": str(self.log),
        }

    def folders(self) -> list[str]:
        return ["--config", str(self.config), "--state", str(self.state)]

    def make_key(self, name: str, floor: str | None) -> str:
        command = [self.program, "key", "create", name, *(["--floor", floor] if floor else []), "--json", *self.folders()]
        made = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60)
        return json.loads(made.stdout)["key"]

    def await_ready(self) -> None:
        until = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"portcullis ended with {self.process.returncode}:\n{self.log.read_text()[-4000:]}")
            try:
                with urllib.request.urlopen(f"http://{self.address}/readyz", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"portcullis is not ready after {START_SECONDS_MAX} s:\n{self.log.read_text()[-4000:]}")

    def write_configuration(self) -> None:
        destinations = self.config / "destinations"
        destinations.mkdir(parents=True, exist_ok=True)
        (self.config / "vendors").mkdir(exist_ok=True)
        (self.config / "portcullis.toml").write_text(MAIN)
        (self.config / "vendors" / "standin.toml").write_text(VENDOR)
        ward, cloud, claude = (self.standins.urls[name] for name in ("ward", "cloud", "claude"))
        self.write(destinations, "ward", "openai", "self_hosted", f"{ward}/v1", "standin-ward", ["ward", "either"])
        cloud_key, claude_key = ('vendor = "standin"\ncredential = "env:CLOUD_KEY"\n', 'vendor = "standin"\ncredential = "env:CLAUDE_KEY"\n')
        self.write(destinations, "cloud", "openai", "hosted", f"{cloud}/v1", "standin-cloud", ["cloud", "either"], cloud_key)
        self.write(destinations, "responses", "openai", "hosted", f"{cloud}/v1", "standin-cloud", ["responses"], cloud_key + 'api = "responses"\n')
        self.write(destinations, "claude", "anthropic", "hosted", f"{claude}/v1", "standin-claude", ["claude", "claude-standin"], claude_key)
        (destinations / "built-in.toml").write_text('kind = "embedded"\naliases = ["built-in"]\n')
        for way in WAYS:
            self.write(destinations, way, "openai", "self_hosted", f"{ward}/v1", way, [way])

    def write(self, folder: pathlib.Path, name: str, kind: str, hosting: str, endpoint: str, model: str, aliases: list[str], more: str = "") -> None:
        region, jurisdiction = ("ward-7", "EU") if hosting == "self_hosted" else ("us-east-1", "US")
        text = DESTINATION.format(
            kind=kind, hosting=hosting, endpoint=endpoint, model=model, aliases=json.dumps(aliases),
            region=region, jurisdiction=jurisdiction, more=more,
        )
        (folder / f"{name}.toml").write_text(text)


def free_address() -> str:
    """A port that is free now; the door takes it at once."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"
