//! Writes the lists of models that callers see, in OpenAI's and in Anthropic's format.

use serde::Serialize;

/// Who OpenAI's format says owns a model; callers see aliases, which are ours.
const OWNER: &str = "portcullis";

#[derive(Serialize)]
struct OpenAiModel<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    owned_by: &'static str,
}

#[derive(Serialize)]
struct AnthropicModel<'a> {
    r#type: &'static str,
    id: &'a str,
    display_name: &'a str,
    created_at: String,
}

/// The models as OpenAI lists them: names, and when each was made known in Unix seconds.
pub fn write_openai(models: &[(String, u64)]) -> Vec<u8> {
    #[derive(Serialize)]
    struct List<'a> {
        object: &'static str,
        data: Vec<OpenAiModel<'a>>,
    }
    let data = models.iter().map(|(name, created)| openai(name, *created)).collect();
    serde_json::to_vec(&List { object: "list", data }).unwrap_or_default()
}

/// One model as OpenAI shows it.
pub fn write_openai_one(name: &str, created: u64) -> Vec<u8> {
    serde_json::to_vec(&openai(name, created)).unwrap_or_default()
}

/// The models as Anthropic lists them, in one page.
pub fn write_anthropic(models: &[(String, u64)]) -> Vec<u8> {
    #[derive(Serialize)]
    struct List<'a> {
        data: Vec<AnthropicModel<'a>>,
        has_more: bool,
        first_id: Option<&'a str>,
        last_id: Option<&'a str>,
    }
    let list = List {
        data: models.iter().map(|(name, created)| anthropic(name, *created)).collect(),
        has_more: false,
        first_id: models.first().map(|(name, _)| name.as_str()),
        last_id: models.last().map(|(name, _)| name.as_str()),
    };
    serde_json::to_vec(&list).unwrap_or_default()
}

/// One model as Anthropic shows it.
pub fn write_anthropic_one(name: &str, created: u64) -> Vec<u8> {
    serde_json::to_vec(&anthropic(name, created)).unwrap_or_default()
}

fn openai(id: &str, created: u64) -> OpenAiModel<'_> {
    OpenAiModel { id, object: "model", created, owned_by: OWNER }
}

fn anthropic(id: &str, created: u64) -> AnthropicModel<'_> {
    AnthropicModel { r#type: "model", id, display_name: id, created_at: rfc3339(created) }
}

/// Unix seconds as `2026-11-20T17:00:00Z`, by the Gregorian calendar (days counted in eras of 400 years from 1 March).
fn rfc3339(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second % 3_600 / 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_by_the_calendar() {
        let check = |seconds, expected: &str| assert_eq!(rfc3339(seconds), expected);
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(1_709_251_199, "2024-02-29T23:59:59Z");
        check(1_795_219_200, "2026-11-21T00:00:00Z");
        check(4_107_542_399, "2100-02-28T23:59:59Z");
        check(4_107_542_400, "2100-03-01T00:00:00Z");
    }

    #[test]
    fn an_empty_list_is_a_list() {
        assert_eq!(write_openai(&[]), br#"{"object":"list","data":[]}"#);
        assert_eq!(write_anthropic(&[]), br#"{"data":[],"has_more":false,"first_id":null,"last_id":null}"#);
    }

    #[test]
    fn names_are_listed_in_both_formats() {
        let models = [("auto".to_owned(), 0), ("gpt \"x\"".to_owned(), 1)];
        let text = String::from_utf8(write_openai(&models)).unwrap();
        assert!(text.contains(r#"{"id":"gpt \"x\"","object":"model","created":1,"owned_by":"portcullis"}"#), "{text}");
        let text = String::from_utf8(write_anthropic(&models)).unwrap();
        assert!(text.contains(r#""first_id":"auto","last_id":"gpt \"x\"""#), "{text}");
    }
}
