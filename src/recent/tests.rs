//! The bounds hold whatever comes, and what is shown is what was seen.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::actor::MOST_EVIDENCE;
use super::window::{BUCKETS, Window};
use super::*;
use crate::analysis::{
    Actor, ActorIndex, ActorKind, Analysis, Field, Holder, Location, Mention, Polarity, Role, Sentiment,
    Status, Via,
};
use crate::article::Article;
use crate::config::OffsetUnit;
use crate::record::{self, Processing};
use crate::text::Span;

const MINUTES: u64 = 15;

fn bounds(actors: usize, text_bytes: usize) -> RecentConfig {
    RecentConfig {
        window: Duration::from_mins(MINUTES),
        actors: NonZeroUsize::new(actors).unwrap(),
        text_bytes,
    }
}

fn feeling(label: Polarity) -> Sentiment {
    let score = match label {
        Polarity::Positive => 0.8,
        Polarity::Neutral => 0.0,
        Polarity::Negative => -0.6,
    };
    Sentiment { label, score, confidence: 0.9 }
}

fn actor(name: &str, wikidata: Option<&str>, label: Polarity, mentions: Vec<Mention>) -> Actor {
    Actor {
        wikidata: wikidata.map(Into::into),
        slug: None,
        name: name.into(),
        kind: ActorKind::Person,
        groups: Vec::new(),
        role: Role::Subject,
        salience: 0.5,
        sentiment: feeling(label),
        mixed: false,
        by_holder: Vec::new(),
        mentions,
    }
}

/// A mention of the first place in the body where the name stands; the sentence is the whole body.
fn mention(body: &str, name: &str, label: Polarity, holder: Holder) -> Mention {
    let start = body.find(name).unwrap();
    Mention {
        location: Location { field: Field::Body, span: Span::new(start, start + name.len()) },
        via: Via::Name,
        sentence: Span::new(0, body.len()),
        holder,
        sentiment: feeling(label),
    }
}

fn sighting(article: &Article, actors: Vec<Actor>) -> Sighting {
    let analysis = Analysis { actors, ..Analysis::empty(Status::Ok) };
    let processing = Processing {
        duplicate_of: None,
        model: "m",
        version: "1",
        processed_at: jiff::Timestamp::UNIX_EPOCH,
        duration_ms: 1.0,
        source: None,
    };
    let record = record::enriched(article, &analysis, &processing, OffsetUnit::Utf16);
    Sighting::of(article, &analysis, &record)
}

/// Some words about one person, for whom the article is.
fn praise(name: &str) -> Sighting {
    let body = format!("Everybody likes {name}.");
    let mentions = vec![mention(&body, name, Polarity::Positive, Holder::Article)];
    sighting(
        &Article::new("1", Some("A title"), &body),
        vec![actor(name, None, Polarity::Positive, mentions)],
    )
}

fn assert_within(window: &Window) {
    assert!(window.actors.len() <= 2 * window.bounds.actors.get(), "{} actors", window.actors.len());
    assert!(window.bytes() <= window.bounds.text_bytes, "{} bytes", window.bytes());
    assert!(window.totals.len() as u64 <= BUCKETS);
    for actor in window.actors.values() {
        assert!(actor.evidence.len() <= MOST_EVIDENCE && actor.buckets.len() as u64 <= BUCKETS);
    }
}

#[test]
fn many_thousand_articles_stay_within_all_bounds() {
    let mut window = Window::new(bounds(50, 100_000));
    for number in 0..20_000_u64 {
        // Names that come once, and one that comes in every tenth article.
        let name = if number % 10 == 0 { "Ada Korr".to_owned() } else { format!("Person {number}") };
        window.add(number / 10, praise(&name));
        if number % 100 == 0 {
            assert_within(&window);
        }
    }
    assert_within(&window);
    let frequent = window.actors.get("person:ada korr").expect("who is named most often stays");
    assert!(u64::from(frequent.articles) >= MINUTES * 60 - 2 * MINUTES, "{}", frequent.articles);
    assert!(!window.articles.is_empty());
}

