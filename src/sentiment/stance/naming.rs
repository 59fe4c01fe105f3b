//! What somebody is called: "X called Y a liar", `"Shameful," X said of Y`.

use super::Directed;
use super::cues::{Tone, cues};
use super::sentence::Sentence;
use super::words::{CLAUSE_STARTS, NAMING_VERBS, NEGATIONS, is_in};

impl Sentence<'_> {
    /// What somebody is called, or is said to be.
    pub(super) fn named_as(&self, at: usize) -> Option<Directed> {
        let word = self.word(at);
        let named = if is_in(NAMING_VERBS, word) { self.naming(at) } else { None };
        named.or_else(|| self.said_of(at))
    }

    /// `"Shameful," X said of Y`
    fn said_of(&self, at: usize) -> Option<Directed> {
        if !matches!(self.word(at), "said" | "says") || self.word(at + 1) != "of" {
            return None;
        }
        let target = self.object(at + 2)?;
        let quoted = (0..at).rev().take(12).find_map(|before| {
            let is_negated = before.checked_sub(1).is_some_and(|not| is_in(NEGATIONS, self.word(not)));
            cues().judges(self.word(before)).filter(|_| !is_negated)
        })?;
        let holder = self.subject(self.verb_group(at).start).unwrap_or_default();
        Some(Directed { holder, target, tone: judging(quoted) })
    }

    /// "X called Y a liar", "Y, whom X called a liar"
    fn naming(&self, at: usize) -> Option<Directed> {
        let group = self.verb_group(at);
        if !group.holds {
            return None;
        }
        let behind = at + 1;
        if group.has_be {
            // "Y was called a liar by X"
            let holder = self.by(behind).and_then(|by| self.agent(by)).unwrap_or_default();
            let tone = judging(self.judgement(behind)?);
            return Some(Directed { holder, target: self.subject(group.start)?, tone });
        }
        let named = (behind..self.len().min(behind + 4)).find(|next| self.mention(*next).is_some());
        let (holder, target) = match named {
            Some(_) => (self.subject(group.start).unwrap_or_default(), self.object(behind)?),
            None => self.relative_clause(group.start)?,
        };
        let from = named.map_or(behind, |named| self.mention_end(named));
        Some(Directed { holder, target, tone: judging(self.judgement(from)?) })
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
                && (is_in(CLAUSE_STARTS, word) && word != "as" || matches!(word, "for" | "of" | "to" | "in"))
            {
                return None;
            }
            if let Some(is_positive) = cues().judges(word) {
                return Some(is_positive);
            }
        }
        None
    }
}

fn judging(is_positive: bool) -> Tone {
    if is_positive { Tone::Praise } else { Tone::Blame }
}
