//! Stances that the article's own words report: "X criticised Y", "X's praise for Y", "Y drew criticism from X".
//!
//! Read off word order and a table of expressions; nothing is guessed where the order is unclear. The accused is the
//! target, whatever the voice of the verb. What is denied, refused, demanded or supposed is no stance.

mod clause;
mod cues;
mod naming;
mod sentence;
mod superlative;
#[rustfmt::skip]
mod words;

#[cfg(test)]
mod tests;

pub use sentence::StanceMention;

use clause::Party;
pub use cues::Tone;

use cues::{Cue, Form, Frame, cues};
use sentence::Sentence;
use std::ops::Range;
use words::{BE, LIGHT_VERBS, MODALS, NEGATIONS, RECEIVING_VERBS, RELATIVES, is_in};

/// Words between a noun and the verb that governs it.
const LONGEST_NOUN_PHRASE: usize = 7;
/// Words from a passive to its "by".
const FARTHEST_AGENT: usize = 14;

/// What one actor holds of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stance {
    pub holder: usize,
    pub target: usize,
    pub is_positive: bool,
    /// The words that show it, in bytes of the sentence.
    pub evidence: Range<usize>,
    /// Position of the target's mention; `None` where a pronoun stands for it.
    pub target_mention: Option<usize>,
}

/// What a sentence tells of one mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Praised,
    /// Praised where another is blamed: the model mixes up the two.
    Preferred,
    Blamed,
    Harmed,
    /// Who does harm.
    Harming,
    /// Who praises or blames.
    Judging,
}

/// What one sentence reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub stances: Vec<Stance>,
    /// Mentions by position, with what is told of them; also where the other side has no name.
    pub parts: Vec<(usize, Part)>,
}

/// What one sentence reports of its mentions. They are in order and do not overlap; `person_before` is the one person
/// that the sentence before names, whom "he" or "she" may mean.
#[must_use]
pub fn report(text: &str, mentions: &[StanceMention], person_before: Option<usize>) -> Report {
    let mut report = Report::default();
    if mentions.is_empty() {
        return report;
    }
    let sentence = Sentence::new(text, mentions, person_before);
    for at in 0..sentence.len() {
        if sentence.mention(at).is_some() {
            continue;
        }
        let word = sentence.word(at);
        // "Support" and "sanctions" are verbs and nouns: the first reading that has a party counts.
        let readings = cues().beginning_with(word).iter().filter(|cue| follows(&sentence, at + 1, &cue.rest));
        let read = readings.filter_map(|cue| sentence.parties(at, cue)).find(|read| !read.is_empty());
        for read in read.into_iter().chain(sentence.named_as(at)) {
            report.stances.extend(sentence.stances_of(at, &read));
            report.parts.extend(sentence.parts_of(&read));
        }
        if let Some((subject, part)) = sentence.superlative(at) {
            let mentions = subject.actors.iter().filter_map(|(_, token)| sentence.mention(*token));
            report.parts.extend(mentions.map(|mention| (mention, part)));
        }
    }
    if report.parts.iter().any(|(_, part)| *part == Part::Blamed) {
        for (_, part) in report.parts.iter_mut().filter(|(_, part)| *part == Part::Praised) {
            *part = Part::Preferred;
        }
    }
    report
}

/// Two sides of an expression; either may have no name.
struct Directed {
    holder: Party,
    target: Party,
    tone: Tone,
}

impl Directed {
    fn is_empty(&self) -> bool {
        self.holder.actors.is_empty() && self.target.actors.is_empty()
    }
}

fn follows(sentence: &Sentence<'_>, from: usize, words: &[&str]) -> bool {
    words.iter().enumerate().all(|(offset, word)| sentence.word(from + offset) == *word)
}

