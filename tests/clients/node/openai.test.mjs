// The OpenAI SDK for JavaScript, through the door to every kind of destination.
import assert from "node:assert/strict";
import { test } from "node:test";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { needsDoor, openai, question, settings } from "./settings.mjs";

const client = openai();
const asked = [{ role: "user", content: question }];
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const weather = { type: "function", function: { name: "weather", description: "The weather in a city", parameters } };
const Berth = z.object({ name: z.string(), metres: z.number().int(), free: z.boolean() });

for (const model of settings.openai_models) {
  test(`${model}: a plain call is answered`, async () => {
    const answer = await client.chat.completions.create({ model, messages: asked });
    assert.ok(answer.choices[0].message.content.includes(question));
    assert.equal(answer.choices[0].finish_reason, "stop");
    assert.ok(answer.usage.total_tokens > 0);
  });

  test(`${model}: a stream brings the same text and its usage`, async () => {
    const stream = await client.chat.completions.create({
      model, messages: asked, stream: true, stream_options: { include_usage: true },
    });
    let text = "";
    let usage;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    assert.ok(text.includes(question));
    assert.ok(usage.total_tokens > 0);
  });

  test(`${model}: a tool is called and its result is heard`, async () => {
    const messages = [{ role: "user", content: "How is the weather in Bergen?" }];
    const first = await client.chat.completions.create({ model, messages, tools: [weather] });
    const [call] = first.choices[0].message.tool_calls;
    assert.equal(call.function.name, "weather");
    assert.ok("city" in JSON.parse(call.function.arguments));
    messages.push(first.choices[0].message, { role: "tool", tool_call_id: call.id, content: "rain, 9 degrees" });
    const second = await client.chat.completions.create({ model, messages, tools: [weather] });
    assert.ok(second.choices[0].message.content.includes("Bergen"));
  });

  test(`${model}: the SDK's own runner goes round with a tool in a stream`, async () => {
    const heard = [];
    const tool = { type: "function", function: { ...weather.function, parse: JSON.parse, function: (given) => { heard.push(given); return "rain"; } } };
    const runner = client.chat.completions.runTools({
      model, stream: true, messages: [{ role: "user", content: "How is the weather in Bergen?" }], tools: [tool],
    });
    assert.ok((await runner.finalContent()).includes("Bergen"));
    assert.equal(heard.length, 1);
  });

  test(`${model}: structured output is parsed`, async () => {
    const answer = await client.chat.completions.parse({ model, messages: asked, response_format: zodResponseFormat(Berth, "berth") });
    assert.deepEqual(Object.keys(answer.choices[0].message.parsed), ["name", "metres", "free"]);
  });

  test(`${model}: a response is answered, streamed and parsed`, async () => {
    const response = await client.responses.create({ model, input: question });
    assert.ok(response.output_text.includes(question));
    const stream = client.responses.stream({ model, input: question });
    const types = [];
    for await (const event of stream) types.push(event.type);
    assert.ok(types.includes("response.output_text.delta"));
    assert.equal(types.at(-1), "response.completed");
    const parsed = await client.responses.parse({ model, input: question, text: { format: zodTextFormat(Berth, "berth") } });
    assert.equal(typeof parsed.output_parsed.name, "string");
  });

  test(`${model}: an old completion is answered`, async () => {
    const answer = await client.completions.create({ model, prompt: "Once upon a tide", max_tokens: 50 });
    assert.ok(answer.choices[0].text.includes("Once upon a tide"));
  });
}

for (const model of settings.embedding_models) {
  test(`${model}: embeddings come as numbers`, async () => {
    const answer = await client.embeddings.create({ model, input: ["one", "two"] });
    assert.equal(answer.data.length, 2);
    assert.equal(typeof answer.data[0].embedding[0], "number");
  });
}

test("the models are the aliases", { skip: needsDoor }, async () => {
  const listed = [];
  for await (const model of client.models.list()) listed.push(model.id);
  for (const alias of ["ward", "cloud", "claude", "either"]) assert.ok(listed.includes(alias), alias);
});
