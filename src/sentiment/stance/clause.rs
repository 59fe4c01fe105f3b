//! Subjects and objects around a verb, as far as word order shows them.
//!
//! Every walk is bounded, so that the time is linear in the sentence's length.

use super::sentence::Sentence;
use super::words::{
    ADVERBS, AUXILIARIES, BE, CLAUSE_STARTS, CONDITIONS, CONJUNCTIONS, DOCUMENTS, HARMS, ISSUING, MODALS,
    NEGATIONS, OBJECT_ENDS, PREPOSITIONS, REFUSALS, RELATIVES, REPORTING, REPRESENTATIVES, SUBJECT_CONTROL,
    is_in,
};

/// Words between commas behind a name.
const LONGEST_APPOSITION: usize = 24;
/// Words from a cue to its target.
const LONGEST_OBJECT: usize = 9;
/// Words of a verb with its auxiliaries and adverbs.
const LONGEST_VERB: usize = 10;
/// Words of a name's titles.
const LONGEST_TITLE: usize = 6;
/// Steps from a verb to the head of its subject.
const STEPS_TO_SUBJECT: usize = 5;

/// A verb with what stands before it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct VerbGroup {
    /// First word of the group.
    pub start: usize,
    /// It happens, and is not denied, refused, wished or supposed.
    pub holds: bool,
    /// The word right before the verb, but for adverbs, is a form of "be".
    pub has_be: bool,
    /// It has any auxiliary or governing verb.
    pub is_bare: bool,
}

/// Who stands at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Party {
    /// Actors with the token of their mention; a pronoun stands for the actor it means.
    pub actors: Vec<(usize, usize)>,
    /// First token of the phrase.
    pub start: usize,
}

