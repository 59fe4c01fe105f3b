//! What the model's named entities may be, as far as their sentence and the knowledge base tell.

use super::compound::names_inside;
use super::knowledge::{Claim, KnowledgeBase, Relation, fold_into};
use super::phrase::Meaning;
use super::place::government_probability;
use super::{ActorKind, Who};
use crate::model::EntityKind;
use std::ops::Range;

/// A place name stands for its government from this probability on.
const GOVERNMENT_FROM: f32 = 0.5;

/// A named entity of a clean text.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedSpan {
    /// Bytes of the clean text.
    pub range: Range<usize>,
    pub kind: EntityKind,
    /// Probability of the kind, not calibrated.
    pub confidence: f32,
    /// Probability that a place name stands for its government.
    pub government: f32,
}

/// Kind of a name as its sentence has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameKind {
    Person,
    Organization,
    /// A place that stands for its government.
    Government,
}

/// What a candidate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Named, with everybody of the knowledge base who claims the name; nobody where it does not know it.
    Named(NameKind, Vec<Claim>),
    /// On the user's watch-list, at that position.
    Watched(usize),
    /// Meant as a place.
    Place,
    /// Meant by a phrase.
    Phrase(Meaning),
}

/// A stretch of clean text that names an actor or a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub range: Range<usize>,
    pub found: Found,
    /// For an acronym in brackets: the candidate right before it, which it abbreviates.
    pub abbreviates_previous: bool,
}

/// The candidates of a text, from its entities in order of position.
#[must_use]
pub fn candidates(who: &Who<'_>, clean: &str, spans: &[NamedSpan]) -> Vec<Candidate> {
    let knowledge = who.knowledge;
    let mut buffer = String::new();
    let mut found: Vec<Candidate> = Vec::with_capacity(spans.len());
    for span in spans {
        let whole = without_marks(clean, span.range.clone());
        if let Some(range) = watched_name(who, clean, &whole) {
            found.push(range);
            continue;
        }
        let ranges = names_inside(knowledge, clean, &whole, &mut buffer).unwrap_or_else(|| vec![whole]);
        for range in ranges {
            let range = bare_name(knowledge, clean, range, span.kind, &mut buffer);
            let Some(text) = clean.get(range.clone()).filter(|text| is_name(text)) else { continue };
            let what = match who.watchlist.position(text) {
                Some(watched) => Some(Found::Watched(watched)),
                None => identify(knowledge, clean, text, &range, span, &mut buffer),
            };
            let Some(what) = what else { continue };
            let free_from = found.last().map_or(0, |previous| previous.range.end);
            let range = with_article(knowledge, clean, range, &what, free_from);
            let range = with_first_half(&mut found, clean, range, &what);
            let abbreviates_previous =
                found.last().is_some_and(|previous| abbreviates(clean, previous, &range));
            found.push(Candidate { range, found: what, abbreviates_previous });
        }
    }
    found
}

/// The model may cut an unknown person's name at its hyphen: "Anne" and "Lise Dahl".
fn with_first_half(
    found: &mut Vec<Candidate>,
    clean: &str,
    range: Range<usize>,
    what: &Found,
) -> Range<usize> {
    let unknown = |found: &Found| matches!(found, Found::Named(_, claims) if claims.is_empty());
    let person = matches!(what, Found::Named(NameKind::Person, _)) && unknown(what);
    let half = found.last().filter(|half| {
        let joint = clean.get(half.range.start..range.start).and_then(|joint| joint.strip_suffix('-'));
        let touches = half.range.end + 1 >= range.start && joint.is_some_and(|joint| !joint.ends_with('-'));
        person && unknown(&half.found) && touches
    });
    let Some(start) = half.map(|half| half.range.start) else { return range };
    found.pop();
    start..range.end
}

/// A name of the watch-list is one whatever is inside it: titles, hyphens, an article.
fn watched_name(who: &Who<'_>, clean: &str, range: &Range<usize>) -> Option<Candidate> {
    let watched = who.watchlist.position(clean.get(range.clone())?)?;
    Some(Candidate { range: range.clone(), found: Found::Watched(watched), abbreviates_previous: false })
}

