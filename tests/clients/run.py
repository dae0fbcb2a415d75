"""Starts three stand-in providers and the door before them, runs every client suite, then checks what was left behind.

With `--direct` the suites run against the stand-ins themselves, which shows that a failure is not the suites' own.
"""

import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from harness.door import Door
from harness.standins import StandIns

HERE = pathlib.Path(__file__).resolve().parent
SUITES = ("python", "node", "agent")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--portcullis", type=pathlib.Path, help="the program to test")
    parser.add_argument("--direct", action="store_true", help="leave the door out")
    parser.add_argument("--node-folder", type=pathlib.Path, help="where the Node packages and scripts are")
    parser.add_argument("--only", choices=SUITES, help="one suite alone")
    parser.add_argument("--keep", type=pathlib.Path, help="work in this folder and leave it there")
    parser.add_argument("rest", nargs="*", help="passed on to pytest")
    given = parser.parse_args()
    if not given.direct and not given.portcullis:
        parser.error("either --portcullis or --direct")
    with contextlib.ExitStack() as stack:
        folder = given.keep or pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portcullis-clients-")))
        folder.mkdir(parents=True, exist_ok=True)
        standins = stack.enter_context(StandIns(folder))
        if given.direct:
            settings = standins.settings()
        else:
            settings = stack.enter_context(Door(given.portcullis.resolve(), folder, standins)).settings()
        environment = clean_environment() | {"CLIENTS": json.dumps(settings), "PYTHONPATH": str(HERE)}
        if given.node_folder:
            environment["CLIENTS_NODE_FOLDER"] = str(given.node_folder.resolve())
        return run_suites(given, environment)


def run_suites(given: argparse.Namespace, environment: dict[str, str]) -> int:
    """All suites, also after one has failed; the checks of ledger and logs come last, when everything has happened."""
    failed = 0
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={HERE}", "--color=no"]
    if given.only in (None, "python"):
        failed |= subprocess.run([*pytest, str(HERE / "python"), *given.rest], env=environment).returncode
    if given.only in (None, "node"):
        command = ["node", "--test", "--test-reporter=tap", "--test-concurrency=1", *sorted(scripts(given.node_folder))]
        failed |= subprocess.run(command, env=environment, cwd=given.node_folder).returncode
    if given.only in (None, "agent"):
        failed |= subprocess.run([*pytest, str(HERE / "agent"), *given.rest], env=environment).returncode
    if not given.direct and not given.rest:
        failed |= subprocess.run([*pytest, str(HERE / "afterwards")], env=environment).returncode
    return 1 if failed else 0


def scripts(node_folder: pathlib.Path) -> list[str]:
    return [str(path) for path in node_folder.glob("*.test.mjs")]


def clean_environment() -> dict[str, str]:
    """Without anything that would point an SDK, or the door, at a real provider."""
    unwanted = ("OPENAI_", "ANTHROPIC_", "LANGCHAIN_", "LANGSMITH_", "CLAUDE", "PORTCULLIS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted) and not name.lower().endswith("_proxy")}


if __name__ == "__main__":
    sys.exit(main())
