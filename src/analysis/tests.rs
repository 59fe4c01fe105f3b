//! What holds for every analysis, and a few articles read as a whole.

use super::*;
use crate::config::AnalysisConfig;
use crate::text::Span;
use proptest::prelude::*;
use std::sync::LazyLock;

static STAGE: LazyLock<Option<Stage>> = LazyLock::new(|| stage(1_000_000));

fn stage(max_words: usize) -> Option<Stage> {
    Stage::new(&AnalysisConfig {
        duplicates: None,
        languages: vec!["en".into()],
        max_words,
        model_path: None,
        watchlist_path: None,
    })
    .ok()
}

fn article(title: Option<&str>, body: &str) -> Article {
    Article::new("1", title, body)
}

fn analyze(title: Option<&str>, body: &str) -> Analysis {
    STAGE
        .as_ref()
        .map_or_else(|| Analysis::empty(Status::NoText), |stage| stage.analyze(&article(title, body)))
}

fn names(analysis: &Analysis) -> Vec<&str> {
    analysis.actors.iter().map(|actor| actor.name.as_str()).collect()
}

fn check_span(delivered: &str, span: Span) -> Result<(), TestCaseError> {
    prop_assert!(span.start < span.end);
    prop_assert!(delivered.get(span.start.0..span.end.0).is_some(), "{span:?} is not a slice");
    Ok(())
}

fn check_location(article: &Article, location: Location) -> Result<(), TestCaseError> {
    check_span(text_of(article, location.field), location.span)
}

fn text_of(article: &Article, field: Field) -> &str {
    match field {
        Field::Title => article.title.as_deref().unwrap_or_default(),
        Field::Body => &article.body,
    }
}

fn check_sentiment(sentiment: Sentiment) -> Result<(), TestCaseError> {
    prop_assert!((-1.0..=1.0).contains(&sentiment.score) && (0.0..=1.0).contains(&sentiment.confidence));
    Ok(())
}

fn check(article: &Article, analysis: &Analysis) -> Result<(), TestCaseError> {
    let valid = |index: ActorIndex| index.0 < analysis.actors.len();
    let mut first_mentions = Vec::new();
    for actor in &analysis.actors {
        let unclean = actor.name.contains(['\n', '\u{fffd}', '\u{ad}', '\u{a0}']);
        prop_assert!(!actor.mentions.is_empty() && !unclean);
        prop_assert!((0.0..=1.0).contains(&actor.salience));
        check_sentiment(actor.sentiment)?;
        first_mentions.extend(actor.mentions.first().map(|mention| mention.location));
        for pair in actor.mentions.windows(2) {
            prop_assert!(pair[0].location < pair[1].location);
        }
        for mention in &actor.mentions {
            check_location(article, mention.location)?;
            check_span(text_of(article, mention.location.field), mention.sentence)?;
            prop_assert!(
                mention.sentence.start <= mention.location.span.start
                    && mention.location.span.end <= mention.sentence.end
            );
            check_sentiment(mention.sentiment)?;
            if let Holder::Actor(holder) = mention.holder {
                prop_assert!(valid(holder));
            }
        }
        let held: usize = actor.by_holder.iter().map(|held| held.mentions).sum();
        prop_assert!(held <= actor.mentions.len());
    }
    prop_assert!(first_mentions.is_sorted());
    for location in analysis.places.iter().flat_map(|place| &place.mentions) {
        check_location(article, *location)?;
    }
    for quote in &analysis.quotes {
        check_location(article, quote.location)?;
        prop_assert!(quote.speaker.is_none_or(valid));
    }
    Ok(())
}

/// Text with names, quotes, markup, and characters that break naive offsets.
fn messy_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,6}",
        any::<char>().prop_map(String::from),
        proptest::sample::select(vec![
            " ",
            "\n",
            "\r\n",
            "\n\n",
            "\u{ad}",
            "\u{a0}",
            "\u{feff}",
            "<p>",
            "</p>",
            "<b>",
            "<script>",
            "&amp;",
            "&amp;amp;",
            "&lt;p&gt;",
            "â€™",
            "e\u{301}",
            "👩‍👩‍👧",
            "“",
            "”",
            "\"",
            "'",
            ". ",
            ", ",
            "U.S.",
            " Xi Jinping ",
            " Xi ",
            " said ",
            " he added ",
            "\u{fffd}",
            "China’s ",
            " International Criminal Court (ICC) ",
            "…",
            "-",
            "\u{2028}",
            "President ",
            " accused ",
            " not ",
            " in Moscow ",
            " Kyiv ",
            " the Kremlin ",
            "MOSCOW (AP) — ",
            "Related article: ",
            "By Jane Doe",
            " Natasha Kuhrt ",
            " Kuhrt ",
        ])
        .prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_span_slices_the_delivered_text_and_every_figure_is_in_range(title in proptest::option::of(messy_text()), body in messy_text(), max_words in prop_oneof![Just(1_000_000_usize), 0..12_usize]) {
        let article = article(title.as_deref(), &body);
        if let Some(stage) = stage(max_words) {
            let analysis = stage.analyze(&article);
            check(&article, &analysis)?;
            prop_assert!(analysis.words <= max_words);
        }
    }
}