/// U+FFFD stands for something that was lost: a fragment is not a name.
fn is_name(text: &str) -> bool {
    let article = text.eq_ignore_ascii_case("the");
    text.chars().any(char::is_alphanumeric) && !text.contains('\u{fffd}') && !article
}

/// The name without marks and an article before it and a possessive ending behind it.
fn without_marks(clean: &str, range: Range<usize>) -> Range<usize> {
    const AROUND: [char; 9] = ['"', '“', '”', ',', ';', ':', '(', ')', ' '];
    let Some(text) = clean.get(range.clone()) else { return range };
    let name = text.trim_start_matches(AROUND).trim_start_matches(['.', ' ']);
    let mut start = range.start + (text.len() - name.len());
    let mut name = name.trim_end_matches(AROUND);
    if let Some(rest) = ["the ", "The ", "THE "].iter().find_map(|article| name.strip_prefix(article)) {
        start += name.len() - rest.len();
        name = rest;
    }
    start..start + name.len()
}

/// The name without titles before it and a possessive ending behind it, unless these belong to it.
fn bare_name(
    knowledge: &KnowledgeBase,
    clean: &str,
    range: Range<usize>,
    kind: EntityKind,
    buffer: &mut String,
) -> Range<usize> {
    const ENDINGS: [&str; 6] = ["'s", "’s", "'S", "’S", "'", "’"];
    let mut range = range;
    let Some(text) = clean.get(range.clone()) else { return range };
    if let Some(ending) = possessive_behind(clean, range.end)
        && kind == EntityKind::Organization
        && let Some(whole) = clean.get(range.start..range.end + ending.len())
        && is_name_with_ending(knowledge, whole, text, buffer)
    {
        // The model leaves the ending out even where it belongs to the name.
        range.end += ending.len();
    } else if let Some(name) = ENDINGS.iter().find_map(|ending| text.strip_suffix(ending))
        && !is_name_with_ending(knowledge, text, name, buffer)
    {
        range.end = range.start + name.len();
    }
    while kind == EntityKind::Person
        && let Some(text) = clean.get(range.clone())
        && knowledge.claims(text, buffer).next().is_none()
        && let Some(length) = title_length(knowledge, text, buffer)
    {
        range.start += length;
    }
    range
}

/// The ending right behind a position.
fn possessive_behind(clean: &str, end: usize) -> Option<&'static str> {
    let behind = clean.get(end..)?;
    let ending = ["'s", "’s"].into_iter().find(|ending| behind.starts_with(*ending))?;
    (!behind[ending.len()..].starts_with(char::is_alphanumeric)).then_some(ending)
}

fn is_name_with_ending(knowledge: &KnowledgeBase, text: &str, name: &str, buffer: &mut String) -> bool {
    let mut claims = knowledge.claims(text, buffer).filter(|claim| !claim.doubtful);
    let organization = claims.find(|claim| knowledge.kind(claim.actor) == ActorKind::Organization);
    organization.is_some_and(|own| knowledge.claims(name, buffer).all(|claim| claim.actor != own.actor))
}

/// Length of the title before a name, with the blank behind it.
fn title_length(knowledge: &KnowledgeBase, text: &str, buffer: &mut String) -> Option<usize> {
    let blanks: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).take(4).collect();
    blanks.into_iter().rev().find_map(|at| {
        fold_into(&text[..at], buffer);
        knowledge.nouns().is_title(buffer).then_some(at + 1)
    })
}

/// "The Moscow Times" keeps its article where it stands inside a sentence with a capital, unless the name before ends
/// with that article.
fn with_article(
    knowledge: &KnowledgeBase,
    clean: &str,
    range: Range<usize>,
    found: &Found,
    free_from: usize,
) -> Range<usize> {
    let Found::Named(NameKind::Organization, claims) = found else { return range };
    let shown_with_article =
        claims.first().is_none_or(|claim| knowledge.name(claim.actor).starts_with("The "));
    let before = clean.get(..range.start).and_then(|before| before.strip_suffix("The "));
    let inside = before.is_some_and(|before| {
        let last = before.trim_end_matches(' ').chars().next_back();
        before.ends_with(' ') && last.is_some_and(|last| last.is_alphanumeric() || last == ',')
    });
    let start = range.start.saturating_sub("The ".len());
    if shown_with_article && inside && free_from <= start { start..range.end } else { range }
}

