//! What an answer in the Responses format repeats of its request.

use serde::Serialize;

use crate::call::{BlockKind, Call, Generate, Role, Task};
use crate::dialect::openai_responses::Labels;
use crate::dialect::openai_responses::form::{ChoiceForm, ReasoningForm, TextForm, ToolForm};
use crate::text::Text;

/// The repeated fields, rendered once as an object; a stream writes them three times.
#[derive(Clone, Debug)]
pub struct Repeated {
    object: Text,
}

#[derive(Serialize)]
struct Fields<'a> {
    instructions: Option<&'a str>,
    metadata: Labels<'a>,
    parallel_tool_calls: bool,
    temperature: Option<f64>,
    top_p: Option<f64>,
    tool_choice: ChoiceForm<'a>,
    tools: Vec<ToolForm<'a>>,
    max_output_tokens: Option<u64>,
    reasoning: ReasoningForm<'a>,
    text: TextForm<'a>,
    top_logprobs: Option<u32>,
    prompt_cache_key: Option<&'a str>,
    safety_identifier: Option<&'a str>,
}

impl Repeated {
    /// What an answer to `call` repeats; of a call that is no conversation, nothing but what the format demands.
    pub fn of(call: &Call) -> Self {
        match &call.task {
            Task::Generate(generate) | Task::CountTokens(generate) => Self::of_generate(generate),
            Task::Complete(_) | Task::Embed(_) => Self::of_generate(&Generate::default()),
        }
    }

    /// What an answer repeats of nothing.
    pub(super) fn nothing() -> Self {
        Self::of_generate(&Generate::default())
    }

    fn of_generate(generate: &Generate) -> Self {
        let choice = generate.tool_choice.as_ref();
        let fields = Fields {
            instructions: instructions(generate),
            metadata: Labels(&generate.metadata),
            parallel_tool_calls: generate.parallel_tool_calls.unwrap_or(true),
            temperature: generate.sampling.temperature,
            top_p: generate.sampling.top_p,
            tool_choice: choice.map_or(ChoiceForm::Word("auto"), |choice| ChoiceForm::of(choice, &generate.tools)),
            tools: generate.tools.iter().map(|tool| ToolForm::of(tool, None)).collect(),
            max_output_tokens: generate.max_output_tokens,
            reasoning: ReasoningForm::of(generate.reasoning.as_ref()),
            text: TextForm::of(generate),
            top_logprobs: generate.logprobs,
            prompt_cache_key: generate.prompt_cache_key.as_ref().map(|text| text.as_str()),
            safety_identifier: generate.user.as_ref().map(|text| text.as_str()),
        };
        // Strings, numbers and lists always serialize; an empty object would only lack the repetition.
        Self { object: Text(serde_json::to_string(&fields).unwrap_or_else(|_| "{}".to_owned())) }
    }

    /// The fields without the braces.
    pub(super) fn inside(&self) -> &str {
        self.object.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default()
    }
}

/// The text of the first turn, where it is the application's and nothing but text.
fn instructions(generate: &Generate) -> Option<&str> {
    let first = generate.turns.first().filter(|turn| turn.role == Role::System)?;
    match first.content.as_slice() {
        [block] => match &block.kind {
            BlockKind::Text(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}
