//! The embedded model: engine, tokenizer, templates, and the sandboxed child that runs them.
