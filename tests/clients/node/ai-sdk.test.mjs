// The Vercel AI SDK, with nothing changed but the base URL: the OpenAI provider and the one for compatible endpoints.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embedMany, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { question, settings } from "./settings.mjs";

const given = { baseURL: settings.openai_url, apiKey: settings.openai_key };
const provider = createOpenAI(given);
const compatible = createOpenAICompatible({ ...given, name: "portcullis" });
const weather = tool({
  description: "The weather in a city",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `rain in ${city}`,
});

for (const name of settings.openai_models) {
  const models = { responses: provider(name), chat: provider.chat(name), compatible: compatible(name) };
  for (const [kind, model] of Object.entries(models)) {
    test(`${name}, ${kind}: text is generated and streamed`, async () => {
      const { text } = await generateText({ model, prompt: question, maxRetries: 0 });
      assert.ok(text.includes(question));
      const streamed = streamText({ model, prompt: question, maxRetries: 0 });
      assert.ok((await streamed.text).includes(question));
    });

    test(`${name}, ${kind}: a tool is used`, async () => {
      const { text, steps } = await generateText({
        model, prompt: "How is the weather in Bergen?", tools: { weather }, stopWhen: stepCountIs(3), maxRetries: 0,
      });
      assert.equal(steps.length, 2);
      assert.ok(text.includes("Bergen"));
    });
  }

  test(`${name}: an object is generated`, async () => {
    const { output } = await generateText({
      model: provider(name), prompt: question, maxRetries: 0, output: Output.object({ schema: z.object({ name: z.string() }) }),
    });
    assert.equal(typeof output.name, "string");
  });
}

for (const name of settings.embedding_models) {
  test(`${name}: texts are embedded`, async () => {
    const { embeddings } = await embedMany({ model: provider.embedding(name), values: ["one", "two"], maxRetries: 0 });
    assert.equal(embeddings.length, 2);
  });
}