#[test]
fn what_is_older_than_the_window_goes_also_when_nothing_comes() {
    let mut window = Window::new(bounds(50, 1 << 20));
    window.add(0, praise("Ada Korr"));
    window.add(600, praise("Bo Lind"));
    let key = "person:ada korr";
    assert!(view::actor(&mut window, key, 600, 0.0).is_some());
    assert!(view::actor(&mut window, key, MINUTES * 60 + MINUTES, 0.0).is_none());
    assert!(window.article(1).is_none());
    assert_eq!(window.article(2).unwrap().number, 2);
    let overview = view::overview(&mut window, 10_000, 0.0);
    assert_eq!((overview.articles, overview.actors.len(), overview.newest.len()), (0, 0, 0));
    assert_eq!(window.bytes(), 0);
}

#[test]
fn an_article_larger_than_all_room_is_counted_and_not_kept() {
    let mut window = Window::new(bounds(5, 4_000));
    let body = format!("Ada {}", "x".repeat(50_000));
    let mentions = vec![mention(&body, "Ada", Polarity::Negative, Holder::Article)];
    window.add(
        1,
        sighting(&Article::new("1", None, &body), vec![actor("Ada", None, Polarity::Negative, mentions)]),
    );
    assert_within(&window);
    let overview = view::overview(&mut window, 1, 0.0);
    assert_eq!((overview.articles, overview.newest.len()), (1, 0));
    let evidence = view::actor(&mut window, "person:ada", 1, 0.0).unwrap().evidence;
    assert!(!evidence[0].article_is_kept && evidence[0].text[1] == "Ada");
}

#[test]
fn an_actor_has_its_verdicts_over_time_and_its_newest_sentences() {
    let mut window = Window::new(bounds(50, 1 << 20));
    for second in [0, 1, 40] {
        window.add(second, praise("Ada Korr"));
    }
    let view = view::actor(&mut window, "person:ada korr", 40, 1_000.0).unwrap();
    assert_eq!(view.row.verdicts.positive, 3);
    assert_eq!(view.row.verdicts.mean, 0.8);
    // 15 minutes are 60 stretches of 15 seconds.
    assert_eq!(view.row.over_time, [(57, 2, 0, 0, 0.8), (59, 1, 0, 0, 0.8)]);
    assert_eq!(
        view.evidence.iter().map(|evidence| evidence.at).collect::<Vec<_>>(),
        [1040.0, 1001.0, 1000.0]
    );
    assert_eq!(view.evidence[0].text, ["Everybody likes ", "Ada Korr", "."]);
    assert_eq!(view.evidence[0].title.as_deref(), Some("A title"));
}

#[test]
fn actors_known_by_an_id_are_one_across_articles_whatever_they_are_called() {
    let mut window = Window::new(bounds(50, 1 << 20));
    for name in ["USA", "United States"] {
        window.add(
            0,
            sighting(
                &Article::new("1", None, name),
                vec![actor(name, Some("Q30"), Polarity::Neutral, vec![])],
            ),
        );
    }
    let overview = view::overview(&mut window, 0, 0.0);
    assert_eq!(overview.actors.len(), 1);
    assert_eq!((overview.actors[0].key.as_str(), overview.actors[0].articles), ("Q30", 2));
}

#[test]
fn the_segments_of_an_article_are_its_text_with_holders() {
    let body = "“Ada is brave,” Bo said. Ada left.";
    let mentions = vec![mention(body, "Ada", Polarity::Positive, Holder::Actor(ActorIndex(1)))];
    let speaker = vec![mention(body, "Bo", Polarity::Neutral, Holder::Article)];
    let actors =
        vec![actor("Ada", None, Polarity::Positive, mentions), actor("Bo", None, Polarity::Neutral, speaker)];
    let recent = Recent::new(bounds(5, 1 << 20));
    recent.add(vec![sighting(&Article::new("1", Some("Ada"), body), actors)]);
    let article = recent.article(1).unwrap();
    let text: String = article.body.iter().map(|segment| segment.text.as_str()).collect();
    assert_eq!(text, body);
    let marked: Vec<_> = article
        .body
        .iter()
        .filter_map(|segment| Some((segment.text.as_str(), segment.mention.as_ref()?)))
        .collect();
    assert_eq!(
        marked.iter().map(|(text, mention)| (*text, mention.polarity, mention.holder)).collect::<Vec<_>>(),
        [("Ada", "positive", Some(1)), ("Bo", "neutral", None)]
    );
    assert!(recent.article(0).is_none() && recent.article(2).is_none() && recent.article(u64::MAX).is_none());
}

