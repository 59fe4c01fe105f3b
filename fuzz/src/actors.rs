//! Names and who they are. The second line on is a text; the first says which of its words the model is to have
//! found, a character for each: how many words to skip, how many to take, and the kind.

use std::sync::LazyLock;

use tonewire::actors::knowledge::KnowledgeBase;
use tonewire::actors::{NamedSpan, Watchlist, Who, candidates, phrases, resolve, whole_names};
use tonewire::model::{EntityKind, EntitySpan};
use tonewire::text::{Span, TextView, paragraphs, sentences, words};

use super::input::{assert_in_order, first_line, text};

static KNOWLEDGE: LazyLock<KnowledgeBase> =
    LazyLock::new(|| KnowledgeBase::open().expect("the embedded knowledge base is sound"));
static WATCHLIST: LazyLock<Watchlist> = LazyLock::new(|| {
    let list = "[[actor]]\nname = \"Northwind Traders\"\nkind = \"organization\"\naliases = [\"NWT\", \"the Northwind\"]\n\
                [[actor]]\nname = \"NATO\"\nkind = \"organization\"\nid = \"Q7184\"\n";
    Watchlist::parse(list).expect("the list is valid")
});

const KINDS: [EntityKind; 5] = [
    EntityKind::Person,
    EntityKind::Organization,
    EntityKind::Location,
    EntityKind::Group,
    EntityKind::Other,
];
/// Days of articles: none, and one.
const DATES: [Option<u32>; 2] = [None, Some(2024_01_31)];

/// Whatever the model finds, names lie on character boundaries and in order, and every actor is mentioned.
pub fn holds(data: &[u8]) {
    let (choices, rest) = first_line(data);
    let view = TextView::new(&text(rest));
    let clean = view.clean();
    let empty = Watchlist::empty();
    for watchlist in [&empty, &*WATCHLIST] {
        let who = Who { knowledge: &KNOWLEDGE, watchlist };
        let spans = named(&who, clean, choices);
        resolution_holds(&who, clean, &spans);
    }
}

/// The entities of all sentences, as the stage hands them on.
fn named(who: &Who<'_>, clean: &str, choices: &[u8]) -> Vec<NamedSpan> {
    let mut choices = choices.iter().copied();
    let mut spans = Vec::new();
    for sentence in paragraphs(clean).flat_map(|paragraph| sentences(clean, paragraph)) {
        let words_of = &clean[sentence.clone()];
        assert_in_order(words_of, phrases(who, words_of).into_iter().map(|phrase| phrase.range));
        let whole = whole_names(who.knowledge, words_of, &entities(words_of, &mut choices));
        assert_in_order(words_of, whole.iter().map(|entity| entity.span.start.0..entity.span.end.0));
        spans.extend(whole.into_iter().map(|entity| NamedSpan {
            range: sentence.start + entity.span.start.0..sentence.start + entity.span.end.0,
            kind: entity.kind,
            confidence: entity.confidence,
            government: 0.7,
        }));
    }
    spans
}

/// Entities as the model gives them: whole words in order, without the punctuation around them.
fn entities(sentence: &str, choices: &mut impl Iterator<Item = u8>) -> Vec<EntitySpan> {
    let words: Vec<_> = words(sentence).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let Some(choice) = choices.next() else { break };
        let first = at + usize::from(choice & 3);
        let last = first + usize::from((choice >> 2) & 3);
        let (Some(start), Some(end)) = (words.get(first), words.get(last)) else { break };
        at = last + 1;
        let range = start.start..end.end;
        let piece = &sentence[range.clone()];
        let bare = piece.trim_matches(|c: char| !c.is_alphanumeric());
        let begin = range.start + piece.find(bare).unwrap_or(0);
        found.push(EntitySpan {
            span: Span::new(begin, begin + bare.len()),
            kind: KINDS[usize::from(choice >> 4) % KINDS.len()],
            confidence: 0.9,
        });
    }
    found
}

fn resolution_holds(who: &Who<'_>, clean: &str, spans: &[NamedSpan]) {
    let candidates = candidates(who, clean, spans);
    assert_in_order(clean, candidates.iter().map(|candidate| candidate.range.clone()));
    let texts: Vec<_> =
        candidates.into_iter().map(|candidate| (candidate.clone(), &clean[candidate.range])).collect();
    for date in DATES {
        let resolution = resolve(who, &texts, date);
        let mut mentioned = vec![false; resolution.actors.len()];
        for mention in &resolution.mentions {
            assert!(mention.candidate < texts.len());
            mentioned[mention.actor] = true;
        }
        assert!(mentioned.iter().all(|mentioned| *mentioned), "an actor without a mention");
        assert!(resolution.mentions.is_sorted_by_key(|mention| mention.candidate));
        assert!(
            resolution.actors.iter().all(|actor| !actor.name.trim().is_empty()),
            "an actor without a name"
        );
        assert!(resolution.places.iter().all(|place| place.candidate < texts.len()));
    }
}
