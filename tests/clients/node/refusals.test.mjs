// What a JavaScript caller learns when the answer is no: the SDKs' typed exceptions and their own retry behaviour.
import assert from "node:assert/strict";
import { test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { anthropic, needsDoor, openai, patient, question } from "./settings.mjs";

const asked = [{ role: "user", content: question }];
const record = [{ role: "user", content: patient }];
const skip = needsDoor;

/** A fetch that counts, to see whether an SDK tried again. */
function counted() {
  const seen = { calls: 0 };
  seen.fetch = (...given) => { seen.calls += 1; return fetch(...given); };
  return seen;
}

test("an unknown key is an AuthenticationError", { skip }, async () => {
  await assert.rejects(openai({ apiKey: "pk-wrong" }).chat.completions.create({ model: "ward", messages: asked }), OpenAI.AuthenticationError);
  await assert.rejects(anthropic({ apiKey: "pk-wrong" }).messages.create({ model: "ward", max_tokens: 9, messages: asked }), Anthropic.AuthenticationError);
});

test("a patient record for a hosted model is a PermissionDeniedError with a code, and is not tried again", { skip }, async () => {
  const seen = counted();
  await assert.rejects(openai({ maxRetries: 3, fetch: seen.fetch }).chat.completions.create({ model: "cloud", messages: record }), (error) => {
    assert.ok(error instanceof OpenAI.PermissionDeniedError);
    assert.ok(error.code);
    assert.equal(error.headers.get("x-should-retry"), "false");
    return true;
  });
  await assert.rejects(anthropic({ maxRetries: 3, fetch: seen.fetch }).messages.create({ model: "claude", max_tokens: 9, messages: record }), Anthropic.PermissionDeniedError);
  assert.equal(seen.calls, 2);
});

test("a body that is too large is a 413", { skip }, async () => {
  const huge = [{ role: "user", content: "berth ".repeat(3_500_000) }];
  await assert.rejects(openai().chat.completions.create({ model: "ward", messages: huge }), (error) => error.status === 413);
  await assert.rejects(anthropic().messages.create({ model: "ward", max_tokens: 9, messages: huge }), (error) => error.status === 413);
});

test("a busy upstream is a RateLimitError after the SDK has waited and tried again", { skip }, async () => {
  const seen = counted();
  const begun = performance.now();
  await assert.rejects(
    openai({ maxRetries: 1, fetch: seen.fetch }).chat.completions.create({ model: "nasty-429-always", messages: asked }),
    OpenAI.RateLimitError,
  );
  assert.equal(seen.calls, 2);
  assert.ok(performance.now() - begun >= 900);
});

test("a stream that breaks is an error and never a short answer", { skip }, async () => {
  const read = async () => {
    const stream = await openai().chat.completions.create({ model: "nasty-hangup", messages: asked, stream: true });
    for await (const _chunk of stream);
  };
  await assert.rejects(read(), (error) => error instanceof OpenAI.APIError || error instanceof TypeError);
});