/// Model and knowledge together: the sentence decides what kind of thing is meant, the knowledge base which ones there
/// are.
fn identify(
    knowledge: &KnowledgeBase,
    clean: &str,
    text: &str,
    range: &Range<usize>,
    span: &NamedSpan,
    buffer: &mut String,
) -> Option<Found> {
    let all: Vec<Claim> = knowledge.claims(text, buffer).collect();
    let class = |claim: &Claim| knowledge.kind(claim.actor);
    let of = |holds: &dyn Fn(&Claim) -> bool| -> Vec<Claim> {
        all.iter().copied().filter(|claim| holds(claim)).collect()
    };
    let is_name = |claim: &Claim| claim.relation == Relation::Name;
    match span.kind {
        EntityKind::Person => {
            let people = of(&|claim| is_name(claim) && class(claim) == ActorKind::Person);
            Some(Found::Named(NameKind::Person, people))
        }
        EntityKind::Organization => {
            let acts = |claim: &Claim| matches!(claim.relation, Relation::Name | Relation::Metonym);
            let claims = of(&|claim| acts(claim) && class(claim) != ActorKind::Person);
            let claims = without_cities(knowledge, claims);
            // A building or a capital that the model takes for an organization may still be a place.
            let only_place = claims.iter().any(|claim| claim.relation == Relation::Metonym)
                && government_probability(clean, range, span.government.max(0.9)) < GOVERNMENT_FROM;
            Some(if only_place { Found::Place } else { Found::Named(NameKind::Organization, claims) })
        }
        EntityKind::Location => {
            let government = government_probability(clean, range, span.government) >= GOVERNMENT_FROM;
            let claims = of(&|claim| match class(claim) {
                _ if claim.relation == Relation::Metonym => government,
                ActorKind::Person => false,
                _ => is_name(claim) && (government || !knowledge.is_region(claim.actor)),
            });
            let claims = without_cities(knowledge, claims);
            let actor = !claims.is_empty() && (government || claims.iter().any(|claim| !claim.doubtful));
            Some(if actor { Found::Named(NameKind::Government, claims) } else { Found::Place })
        }
        // A nationality is not an actor by itself; events and works are none at all.
        EntityKind::Group | EntityKind::Other => {
            let sure = of(&|claim| is_name(claim) && !claim.doubtful && class(claim) != ActorKind::Person);
            (!sure.is_empty()).then_some(Found::Named(NameKind::Organization, sure))
        }
    }
}

/// A capital that acts is its country's government, not the city's.
fn without_cities(knowledge: &KnowledgeBase, mut claims: Vec<Claim>) -> Vec<Claim> {
    if claims.iter().any(|claim| claim.relation == Relation::Metonym) {
        claims.retain(|claim| !knowledge.is_region(claim.actor));
    }
    claims
}

