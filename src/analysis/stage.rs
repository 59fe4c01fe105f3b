//! The stage that the program runs with: names from a table, sentiment from a word list.

use super::assemble::{Assembly, FieldReading};
use super::reading::Reading;
use super::{Analysis, Analyze, Field, Status};
use crate::actors::{Candidate, Finder, Found, NameClass, NameTable, resolve};
use crate::article::Article;
use crate::config::AnalysisConfig;
use crate::text::Boilerplate;
use std::collections::HashSet;

/// Why the stage cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The table of names that is part of the program is damaged.
    #[error("the table of names cannot be read")]
    Names(#[source] fst::Error),
}

/// Name and version of what reads the articles.
const MODEL: &str = "lexicon-1";

/// The processing stage.
pub struct Stage {
    names: NameTable,
    languages: Vec<String>,
    max_words: usize,
}

impl Stage {
    /// Sets the stage up.
    ///
    /// # Errors
    /// If a part of it that is built into the program is damaged.
    pub fn new(config: &AnalysisConfig) -> Result<Self, StageError> {
        Ok(Self {
            names: NameTable::open().map_err(StageError::Names)?,
            languages: config.languages.iter().map(|language| language.to_lowercase()).collect(),
            max_words: config.max_words,
        })
    }

    /// Articles without a declared language are read.
    fn reads_language(&self, article: &Article) -> bool {
        let declared = article.language.as_deref().map(str::trim).filter(|tag| !tag.is_empty());
        declared.is_none_or(|tag| {
            let primary = tag.split(['-', '_']).next().unwrap_or(tag).to_lowercase();
            self.languages.contains(&primary)
        })
    }

    fn read(&self, article: &Article) -> Vec<Reading> {
        let title = article.title.as_deref().map(|title| Reading::new(Field::Title, title, self.max_words));
        let room = self.max_words - title.as_ref().map_or(0, |title| title.words);
        let body = Reading::new(Field::Body, &article.body, room);
        title.into_iter().chain([body]).collect()
    }

    fn candidates(&self, readings: &[Reading]) -> Vec<FieldReading> {
        let lower_case = lower_case_words(readings);
        readings
            .iter()
            .map(|reading| {
                let finder = Finder { names: &self.names, clean: reading.clean(), lower_case: &lower_case };
                let mut candidates = Vec::new();
                for (index, sentence) in reading.sentences.iter().enumerate() {
                    candidates.extend(
                        finder
                            .find(sentence)
                            .into_iter()
                            .map(|candidate| (index, in_dateline(reading, candidate))),
                    );
                }
                FieldReading { candidates }
            })
            .collect()
    }
}

/// The city of a dateline is where the article was written.
fn in_dateline(reading: &Reading, mut candidate: Candidate) -> Candidate {
    if let Found::Known(entry) = candidate.found
        && matches!(entry.class, NameClass::Capital | NameClass::Country | NameClass::Metonym)
        && reading.boilerplate_at(candidate.range.start) == Some(Boilerplate::Dateline)
    {
        candidate.found = Found::KnownPlace(entry);
    }
    candidate
}

fn lower_case_words(readings: &[Reading]) -> HashSet<String> {
    let mut found = HashSet::new();
    for reading in readings {
        for word in reading.sentences.iter().flat_map(|sentence| &sentence.words).filter(|word| !word.capital)
        {
            let text = &reading.clean()[word.range.clone()];
            if !found.contains(text) {
                found.insert(text.to_owned());
            }
        }
    }
    found
}

impl Analyze for Stage {
    fn analyze(&self, article: &Article) -> Analysis {
        if !self.reads_language(article) {
            return Analysis::empty(Status::UnsupportedLanguage);
        }
        let readings = self.read(article);
        let words = readings.iter().map(|reading| reading.words).sum();
        let truncated = readings.iter().any(|reading| reading.truncated);
        if words == 0 && !truncated {
            return Analysis::empty(Status::NoText);
        }
        let fields = self.candidates(&readings);
        let resolution = {
            let texts: Vec<(Candidate, &str)> = readings
                .iter()
                .zip(&fields)
                .flat_map(|(reading, field)| {
                    field
                        .candidates
                        .iter()
                        .map(|(_, candidate)| (candidate.clone(), &reading.clean()[candidate.range.clone()]))
                })
                .collect();
            resolve(&self.names, &texts)
        };
        let status = if truncated { Status::Truncated } else { Status::Ok };
        Assembly::new(&readings, &fields, &resolution).analysis(status, words)
    }

    fn model(&self) -> &str {
        MODEL
    }
}
