//! Whole articles through the stage and into records: the first line is the title (empty: none), the rest the body.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::Value;
use tonewire::analysis::{Analyze, Stage};
use tonewire::article::Article;
use tonewire::config::{Config, OffsetUnit, Settings};
use tonewire::record::{EnrichedRecord, FieldName, Processing, encode, enriched};

use super::input::{first_line, text};

static STAGE: LazyLock<Stage> = LazyLock::new(|| {
    let config = Config::from_settings(Settings::default()).expect("the defaults are valid");
    Stage::new(&config.analysis).expect("what is embedded is sound")
});

/// Slicing the delivered title and body by the offsets gives exactly the texts, in every unit.
pub fn holds(data: &[u8]) {
    let (title, body) = first_line(data);
    let (title, body) = (text(title), text(body));
    let title = Some(title).filter(|title| !title.is_empty());
    let mut article = Article::new("fuzz", title.as_deref(), &body);
    article.published_at = "2024-01-31T12:00:00Z".parse().ok();
    let analysis = STAGE.analyze(&article);
    for unit in [OffsetUnit::Codepoints, OffsetUnit::Utf16, OffsetUnit::Utf8] {
        let record = enriched(&article, &analysis, &processing(), unit);
        let slicer = Slicer { article: &article, unit };
        slices_hold(&record, &slicer);
        record_holds(&record);
        let bytes = encode(&article, &analysis, &processing(), unit).expect("a record is JSON");
        assert!(!bytes.contains(&b'\n'), "a record is one line");
        let read: Value = serde_json::from_slice(&bytes).expect("a record is JSON");
        assert_eq!(read["actors"].as_array().map(Vec::len), Some(record.actors.len()));
    }
}

fn processing() -> Processing<'static> {
    Processing {
        duplicate_of: None,
        model: "fuzz",
        version: "0",
        processed_at: jiff::Timestamp::UNIX_EPOCH,
        duration_ms: 0.0,
        source: None,
    }
}

/// Cuts the article as a reader in another language would.
struct Slicer<'a> {
    article: &'a Article,
    unit: OffsetUnit,
}

impl Slicer<'_> {
    fn slice(&self, field: FieldName, start: usize, end: usize) -> String {
        let text = match field {
            FieldName::Title => self.article.title.as_deref().unwrap_or_default(),
            FieldName::Body => &self.article.body,
        };
        assert!(start < end, "an empty span {start}..{end}");
        match self.unit {
            OffsetUnit::Utf8 => text.get(start..end).expect("on character boundaries").to_owned(),
            OffsetUnit::Codepoints => {
                let characters: Vec<char> = text.chars().collect();
                characters.get(start..end).expect("inside the text").iter().collect()
            }
            OffsetUnit::Utf16 => {
                let units: Vec<u16> = text.encode_utf16().collect();
                let slice = units.get(start..end).expect("inside the text");
                String::from_utf16(slice).expect("not inside a surrogate pair")
            }
        }
    }
}

fn slices_hold(record: &EnrichedRecord, slicer: &Slicer<'_>) {
    for mention in record.actors.iter().flat_map(|actor| &actor.mentions) {
        assert_eq!(slicer.slice(mention.field, mention.start, mention.end), mention.text);
        let [start, end] = mention.sentence;
        assert!(start <= mention.start && mention.end <= end, "{mention:?} is not in its sentence");
        assert!(slicer.slice(mention.field, start, end).contains(&mention.text));
    }
    for place in record.places.iter().flat_map(|place| &place.mentions) {
        assert_eq!(slicer.slice(place.field, place.start, place.end), place.text);
    }
    for quote in &record.quotes {
        slicer.slice(quote.field, quote.start, quote.end);
    }
    for attitude in &record.attitudes {
        slicer.slice(attitude.evidence.field, attitude.evidence.start, attitude.evidence.end);
    }
}

fn record_holds(record: &EnrichedRecord) {
    let ids: HashSet<&str> = record.actors.iter().map(|actor| actor.id.as_str()).collect();
    assert_eq!(ids.len(), record.actors.len(), "two actors with one id");
    let known = |id: &str| id == "article" || ids.contains(id);
    for actor in &record.actors {
        assert!(!actor.name.trim().is_empty() && !actor.mentions.is_empty(), "{actor:?}");
        assert!((0.0..=1.0).contains(&actor.salience), "{}", actor.salience);
        assert!((-1.0..=1.0).contains(&actor.sentiment.score), "{}", actor.sentiment.score);
        assert!((0.0..=1.0).contains(&actor.sentiment.confidence), "{}", actor.sentiment.confidence);
        let counted = actor.sentiment.positive + actor.sentiment.neutral + actor.sentiment.negative;
        assert_eq!(counted, actor.mentions.len(), "mentions counted by label");
        assert!(actor.mentions.iter().all(|mention| known(&mention.holder)), "a holder who is nobody");
        assert!(actor.sentiment.by_holder.iter().all(|holder| known(&holder.holder)));
    }
    assert!(record.quotes.iter().all(|quote| quote.speaker.as_deref().is_none_or(known)));
    assert!(record.attitudes.iter().all(|attitude| known(&attitude.holder) && known(&attitude.target)));
}
