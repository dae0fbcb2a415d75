// The settings of this run, written by run.py: addresses, keys, and the models to go through.
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

export const settings = JSON.parse(process.env.CLIENTS);
export const needsDoor = settings.door ? false : "needs the door";
export const question = "Which berth is free on Friday?";
export const patient =
  "Patient Ragna Sigurdsdottir, MRN: 00482913, was diagnosed with chemotherapy-induced anaemia. Summarise. RESTRICTED-MARKER";

export function openai(options = {}) {
  return new OpenAI({ baseURL: settings.openai_url, apiKey: settings.openai_key, maxRetries: 0, ...options });
}

export function anthropic(options = {}) {
  return new Anthropic({ baseURL: settings.anthropic_url, apiKey: settings.anthropic_key, maxRetries: 0, ...options });
}
