//! A stand-in upstream on loopback: it keeps what it was sent and answers what it was told to.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

/// What a stand-in answers.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    /// The whole body.
    pub body: String,
    /// Or pieces, each sent by itself.
    pub chunks: Vec<String>,
    /// The pause between two pieces.
    pub between_ms: u64,
    /// Close the connection without the end of the body.
    pub hang_up: bool,
    /// Answer with this many bytes of nothing useful.
    pub flood_bytes: u64,
    /// Wait before answering.
    pub wait_ms: u64,
    /// Answer with what the user said, as a chat completion.
    pub echo_user: bool,
    /// Do that as a stream, a few bytes at a time.
    pub stream: bool,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            status: 200,
            headers: BTreeMap::new(),
            body: String::new(),
            chunks: Vec::new(),
            between_ms: 5,
            hang_up: false,
            flood_bytes: 0,
            wait_ms: 0,
            echo_user: false,
            stream: false,
        }
    }
}

/// A stand-in.
pub struct Upstream {
    address: String,
    broken: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    /// Starts one that gives `answers` in order and then the last one again.
    pub fn start(answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let broken = Arc::new(AtomicUsize::new(0));
        let (seen, answers, failed) = (Arc::clone(&requests), answers.to_vec(), Arc::clone(&broken));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answers, failed) = (Arc::clone(&seen), answers.clone(), Arc::clone(&failed));
                std::thread::spawn(move || serve(stream, &seen, &answers, &failed));
            }
        });
        Self { address, broken, requests }
    }

    /// Its address, `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// How many answers could not be sent to their end because the door closed the connection.
    pub fn broken(&self) -> usize {
        self.broken.load(Ordering::SeqCst)
    }

    /// The requests so far: head and body, as they came.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<String>>, answers: &[Answer], broken: &AtomicUsize) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some(request) = read(&mut reader) {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        let Some(answer) = answers.get(number).or(answers.last()) else { return };
        let answer = if answer.echo_user { echo(answer, &request) } else { answer.clone() };
        if write(&mut writer, &answer).is_err() {
            broken.fetch_add(1, Ordering::SeqCst);
            return;
        }
        if answer.hang_up {
            return;
        }
    }
}

/// What the user said last, as the answer.
fn echo(answer: &Answer, request: &str) -> Answer {
    let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    let said = body["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap();
    let head = json!({ "id": "u", "created": 1, "model": "m" });
    let with = |object: &str, choice: Value| {
        let mut whole = head.clone();
        whole["object"] = object.into();
        whole["choices"] = json!([choice]);
        whole
    };
    if answer.stream {
        let letters: Vec<char> = said.chars().collect();
        let mut chunks: Vec<String> = letters
            .chunks(3)
            .map(|piece| json!({ "content": piece.iter().collect::<String>() }))
            .map(|delta| with("chat.completion.chunk", json!({ "index": 0, "delta": delta, "finish_reason": null })))
            .map(|chunk| format!("data: {chunk}\n\n"))
            .collect();
        let last = with("chat.completion.chunk", json!({ "index": 0, "delta": {}, "finish_reason": "stop" }));
        chunks.push(format!("data: {last}\n\ndata: [DONE]\n\n"));
        return Answer { chunks, ..answer.clone() };
    }
    let message = json!({ "role": "assistant", "content": said });
    let body = with("chat.completion", json!({ "index": 0, "message": message, "finish_reason": "stop" }));
    Answer { body: body.to_string(), ..answer.clone() }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8_lossy(&body))
}

fn write(writer: &mut TcpStream, answer: &Answer) -> std::io::Result<()> {
    std::thread::sleep(Duration::from_millis(answer.wait_ms));
    let streamed = !answer.chunks.is_empty();
    let kind = if streamed { "text/event-stream" } else { "application/json" };
    write!(writer, "HTTP/1.1 {} X\r\n", answer.status)?;
    if !answer.headers.contains_key("content-type") {
        write!(writer, "content-type: {kind}\r\n")?;
    }
    for (name, value) in &answer.headers {
        write!(writer, "{name}: {value}\r\n")?;
    }
    if streamed {
        write!(writer, "transfer-encoding: chunked\r\n\r\n")?;
        for chunk in &answer.chunks {
            write!(writer, "{:x}\r\n{chunk}\r\n", chunk.len())?;
            writer.flush()?;
            std::thread::sleep(Duration::from_millis(answer.between_ms));
        }
        if !answer.hang_up {
            write!(writer, "0\r\n\r\n")?;
        }
    } else if answer.flood_bytes > 0 {
        write!(writer, "content-length: {}\r\n\r\n", answer.flood_bytes)?;
        let block = vec![b' '; 1 << 16];
        for _ in 0..answer.flood_bytes / block.len() as u64 {
            writer.write_all(&block)?;
        }
    } else {
        write!(writer, "content-length: {}\r\n\r\n{}", answer.body.len(), answer.body)?;
    }
    writer.flush()
}
