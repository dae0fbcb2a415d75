//! Server-sent events: bytes to (event, data) pairs at any chunking, within a limit, and back.

use crate::dialect::Garbled;

/// The most bytes of one event that are kept while waiting for its end.
pub const EVENT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The room that a reader keeps between events, in bytes, for each of its two buffers.
const KEPT_BYTES_MAX: usize = 16 * 1024;

/// One event.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// The `event:` field; empty when absent.
    pub name: String,
    /// The `data:` lines joined by newlines.
    pub data: String,
}

impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sse::Event({}, {} bytes)", self.name, self.data.len())
    }
}

/// Collects bytes until an event is whole. Lines end with LF, CRLF or CR, as the WHATWG standard says.
#[derive(Debug, Default)]
pub struct Reader {
    line: Vec<u8>,
    after_cr: bool,
    started: bool,
    name: String,
    /// The `data:` lines so far; kept between events so that its room is used again.
    data: String,
    has_data: bool,
}

impl Reader {
    /// Takes the next bytes and hands each completed event to `take`.
    ///
    /// # Errors
    /// Invalid UTF-8, or an event over [`EVENT_BYTES_MAX`].
    pub fn push(
        &mut self,
        bytes: &[u8],
        take: &mut dyn FnMut(&str, &str) -> Result<(), Garbled>,
    ) -> Result<(), Garbled> {
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            if self.after_cr {
                self.after_cr = false;
                if first == b'\n' {
                    rest = rest.get(1..).unwrap_or_default();
                    continue;
                }
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else {
                self.hold(rest)?;
                break;
            };
            let (line, after) = rest.split_at(end);
            self.after_cr = after.first() == Some(&b'\r');
            rest = after.get(1..).unwrap_or_default();
            if self.line.is_empty() {
                self.line_done(line, take)?;
            } else {
                self.hold(line)?;
                let line = std::mem::take(&mut self.line);
                self.line_done(&line, take)?;
                self.line = line;
                self.line.clear();
                self.line.shrink_to(KEPT_BYTES_MAX);
            }
        }
        Ok(())
    }

    /// Whether an event was begun and not finished.
    pub fn is_midway(&self) -> bool {
        !self.line.is_empty() || self.has_data
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), Garbled> {
        if self.line.len() + bytes.len() + self.data.len() > EVENT_BYTES_MAX {
            return Err(Garbled(format!("an event is larger than {EVENT_BYTES_MAX} bytes")));
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn line_done(
        &mut self,
        line: &[u8],
        take: &mut dyn FnMut(&str, &str) -> Result<(), Garbled>,
    ) -> Result<(), Garbled> {
        let mut line = std::str::from_utf8(line).map_err(|_| Garbled("a line is not UTF-8".to_owned()))?;
        if !self.started {
            self.started = true;
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            let taken = if self.has_data { take(&self.name, &self.data) } else { Ok(()) };
            self.name.clear();
            self.data.clear();
            // One large event should not hold its room for the rest of a long stream.
            self.data.shrink_to(KEPT_BYTES_MAX);
            self.has_data = false;
            return taken;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.data.len() + value.len() > EVENT_BYTES_MAX {
                    return Err(Garbled(format!("an event is larger than {EVENT_BYTES_MAX} bytes")));
                }
                if self.has_data {
                    self.data.push('\n');
                }
                self.has_data = true;
                self.data.push_str(value);
            }
            "event" => value.clone_into(&mut self.name),
            // `id`, `retry`, comments and unknown fields carry nothing of an answer.
            _ => {}
        }
        Ok(())
    }
}

/// Appends one event with `data` to `out`; `name` may be empty. `data` must have no newline (JSON has none).
pub fn write(name: &str, data: &[u8], out: &mut Vec<u8>) {
    if !name.is_empty() {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(name.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(data);
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(chunks: &[&[u8]]) -> Vec<(String, String)> {
        let (mut reader, mut found) = (Reader::default(), Vec::new());
        for chunk in chunks {
            reader
                .push(chunk, &mut |name, data| {
                    found.push((name.to_owned(), data.to_owned()));
                    Ok(())
                })
                .unwrap();
        }
        found
    }

    #[test]
    fn any_chunking_gives_the_same_events() {
        let stream = "event: a\r\ndata: gr\u{fc}n\r\n\r\n: note\n\ndata: 1\ndata:2\n\nretry: 5\rdata: x\r\r".as_bytes();
        let whole = events(&[stream]);
        assert_eq!(
            whole,
            [("a".into(), "gr\u{fc}n".into()), (String::new(), "1\n2".into()), (String::new(), "x".into())]
        );
        for cut in 0..=stream.len() {
            let (left, right) = stream.split_at(cut);
            assert_eq!(events(&[left, right]), whole);
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(events(&bytes), whole);
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut reader = Reader::default();
        let chunk = vec![b'x'; 1 << 20];
        let mut sink = |_: &str, _: &str| Ok(());
        assert!((0..9).any(|_| reader.push(&chunk, &mut sink).is_err()));
    }
}
