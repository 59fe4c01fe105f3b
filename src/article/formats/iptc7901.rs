//! Wires in IPTC 7901 and ANPA 1312: SOH, header, STX, text, ETX, time of sending.
//!
//! The text is hard-wrapped; its lines stay as they are. Lines that start with `^` (ANPA) are headline, byline and
//! notes; what agencies mark as not for publication is left out.

use super::super::date;
use super::super::draft::{Draft, flat};
use super::{Contents, TextFormat};
use crate::config::InputFormat;

const START_OF_HEADER: char = '\u{1}';
const START_OF_TEXT: char = '\u{2}';
const END_OF_TEXT: char = '\u{3}';

pub(super) const FORMAT: TextFormat = TextFormat {
    format: InputFormat::Iptc7901,
    recognises,
    expected: "a wire with the control characters SOH and STX",
    read: |text| Contents::One(Box::new(draft(text))),
};

fn recognises(text: &str) -> bool {
    let start = text.chars().take(16).position(|c| c == START_OF_HEADER);
    start.is_some() && text.contains(START_OF_TEXT)
}

fn draft(text: &str) -> Draft {
    let (header, rest) = text.split_once(START_OF_TEXT).unwrap_or(("", text));
    let (main, trailer) = rest.split_once(END_OF_TEXT).unwrap_or((rest, ""));
    let header = header.rsplit(START_OF_HEADER).next().unwrap_or_default();
    let published_at = sent(trailer);
    let words: Vec<&str> = header.lines().next().unwrap_or_default().split_whitespace().collect();
    let number =
        words.first().map(|word| word.chars().take_while(char::is_ascii_alphanumeric).collect::<String>());
    // The numbers begin anew every day.
    let id = number.zip(published_at).map(|(number, at)| format!("{number}:{}", at.strftime("%Y%m%d")));
    let source = words.iter().skip(1).find(|word| {
        word.len() > 2
            && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
            && !word.starts_with("cccc")
    });
    let is_anpa = main.lines().any(|line| line.starts_with('^'));
    let (title, byline, body) = if is_anpa { anpa(main) } else { iptc(main) };
    let agency = || trailer.trim().split('-').next().filter(|word| is_anpa && word.len() <= 5).and_then(flat);
    Draft {
        id,
        title,
        body,
        source: source.map(|word| (*word).to_owned()).or_else(agency),
        byline,
        published_at,
        ..Draft::default()
    }
}

/// A headline that ends in `=`, then paragraphs.
fn iptc(text: &str) -> (Option<String>, Option<String>, String) {
    let plain = text.replace("\r\n", "\n").replace('\r', "\n");
    let (head, body) = match plain.split_once("=\n") {
        Some((head, body)) if head.len() < 1_000 => (head, body),
        _ => plain.split_once('\n').unwrap_or((&plain, "")),
    };
    let mut lines = head.lines().map(str::trim).filter(|line| !line.is_empty());
    let (authors, titles): (Vec<&str>, Vec<&str>) = lines.by_ref().partition(|line| line.starts_with("By "));
    let end = ["\n# ", "\n* * * *", "\n## "]
        .iter()
        .filter_map(|marker| body.find(marker))
        .min()
        .unwrap_or(body.len());
    let body = body.get(..end).unwrap_or(body).trim();
    (flat(&titles.join(" ")), flat(&authors.join(" ")), body.to_owned())
}

/// `^Headline<`, `^By NAME=`, then paragraphs that start with a tab.
fn anpa(text: &str) -> (Option<String>, Option<String>, String) {
    let (heads, body): (Vec<&str>, Vec<&str>) =
        text.lines().skip(1).map(str::trim).partition(|line| line.starts_with('^'));
    let clean = |line: &str| {
        flat(
            line.trim_start_matches('^')
                .trim_end_matches(|c: char| c == '<' || c == '=' || c.is_whitespace()),
        )
    };
    let heads: Vec<String> = heads.into_iter().filter_map(clean).collect();
    let byline = heads.iter().find(|line| line.starts_with("By ")).cloned();
    let body: Vec<&str> = body.into_iter().filter(|line| !line.is_empty() && *line != "___").collect();
    (heads.into_iter().next(), byline, body.join("\n\n"))
}

/// `131137 GMT Nov 13` (day, time, month, year) or `AP-WF-02-20-16 0337GMT` (month, day, year, time).
fn sent(trailer: &str) -> Option<jiff::Timestamp> {
    // Rubouts (DEL) and EOT follow on the wire.
    let words: Vec<&str> = trailer
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    if let Some(time) =
        words.iter().find(|word| word.trim_end_matches('<').ends_with("GMT") && word.len() > 4)
    {
        let parts: Vec<&str> = words.first()?.rsplit('-').take(3).collect();
        let [year, day, month] = parts.as_slice() else { return None };
        return date::parse(&format!("20{year}-{month}-{day}T{}:{}:00Z", time.get(..2)?, time.get(2..4)?));
    }
    let moment =
        words.first().filter(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (year, month) = (words.last()?, words.get(words.len().checked_sub(2)?)?);
    let (day, hour, minute) = (moment.get(..2)?, moment.get(2..4)?, moment.get(4..)?);
    date::parse(&format!("{day} {month} 20{year} {hour}:{minute}:00 +0000"))
}
