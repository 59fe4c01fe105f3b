//! A record against the gold of its article.

use std::collections::BTreeMap;
use std::fmt;
use std::iter::Sum;

use tonewire::record::{ActorKindName, ActorRecord, EnrichedRecord};

use crate::gold::{Actor, Article, Range, locate, locate_words};
use crate::reading::{bad_slices, flat, read_text, word};

/// So many of so many.
#[derive(Clone, Copy, Default)]
pub struct Rate {
    right: usize,
    all: usize,
}

impl Rate {
    fn count(&mut self, is_right: bool) -> bool {
        self.all += 1;
        self.right += usize::from(is_right);
        is_right
    }

    pub fn share(self) -> f64 {
        if self.all == 0 { 1.0 } else { self.right as f64 / self.all as f64 }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.right, self.all)
    }
}

impl Sum for Rate {
    fn sum<I: Iterator<Item = Self>>(rates: I) -> Self {
        rates.fold(Self::default(), |sum, rate| Self {
            right: sum.right + rate.right,
            all: sum.all + rate.all,
        })
    }
}

/// What is right and wrong with one article's record.
pub struct Score {
    pub name: String,
    pub words: usize,
    rates: BTreeMap<&'static str, Rate>,
    /// What must never happen.
    pub faults: Vec<String>,
    /// What else is not as the gold has it.
    pub misses: Vec<String>,
}

/// Per gold actor: the actor of the record that has most of its mentions.
type Owners<'a> = Vec<Option<&'a ActorRecord>>;

impl Score {
    /// Reads the article and compares.
    pub fn of(article: &Article) -> Self {
        let read = read_text(&article.text, Some(&format!("{}T12:00:00Z", article.date)));
        assert_eq!(read.article.body, article.text, "{}: a text is delivered as it is", article.name);
        let mut score = Self {
            name: article.name.clone(),
            words: article.text.split_whitespace().count(),
            rates: BTreeMap::new(),
            faults: bad_slices(&read).into_iter().map(|slice| format!("bad slice: {slice}")).collect(),
            misses: Vec::new(),
        };
        let record = &read.record;
        let owners = score.actors(article, record);
        score.merges(article, &owners);
        score.places(article, record);
        score.forbidden(article, record);
        score.quotes(article, record, &owners);
        score.attitudes(article, record, &owners);
        score
    }

    pub fn rate(&self, name: &str) -> Rate {
        self.rates.get(name).copied().unwrap_or_default()
    }

    fn check(&mut self, rate: &'static str, is_right: bool, miss: impl FnOnce() -> String) {
        if !self.rates.entry(rate).or_default().count(is_right) {
            self.misses.push(format!("{rate}: {}", miss()));
        }
    }

