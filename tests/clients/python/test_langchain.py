"""LangChain, with nothing changed but the base URL: plain, streamed, with a tool, structured, and embeddings."""

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

QUESTION = "Which berth is free on Friday?"


@tool
def weather(city: str) -> str:
    """The weather in a city."""
    return f"rain in {city}"


class Berth(BaseModel):
    """A place for a ship."""

    name: str
    metres: int


def chat(settings: dict, model: str) -> ChatOpenAI:
    return ChatOpenAI(base_url=settings["openai_url"], api_key=settings["openai_key"], model=model, max_retries=0)


def test_langchain_asks_and_streams(settings, openai_model):
    model = chat(settings, openai_model)
    assert QUESTION in model.invoke(QUESTION).content
    assert QUESTION in "".join(chunk.content for chunk in model.stream(QUESTION))


def test_langchain_uses_a_tool(settings, openai_model):
    model = chat(settings, openai_model).bind_tools([weather])
    messages = [HumanMessage("How is the weather in Bergen?")]
    first = model.invoke(messages)
    call = first.tool_calls[0]
    messages += [first, ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"])]
    assert "Bergen" in model.invoke(messages).content


def test_langchain_parses_structured_output(settings, openai_model):
    assert isinstance(chat(settings, openai_model).with_structured_output(Berth).invoke(QUESTION), Berth)


def test_langchain_embeds_texts(settings, embedding_model):
    embeddings = OpenAIEmbeddings(
        base_url=settings["openai_url"], api_key=settings["openai_key"], model=embedding_model, check_embedding_ctx_length=False
    )
    vectors = embeddings.embed_documents(["one", "two"])
    assert len(vectors) == 2 and vectors[0] != vectors[1]