/// "International Criminal Court (ICC)"
fn abbreviates(clean: &str, previous: &Candidate, range: &Range<usize>) -> bool {
    let (Some(between), Some(acronym), Some(full)) = (
        clean.get(previous.range.end..range.start),
        clean.get(range.clone()),
        clean.get(previous.range.clone()),
    ) else {
        return false;
    };
    let closed = clean[range.end..].starts_with([')', ',', ';']);
    let initial = acronym.chars().next();
    let shares_initial = full.split([' ', '-']).any(|word| word.chars().next() == initial);
    let capitals = acronym.chars().filter(|c| c.is_uppercase()).count();
    between == " (" && closed && capitals >= 2 && shares_initial && full.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, name: &str, kind: EntityKind, government: f32) -> Vec<(String, Found)> {
        let knowledge = KnowledgeBase::open().unwrap();
        let start = text.find(name).unwrap();
        let spans = [NamedSpan { range: start..start + name.len(), kind, confidence: 0.9, government }];
        let who = Who { knowledge: &knowledge, watchlist: &crate::actors::Watchlist::empty() };
        let candidates = candidates(&who, text, &spans);
        candidates.into_iter().map(|one| (text[one.range].to_owned(), one.found)).collect()
    }

    fn ids(found: &[(String, Found)]) -> Vec<String> {
        let knowledge = KnowledgeBase::open().unwrap();
        match found {
            [(_, Found::Named(_, claims))] => {
                claims.iter().filter_map(|claim| knowledge.wikidata(claim.actor)).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_capital_is_its_government_or_a_place_as_the_sentence_has_it() {
        let text = "Beijing is beautiful.";
        assert_eq!(ids(&found(text, "Beijing", EntityKind::Location, 0.9)), ["Q148"]);
        assert_eq!(found(text, "Beijing", EntityKind::Location, 0.1), [("Beijing".into(), Found::Place)]);
    }

    #[test]
    fn a_person_named_like_a_country_is_a_person() {
        let found = found("Jordan scored.", "Jordan", EntityKind::Person, 0.9);
        assert_eq!(found, [("Jordan".into(), Found::Named(NameKind::Person, Vec::new()))]);
    }

    #[test]
    fn articles_titles_and_possessives_are_not_part_of_the_name() {
        let found =
            found("It is the United Nations’ plan.", "the United Nations’", EntityKind::Organization, 0.0);
        assert_eq!(found.first().map(|(name, _)| name.as_str()), Some("United Nations"));
        assert_eq!(ids(&found), ["Q1065"]);
        let found = self::found(
            "Prime Minister Ada Korr’s plan",
            "Prime Minister Ada Korr’s",
            EntityKind::Person,
            0.0,
        );
        assert_eq!(found.first().map(|(name, _)| name.as_str()), Some("Ada Korr"));
    }

    #[test]
    fn a_name_that_was_cut_at_its_hyphen_is_one() {
        let text = "Anne-Lise Dahl-Moe came.";
        let knowledge = KnowledgeBase::open().unwrap();
        let who = Who { knowledge: &knowledge, watchlist: &crate::actors::Watchlist::empty() };
        for half in [0..4, 0..5] {
            let spans = [half, 5..18].map(|range| NamedSpan {
                range,
                kind: EntityKind::Person,
                confidence: 0.9,
                government: 0.0,
            });
            let ranges: Vec<_> = candidates(&who, text, &spans).into_iter().map(|one| one.range).collect();
            let whole = 0..18;
            assert_eq!(ranges, [whole]);
        }
    }

    #[test]
    fn an_ending_that_belongs_to_the_name_stays() {
        for (text, name) in [("McDonald’s grew.", "McDonald"), ("He left McDonald's.", "McDonald's")] {
            let found = found(text, name, EntityKind::Organization, 0.0);
            assert!(found.first().is_some_and(|(name, _)| name.ends_with('s')), "{text} {found:?}");
        }
        let found = found("Nokia’s plan", "Nokia", EntityKind::Organization, 0.0);
        assert_eq!(found.first().map(|(name, _)| name.as_str()), Some("Nokia"));
    }

    #[test]
    fn media_keep_the_article_that_stands_inside_a_sentence() {
        let found = found("She told The Velm Courier.", "Velm Courier", EntityKind::Organization, 0.0);
        assert_eq!(found.first().map(|(name, _)| name.as_str()), Some("The Velm Courier"));
        let found = self::found("The Velm Courier said no.", "Velm Courier", EntityKind::Organization, 0.0);
        assert_eq!(found.first().map(|(name, _)| name.as_str()), Some("Velm Courier"));
    }

    #[test]
    fn no_article_is_part_of_two_names() {
        let text = "He told Velm and The Velm Courier.";
        let knowledge = KnowledgeBase::open().unwrap();
        let who = Who { knowledge: &knowledge, watchlist: &crate::actors::Watchlist::empty() };
        let spans = [8..20, 21..33].map(|range| NamedSpan {
            range,
            kind: EntityKind::Organization,
            confidence: 0.9,
            government: 0.0,
        });
        let names: Vec<&str> =
            candidates(&who, text, &spans).into_iter().map(|one| &text[one.range]).collect();
        assert_eq!(names, ["Velm and The", "Velm Courier"]);
    }

    #[test]
    fn what_was_lost_in_transport_is_no_name() {
        assert!(found("M\u{fffd}ller said", "M\u{fffd}ller", EntityKind::Person, 0.0).is_empty());
        assert!(found("(the ’s)", "the ’s", EntityKind::Person, 0.0).is_empty());
    }
}
