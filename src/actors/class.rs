//! What an actor is.

/// What an actor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameClass {
    Person,
    Organization,
    Country,
    Group,
}

impl NameClass {
    pub(super) const ALL: [Self; 4] = [Self::Person, Self::Organization, Self::Country, Self::Group];
}
