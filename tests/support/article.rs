//! Articles for the input topic.

use serde_json::{Value, json};

/// The identifier of article number `number`.
pub fn id(number: usize) -> String {
    format!("article-{number:05}")
}

/// The identifiers of the first `count` articles.
pub fn ids(count: usize) -> Vec<String> {
    (0..count).map(id).collect()
}

/// An article as JSON. Its length differs from the next one's by up to thirty times, so that workers
/// finish in another order than they begin.
pub fn json(number: usize) -> Vec<u8> {
    let paragraphs = if number.is_multiple_of(5) { 30 } else { 1 };
    let body =
        "Angela Merkel praised the agreement in Berlin. Critics of Vladimir Putin called it a failure.\n\n"
            .repeat(paragraphs);
    let article: Value = json!({
        "id": id(number),
        "title": format!("Report number {number} from Berlin"),
        "body": body,
        "language": "en",
        "published_at": "2024-05-01T10:00:00Z",
    });
    serde_json::to_vec(&article).expect("JSON can be written")
}
