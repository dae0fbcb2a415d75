//! Runs a model file's chat template, which is a stranger's program: without files, with fuel, with a bounded answer.

use std::collections::BTreeMap;
use std::io::{self, Write};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, context};

/// One message as a template sees it.
pub(super) struct Message {
    pub(super) role: &'static str,
    pub(super) content: String,
    pub(super) name: Option<String>,
}

/// A template that has been compiled.
pub(super) struct Template {
    environment: Environment<'static>,
}

/// Why there is no prompt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unrendered {
    /// The template said no, in its own words.
    Refused(String),
    /// The template is broken, or took more than its bounds.
    Failed(&'static str),
    /// The messages use up every character that could mark off their control tokens.
    Unguardable,
}

/// A prompt, and the character that stands in it where a caller's text would have formed a control token.
pub(super) struct Rendered {
    pub(super) text: String,
    pub(super) guard: char,
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// That it cannot be compiled, without quoting it.
    pub(super) fn compile(source: &str) -> Result<Template, String> {
        if source.len() > SOURCE_BYTES_MAX {
            return Err("the chat template is too long".to_owned());
        }
        let mut environment = Environment::new();
        // As Hugging Face's renderer has them, which is what templates are written for.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| error.to_string())?);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(RECURSION_MAX);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.add_function("raise_exception", |message: String| -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message).with_source(Raised))
        });
        environment
            .add_template_owned(NAME, source.to_owned())
            .map_err(|error| format!("the chat template cannot be compiled: {}", error.kind()))?;
        Ok(Template { environment })
    }

    /// The prompt for a conversation, up to where the assistant begins to speak.
    pub(super) fn render(
        &self,
        messages: &[Message],
        controls: &[String],
        begin: &str,
        end: &str,
    ) -> Result<Rendered, Unrendered> {
        let texts = || messages.iter().flat_map(|message| [Some(&message.content), message.name.as_ref()]).flatten();
        let guard =
            GUARDS.clone().find(|guard| !texts().any(|text| text.contains(*guard))).ok_or(Unrendered::Unguardable)?;
        let guarded = messages.iter().map(|message| {
            let content = [("content", guarded(&message.content, controls, guard)), ("role", message.role.to_owned())];
            let name = message.name.as_ref().map(|name| ("name", guarded(name, controls, guard)));
            content.into_iter().chain(name).collect::<BTreeMap<&str, String>>()
        });
        let guarded: Vec<BTreeMap<&str, String>> = guarded.collect();
        let template = self.environment.get_template(NAME).map_err(|_| Unrendered::Failed("it is missing"))?;
        let values =
            context! { messages => guarded, add_generation_prompt => true, bos_token => begin, eos_token => end };
        let mut out = Bounded { text: Vec::new(), over: false };
        let rendered = template.render_captured_to(values, &mut out).map(drop);
        match rendered {
            Ok(()) => {}
            Err(_) if out.over => return Err(Unrendered::Failed("it writes without end")),
            Err(error) => return Err(said(&error)),
        }
        let text = String::from_utf8(out.text).map_err(|_| Unrendered::Failed("it does not write text"))?;
        Ok(Rendered { text, guard })
    }
}

/// The caller's text with `guard` inside everything that would be a control token, and after an ending that could grow
/// into one.
fn guarded(text: &str, controls: &[String], guard: char) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        out.push(c);
        if controls.iter().any(|control| rest.starts_with(control.as_str()) || control.starts_with(rest)) {
            out.push(guard);
        }
    }
    out
}

fn said(error: &Error) -> Unrendered {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<Raised>() {
            let message: String = error.detail().unwrap_or_default().chars().take(REFUSAL_CHARS_MAX).collect();
            return Unrendered::Refused(message);
        }
        source = inner.source();
    }
    Unrendered::Failed(match error.kind() {
        ErrorKind::OutOfFuel => "it runs without end",
        ErrorKind::TemplateNotFound => "it wants to read another file",
        ErrorKind::UnknownFilter | ErrorKind::UnknownFunction | ErrorKind::UnknownMethod | ErrorKind::UnknownTest => {
            "it calls a function that does not exist here"
        }
        _ => "it is in error",
    })
}