impl Sentence<'_> {
    pub(super) fn verb_group(&self, verb: usize) -> VerbGroup {
        let mut group = VerbGroup { start: verb, holds: true, has_be: false, is_bare: true };
        let mut nearest = true;
        for at in (0..verb).rev().take(LONGEST_VERB) {
            let word = self.word(at);
            if self.mention(at).is_some() {
                break;
            }
            if is_in(BE, word) || is_in(AUXILIARIES, word) {
                group.has_be |= nearest && is_in(BE, word);
                nearest = false;
                group.holds &= !is_negated_auxiliary(word);
            } else if is_in(MODALS, word)
                || is_in(REFUSALS, word)
                || is_in(NEGATIONS, word)
                || is_negated_auxiliary(word)
            {
                group.holds = false;
            } else if is_in(SUBJECT_CONTROL, word) {
                nearest = false;
            } else if word == "to" {
                // "X asked Y to condemn Z" is no stance of Y.
                let governor = self.word(at.saturating_sub(1));
                if !is_in(SUBJECT_CONTROL, governor) && !is_in(REFUSALS, governor) && !is_in(BE, governor) {
                    group.holds = false;
                    group.start = at;
                    break;
                }
                group.holds &= !is_in(BE, governor);
            } else if !(is_in(ADVERBS, word) || word.ends_with("ly")) {
                break;
            }
            group.start = at;
            group.is_bare = false;
        }
        group.holds &= !self.is_conditional(group.start);
        group
    }

    /// "If X accused Y, ..."
    fn is_conditional(&self, verb: usize) -> bool {
        for at in (0..verb).rev().take(40) {
            if is_in(CONDITIONS, self.word(at)) {
                return true;
            }
            if matches!(self.word(at), "," | ";" | ":" | "but" | "that") {
                return false;
            }
        }
        false
    }

    /// The subject of a verb whose group begins at `start`.
    pub(super) fn subject(&self, start: usize) -> Option<Party> {
        let mut at = start.checked_sub(1)?;
        for _ in 0..STEPS_TO_SUBJECT {
            let word = self.word(at);
            if self.mention(at).is_some() {
                match self.head_before(at) {
                    Some(before) => at = before,
                    None => return Some(self.with_coordinated(at)),
                }
            } else if matches!(word, "," | "—" | "–" | ")") {
                match self.apposition_start(at) {
                    Some(opening) => at = opening.checked_sub(1)?,
                    None => return self.first_subject(start),
                }
            } else if is_in(RELATIVES, word) {
                at = self.antecedent(at)?;
            } else if self.is_document(at) {
                let issuing = (0..at).rev().take(8).find(|before| is_in(ISSUING, self.word(*before)))?;
                at = self.verb_group(issuing).start.checked_sub(1)?;
            } else if is_in(REPRESENTATIVES, word) {
                at = self.represented(at)?;
                return Some(self.with_coordinated(at));
            } else if matches!(word, "he" | "she" | "it") {
                return self.pronoun(at, None);
            } else if is_in(CONJUNCTIONS, word) {
                return self.first_subject(at);
            } else if is_in(ADVERBS, word) || word.ends_with("ly") || self.is_quote_mark(at) {
                at = at.checked_sub(1)?;
            } else {
                return None;
            }
        }
        None
    }

    fn is_document(&self, at: usize) -> bool {
        is_in(DOCUMENTS, self.word(at))
    }

    /// Whom a pronoun means, but for one actor. "It" is the subject of "X said that it".
    pub(super) fn pronoun(&self, at: usize, except: Option<usize>) -> Option<Party> {
        if self.word(at) == "it" {
            let that = usize::from(self.word(at.checked_sub(1)?) == "that");
            let verb = at.checked_sub(1 + that)?;
            return is_in(REPORTING, self.word(verb)).then(|| self.subject(self.verb_group(verb).start))?;
        }
        let mut people = (0..at)
            .filter_map(|before| self.mentions.get(self.mention(before)?))
            .filter(|mention| mention.person && Some(mention.actor) != except)
            .map(|mention| mention.actor);
        let actor = match people.next() {
            // "He" may be either of two.
            Some(first) => people.all(|other| other == first).then_some(first)?,
            None => self.person_before.filter(|actor| Some(*actor) != except)?,
        };
        Some(Party { actors: vec![(actor, at)], start: at })
    }

    /// Start of what stands between commas, dashes or brackets before `closing`.
    fn apposition_start(&self, closing: usize) -> Option<usize> {
        let opening = match self.word(closing) {
            ")" => "(",
            other => other,
        };
        let at = (0..closing).rev().take(LONGEST_APPOSITION).find(|at| self.word(*at) == opening)?;
        // An apposition stands behind a name or its role, not behind "On Monday".
        let before = at.checked_sub(1)?;
        let names = self.mention(before).is_some() || is_in(REPRESENTATIVES, self.word(before));
        (names && !self.begins_with_preposition(before)).then_some(at)
    }

    /// "After talks in the Kremlin, ..." is no subject.
    fn begins_with_preposition(&self, end: usize) -> bool {
        let start = self.title_start(self.mention_start(end));
        start
            .checked_sub(1)
            .is_some_and(|before| is_in(PREPOSITIONS, self.word(before)) && self.word(before) != "of")
    }

    /// The word that a relative pronoun stands for; "the declaration on Tuesday which".
    pub(super) fn antecedent(&self, relative: usize) -> Option<usize> {
        let skipped = |at: &usize| {
            self.word(*at) == "," || is_in(ADVERBS, self.word(*at)) || is_in(PREPOSITIONS, self.word(*at))
        };
        (0..relative).rev().take(5).find(|at| !skipped(at))
    }

    /// First token of a name's titles and articles.
    fn title_start(&self, name: usize) -> usize {
        let belongs = |at: &usize| {
            let word = self.word(*at);
            matches!(word, "the" | "a" | "an" | "its" | "his" | "her" | "their")
                || (!self.is_mark(*at)
                    && self.mention(*at).is_none()
                    && !is_in(PREPOSITIONS, word)
                    && !is_in(CLAUSE_STARTS, word)
                    && !is_in(CONJUNCTIONS, word)
                    && (self.is_capitalised(*at) || is_in(REPRESENTATIVES, word)))
        };
        (0..name).rev().take(LONGEST_TITLE).take_while(belongs).last().unwrap_or(name)
    }

    /// Where the mention is no head ("the mayor of Karth", "talks in Velm"): the word that is.
    fn head_before(&self, at: usize) -> Option<usize> {
        let start = self.title_start(self.mention_start(at));
        let preposition = start.checked_sub(1)?;
        if !is_in(PREPOSITIONS, self.word(preposition)) {
            return None;
        }
        let head = preposition.checked_sub(1)?;
        // "leaders of Karth" speak for Karth.
        (!is_in(REPRESENTATIVES, self.word(head)) || self.mention(head).is_some()).then_some(head)
    }

    /// The mention that "government", "officials" and the like speak for.
    fn represented(&self, representative: usize) -> Option<usize> {
        for at in (0..representative).rev().take(3) {
            if self.mention(at).is_some() {
                return self.head_before(at).is_none().then_some(at);
            }
            if self.is_possessive(at) {
                let owner = at.checked_sub(1)?;
                return self.mention(owner).is_some().then_some(owner);
            }
            if self.is_mark(at) || is_in(PREPOSITIONS, self.word(at)) || is_in(CLAUSE_STARTS, self.word(at)) {
                return None;
            }
        }
        None
    }

    /// The mention, and "X and" before it where both are the subject.
    fn with_coordinated(&self, at: usize) -> Party {
        let mut start = self.title_start(self.mention_start(at));
        let mut actors = self.actor_at(at).into_iter().collect::<Vec<_>>();
        if let Some(and) = start.checked_sub(1).filter(|before| self.word(*before) == "and")
            && let Some(other) = and.checked_sub(1).filter(|before| self.mention(*before).is_some())
        {
            let first = self.title_start(self.mention_start(other));
            // "X met Y and Z praised W": only at the clause's start is it sure that both are meant.
            let begins = first
                .checked_sub(1)
                .is_none_or(|before| self.is_mark(before) || is_in(CLAUSE_STARTS, self.word(before)));
            if begins {
                actors.extend(self.actor_at(other));
                start = first;
            }
        }
        Party { actors, start }
    }

    fn actor_at(&self, at: usize) -> Option<(usize, usize)> {
        Some((self.mentions.get(self.mention(at)?)?.actor, at))
    }

    /// The subject that a further verb of the sentence shares: that of its first clause.
    fn first_subject(&self, before: usize) -> Option<Party> {
        let is_free = |at: usize| {
            let start = self.title_start(self.mention_start(at));
            let behind = self.mention_end(at);
            let free = start.checked_sub(1).is_none_or(|before| {
                let word = self.word(before);
                !is_in(PREPOSITIONS, word)
                    && !self.is_possessive(before)
                    && (self.is_mark(before) || is_in(CLAUSE_STARTS, word))
            });
            let verb_follows = !self.is_mark(behind)
                && !self.is_possessive(behind)
                && !is_in(PREPOSITIONS, self.word(behind));
            let apposition =
                matches!(self.word(behind), "," | "(") && is_in(RELATIVES, self.word(behind + 1));
            free && (verb_follows || apposition)
        };
        let first = (0..before.min(60)).find(|at| self.mention(*at).is_some())?;
        is_free(first).then(|| {
            let last = self.mention_end(first);
            let joined = self.word(last) == "and" && self.mention(last + 1).is_some();
            self.with_coordinated(if joined { last + 1 } else { first })
        })
    }

    /// Whom a verb is directed at: the first mention of its object, with those that are joined to it.
    pub(super) fn object(&self, from: usize) -> Option<Party> {
        let mut harmed = false;
        for at in from..self.len().min(from + LONGEST_OBJECT) {
            let word = self.word(at);
            if self.mention(at).is_some() {
                return (!harmed).then(|| self.joined_objects(self.last_title(at)));
            }
            if (self.is_mark(at) && !self.is_quote_mark(at) && !matches!(word, "-" | "["))
                || is_in(CLAUSE_STARTS, word)
            {
                return None;
            }
            if is_in(OBJECT_ENDS, word) {
                return None;
            }
            // The doer is meant: "the killing of Y by X".
            harmed = if is_in(HARMS, word) { true } else { harmed && word != "by" };
            if harmed && word == "of" {
                return self.doer(at);
            }
        }
        None
    }

    /// "by X" right behind the victim.
    fn doer(&self, of: usize) -> Option<Party> {
        let by = (of..self.len().min(of + 6)).find(|at| self.word(*at) == "by")?;
        self.agent(by)
    }

    /// Of "Karth President Ilya Marsh" the person.
    fn last_title(&self, at: usize) -> usize {
        let end = self.mention_end(at);
        if self.is_possessive(end) {
            return at;
        }
        let next = (end..self.len().min(end + 4))
            .take_while(|next| {
                self.mention(*next).is_some()
                    || self.is_capitalised(*next)
                    || is_in(REPRESENTATIVES, self.word(*next))
            })
            .find(|next| self.mention(*next).is_some());
        next.unwrap_or(at)
    }

    fn joined_objects(&self, first: usize) -> Party {
        let mut actors: Vec<(usize, usize)> = self.actor_at(first).into_iter().collect();
        let mut at = self.mention_end(first);
        // A list is read as far as it names nothing but actors.
        for _ in 0..4 {
            let mut next = at;
            while matches!(self.word(next), "," | "and") {
                next += 1;
            }
            let joined = next > at && self.mention(next).is_some();
            let end = self.mention_end(next);
            let is_last_of_list = self.word(end) == "."
                || self.word(end) == ";"
                || matches!(self.word(end), "" | "and" | "for" | "," | "over" | "but");
            if !joined || !is_last_of_list {
                break;
            }
            actors.extend(self.actor_at(next));
            at = end;
        }
        Party { actors, start: first }
    }

    /// Who acts behind "by" or "from".
    pub(super) fn agent(&self, by: usize) -> Option<Party> {
        for at in by + 1..self.len().min(by + 1 + LONGEST_TITLE) {
            if self.mention(at).is_some() {
                let at = self.last_title(at);
                let end = self.mention_end(at);
                let speaks_for = !self.is_possessive(end)
                    || (end + 1..end + 4).any(|next| is_in(REPRESENTATIVES, self.word(next)));
                return speaks_for.then(|| self.joined_objects(at));
            }
            let word = self.word(at);
            let goes_on = matches!(word, "the" | "a" | "an" | "both" | "its" | "former")
                || self.is_capitalised(at)
                || is_in(REPRESENTATIVES, word)
                || (is_in(REPRESENTATIVES, self.word(at.saturating_sub(1)))
                    && matches!(word, "of" | "in" | "from"));
            if !goes_on {
                return None;
            }
        }
        None
    }
}

fn is_negated_auxiliary(word: &str) -> bool {
    word.ends_with("n't") || word.ends_with("n’t")
}