#[test]
fn the_names_of_one_actor_are_one_actor() {
    let analysis = analyze(
        Some("PUTIN AND XI HAIL NEW ERA AS NATO WARNS OF RISKS"),
        "Chinese President Xi Jinping met Vladimir Putin in Moscow. The International Criminal Court (ICC) seeks Putin’s arrest. \
         Xi ignored the ICC. Beijing and the Kremlin agreed, Natasha Kuhrt, a lecturer, told The Moscow Times. Kuhrt laughed.",
    );
    assert_eq!(
        names(&analysis),
        [
            "Vladimir Putin",
            "Xi Jinping",
            "NATO",
            "International Criminal Court",
            "China",
            "Russia",
            "Natasha Kuhrt",
            "The Moscow Times"
        ]
    );
    assert_eq!(analysis.places.first().map(|place| place.name.as_str()), Some("Moscow"));
    assert_eq!(
        analysis.actors.iter().map(|actor| actor.mentions.len()).collect::<Vec<_>>(),
        [3, 3, 1, 3, 1, 1, 2, 1]
    );
}

#[test]
fn two_people_of_one_family_name_are_not_merged() {
    let analysis = analyze(None, "Natasha Kuhrt met Carl Kuhrt. Kuhrt said no.");
    assert_eq!(names(&analysis), ["Natasha Kuhrt", "Carl Kuhrt", "Kuhrt"]);
}

#[test]
fn what_an_actor_says_is_held_by_the_actor() {
    let analysis = analyze(None, "“Russia has failed its people and deceived China,” said Natasha Kuhrt.");
    let russia = analysis.actors.iter().find(|actor| actor.name == "Russia");
    let speaker = analysis.actors.iter().position(|actor| actor.name == "Natasha Kuhrt").map(ActorIndex);
    assert!(speaker.is_some());
    assert_eq!(
        russia.and_then(|actor| actor.mentions.first()).map(|mention| mention.holder),
        speaker.map(Holder::Actor)
    );
    assert_eq!(russia.map(|actor| actor.sentiment.label), Some(Polarity::Negative));
    assert_eq!(
        analysis.quotes.first().map(|quote| (quote.speaker, quote.cue.as_deref())),
        Some((speaker, Some("said")))
    );
}

#[test]
fn links_and_bylines_carry_a_role_and_no_sentiment() {
    let analysis = analyze(
        None,
        "By Natasha Kuhrt\n\nFrance voted.\n\nRelated article: Karth Slams NATO Over Reckless Drills\n\nAFP contributed reporting.",
    );
    let role = |name: &str| analysis.actors.iter().find(|actor| actor.name == name).map(|actor| actor.role);
    assert_eq!(role("Natasha Kuhrt"), Some(Role::Byline));
    assert_eq!(role("France"), Some(Role::Subject));
    assert_eq!(role("NATO"), Some(Role::RelatedLink));
    assert_eq!(role("Agence France-Presse"), Some(Role::Byline));
    for actor in analysis.actors.iter().filter(|actor| actor.role != Role::Subject) {
        assert_eq!(
            (actor.sentiment.label, actor.sentiment.score),
            (Polarity::Neutral, 0.0),
            "{}",
            actor.name
        );
    }
}

#[test]
fn the_language_and_the_limit_show_in_the_status() {
    let mut german = article(None, "Xi Jinping traf Wladimir Putin.");
    german.language = Some("de-DE".into());
    let Some(stage) = stage(4) else { return };
    assert_eq!(stage.analyze(&german), Analysis::empty(Status::UnsupportedLanguage));
    assert_eq!(stage.analyze(&article(Some(" \u{ad}"), "\n\u{feff}")), Analysis::empty(Status::NoText));
    let cut = stage.analyze(&article(None, "Putin met Xi. Then he left for China."));
    assert_eq!((cut.status, cut.words), (Status::Truncated, 3));
    german.language = Some("EN_us".into());
    assert_eq!(stage.analyze(&german).status, Status::Truncated);
}

#[test]
fn large_articles_of_every_shape_are_read() {
    // Each would take many minutes if any step were quadratic in words, names, quotation marks or sentences.
    for unit in [
        "word ",
        "Xi Jinping ",
        "Aaa Bbb ",
        "“Xi said ",
        "\"No,\" Putin said. ",
        "NATO (",
        "<p>",
        "U.S. ",
        "'a ",
        "Kuhrt-",
    ] {
        let analysis = analyze(None, &unit.repeat(20_000 / unit.len()));
        assert!(matches!(analysis.status, Status::Ok | Status::NoText));
    }
}

#[test]
fn a_name_made_of_words_that_judge_colours_nobody() {
    for body in [
        "Joy Champion, the Minister of Trade, and Admiral Max Killer attended.",
        "Hope Goodwin met Victor Loveless in Bern on Monday.",
        "The Commission against Genocide and Torture moved to Geneva.",
        "The Freedom Party and the Justice Bloc hold a meeting on Friday.",
        "Violet Graves, a spokeswoman for the Crisis Agency, arrived with Senator Pride.",
    ] {
        let analysis = analyze(None, body);
        assert!(!analysis.actors.is_empty(), "{body}");
        for actor in &analysis.actors {
            assert_eq!(actor.sentiment.label, Polarity::Neutral, "{} in {body}", actor.name);
        }
    }
}

#[test]
fn a_name_made_of_words_that_judge_is_still_praised_and_blamed() {
    let label = |body| analyze(None, body).actors.first().map(|actor| actor.sentiment.label);
    assert_eq!(label("Grace Victory lied to voters and stole their money."), Some(Polarity::Negative));
    assert_eq!(
        label("Max Killer won the prize for his brilliant and generous work."),
        Some(Polarity::Positive)
    );
}
