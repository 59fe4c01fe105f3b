//! Stances that the article's own words report: "X criticised Y", "X's praise for Y", "Y drew criticism from X".
//!
//! Read off word order and a table of expressions; nothing is guessed where the order is unclear. The accused is the
//! target, whatever the voice of the verb. What is denied, refused, demanded or supposed is no stance.

mod clause;
mod cues;
mod sentence;
mod words;

#[cfg(test)]
mod tests;

pub use sentence::StanceMention;

use clause::Party;
use cues::{Cue, Form, Frame, cues};
use sentence::Sentence;
use std::ops::Range;
use words::{BE, LIGHT_VERBS, MODALS, NAMING_VERBS, NEGATIONS, RECEIVING_VERBS, RELATIVES, is_in};

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

/// The stances in one sentence. `mentions` are in order and do not overlap; `person_before` is the one person that the
/// sentence before names, whom "he" or "she" may mean.
#[must_use]
pub fn stances(text: &str, mentions: &[StanceMention], person_before: Option<usize>) -> Vec<Stance> {
    // A stance needs two, and one of them by name.
    if mentions.is_empty() || (mentions.len() == 1 && person_before.is_none()) {
        return Vec::new();
    }
    let sentence = Sentence::new(text, mentions, person_before);
    let mut found = Vec::new();
    for at in 0..sentence.len() {
        if sentence.mention(at).is_some() {
            continue;
        }
        let word = sentence.word(at);
        // "Support" and "sanctions" are verbs and nouns: the first reading that has both parties counts.
        let readings = cues().beginning_with(word).iter().filter(|cue| follows(&sentence, at + 1, &cue.rest));
        found.extend(
            readings
                .map(|cue| sentence.stances_at(at, cue))
                .find(|read| !read.is_empty())
                .unwrap_or_default(),
        );
        if is_in(NAMING_VERBS, word) {
            found.extend(sentence.naming(at));
        }
    }
    found
}

fn follows(sentence: &Sentence<'_>, from: usize, words: &[&str]) -> bool {
    words.iter().enumerate().all(|(offset, word)| sentence.word(from + offset) == *word)
}

impl Sentence<'_> {
    fn stances_at(&self, at: usize, cue: &Cue) -> Vec<Stance> {
        let behind = at + 1 + cue.rest.len();
        let parties = match &cue.frame {
            Frame::Verb(form) => self.of_verb(at, behind, *form, cue.rest.is_empty()),
            Frame::VerbWithInfinitive(form) => self.of_demand(at, behind, *form),
            Frame::Adjective => self.of_adjective(at, behind),
            Frame::Noun(prepositions) => self.of_noun(at, behind, prepositions),
        };
        parties
            .map_or_else(Vec::new, |(holder, target)| self.stances_of(at, &holder, &target, cue.is_positive))
    }

    fn of_verb(&self, at: usize, behind: usize, form: Form, may_be_passive: bool) -> Option<(Party, Party)> {
        let group = self.verb_group(at);
        if !group.holds {
            return None;
        }
        if may_be_passive && form.is_participle() {
            if group.has_be {
                return Some((self.agent(self.by(behind)?)?, self.subject(group.start)?));
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
        match self.object(behind) {
            Some(target) => Some((self.subject(group.start)?, target)),
            None => self.relative_clause(group.start),
        }
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
        Some((self.governing_subject(at)?, target()?))
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

    /// "X called Y a liar", "Y, whom X called a liar"
    fn naming(&self, at: usize) -> Vec<Stance> {
        let group = self.verb_group(at);
        if !group.holds || group.has_be {
            return self.passive_naming(at);
        }
        let behind = at + 1;
        let named = (behind..self.len().min(behind + 4)).find(|next| self.mention(*next).is_some());
        let parties = match named {
            Some(_) => self.subject(group.start).zip(self.object(behind)),
            None => self.relative_clause(group.start),
        };
        let Some((holder, target)) = parties else { return Vec::new() };
        let from = named.map_or(behind, |named| self.mention_end(named));
        self.judgement(from)
            .map_or_else(Vec::new, |is_positive| self.stances_of(at, &holder, &target, is_positive))
    }

    /// "Y was called a liar by X"
    fn passive_naming(&self, at: usize) -> Vec<Stance> {
        let group = self.verb_group(at);
        let parties = (group.holds && group.has_be)
            .then(|| Some((self.agent(self.by(at + 1)?)?, self.subject(group.start)?)))
            .flatten();
        match (parties, self.judgement(at + 1)) {
            (Some((holder, target)), Some(is_positive)) => self.stances_of(at, &holder, &target, is_positive),
            _ => Vec::new(),
        }
    }

    /// What the words behind a naming verb say of the one who is named.
    fn judgement(&self, from: usize) -> Option<bool> {
        for at in from..self.len().min(from + 7) {
            let word = self.word(at);
            if is_in(NEGATIONS, word) || self.mention(at).is_some() || matches!(word, "." | ";" | ":") {
                return None;
            }
            // "who has failed" and "for a failure" are other words' business.
            if at > from
                && (is_in(words::CLAUSE_STARTS, word) && word != "as"
                    || matches!(word, "for" | "of" | "to" | "in"))
            {
                return None;
            }
            if let Some(is_positive) = cues().judges(word) {
                return Some(is_positive);
            }
        }
        None
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

    fn stances_of(&self, cue: usize, holder: &Party, target: &Party, is_positive: bool) -> Vec<Stance> {
        let mut found = Vec::new();
        for (target, target_token) in &target.actors {
            for (holder, _) in holder.actors.iter().filter(|(holder, _)| holder != target) {
                let named = self.mention(*target_token).and_then(|mention| self.mentions.get(mention));
                let words = named.map(|mention| mention.range.clone()).or_else(|| self.range(*target_token));
                let (Some(cue), Some(words)) = (self.range(cue), words) else { continue };
                found.push(Stance {
                    holder: *holder,
                    target: *target,
                    is_positive,
                    evidence: cue.start.min(words.start)..cue.end.max(words.end),
                    target_mention: self.mention(*target_token),
                });
            }
        }
        found
    }
}
