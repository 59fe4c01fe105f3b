//! The words that show a stance, from `data/sentiment/stances.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

static TABLE: &str = include_str!("../../../data/sentiment/stances.txt");

static CUES: LazyLock<CueTable> = LazyLock::new(|| CueTable::read(TABLE));

/// The table of the program.
pub(super) fn cues() -> &'static CueTable {
    &CUES
}

/// What an expression says of the one that it is directed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Praise,
    Blame,
    /// An act that speaks against its doer.
    Harm,
}

/// How a verb is inflected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Base,
    Present,
    Past,
    Participle,
    /// Past tense and participle are one word.
    PastOrParticiple,
    Ing,
}

impl Form {
    pub(super) fn is_participle(self) -> bool {
        matches!(self, Self::Participle | Self::PastOrParticiple)
    }
}

/// How an expression takes its holder and its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// "X criticised Y"
    Verb(Form),
    /// "X called on Y to leave"
    VerbWithInfinitive(Form),
    /// "X is critical of Y"
    Adjective,
    /// "X's praise for Y", with the prepositions before the target.
    Noun(Vec<&'static str>),
}

/// An expression that shows a stance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cue {
    pub tone: Tone,
    pub frame: Frame,
    /// The words behind the first one.
    pub rest: Vec<&'static str>,
}

#[derive(Default)]
pub(super) struct CueTable {
    /// By first word, the longest expression first.
    by_word: HashMap<String, Vec<Cue>>,
    /// Words that judge somebody who is called so; whether they are positive.
    naming: HashMap<&'static str, bool>,
}

impl CueTable {
    fn read(table: &'static str) -> Self {
        let mut read = Self::default();
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t');
            let (Some(polarity), Some(kind), Some(list)) = (columns.next(), columns.next(), columns.next())
            else {
                continue;
            };
            for expression in list.split(", ") {
                read.add(tone(polarity), kind, expression);
            }
        }
        for cues in read.by_word.values_mut() {
            cues.sort_by_key(|cue| std::cmp::Reverse(cue.rest.len()));
        }
        read
    }

    fn add(&mut self, tone: Tone, kind: &str, expression: &'static str) {
        let (phrase, prepositions) = expression.split_once(" (").unwrap_or((expression, ""));
        let mut words = phrase.split(' ');
        let first = words.next().unwrap_or_default();
        let rest: Vec<&'static str> = words.collect();
        match kind {
            "naming" => {
                self.naming.insert(first, tone == Tone::Praise);
            }
            "adjective" => self.insert(first.to_owned(), Cue { tone, frame: Frame::Adjective, rest }),
            "noun" => {
                let frame = Frame::Noun(prepositions.trim_end_matches(')').split(' ').collect());
                self.insert(first.to_owned(), Cue { tone, frame, rest });
            }
            _ => {
                for (form, word) in inflected(first) {
                    let frame = match kind {
                        "verb to" => Frame::VerbWithInfinitive(form),
                        _ => Frame::Verb(form),
                    };
                    self.insert(word, Cue { tone, frame, rest: rest.clone() });
                }
            }
        }
    }

    fn insert(&mut self, word: String, cue: Cue) {
        self.by_word.entry(word).or_default().push(cue);
    }

    /// Expressions that begin with a word in lower case, the longest first.
    pub(super) fn beginning_with(&self, word: &str) -> &[Cue] {
        self.by_word.get(word).map_or(&[], Vec::as_slice)
    }

    /// Whether a word judges somebody who is called so, and how: `true` is positive.
    pub(super) fn judges(&self, word: &str) -> Option<bool> {
        self.naming.get(word).copied()
    }
}

fn tone(word: &str) -> Tone {
    match word {
        "positive" => Tone::Praise,
        "harm" => Tone::Harm,
        _ => Tone::Blame,
    }
}

/// The forms of a verb as the table writes it.
fn inflected(verb: &str) -> Vec<(Form, String)> {
    if verb.contains('/') {
        const FORMS: [Form; 5] = [Form::Base, Form::Present, Form::Past, Form::Participle, Form::Ing];
        return FORMS.into_iter().zip(verb.split('/').map(str::to_owned)).collect();
    }
    let mut forms = regular(verb);
    if let Some(stem) = verb.strip_suffix("ise").filter(|stem| stem.len() > 2 && *verb != *"praise") {
        forms.extend(regular(&format!("{stem}ize")));
    }
    forms
}

fn regular(verb: &str) -> Vec<(Form, String)> {
    let doubled = verb.strip_suffix('+');
    let base = doubled.unwrap_or(verb);
    let last = base.chars().next_back().map(String::from).unwrap_or_default();
    let consonant_y = base.ends_with('y') && !["ay", "ey", "oy"].iter().any(|end| base.ends_with(end));
    let (past, ing) = if doubled.is_some() {
        (format!("{base}{last}ed"), format!("{base}{last}ing"))
    } else if let Some(stem) = base.strip_suffix('e') {
        (format!("{base}d"), format!("{stem}ing"))
    } else if let Some(stem) = base.strip_suffix('y').filter(|_| consonant_y) {
        (format!("{stem}ied"), format!("{base}ing"))
    } else {
        (format!("{base}ed"), format!("{base}ing"))
    };
    let present = match base.strip_suffix('y').filter(|_| consonant_y) {
        Some(stem) => format!("{stem}ies"),
        None if base.ends_with("sh") || base.ends_with("ch") || base.ends_with(['s', 'x']) => {
            format!("{base}es")
        }
        None => format!("{base}s"),
    };
    vec![
        (Form::Base, base.to_owned()),
        (Form::Present, present),
        (Form::PastOrParticiple, past),
        (Form::Ing, ing),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(verb: &str) -> Vec<String> {
        inflected(verb).into_iter().map(|(_, word)| word).collect()
    }

    #[test]
    fn regular_irregular_and_doubling_verbs_are_inflected() {
        assert_eq!(forms("slam+"), ["slam", "slams", "slammed", "slamming"]);
        assert_eq!(forms("decry"), ["decry", "decries", "decried", "decrying"]);
        assert_eq!(forms("betray"), ["betray", "betrays", "betrayed", "betraying"]);
        assert_eq!(forms("praise"), ["praise", "praises", "praised", "praising"]);
        assert_eq!(forms("chastise")[4..], ["chastize", "chastizes", "chastized", "chastizing"]);
        assert_eq!(forms("take/takes/took/taken/taking")[2], "took");
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let table = cues();
        let count: usize = table.by_word.values().map(Vec::len).sum();
        assert!(count > 1000, "{count}");
        assert_eq!(table.judges("liar"), Some(false));
        assert_eq!(table.judges("dear"), Some(true));
        assert!(
            table.by_word.values().flatten().all(
                |cue| !matches!(&cue.frame, Frame::Noun(list) if list.iter().any(|word| word.is_empty()))
            )
        );
    }

    #[test]
    fn the_longest_expression_comes_first() {
        let cues = cues().beginning_with("warned");
        assert!(
            cues.first().is_some_and(|cue| !cue.rest.is_empty())
                && cues.last().is_some_and(|cue| cue.rest.is_empty())
        );
    }
}