#[test]
fn only_addresses_of_the_web_are_offered() {
    for (url, is_offered) in [
        ("https://example.org/1", true),
        ("HTTP://example.org", true),
        ("javascript://x/%0aalert(1)", false),
        ("javascript:alert(1)", false),
        ("data:text/html,x", false),
        ("/relative", false),
    ] {
        let article = Article { url: Some(url.into()), ..Article::new("1", None, "text") };
        assert_eq!(sighting(&article, vec![]).url.is_some(), is_offered, "{url}");
    }
}

proptest! {
    #[test]
    fn segments_join_to_the_text_for_any_mentions(
        text in "[a\u{e9}\u{1f600} ]{1,40}",
        ends in proptest::collection::vec((0_usize..60, 0_usize..60), 0..12),
    ) {
        let spans = ends.iter().map(|&(a, b)| Span::new(a.min(b).min(text.len()), a.max(b).min(text.len())));
        // The analysis gives boundaries of characters only.
        let spans = spans.filter(|span| text.get(span.start.0..span.end.0).is_some());
        let mentions = spans
            .map(|span| Mention {
                location: Location { field: Field::Body, span },
                via: Via::Name,
                sentence: span,
                holder: Holder::Article,
                sentiment: feeling(Polarity::Neutral),
            })
            .collect();
        let recent = Recent::new(bounds(5, 1 << 20));
        let article = Article::new("1", None, &text);
        recent.add(vec![sighting(&article, vec![actor("Ada", None, Polarity::Neutral, mentions)])]);
        let shown = recent.article(1).unwrap();
        let joined: String = shown.body.iter().map(|segment| segment.text.as_str()).collect();
        prop_assert_eq!(joined, text);
    }
}

/// `cargo test --lib recent -- --ignored --nocapture`
#[test]
#[ignore = "a measurement, which asserts nothing"]
fn cost_of_an_article() {
    const ARTICLES: u32 = 20_000;
    let body = "Everybody likes Ada Korr and nobody likes Bo Lind. ".repeat(60);
    let article = Article::new("1", Some("A title of the usual length for such an article"), &body);
    let actors = |number: u32| {
        let many = (0..8).map(|place| {
            let holder = if place == 7 { Holder::Actor(ActorIndex(0)) } else { Holder::Article };
            let mentions = vec![mention(&body, "Ada Korr", Polarity::Positive, holder); 4];
            actor(&format!("Person {}", number % 5_000 + place), None, Polarity::Positive, mentions)
        });
        many.collect::<Vec<_>>()
    };
    let recent = Recent::new(bounds(1_000, 16 << 20));
    let (mut building, mut adding) = (Duration::ZERO, Duration::ZERO);
    for number in 0..ARTICLES {
        let analysis = Analysis { actors: actors(number), ..Analysis::empty(Status::Ok) };
        let processing = Processing {
            duplicate_of: None,
            model: "m",
            version: "1",
            processed_at: jiff::Timestamp::UNIX_EPOCH,
            duration_ms: 1.0,
            source: None,
        };
        let record = record::enriched(&article, &analysis, &processing, OffsetUnit::Utf16);
        let begin = Instant::now();
        let sighting = Sighting::of(&article, &analysis, &record);
        building += begin.elapsed();
        let begin = Instant::now();
        recent.add(vec![sighting]);
        adding += begin.elapsed();
    }
    let begin = Instant::now();
    let overview = serde_json::to_string(&recent.overview()).unwrap();
    println!("sighting {:?}, window {:?} an article", building / ARTICLES, adding / ARTICLES);
    println!("overview {:?}, {} bytes", begin.elapsed(), overview.len());
}
