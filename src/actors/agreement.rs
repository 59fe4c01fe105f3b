//! One name, one kind: within a document the mentions of a name decide together what it names.
//!
//! The model reads sentence by sentence. In most documents it reads a name often enough that a slip in one sentence
//! ("Kyiv" as a person) can be told from what the others say. Whether a place stands for its government is left to
//! each sentence.

use super::ActorKind;
use super::candidate::NamedSpan;
use super::knowledge::{KnowledgeBase, Relation, fold};
use crate::model::EntityKind;
use std::collections::HashMap;

/// What the table of names knows of a name counts as much as this part of a sentence's reading.
const WEIGHT_OF_TABLE: f32 = 0.5;

/// Gives all mentions of a name the kind with the most support in the document.
pub fn agree_on_kinds<'s>(
    names: &KnowledgeBase,
    mentions: impl Iterator<Item = (&'s str, &'s mut NamedSpan)>,
) {
    let mut spans: Vec<(String, &str, &mut NamedSpan)> =
        mentions.map(|(text, span)| (fold(text), text, span)).collect();
    let mut support: HashMap<String, HashMap<EntityKind, f32>> = HashMap::new();
    for (name, text, span) in &spans {
        let kinds = support.entry(name.clone()).or_insert_with(|| known_kind(names, text));
        *kinds.entry(span.kind).or_default() += span.confidence;
    }
    for (name, _, span) in &mut spans {
        let best =
            support.get(name).and_then(|kinds| kinds.iter().max_by(|one, other| by_support(*one, *other)));
        if let Some((kind, _)) = best {
            span.kind = *kind;
        }
    }
}

/// By support; of equal support the kind that comes first decides, so that the result never depends on a hash.
fn by_support(one: (&EntityKind, &f32), other: (&EntityKind, &f32)) -> std::cmp::Ordering {
    one.1.total_cmp(other.1).then_with(|| (*other.0 as u8).cmp(&(*one.0 as u8)))
}

fn known_kind(names: &KnowledgeBase, name: &str) -> HashMap<EntityKind, f32> {
    let mut kinds = HashMap::new();
    let claims = names.claims(name, &mut String::new());
    for claim in claims.filter(|claim| !claim.doubtful && !claim.alone) {
        let kind = match (claim.relation, names.kind(claim.actor)) {
            (Relation::Name, ActorKind::Person) => EntityKind::Person,
            (Relation::Name, ActorKind::Organization) => EntityKind::Organization,
            (Relation::Name, ActorKind::Country) | (Relation::Metonym, _) => EntityKind::Location,
            _ => continue,
        };
        kinds.insert(kind, WEIGHT_OF_TABLE);
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(mentions: &[(&str, EntityKind, f32)]) -> Vec<EntityKind> {
        let names = KnowledgeBase::open().unwrap();
        let mut spans: Vec<NamedSpan> = mentions
            .iter()
            .map(|(_, kind, confidence)| NamedSpan {
                range: 0..1,
                kind: *kind,
                confidence: *confidence,
                government: 0.0,
            })
            .collect();
        agree_on_kinds(&names, mentions.iter().map(|mention| mention.0).zip(&mut spans));
        spans.into_iter().map(|span| span.kind).collect()
    }

    #[test]
    fn a_slip_in_one_sentence_does_not_make_a_second_actor() {
        use EntityKind::{Location, Person};
        assert_eq!(agreed(&[("Kyiv", Person, 0.6), ("Kyiv", Location, 0.5)]), [Location, Location]);
        assert_eq!(
            agreed(&[("Velm", Person, 0.9), ("Velm", Location, 0.8), ("VELM", Person, 0.4)]),
            [Person; 3]
        );
    }

    #[test]
    fn a_clear_reading_goes_before_the_table() {
        assert_eq!(agreed(&[("Kyiv", EntityKind::Person, 0.9)]), [EntityKind::Person]);
    }
}
