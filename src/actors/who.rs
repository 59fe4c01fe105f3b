//! Where names are looked up.

use super::Watchlist;
use super::knowledge::KnowledgeBase;

/// Everybody who is known: the user's own actors, who go before all others, and the knowledge base.
#[derive(Clone, Copy)]
pub struct Who<'a> {
    pub knowledge: &'a KnowledgeBase,
    pub watchlist: &'a Watchlist,
}
