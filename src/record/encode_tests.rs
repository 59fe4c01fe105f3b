use super::*;
use crate::record::{actor_rows, text::render};
use crate::text::Span;

const TITLE: &str = "🎉 Velm thanks Orla";
const BODY: &str = "“Karth is brave,” Orla said. Velm lies in Norway.";

fn span_of(text: &str, part: &str) -> Span {
    let start = text.find(part).unwrap();
    Span::new(start, start + part.len())
}

fn title(part: &str) -> Location {
    Location { field: Field::Title, span: span_of(TITLE, part) }
}

fn body(part: &str) -> Location {
    Location { field: Field::Body, span: span_of(BODY, part) }
}

fn feeling(label: Polarity, score: f32) -> Sentiment {
    Sentiment { label, score, confidence: 0.812_345_6 }
}

fn mention(location: Location, sentence: Span, holder: Holder, sentiment: Sentiment) -> Mention {
    Mention { location, via: Via::Name, sentence, holder, sentiment }
}

fn actor(name: &str, wikidata: Option<&str>, slug: Option<&str>, mentions: Vec<Mention>) -> Actor {
    let sentiment = mentions.first().map_or(feeling(Polarity::Neutral, 0.0), |m| m.sentiment);
    let holder = mentions.last().map_or(Holder::Article, |m| m.holder);
    Actor {
        wikidata: wikidata.map(Into::into),
        slug: slug.map(Into::into),
        name: name.into(),
        kind: ActorKind::Person,
        groups: vec![format!("{name}'s friends")],
        role: Role::QuotedOnly,
        salience: 1.0 / 3.0,
        sentiment,
        mixed: false,
        by_holder: vec![HolderSentiment { holder, sentiment, mentions: mentions.len() }],
        mentions,
    }
}

fn article() -> Article {
    Article {
        id: "a-1".into(),
        title: Some(TITLE.into()),
        body: BODY.into(),
        language: Some("en".into()),
        published_at: "2026-03-01T12:00:00Z".parse().ok(),
        source: Some("Post".into()),
        url: None,
        byline: None,
        ..Article::new("a-1", None, "")
    }
}

fn analysis() -> Analysis {
    let whole_title = Span::new(0, TITLE.len());
    let first = span_of(BODY, "“Karth is brave,” Orla said.");
    let second = span_of(BODY, "Velm lies in Norway.");
    let orla = Holder::Actor(ActorIndex(1));
    Analysis {
        status: Status::Ok,
        words: 12,
        actors: vec![
            actor(
                "Velm",
                None,
                Some("velm"),
                vec![
                    mention(title("Velm"), whole_title, Holder::Article, feeling(Polarity::Neutral, -0.0)),
                    mention(body("Velm"), second, Holder::Article, feeling(Polarity::Neutral, 0.01)),
                ],
            ),
            actor(
                "Orla",
                None,
                None,
                vec![
                    mention(title("Orla"), whole_title, Holder::Article, feeling(Polarity::Positive, 0.5)),
                    mention(body("Orla"), first, Holder::Article, feeling(Polarity::Neutral, 0.0)),
                ],
            ),
            actor(
                "Karth",
                Some("Q1"),
                None,
                vec![mention(body("Karth"), first, orla, feeling(Polarity::Positive, 0.912_345_6))],
            ),
        ],
        places: vec![Place {
            name: "Norway".into(),
            wikidata: Some("Q20".into()),
            mentions: vec![body("Norway")],
        }],
        quotes: vec![Quote {
            location: body("“Karth is brave,”"),
            speaker: Some(ActorIndex(1)),
            cue: Some("said".into()),
        }],
        attitudes: vec![Attitude {
            holder: ActorIndex(1),
            target: ActorIndex(2),
            label: Polarity::Positive,
            confidence: 0.75,
            evidence: body("brave"),
        }],
    }
}

fn processing() -> Processing<'static> {
    Processing {
        duplicate_of: None,
        model: "test 1",
        version: "0.0.0",
        processed_at: Timestamp::UNIX_EPOCH,
        duration_ms: 1.234_567,
        source: Some(SourceCoordinates { topic: "articles.raw", partition: 2, offset: 41 }),
    }
}

fn bytes(unit: OffsetUnit) -> Vec<u8> {
    encode(&article(), &analysis(), &processing(), unit).unwrap()
}

#[test]
fn a_whole_record_in_code_points() {
    let value: serde_json::Value = serde_json::from_slice(&bytes(OffsetUnit::Codepoints)).unwrap();
    insta::assert_json_snapshot!(value);
}

#[test]
fn fields_come_in_the_documented_order() {
    insta::assert_snapshot!(String::from_utf8(bytes(OffsetUnit::Utf16)).unwrap());
}

#[test]
fn a_record_as_text_and_as_rows() {
    let record = enriched(&article(), &analysis(), &processing(), OffsetUnit::Codepoints);
    insta::assert_snapshot!(render(&record));
    insta::assert_json_snapshot!(actor_rows(&record));
}

#[test]
fn the_same_input_gives_the_same_bytes_and_reads_back() {
    let first = bytes(OffsetUnit::Utf8);
    assert!((0..20).all(|_| bytes(OffsetUnit::Utf8) == first));
    let record: EnrichedRecord = serde_json::from_slice(&first).unwrap();
    assert_eq!(record, enriched(&article(), &analysis(), &processing(), OffsetUnit::Utf8));
}

#[test]
fn two_actors_never_share_an_id() {
    let known = |id| actor("A", Some(id), None, Vec::new());
    let slug = |slug| actor("B", None, Some(slug), Vec::new());
    let nobody = || actor("C", None, None, Vec::new());
    let actors =
        [nobody(), known("Q1"), known("Q1"), slug("x"), slug("tw:x"), nobody(), slug("crm:x"), slug("crm:x")];
    assert_eq!(actor_ids(&actors), ["doc:1", "Q1", "doc:2", "tw:x", "doc:3", "doc:4", "crm:x", "doc:5"]);
}

#[test]
fn numbers_that_json_does_not_know_never_reach_the_record() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, -0.000_01] {
        assert_eq!(rounded(value).to_bits(), 0.0_f64.to_bits(), "{value}");
    }
    assert_eq!(rounded(0.812_345_6), 0.8123);
}

#[test]
fn references_to_actors_that_are_not_there_do_no_harm() {
    let mut analysis = analysis();
    analysis.actors.truncate(1);
    let record = enriched(&article(), &analysis, &processing(), OffsetUnit::Codepoints);
    assert!(record.attitudes.is_empty());
    assert_eq!(record.quotes[0].speaker, None);
}
