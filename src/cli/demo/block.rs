//! An enriched record in a few lines, from the bytes that other clients get.

use serde::Deserialize;

#[derive(Deserialize)]
struct Record {
    status: String,
    article: Article,
    actors: Vec<Actor>,
}

#[derive(Deserialize)]
struct Article {
    title: Option<String>,
    language: Option<String>,
}

#[derive(Deserialize)]
struct Actor {
    id: String,
    name: String,
    kind: String,
    sentiment: Sentiment,
    mentions: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Sentiment {
    label: String,
    score: f64,
}

/// Title, status and a line per actor.
pub(super) fn render(record: &[u8]) -> String {
    match serde_json::from_slice::<Record>(record) {
        Ok(record) => lines(&record),
        Err(error) => format!("  a record that is not of the documented form: {error}"),
    }
}

fn lines(record: &Record) -> String {
    let title = record.article.title.as_deref().unwrap_or("(no title)");
    let language = record.article.language.as_deref().unwrap_or("-");
    let mut text = format!("  {title}\n  status {}, language {language}", record.status);
    for actor in &record.actors {
        let Actor { id, name, kind, sentiment, mentions } = actor;
        text.push_str(&format!(
            "\n  {name:<32} {:<8} {:+.2}  {:>2} mentions  {kind} {id}",
            sentiment.label,
            sentiment.score,
            mentions.len()
        ));
    }
    if record.actors.is_empty() {
        text.push_str("\n  (no actors)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_actor_has_a_line_with_verdict_and_mentions() {
        let record = serde_json::json!({
            "status": "ok",
            "article": { "title": "Talks", "language": null },
            "actors": [{
                "id": "Q1", "name": "Ada", "kind": "person",
                "sentiment": { "label": "positive", "score": 0.5 },
                "mentions": [{}, {}],
            }],
        });
        let text = render(record.to_string().as_bytes());
        assert!(text.contains("Talks"), "{text}");
        assert!(text.contains("positive +0.50   2 mentions  person Q1"), "{text}");
    }

    #[test]
    fn a_record_of_another_form_is_said_to_be_one() {
        assert!(render(b"{}").contains("not of the documented form"));
    }
}
