//! A record for human eyes: one line per actor.

use std::fmt::Write as _;

use super::enriched::{ARTICLE_HOLDER, ActorKindName, ActorRecord, EnrichedRecord, Label, RecordStatus};

/// Widest name column; longer names push their line out rather than be cut.
const NAME_COLUMN_LIMIT: usize = 44;

/// The record as lines for a terminal. Nothing in it can move the cursor or change colours: control
/// characters of the article are escaped.
#[must_use]
pub fn render(record: &EnrichedRecord) -> String {
    let mut lines = heading(record);
    let names: Vec<String> = record.actors.iter().map(name_column).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(NAME_COLUMN_LIMIT);
    for (actor, name) in record.actors.iter().zip(&names) {
        lines.push_str(&actor_line(record, actor, name, width));
    }
    for quote in &record.quotes {
        if let Some(speaker) = &quote.speaker {
            let cue = quote.cue.as_deref().unwrap_or("quoted");
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(
                lines,
                "  quote {}..{}: {} ({})",
                quote.start,
                quote.end,
                name_of(record, speaker),
                printable(cue)
            );
        }
    }
    lines
}

fn heading(record: &EnrichedRecord) -> String {
    let article = &record.article;
    let title = article.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    let note = match record.status {
        RecordStatus::Ok => "",
        RecordStatus::NoText => "  (no text)",
        RecordStatus::UnsupportedLanguage => "  (language not supported)",
        RecordStatus::Truncated => "  (only the first part was read)",
    };
    match title {
        Some(title) => format!("{}  [{}]{note}\n", printable(title), printable(&article.id)),
        None => format!("[{}]{note}\n", printable(&article.id)),
    }
}

fn name_column(actor: &ActorRecord) -> String {
    let kind = match actor.kind {
        ActorKindName::Person => "person",
        ActorKindName::Organization => "organization",
        ActorKindName::Country => "country",
        ActorKindName::Group => "group",
    };
    format!("{} ({}, {kind})", printable(&actor.name), printable(&actor.id))
}

fn actor_line(record: &EnrichedRecord, actor: &ActorRecord, name: &str, width: usize) -> String {
    let sentiment = &actor.sentiment;
    let count = actor.mentions.len();
    let noun = if count == 1 { "mention" } else { "mentions" };
    let mut line = format!(
        "  {name:<width$}  {:<8}  {:>+5.2}  {count:>3} {noun}",
        label(sentiment.label),
        sentiment.score
    );
    let others: Vec<String> = sentiment
        .by_holder
        .iter()
        .filter(|by| by.holder != ARTICLE_HOLDER)
        .map(|by| format!("{} {}", name_of(record, &by.holder), label(by.label)))
        .collect();
    if !others.is_empty() {
        let _ = write!(line, "  (by {})", others.join(", "));
    }
    line.push('\n');
    line
}

fn name_of(record: &EnrichedRecord, id: &str) -> String {
    let actor = record.actors.iter().find(|actor| actor.id == id);
    printable(actor.map_or(id, |actor| &actor.name))
}

fn label(label: Label) -> &'static str {
    match label {
        Label::Positive => "positive",
        Label::Neutral => "neutral",
        Label::Negative => "negative",
    }
}

/// Untrusted text without control characters and without the invisible ones that reorder a line.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let reorders =
            matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if matches!(character, '\n' | '\t') {
            shown.push(' ');
        } else if character.is_control() || reorders {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn untrusted_text_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2J\n\u{202e}b\u{7}"), "a\\u{1b}[2J \\u{202e}b\\u{7}");
    }
}
