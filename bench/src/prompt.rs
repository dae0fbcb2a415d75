//! The call that is sent: a prompt of 4 KB, ordinary prose without findings.

/// The body of one chat completion whose prompt has 4,096 bytes.
pub(crate) fn body(stream: bool) -> String {
    let text: String = PROSE.chars().cycle().take(PROMPT_BYTES).collect();
    serde_json::json!({"model": "bench", "messages": [{"role": "user", "content": text}], "stream": stream}).to_string()
}

const PROMPT_BYTES: usize = 4096;
/// ASCII, so that characters are bytes.
const PROSE: &str = "The harbour office keeps a list of every ship that comes in on the evening tide, what it carries and \
    how long it means to stay. Summarise the list for the port captain in three plain sentences, and say which of the \
    berths on the northern quay will be free before the weekend. Grain ships need the long berth, ferries the short one. ";

#[cfg(test)]
mod tests {
    #[test]
    fn the_prompt_has_four_kilobytes() {
        let body: serde_json::Value = serde_json::from_str(&super::body(true)).unwrap();
        assert_eq!(body["messages"][0]["content"].as_str().unwrap().len(), 4096);
    }
}