impl Sentence<'_> {
    fn parties(&self, at: usize, cue: &Cue) -> Option<Directed> {
        let behind = at + 1 + cue.rest.len();
        let (holder, target) = match &cue.frame {
            Frame::Verb(form) => self.of_verb(at, behind, *form, cue.rest.is_empty()),
            Frame::VerbWithInfinitive(form) => self.of_demand(at, behind, *form),
            Frame::Adjective => self.of_adjective(at, behind),
            Frame::Noun(prepositions) => self.of_noun(at, behind, prepositions),
        }?;
        // Without an object, only a harm says something.
        (cue.tone == Tone::Harm || !target.actors.is_empty()).then_some(Directed {
            holder,
            target,
            tone: cue.tone,
        })
    }

    fn of_verb(&self, at: usize, behind: usize, form: Form, may_be_passive: bool) -> Option<(Party, Party)> {
        let group = self.verb_group(at);
        if !group.holds {
            return None;
        }
        if may_be_passive && form.is_participle() {
            if group.has_be {
                let agent = self.by(behind).and_then(|by| self.agent(by)).unwrap_or_default();
                return Some((agent, self.subject(group.start).unwrap_or_default()));
            }
            // "Y, criticised by X, ..."
            if group.is_bare && self.word(behind) == "by" {
                let before = at.checked_sub(1)?;
                let named = if self.word(before) == "," { before.checked_sub(1)? } else { before };
                let target = self.subject(named + 1)?;
                return Some((self.agent(behind)?, target));
            }
        }
        // A bare "-ing" word is a noun or goes on with the sentence's subject.
        if form == Form::Ing && group.is_bare && self.word(at.checked_sub(1)?) != "," {
            return None;
        }
        if form == Form::Participle && group.is_bare {
            return None;
        }
        let subject = self.subject(group.start);
        // A bare word may be a noun.
        if group.is_bare && subject.is_none() && !form.is_participle() && !self.can_be_verb(at) {
            return None;
        }
        match self.object(behind) {
            Some(target) => Some((subject.unwrap_or_default(), target)),
            None => self.relative_clause(group.start).or_else(|| Some((subject?, Party::default()))),
        }
    }

    /// "Voters trust Y, but despise Z": without a subject that is known, a bare form is a verb behind a plural or "but".
    fn can_be_verb(&self, at: usize) -> bool {
        at.checked_sub(1).is_some_and(|before| {
            let word = self.word(before);
            is_in(words::CONJUNCTIONS, word) || (word.len() > 3 && word.ends_with('s'))
        })
    }

    /// "X called on Y to stop" asks for a change; "X urged Y to stay" may be friendly: only with a stop to it.
    fn of_demand(&self, at: usize, behind: usize, form: Form) -> Option<(Party, Party)> {
        const STOPS: [&str; 14] = [
            "stop",
            "halt",
            "end",
            "cease",
            "resign",
            "quit",
            "withdraw",
            "apologise",
            "apologize",
            "refrain",
            "abandon",
            "reverse",
            "drop",
            "answer",
        ];
        let (holder, target) = self.of_verb(at, behind, form, true)?;
        let last = target.actors.last().map_or(behind, |(_, token)| (*token).max(at));
        let to = (last..self.len().min(last + 8)).find(|next| self.word(*next) == "to")?;
        STOPS.contains(&self.word(to + 1)).then_some((holder, target))
    }

    fn of_adjective(&self, at: usize, behind: usize) -> Option<(Party, Party)> {
        let group = self.verb_group(at);
        let feels = group.has_be || self.governed_by_seeming(group.start);
        if !group.holds || !feels {
            return None;
        }
        let start = if group.has_be { group.start } else { group.start - 1 };
        Some((self.subject(self.verb_group(start).start)?, self.object(behind)?))
    }

    /// "X remained critical of Y"
    fn governed_by_seeming(&self, start: usize) -> bool {
        let before = start.checked_sub(1).map_or("", |before| self.word(before));
        matches!(
            before,
            "remain"
                | "remains"
                | "remained"
                | "became"
                | "become"
                | "becomes"
                | "felt"
                | "feels"
                | "grew"
                | "stayed"
                | "stays"
                | "seems"
                | "seemed"
        )
    }

    fn of_noun(&self, at: usize, behind: usize, prepositions: &[&str]) -> Option<(Party, Party)> {
        let target = || prepositions.contains(&self.word(behind)).then(|| self.object(behind + 1))?;
        // "X's praise for Y"
        if let Some(owner) = self.owner(at) {
            return Some((owner, target()?));
        }
        // "criticism from X of Y"
        if matches!(self.word(behind), "from" | "by")
            && let Some(holder) = self.agent(behind)
        {
            if let Some(receiver) = self.receiver(at) {
                return Some((holder, receiver));
            }
            let end = self.mention_end(holder.actors.last()?.1);
            return prepositions
                .contains(&self.word(end))
                .then(|| self.object(end + 1))?
                .map(|target| (holder, target));
        }
        let passive = is_in(BE, self.word(behind)) && is_in(LIGHT_VERBS, self.word(behind + 1));
        if passive && prepositions.contains(&self.word(behind + 2)) {
            let target = self.object(behind + 3)?;
            return Some((self.agent(self.by(behind + 3)?)?, target));
        }
        let target = target()?;
        let end = target.actors.last().map_or(behind, |(_, token)| self.mention_end(*token));
        let agent = (self.word(end) == "by").then(|| self.agent(end)).flatten();
        Some((agent.or_else(|| self.governing_subject(at))?, target))
    }

    /// "X's fierce criticism"
    fn owner(&self, noun: usize) -> Option<Party> {
        for at in (0..noun).rev().take(4) {
            if self.is_possessive(at) {
                let owner = at.checked_sub(1)?;
                return self
                    .mention(owner)
                    .and_then(|mention| self.mentions.get(mention))
                    .map(|mention| Party { actors: vec![(mention.actor, owner)], start: owner });
            }
            if self.mention(at).is_some()
                || self.is_mark(at)
                || is_in(words::PREPOSITIONS, self.word(at))
                || is_in(LIGHT_VERBS, self.word(at))
            {
                return None;
            }
        }
        None
    }

    /// The subject of the verb whose object the noun is, or that is "in" it.
    fn governing_subject(&self, noun: usize) -> Option<Party> {
        let mut inside = false;
        for at in (0..noun).rev().take(LONGEST_NOUN_PHRASE) {
            let word = self.word(at);
            if is_in(LIGHT_VERBS, word) || (inside && is_in(BE, word)) {
                let group = self.verb_group(at);
                return (group.holds && !group.has_be).then(|| self.subject(group.start))?;
            }
            inside |= word == "in";
            let leads_away = self.mention(at).is_some()
                || self.is_mark(at)
                || is_in(NEGATIONS, word)
                || is_in(MODALS, word);
            if leads_away || is_in(RELATIVES, word) {
                return None;
            }
        }
        None
    }

    /// Whom criticism or praise reaches: "Y drew criticism", "Y came under criticism".
    fn receiver(&self, noun: usize) -> Option<Party> {
        let verb = (0..noun)
            .rev()
            .take(LONGEST_NOUN_PHRASE)
            .find(|at| is_in(RECEIVING_VERBS, self.word(*at)) || self.word(*at) == "came")?;
        let group = self.verb_group(verb);
        group.holds.then(|| self.subject(group.start))?
    }

    /// "Y, whom X accused", "Y, who he has called a friend": the target is the one that the relative pronoun before the
    /// subject stands for, and "he" is somebody else.
    fn relative_clause(&self, verb: usize) -> Option<(Party, Party)> {
        let pronoun = verb.checked_sub(1).filter(|at| matches!(self.word(*at), "he" | "she"));
        let start = match pronoun {
            Some(at) => at,
            None => self.subject(verb)?.start,
        };
        let relative = start.checked_sub(1).filter(|at| is_in(RELATIVES, self.word(*at)))?;
        let before = self.antecedent(relative)?;
        let target = self.mentions.get(self.mention(before)?)?.actor;
        let holder = match pronoun {
            Some(at) => self.pronoun(at, Some(target))?,
            None => self.subject(verb)?,
        };
        Some((holder, Party { actors: vec![(target, before)], start: before }))
    }

    fn by(&self, from: usize) -> Option<usize> {
        (from..self.len().min(from + FARTHEST_AGENT))
            .take_while(|at| !matches!(self.word(*at), "," | ";" | "." | ":"))
            .find(|at| self.word(*at) == "by")
    }

    fn parts_of(&self, read: &Directed) -> Vec<(usize, Part)> {
        let (done, suffered) = match read.tone {
            Tone::Praise => (Part::Judging, Part::Praised),
            Tone::Blame => (Part::Judging, Part::Blamed),
            Tone::Harm => (Part::Harming, Part::Harmed),
        };
        let sides = [(&read.holder, done), (&read.target, suffered)];
        let parts = sides.into_iter().flat_map(|(party, part)| {
            party.actors.iter().filter_map(move |(_, token)| Some((self.mention(*token)?, part)))
        });
        parts.collect()
    }

    fn stances_of(&self, cue: usize, read: &Directed) -> Vec<Stance> {
        let mut found = Vec::new();
        for (target, target_token) in &read.target.actors {
            for (holder, _) in read.holder.actors.iter().filter(|(holder, _)| holder != target) {
                let named = self.mention(*target_token).and_then(|mention| self.mentions.get(mention));
                let words = named.map(|mention| mention.range.clone()).or_else(|| self.range(*target_token));
                let (Some(cue), Some(words)) = (self.range(cue), words) else { continue };
                found.push(Stance {
                    holder: *holder,
                    target: *target,
                    is_positive: read.tone == Tone::Praise,
                    evidence: cue.start.min(words.start)..cue.end.max(words.end),
                    target_mention: self.mention(*target_token),
                });
            }
        }
        found
    }
}
