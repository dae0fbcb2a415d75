// The Anthropic SDK for JavaScript, through the door to every kind of destination.
import assert from "node:assert/strict";
import { test } from "node:test";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";
import { anthropic, question, settings } from "./settings.mjs";

const client = anthropic();
const asked = [{ role: "user", content: question }];
const weather = {
  name: "weather",
  description: "The weather in a city",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

for (const model of settings.anthropic_models) {
  test(`${model}: a plain message is answered`, async () => {
    const message = await client.messages.create({ model, max_tokens: 100, system: "One sentence.", messages: asked });
    assert.ok(message.content[0].text.includes(question));
    assert.equal(message.stop_reason, "end_turn");
  });

  test(`${model}: a stream brings the same text`, async () => {
    const stream = client.messages.stream({ model, max_tokens: 100, messages: asked });
    let text = "";
    stream.on("text", (part) => { text += part; });
    const final = await stream.finalMessage();
    assert.ok(text.includes(question));
    assert.equal(final.content[0].text, text);
    assert.ok(final.usage.output_tokens > 0);
  });

  test(`${model}: a streamed tool call and its result go round`, async () => {
    const first = [{ role: "user", content: "How is the weather in Bergen?" }];
    const message = await client.messages.stream({ model, max_tokens: 100, messages: first, tools: [weather] }).finalMessage();
    const use = message.content.find((block) => block.type === "tool_use");
    assert.ok("city" in use.input);
    const result = { role: "user", content: [{ type: "tool_result", tool_use_id: use.id, content: "rain, 9 degrees" }] };
    const messages = [...first, { role: "assistant", content: message.content }, result];
    const second = await client.messages.create({ model, max_tokens: 100, messages, tools: [weather] });
    assert.equal(second.stop_reason, "end_turn");
  });

  test(`${model}: structured output is parsed`, async () => {
    const format = zodOutputFormat(z.object({ name: z.string(), free: z.boolean() }));
    const message = await client.messages.parse({ model, max_tokens: 100, messages: asked, output_config: { format } });
    assert.equal(typeof message.parsed_output.free, "boolean");
  });
}

test("tokens are counted", async () => {
  const counted = await client.messages.countTokens({ model: settings.anthropic_models.at(-1), messages: asked });
  assert.ok(counted.input_tokens > 0);
});
