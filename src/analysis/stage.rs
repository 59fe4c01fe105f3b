//! The stage that the program runs with.

use super::assemble::{Assembly, FieldReading, FoundName};
use super::findings::{FieldFindings, FoundPhrase, findings};
use super::reading::Reading;
use super::watched;
use super::{Analysis, Analyze, Field, Status};
use crate::actors::knowledge::{Claim, KnowledgeBase, KnowledgeError};
use crate::actors::{
    Candidate, Found, NameKind, NamedSpan, Watchlist, Who, agree_on_kinds, candidates, resolve,
};
use crate::article::{Article, Extent};
use crate::config::AnalysisConfig;
use crate::model::{Model, ModelError};
use crate::text::Boilerplate;
use std::sync::{Arc, PoisonError, RwLock};

/// Why the stage cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The knowledge base that is part of the program is damaged.
    #[error("the knowledge base cannot be read")]
    Knowledge(#[from] KnowledgeError),
    /// The model cannot be used.
    #[error("the model cannot be used; check analysis.model_path")]
    Model(#[from] ModelError),
}

/// The processing stage: one model and one knowledge base, shared by all workers.
pub struct Stage {
    knowledge: KnowledgeBase,
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
            knowledge: KnowledgeBase::open()?,
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

    /// The names of one field: those of the model, with what the knowledge base has of them.
    fn names_of(&self, who: &Who<'_>, reading: &Reading, found: FieldFindings) -> FieldReading {
        let spans: Vec<NamedSpan> = found.entities.iter().map(|entity| entity.span.clone()).collect();
        let mut names = Vec::new();
        let mut entities = found.entities.iter().peekable();
        for candidate in candidates(who, reading.clean(), &spans) {
            // A candidate is an entity without what stands around the name.
            while entities.next_if(|entity| entity.span.range.end <= candidate.range.start).is_some() {}
            let Some(entity) = entities.peek() else { break };
            let candidate = in_boilerplate(&self.knowledge, reading, candidate);
            names.push(FoundName { sentence: entity.sentence, candidate, score: entity.score });
        }
        let names = with_phrases(reading.clean(), names, found.phrases);
        FieldReading { names, quote_parts: found.quote_parts }
    }
}

/// A phrase takes in the names inside it ("U.S. officials"), but no person and nothing that is longer.
fn with_phrases(clean: &str, names: Vec<FoundName>, phrases: Vec<FoundPhrase>) -> Vec<FoundName> {
    let mut merged: Vec<FoundName> = Vec::with_capacity(names.len() + phrases.len());
    let mut names = names.into_iter().peekable();
    for FoundPhrase { sentence, phrase, score } in phrases {
        while let Some(name) = names.next_if(|name| name.candidate.range.end <= phrase.range.start) {
            merged.push(name);
        }
        let mut inside = Vec::new();
        while let Some(name) = names.next_if(|name| name.candidate.range.start < phrase.range.end) {
            inside.push(name);
        }
        let whole = inside.iter().all(|name| {
            let range = &name.candidate.range;
            let person = matches!(name.candidate.found, Found::Named(NameKind::Person, _));
            !person && phrase.range.start <= range.start && range.end <= phrase.range.end
        });
        // "Chilean President Ada Korr" is the person alone.
        let before_person = names.peek().is_some_and(|next| {
            matches!(next.candidate.found, Found::Named(NameKind::Person, _))
                && clean.get(phrase.range.end..next.candidate.range.start) == Some(" ")
        });
        // "European Central Bank" is a known name and not just any central bank of Europe.
        let known = inside.iter().any(|name| {
            name.candidate.range == phrase.range
                && matches!(&name.candidate.found, Found::Named(_, claims) if !claims.is_empty())
        });
        if !whole || before_person || known {
            merged.extend(inside);
            continue;
        }
        let candidate = Candidate {
            range: phrase.range,
            found: Found::Phrase(phrase.meaning),
            abbreviates_previous: false,
        };
        merged.push(FoundName { sentence, candidate, score });
    }
    merged.extend(names);
    merged
}

/// The day of a moment as a number such as `20240131`, in universal time.
fn day(moment: jiff::Timestamp) -> u32 {
    let date = moment.to_zoned(jiff::tz::TimeZone::UTC).date();
    let part = |number: i8| u32::try_from(number).unwrap_or(0);
    10_000 * u32::try_from(date.year()).unwrap_or(0) + 100 * part(date.month()) + part(date.day())
}

/// Words in the names of those who are credited with an article.
const PRESS: [&str; 3] = ["media", "news", "press"];

/// The city of a dateline is where the article was written, and an acronym in a credit is the agency known by it.
fn in_boilerplate(knowledge: &KnowledgeBase, reading: &Reading, mut candidate: Candidate) -> Candidate {
    let around = reading.boilerplate_at(candidate.range.start);
    match (&mut candidate.found, around) {
        (Found::Named(NameKind::Government, _), Some(Boilerplate::Dateline)) => {
            candidate.found = Found::Place;
        }
        (
            Found::Named(NameKind::Organization, claims),
            Some(Boilerplate::Dateline | Boilerplate::Byline | Boilerplate::Credit),
        ) => {
            // Parties and others share the letters; whoever is credited is of the press.
            let is_press = |claim: &Claim| {
                PRESS.iter().any(|word| knowledge.name(claim.actor).to_lowercase().contains(word))
            };
            if claims.iter().any(is_press) {
                claims.retain(is_press);
                for claim in claims {
                    claim.doubtful = false;
                }
            }
        }
        _ => {}
    }
    candidate
}

impl Analyze for Stage {
    fn analyze(&self, article: &Article) -> Analysis {
        if !self.reads_language(article) {
            return Analysis::empty(Status::UnsupportedLanguage);
        }
        if article.extent == Extent::Nothing {
            return Analysis::empty(Status::NoText);
        }
        let watchlist = self.watchlist();
        let who = Who { knowledge: &self.knowledge, watchlist: &watchlist };
        let readings = self.read(article);
        let words = readings.iter().map(|reading| reading.words).sum();
        let truncated = readings.iter().any(|reading| reading.truncated);
        if words == 0 && !truncated {
            return Analysis::empty(Status::NoText);
        }
        let mut found = findings(&self.model, &who, &readings);
        let mentions = readings.iter().zip(&mut found).flat_map(|(reading, field)| {
            let clean = reading.clean();
            field.entities.iter_mut().map(|entity| (&clean[entity.span.range.clone()], &mut entity.span))
        });
        agree_on_kinds(&self.knowledge, mentions);
        let fields: Vec<FieldReading> =
            readings.iter().zip(found).map(|(reading, found)| self.names_of(&who, reading, found)).collect();
        let texts: Vec<(Candidate, &str)> = readings
            .iter()
            .zip(&fields)
            .flat_map(|(reading, field)| field.names.iter().map(move |name| (reading, name)))
            .map(|(reading, name)| (name.candidate.clone(), &reading.clean()[name.candidate.range.clone()]))
            .collect();
        let resolution = resolve(&who, &texts, article.published_at.map(day));
        let status =
            if truncated || article.extent == Extent::Beginning { Status::Truncated } else { Status::Ok };
        let mut analysis = Assembly::new(&readings, &fields, &resolution).analysis(status, words);
        watched::mark(&watchlist, article, &mut analysis);
        analysis
    }

    fn model(&self) -> &str {
        self.model.version()
    }
}
