//! Upstreams in memory: what reaches one is handed to the stage, and it does what the case says.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::case::Behaviour;
use super::stage::Stage;
use super::world::{VAULT_TEXT, name};
use crate::connect::{Connect, ConnectError, Connecting, Upstream};

/// The way to one destination.
pub(super) struct Pipe {
    pub(super) stage: Arc<Stage>,
    pub(super) world: usize,
    pub(super) index: usize,
}

impl Connect for Pipe {
    fn connect(&self) -> Connecting {
        let (stage, world, index) = (Arc::clone(&self.stage), self.world, self.index);
        Box::pin(async move {
            if stage.refuses_connection() {
                return Err(ConnectError::Failed { host: name(world, index), reason: "refused".to_owned() });
            }
            let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
            tokio::spawn(async move {
                let mut server = Server { stream: theirs, stage, world, index };
                while server.serve().await == Some(Then::Next) {}
            });
            Ok(Upstream::over(ours))
        })
    }
}

struct Server {
    stream: DuplexStream,
    stage: Arc<Stage>,
    world: usize,
    index: usize,
}

#[derive(PartialEq, Eq)]
enum Then {
    Next,
    Close,
}

impl Server {
    /// One request and what it leads to; `None` when the door closed the connection.
    async fn serve(&mut self) -> Option<Then> {
        let (head, body) = self.request().await?;
        let behaviour = self.stage.request_came(self.world, self.index, &head, &body);
        let stream = String::from_utf8_lossy(&body).contains("\"stream\":true");
        let anthropic = head.starts_with("POST /v1/messages");
        match behaviour {
            Behaviour::Answers => self.answer(stream, anthropic, "fine", usize::MAX).await,
            Behaviour::AnswersLate => {
                tokio::time::sleep(Duration::from_millis(1500)).await;
                self.answer(stream, anthropic, "fine", usize::MAX).await
            }
            Behaviour::Blurts => self.answer(stream, anthropic, VAULT_TEXT, usize::MAX).await,
            Behaviour::BreaksOff => self.answer(stream, anthropic, "fine", 150).await,
            Behaviour::Says(status) => {
                let to = format!("location: http://{}.test/v1\r\n", name(self.world, self.index + 1));
                let body = "{\"error\":{\"type\":\"api_error\",\"message\":\"no\"}}";
                let text = format!("HTTP/1.1 {status} No\r\n{to}content-length: {}\r\n\r\n{body}", body.len());
                self.write(&text).await
            }
            Behaviour::FailsInside => {
                self.whole("{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"no\"}}").await
            }
            Behaviour::Babbles => self.whole("{\"hello\": 1}").await,
            Behaviour::Sleeps => {
                tokio::time::sleep(Duration::from_secs(30)).await;
                Some(Then::Close)
            }
            Behaviour::Refuses | Behaviour::HangsUp => Some(Then::Close),
        }
    }

    async fn request(&mut self) -> Option<(String, Vec<u8>)> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let read = self.stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
            if bytes.is_empty() {
                self.stage.bytes_came(self.world, self.index);
            }
            bytes.extend_from_slice(&buffer[..read]);
            let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&bytes[..end + 4]).into_owned();
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length: ")?.trim().parse::<usize>().ok()
                })
                .unwrap();
            if bytes.len() >= end + 4 + length {
                return Some((head, bytes[end + 4..end + 4 + length].to_vec()));
            }
        }
    }

    /// An answer in the destination's format, or its first `cut` bytes.
    async fn answer(&mut self, stream: bool, anthropic: bool, text: &str, cut: usize) -> Option<Then> {
        let pieces = match (anthropic, stream) {
            (false, false) => vec![CHAT.replace("TEXT", text)],
            (true, false) => vec![MESSAGE.replace("TEXT", text)],
            (false, true) => CHAT_STREAM.iter().map(|piece| piece.replace("TEXT", text)).collect(),
            (true, true) => MESSAGE_STREAM.iter().map(|piece| piece.replace("TEXT", text)).collect(),
        };
        let length: usize = pieces.iter().map(String::len).sum();
        let kind = if stream { "text/event-stream" } else { "application/json" };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
        self.write(&head).await?;
        let mut left = cut;
        for piece in pieces {
            let part = piece.get(..left).unwrap_or(&piece);
            self.write(part).await?;
            left -= part.len();
            if left == 0 {
                return Some(Then::Close);
            }
            if stream {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Some(Then::Next)
    }

    async fn whole(&mut self, body: &str) -> Option<Then> {
        self.write(&format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())).await
    }

    async fn write(&mut self, text: &str) -> Option<Then> {
        self.stream.write_all(text.as_bytes()).await.ok()?;
        Some(Then::Next)
    }
}

const PIPE_BYTES: usize = 16 * 1024;
const CHAT: &str = r#"{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"TEXT"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}"#;
const CHAT_STREAM: [&str; 4] = [
    "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"so\"},\"finish_reason\":null}]}\n\n",
    "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" TEXT\"},\"finish_reason\":null}]}\n\n",
    "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: [DONE]\n\n",
];
const MESSAGE: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"TEXT"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":2}}"#;
const MESSAGE_STREAM: [&str; 4] = [
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"so TEXT\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":2}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
];
