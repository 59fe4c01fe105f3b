//! The stage that the program runs with.

use super::assemble::{Assembly, FieldReading, FoundName};
use super::findings::{FieldFindings, findings};
use super::reading::Reading;
use super::watched;
use super::{Analysis, Analyze, Field, Status};
use crate::actors::{
    Candidate, Found, NameClass, NameTable, NamedSpan, Watchlist, agree_on_kinds, candidates, resolve,
};
use crate::article::Article;
use crate::config::AnalysisConfig;
use crate::model::{Model, ModelError};
use crate::text::Boilerplate;
use std::sync::{Arc, PoisonError, RwLock};

/// Why the stage cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The table of names that is part of the program is damaged.
    #[error("the table of names cannot be read")]
    Names(#[source] fst::Error),
    /// The model cannot be used.
    #[error("the model cannot be used; check analysis.model_path")]
    Model(#[from] ModelError),
}

/// The processing stage: one model and one table of names, shared by all workers.
pub struct Stage {
    names: NameTable,
    model: Model,
    languages: Vec<String>,
    max_words: usize,
    watchlist: RwLock<Arc<Watchlist>>,
}

impl Stage {
    /// Sets the stage up.
    ///
    /// # Errors
    ///
    /// When the model file of the configuration cannot be used, or a part that is built in is damaged.
    pub fn new(config: &AnalysisConfig) -> Result<Self, StageError> {
        let model = match &config.model_path {
            Some(path) => Model::from_path(path)?,
            None => Model::embedded()?,
        };
        Ok(Self {
            names: NameTable::open().map_err(StageError::Names)?,
            model,
            languages: config.languages.iter().map(|language| language.to_lowercase()).collect(),
            max_words: config.max_words,
            watchlist: RwLock::default(),
        })
    }

    /// Articles are read with this list of the user's actors from now on. An article that is being read keeps the list
    /// it began with.
    pub fn replace_watchlist(&self, watchlist: Watchlist) {
        *self.watchlist.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(watchlist);
    }

    fn watchlist(&self) -> Arc<Watchlist> {
        Arc::clone(&self.watchlist.read().unwrap_or_else(PoisonError::into_inner))
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

    /// The names of one field: those of the model, with what the table of names knows of them.
    fn names_of(&self, reading: &Reading, found: FieldFindings) -> FieldReading {
        let spans: Vec<NamedSpan> = found.entities.iter().map(|entity| entity.span.clone()).collect();
        let mut names = Vec::new();
        let mut entities = found.entities.iter().peekable();
        for candidate in candidates(&self.names, reading.clean(), &spans) {
            // A candidate is an entity without what stands around the name.
            while entities.next_if(|entity| entity.span.range.end <= candidate.range.start).is_some() {}
            let Some(entity) = entities.peek() else { break };
            let candidate = in_dateline(reading, candidate);
            names.push(FoundName { sentence: entity.sentence, candidate, score: entity.score });
        }
        FieldReading { names, quote_parts: found.quote_parts }
    }
}

/// The city of a dateline is where the article was written.
fn in_dateline(reading: &Reading, mut candidate: Candidate) -> Candidate {
    let names_a_place = |class| matches!(class, NameClass::Capital | NameClass::Country | NameClass::Metonym);
    if let Found::Known(entry) = candidate.found
        && names_a_place(entry.class)
        && reading.boilerplate_at(candidate.range.start) == Some(Boilerplate::Dateline)
    {
        candidate.found = Found::Place;
    }
    candidate
}

impl Analyze for Stage {
    fn analyze(&self, article: &Article) -> Analysis {
        if !self.reads_language(article) {
            return Analysis::empty(Status::UnsupportedLanguage);
        }
        let watchlist = self.watchlist();
        let readings = self.read(article);
        let words = readings.iter().map(|reading| reading.words).sum();
        let truncated = readings.iter().any(|reading| reading.truncated);
        if words == 0 && !truncated {
            return Analysis::empty(Status::NoText);
        }
        let mut found = findings(&self.model, &readings);
        let mentions = readings.iter().zip(&mut found).flat_map(|(reading, field)| {
            let clean = reading.clean();
            field.entities.iter_mut().map(|entity| (&clean[entity.span.range.clone()], &mut entity.span))
        });
        agree_on_kinds(&self.names, mentions);
        let fields: Vec<FieldReading> =
            readings.iter().zip(found).map(|(reading, found)| self.names_of(reading, found)).collect();
        let texts: Vec<(Candidate, &str)> = readings
            .iter()
            .zip(&fields)
            .flat_map(|(reading, field)| field.names.iter().map(move |name| (reading, name)))
            .map(|(reading, name)| (name.candidate.clone(), &reading.clean()[name.candidate.range.clone()]))
            .collect();
        let resolution = resolve(&self.names, &texts);
        let status = if truncated { Status::Truncated } else { Status::Ok };
        let mut analysis = Assembly::new(&readings, &fields, &resolution).analysis(status, words);
        watched::mark(&watchlist, article, &mut analysis);
        analysis
    }

    fn model(&self) -> &str {
        self.model.version()
    }
}
