//! The processing stage as one pure function: article in, analysis out.

mod assemble;
mod attitudes;
mod findings;
mod reading;
mod reports;
mod stage;
#[cfg(test)]
mod tests;
mod types;
mod verdict;
mod voices;
mod watched;

pub use stage::{Stage, StageError};
pub use types::*;

use crate::article::Article;

/// The processing stage. One instance is shared by all workers; the result depends on the article alone.
pub trait Analyze: Send + Sync {
    /// Reads one article.
    fn analyze(&self, article: &Article) -> Analysis;

    /// Name and version of the model, for the record and `--version`.
    fn model(&self) -> &str;
}
