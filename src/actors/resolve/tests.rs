use super::*;
use crate::actors::{NamedSpan, Watchlist, candidates};
use crate::model::EntityKind::{self, Organization, Person};

/// The actors of a text in which these names were found, one after the other, with what names each of them.
fn actors(text: &str, names: &[(&str, EntityKind)]) -> Vec<(ResolvedActor, Vec<String>)> {
    let knowledge = KnowledgeBase::open().unwrap();
    let who = Who { knowledge: &knowledge, watchlist: &Watchlist::empty() };
    let mut from = 0;
    let spans: Vec<NamedSpan> = names
        .iter()
        .map(|(name, kind)| {
            let start = from + text[from..].find(name).unwrap();
            from = start + name.len();
            NamedSpan { range: start..from, kind: *kind, confidence: 0.9, government: 0.9 }
        })
        .collect();
    let found: Vec<(Candidate, &str)> = candidates(&who, text, &spans)
        .into_iter()
        .map(|candidate| (candidate.clone(), &text[candidate.range]))
        .collect();
    let resolution = resolve(&who, &found, None);
    let mut actors: Vec<_> = resolution.actors.into_iter().map(|actor| (actor, Vec::new())).collect();
    for mention in resolution.mentions {
        actors[mention.actor].1.push(found[mention.candidate].1.to_owned());
    }
    actors
}

#[test]
fn a_person_and_a_company_of_one_surname_are_two_actors() {
    let found = actors(
        "Ove Brask sold Brask Shipping. Brask smiled.",
        &[("Ove Brask", Person), ("Brask Shipping", Organization), ("Brask", Person)],
    );
    let [(person, of_person), (company, of_company)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((person.kind, company.kind), (ActorKind::Person, ActorKind::Organization));
    assert_eq!((of_person.len(), of_company.len()), (2, 1));
}

#[test]
fn a_company_goes_on_without_its_last_word_and_its_legal_form() {
    for full in ["Tarvel Systems", "Tarvel Inc"] {
        let text = format!("{full} grew. Tarvel hired. Tarvel paid.");
        let found = actors(&text, &[(full, Organization), ("Tarvel", Person), ("Tarvel", Person)]);
        let [(company, mentions)] = &found[..] else { panic!("{found:?}") };
        assert_eq!((company.kind, mentions.len()), (ActorKind::Organization, 3), "{full}");
    }
    let found = actors(
        "Tarvel Systems sued Tarvel Capital. Tarvel paid.",
        &[("Tarvel Systems", Organization), ("Tarvel Capital", Organization), ("Tarvel", Organization)],
    );
    assert_eq!(found.len(), 3, "either may be meant");
}

#[test]
fn a_surname_means_whom_everybody_knows_by_it_beside_an_unknown_bearer() {
    let text = "Emmanuel Macron met Odo Macron. Macron spoke.";
    for text in [text, "Odo Macron met Emmanuel Macron. Macron spoke."] {
        let names: Vec<&str> = text.split(" met ").flat_map(|part| part.split('.')).collect();
        let names = [(names[0], Person), (names[1], Person), ("Macron", Person)];
        let found = actors(text, &names);
        assert_eq!(found.len(), 2, "{found:?}");
        let known = found.iter().find(|(actor, _)| actor.wikidata.is_some()).unwrap();
        assert_eq!(known.1, ["Emmanuel Macron", "Macron"].map(str::to_owned).to_vec());
    }
}

#[test]
fn a_surname_that_two_unknown_people_share_is_neither() {
    let found = actors(
        "Ada Brask met Ove Brask. Brask spoke.",
        &[("Ada Brask", Person), ("Ove Brask", Person), ("Brask", Person)],
    );
    assert_eq!(found.len(), 3);
}

#[test]
fn a_capital_that_is_a_surname_in_the_document_is_its_bearer() {
    let found = actors(
        "Ida Oslo sang. Oslo bowed. Madrid objected.",
        &[("Ida Oslo", Person), ("Oslo", EntityKind::Location), ("Madrid", EntityKind::Location)],
    );
    let named: Vec<(&str, usize)> =
        found.iter().map(|(actor, names)| (actor.name.as_str(), names.len())).collect();
    assert_eq!(named, [("Ida Oslo", 2), ("Spain", 1)]);
}