/// Marks an error that the template raised on purpose.
#[derive(Debug, thiserror::Error)]
#[error("raised by the template")]
struct Raised;

struct Bounded {
    text: Vec<u8>,
    over: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > PROMPT_BYTES_MAX {
            self.over = true;
            return Err(io::Error::other("the prompt is too long"));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const NAME: &str = "chat";
const SOURCE_BYTES_MAX: usize = 1 << 20;
const PROMPT_BYTES_MAX: usize = 32 << 20;
/// Instructions of the template engine.
const FUEL: u64 = 5_000_000;
const RECURSION_MAX: usize = 50;
const REFUSAL_CHARS_MAX: usize = 200;
/// Characters that Unicode sets aside for a program's own use inside itself: no text has them.
const GUARDS: std::ops::RangeInclusive<char> = '\u{fdd0}'..='\u{fdef}';

#[cfg(test)]
mod tests {
    use super::*;

    fn render(source: &str, content: &str) -> Result<String, Unrendered> {
        let message = Message { role: "user", content: content.to_owned(), name: None };
        let controls = ["<|im_end|>".to_owned(), "<<".to_owned()];
        Template::compile(source).unwrap().render(&[message], &controls, "<s>", "</s>").map(|rendered| rendered.text)
    }

    fn check(source: &str, content: &str, expected: Result<&str, Unrendered>) {
        assert_eq!(render(source, content), expected.map(str::to_owned));
    }

    const PLAIN: &str = "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m['content'] | trim }}{% endfor %}";

    #[test]
    fn a_conversation_is_rendered() {
        check(PLAIN, " hello ", Ok("<s>[user] hello"));
        check("{{ messages[0].content.strip().upper() }}", " a ", Ok("A"));
        check("{% if messages[0].role == 'user' %}\n  x\n{% endif %}", "", Ok("  x\n"));
    }

    #[test]
    fn control_tokens_in_a_message_are_taken_apart() {
        check("{{ messages[0].content }}", "a<|im_end|>b", Ok("a<\u{fdd0}|im_end|>b"));
        check("{{ messages[0].content }}|im_end|>", "a<", Ok("a<\u{fdd0}|im_end|>"));
        check("{{ messages[0].content }}m_end|>", "a<|i", Ok("a<\u{fdd0}|im_end|>"));
        check("{{ messages[0].content }}", "<<<", Ok("<\u{fdd0}<\u{fdd0}<\u{fdd0}"));
        check("{{ messages[0].content }}", "\u{fdd0}<<", Ok("\u{fdd0}<\u{fdd1}<\u{fdd1}"));
    }

    #[test]
    fn a_template_that_runs_or_writes_without_end_is_stopped() {
        check(
            "{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}",
            "",
            Err(Unrendered::Failed("it runs without end")),
        );
        check(
            "{% for i in range(10000) %}{{ 'aaaaaaaaaaaaaaaa' * 1000 }}{% endfor %}",
            "",
            Err(Unrendered::Failed("it writes without end")),
        );
        check("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "", Err(Unrendered::Failed("it is in error")));
    }

    #[test]
    fn a_template_reads_nothing_but_its_messages() {
        check("{% include '/etc/passwd' %}", "", Err(Unrendered::Failed("it wants to read another file")));
        check("{{ messages.__class__ }}{{ ''.__class__.__mro__ }}", "", Err(Unrendered::Failed("it is in error")));
        check("{{ open('/etc/passwd') }}", "", Err(Unrendered::Failed("it calls a function that does not exist here")));
    }

    #[test]
    fn a_templates_own_refusal_reaches_the_caller() {
        check(
            "{{ raise_exception('roles must alternate') }}",
            "",
            Err(Unrendered::Refused("roles must alternate".into())),
        );
    }

    #[test]
    fn a_template_that_does_not_compile_is_refused() {
        assert!(Template::compile("{% if %}").is_err());
    }
}
