//! What inspection is given: pieces of content, each with the channel it came through.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a piece of content came from. Written in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Instructions of the application.
    System,
    /// What the caller's user wrote.
    User,
    /// An earlier answer that the caller sends back.
    Assistant,
    /// The result of a tool.
    Tool,
    /// A retrieved document.
    Document,
    /// A file that came along.
    Attachment,
    /// Any other string of the call: names, schemas, metadata, tool definitions.
    Parameter,
    /// What a model answers now.
    Answer,
}

/// The content itself: text to read, or something that is not text.
#[derive(Clone, Copy)]
pub enum Content<'a> {
    /// Text, inspected in full up to [`crate::Limits::piece_bytes_max`].
    Text(&'a str),
    /// Bytes that are not read: only their media type and size are known.
    Opaque {
        /// `image/png`, `audio/wav`, `application/pdf`; empty when unknown.
        media_type: &'a str,
        /// Size in bytes.
        bytes: usize,
    },
}

/// One piece of a call or an answer.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// Where it came from.
    pub channel: Channel,
    /// What it is.
    pub content: Content<'a>,
}

/// A word that names no channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown channel `{0}`; use `system`, `user`, `assistant`, `tool`, `document`, `attachment`, `parameter` or `answer`"
)]
pub struct UnknownChannel(String);

impl<'a> Piece<'a> {
    /// A piece of text.
    #[must_use]
    pub const fn text(channel: Channel, text: &'a str) -> Self {
        Self { channel, content: Content::Text(text) }
    }
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 8] = [
        Self::System,
        Self::User,
        Self::Assistant,
        Self::Tool,
        Self::Document,
        Self::Attachment,
        Self::Parameter,
        Self::Answer,
    ];

    /// The name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
            Self::Document => "document",
            Self::Attachment => "attachment",
            Self::Parameter => "parameter",
            Self::Answer => "answer",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Channel {
    type Err = UnknownChannel;

    fn from_str(name: &str) -> Result<Self, UnknownChannel> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == name).ok_or_else(|| UnknownChannel(name.to_owned()))
    }
}

/// Shows lengths only: content cannot be printed.
impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Opaque { media_type, bytes } => write!(f, "Opaque({media_type}, {bytes} bytes)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_cannot_be_printed() {
        let piece = Piece::text(Channel::User, "sesame");
        assert!(!format!("{piece:?}").contains("sesame"));
    }

    #[test]
    fn channel_names_round_trip() {
        for channel in Channel::ALL {
            assert_eq!(channel.as_str().parse::<Channel>(), Ok(channel));
        }
    }
}