    fn actors<'r>(&mut self, article: &Article, record: &'r EnrichedRecord) -> Owners<'r> {
        article.actors.iter().map(|gold| self.actor(article, gold, record)).collect()
    }

    fn actor<'r>(
        &mut self,
        article: &Article,
        gold: &Actor,
        record: &'r EnrichedRecord,
    ) -> Option<&'r ActorRecord> {
        let places = locate(article, &gold.mentions);
        let found: Vec<Option<&ActorRecord>> = places.iter().map(|place| mentioned(record, *place)).collect();
        let mut votes: BTreeMap<&str, (usize, &ActorRecord)> = BTreeMap::new();
        for actor in found.iter().flatten() {
            votes.entry(actor.id.as_str()).or_insert((0, actor)).0 += 1;
        }
        let owner = votes.into_values().max_by_key(|(count, _)| *count).map(|(_, actor)| actor);
        for (text, actor) in gold.mentions.iter().zip(&found) {
            let is_right = actor.is_some() && actor.map(|actor| &actor.id) == owner.map(|owner| &owner.id);
            let said = actor.map_or("nobody", |actor| actor.name.as_str());
            self.check("mentions", is_right, || format!("{text:?} of {} is {said}", gold.name));
        }
        self.id(gold, owner);
        self.sentiment(gold, owner);
        if let Some(owner) = owner.filter(|owner| kind(owner.kind) != gold.kind) {
            self.misses.push(format!("kind: {} is {}", gold.name, kind(owner.kind)));
        }
        owner
    }

    fn id(&mut self, gold: &Actor, owner: Option<&ActorRecord>) {
        let given = owner.and_then(|owner| owner.wikidata.as_deref());
        match (gold.id.as_deref(), given) {
            (Some("?"), _) | (None, None) => {}
            (None, Some(item)) => self.faults.push(format!("wrong id: {} is nobody, not {item}", gold.name)),
            (Some(id), given) => {
                if let Some(item) = given.filter(|item| *item != id) {
                    self.faults.push(format!("wrong id: {} is {id}, not {item}", gold.name));
                }
                self.check("ids", given == Some(id), || format!("{} has no id", gold.name));
            }
        }
    }

    fn sentiment(&mut self, gold: &Actor, owner: Option<&ActorRecord>) {
        if gold.sentiment.is_empty() {
            return;
        }
        let label = owner.map_or("nobody", |owner| word(owner.sentiment.label));
        let score = owner.map_or(0.0, |owner| owner.sentiment.score);
        let is_right = gold.sentiment.iter().any(|allowed| allowed == label);
        self.check("sentiments", is_right, || format!("{} is {label} {score:+.2}", gold.name));
    }

    fn merges(&mut self, article: &Article, owners: &Owners<'_>) {
        let mut claims: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (gold, owner) in article.actors.iter().zip(owners) {
            if let Some(owner) = owner {
                claims.entry(&owner.id).or_default().push(&gold.name);
            }
        }
        let merged = claims.values().filter(|names| names.len() > 1);
        self.faults.extend(merged.map(|names| format!("wrong merge: {}", names.join(" and "))));
    }

    fn places(&mut self, article: &Article, record: &EnrichedRecord) {
        for (text, place) in article.places.iter().zip(locate(article, &article.places)) {
            let actor = mentioned(record, place);
            self.check("places", actor.is_none(), || {
                format!("{text:?} is the actor {}", actor.map_or("", |actor| actor.name.as_str()))
            });
        }
    }

    fn forbidden(&mut self, article: &Article, record: &EnrichedRecord) {
        for name in &article.forbidden {
            let wanted = flat(name);
            let is_there = record.actors.iter().any(|actor| {
                flat(&actor.name) == wanted
                    || actor.mentions.iter().any(|mention| flat(&mention.text) == wanted)
            });
            if is_there {
                self.faults.push(format!("forbidden actor: {name}"));
            }
        }
    }

    fn quotes(&mut self, article: &Article, record: &EnrichedRecord, owners: &Owners<'_>) {
        for gold in &article.quotes {
            let place = locate_words(article, &gold.has);
            let speakers: Vec<Option<&str>> = record
                .quotes
                .iter()
                .filter(|quote| place.overlaps(quote.start, quote.end))
                .map(|quote| quote.speaker.as_deref().and_then(|id| gold_name(article, owners, id)))
                .collect();
            let is_right = speakers.contains(&Some(gold.speaker.as_str()));
            self.check("quotes", is_right, || {
                format!("{:?} by {} is by {speakers:?}", gold.has, gold.speaker)
            });
        }
    }

    fn attitudes(&mut self, article: &Article, record: &EnrichedRecord, owners: &Owners<'_>) {
        for gold in &article.attitudes {
            let is_right = record.attitudes.iter().any(|attitude| {
                gold_name(article, owners, &attitude.holder) == Some(gold.holder.as_str())
                    && gold_name(article, owners, &attitude.target) == Some(gold.target.as_str())
                    && word(attitude.label) == gold.label
            });
            self.check("attitudes", is_right, || {
                format!("{} -> {} {}", gold.holder, gold.target, gold.label)
            });
        }
    }
}

fn mentioned(record: &EnrichedRecord, place: Range) -> Option<&ActorRecord> {
    record
        .actors
        .iter()
        .find(|actor| actor.mentions.iter().any(|mention| place.overlaps(mention.start, mention.end)))
}

fn gold_name<'a>(article: &'a Article, owners: &Owners<'_>, id: &str) -> Option<&'a str> {
    let mut pairs = article.actors.iter().zip(owners);
    pairs.find(|(_, owner)| owner.is_some_and(|owner| owner.id == id)).map(|(gold, _)| gold.name.as_str())
}

fn kind(kind: ActorKindName) -> &'static str {
    match kind {
        ActorKindName::Person => "person",
        ActorKindName::Organization => "organization",
        ActorKindName::Country => "country",
        ActorKindName::Group => "group",
    }
}
