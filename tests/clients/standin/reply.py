"""What a stand-in says, before it is put into a provider's shape: text, tool calls, or a value for a schema."""

import json
from dataclasses import dataclass, field

from standin.fill import fill

ECHO_CHARS_MAX = 2_000
"""How much of the question is repeated in the answer."""


@dataclass
class Reply:
    """One answer: either text or tool calls, and why it ended there."""

    text: str = ""
    tools: list[tuple[str, dict]] = field(default_factory=list)
    cut: bool = False

    @property
    def words(self) -> list[str]:
        """The text in pieces, as a stream would bring it; joined they are the text."""
        return [part + " " for part in self.text.split(" ")[:-1]] + self.text.split(" ")[-1:]


def reply(name: str, question: str, tools: dict[str, dict], answered: bool, schema: dict | None, tokens_max: int | None) -> Reply:
    """Calls a tool where one is offered and none was answered yet (two, where the question says `both`), fills the
    schema where one is given, and else repeats the question, so that tests see what arrived and what came back."""
    if tools and not answered:
        wanted = list(tools.items())[: 2 if "both" in question else 1]
        return Reply(tools=[(tool, fill(parameters)) for tool, parameters in wanted])
    if schema is not None:
        return Reply(text=json.dumps(fill(schema)))
    made = Reply(text=f"stand-in {name} heard: {question[:ECHO_CHARS_MAX]}")
    if tokens_max is not None and len(made.words) > tokens_max:
        made = Reply(text="".join(made.words[:tokens_max]), cut=True)
    return made
