//! Documents that came along with a call: read once by the sandboxed reader, and known again by their digest whenever the
//! call is looked at.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use documents::{Extracted, Reader, Unread, Unreadable};
use inspect::{Channel, Content, Piece};
use sha2::{Digest, Sha256};
use wire::call::Call;
use wire::segments;

use crate::metrics::{DocumentLabels, Metrics};

/// What the documents of one call hold.
#[derive(Debug, Default)]
pub struct Documents {
    /// By the digest of their base64 text. What could not be read at all is not here: it stays opaque.
    read: HashMap<[u8; 32], Extracted>,
}

impl Documents {
    /// Reads the documents in `call`, at most `documents_max` of them. Without a reader, or what it cannot read, they stay
    /// opaque. Nothing is waited for when there are none.
    pub async fn of(call: &Call, reader: Option<&Reader>, documents_max: usize, metrics: Option<&Metrics>) -> Self {
        let mut all = Self::default();
        let waiting = inline(call);
        if waiting.is_empty() {
            return all;
        }
        let began = Instant::now();
        let mut known = BTreeSet::new();
        for (digest, media_type, base64) in waiting {
            if !known.insert(digest) {
                continue;
            }
            let outcome = match reader {
                Some(reader) if known.len() <= documents_max && began.elapsed() < ALL_TIMEOUT => {
                    // Base64 that others might decode in another way is not decoded at all.
                    match STANDARD.decode(&base64) {
                        Ok(bytes) => reader.read(&media_type, &bytes).await,
                        Err(_) => Err(Unreadable::Unknown),
                    }
                }
                Some(_) => Err(Unreadable::Busy),
                None => Err(Unreadable::Unknown),
            };
            if let Some(metrics) = metrics {
                metrics.documents.get_or_create(&DocumentLabels { outcome: named(&outcome) }).inc();
            }
            if let Ok(extracted) = outcome {
                all.read.insert(digest, extracted);
            }
        }
        all
    }

    /// What inspection reads of a segment that is a document: its own piece, and those that stand for what is in it.
    pub(crate) fn pieces<'a>(&'a self, segment: &segments::Segment<'a>) -> Option<(Piece<'a>, Vec<Piece<'a>>)> {
        let segments::Content::Opaque { media_type, bytes, base64: Some(base64) } = segment.content else {
            return None;
        };
        if self.read.is_empty() {
            return None;
        }
        let document = self.read.get(&digest(base64))?;
        // What pretends to be something else stays opaque as what it pretends to be, too.
        let own = if document.unread.contains(&Unread::Mismatch) {
            Content::Opaque { media_type, bytes }
        } else {
            Content::Text("")
        };
        let texts = document.parts.iter().map(|part| Piece::text(Channel::Attachment, &part.text));
        let unread = document.unread.iter().map(|unread| Piece {
            channel: Channel::Attachment,
            content: Content::Opaque { media_type: stands_for(*unread), bytes: 0 },
        });
        Some((Piece { channel: Channel::Attachment, content: own }, texts.chain(unread).collect()))
    }
}

/// Everything in a call that is there as base64 and is no picture at first sight.
fn inline(call: &Call) -> Vec<([u8; 32], String, Bytes)> {
    let segments = call.segments();
    let documents = segments.iter().filter_map(|segment| match segment.content {
        segments::Content::Opaque { media_type, base64: Some(base64), .. } if !is_picture(base64) => {
            Some((digest(base64), media_type.to_owned(), Bytes::copy_from_slice(base64.as_bytes())))
        }
        segments::Content::Opaque { .. } | segments::Content::Text(_) => None,
    });
    documents.collect()
}

fn digest(base64: &str) -> [u8; 32] {
    Sha256::digest(base64.as_bytes()).into()
}

fn is_picture(base64: &str) -> bool {
    // PNG, JPEG, GIF, RIFF (WebP, WAV), MP3 with tags.
    ["iVBORw0KGgo", "/9j/", "R0lGOD", "UklGR", "SUQz"].iter().any(|start| base64.starts_with(start))
}

fn named(outcome: &Result<Extracted, Unreadable>) -> &'static str {
    match outcome {
        Ok(document) if document.is_complete() => "read",
        Ok(_) => "partly",
        Err(Unreadable::Unknown) => "unknown",
        Err(Unreadable::TooLarge) => "too_large",
        Err(Unreadable::Busy) => "busy",
        Err(Unreadable::TimedOut) => "timed_out",
        Err(Unreadable::Broke) => "broke",
    }
}

/// The media type by which inspection knows what was not read.
fn stands_for(unread: Unread) -> &'static str {
    match unread {
        Unread::Image => "image/x-in-document",
        Unread::Audio => "audio/x-in-document",
        Unread::Encrypted => "application/encrypted",
        Unread::TooLarge | Unread::Other | Unread::Mismatch => "application/octet-stream",
    }
}

/// No new document of a call is begun after this.
const ALL_TIMEOUT: Duration = Duration::from_secs(30);
