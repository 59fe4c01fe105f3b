//! Who is meant by an office: its holder at the time of the article.

use super::knowledge::{ActorRef, KNOWN_TO, KnowledgeBase, Office};
use std::collections::HashSet;

/// The holder of an office.
///
/// With a date: whoever held it then. Without: the last holder among the people of the document, else the present one.
/// Nobody where the terms do not tell.
#[must_use]
pub(super) fn holder(
    knowledge: &KnowledgeBase,
    territory: ActorRef,
    office: Office,
    date: Option<u32>,
    people: &HashSet<ActorRef>,
) -> Option<ActorRef> {
    for office in offices_meant(knowledge, territory, office) {
        let at = |date: u32| {
            let mut holders =
                knowledge.holders(territory, office).filter(|(_, from, to)| (*from..*to).contains(&date));
            let first = holders.next()?.0;
            holders.all(|(other, ..)| other == first).then_some(first)
        };
        let named = || {
            let mut in_document =
                knowledge.holders(territory, office).filter(|(person, ..)| people.contains(person));
            let first = in_document.next()?.0;
            // Two holders in one document without a date: either may be meant.
            in_document.all(|(other, ..)| other == first).then_some(first)
        };
        let anybody_named =
            || knowledge.holders(territory, office).any(|(person, ..)| people.contains(&person));
        let found = match date {
            Some(date) => at(date).or_else(named),
            None if anybody_named() => named(),
            None => at(KNOWN_TO),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The offices that a noun may mean, in order: a leader is the head of government where the country has one.
fn offices_meant(
    knowledge: &KnowledgeBase,
    territory: ActorRef,
    office: Office,
) -> impl Iterator<Item = Office> {
    let [first, second] = match office {
        Office::Leader => match knowledge.leader_office(territory) {
            Some(office) => [Some(office), None],
            None => [Some(Office::HeadOfGovernment), Some(Office::HeadOfState)],
        },
        Office::Monarch => [Some(Office::Monarch), Some(Office::HeadOfState)],
        office => [Some(office), None],
    };
    first.into_iter().chain(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(knowledge: &KnowledgeBase, name: &str) -> ActorRef {
        knowledge.claims(name, &mut String::new()).next().unwrap().actor
    }

    fn held(country: &str, office: Office, date: Option<u32>, people: &[&str]) -> Option<&'static str> {
        let knowledge = KnowledgeBase::open().unwrap();
        let people = people.iter().map(|name| find(&knowledge, name)).collect();
        holder(&knowledge, find(&knowledge, country), office, date, &people)
            .map(|person| knowledge.name(person))
    }

    #[test]
    fn an_office_is_held_by_date() {
        assert_eq!(held("France", Office::HeadOfState, Some(2013_06_01), &[]), Some("François Hollande"));
        assert_eq!(held("United Kingdom", Office::Leader, Some(2017_06_01), &[]), Some("Theresa May"));
        assert_eq!(held("Canada", Office::Leader, Some(2010_06_01), &[]), Some("Stephen Harper"));
    }

    #[test]
    fn without_a_date_the_holder_is_of_the_document_or_of_the_present() {
        assert_eq!(held("United States", Office::HeadOfState, None, &["Barack Obama"]), Some("Barack Obama"));
        assert_eq!(held("United Kingdom", Office::HeadOfGovernment, None, &[]), Some("Keir Starmer"));
    }

    #[test]
    fn two_holders_in_a_document_without_a_date_are_not_told_apart() {
        assert_eq!(held("United States", Office::HeadOfState, None, &["Barack Obama", "Bill Clinton"]), None);
    }

    #[test]
    fn an_unknown_time_has_no_holder() {
        assert_eq!(held("France", Office::HeadOfState, Some(1905_01_01), &[]), None);
    }
}
