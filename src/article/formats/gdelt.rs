//! GDELT Global Knowledge Graph 2.1: rows of 27 columns about articles, without their text.

use super::super::Extent;
use super::super::draft::Draft;
use super::{Contents, TextFormat};
use crate::config::InputFormat;

const FEWEST_COLUMNS: usize = 20;

pub(super) const FORMAT: TextFormat = TextFormat {
    format: InputFormat::GdeltGkg,
    recognises: |text| text.lines().next().is_some_and(is_row),
    expected: "rows of the GKG 2.1, 27 columns separated by tabs",
    read: |text| {
        Contents::of_document(text.lines().filter(|line| !line.trim().is_empty()).map(draft).collect())
    },
};

/// `20230322063000-17` and many columns.
fn is_row(line: &str) -> bool {
    let mut columns = line.split('\t');
    let id = columns.next().unwrap_or_default();
    let is_id = id.split_once('-').is_some_and(|(date, number)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        date.len() == 14 && digits(date) && digits(number.strip_prefix('T').unwrap_or(number))
    });
    is_id && columns.count() + 1 >= FEWEST_COLUMNS
}

fn draft(line: &str) -> Draft {
    let columns: Vec<&str> = line.trim_end_matches('\r').split('\t').collect();
    let column = |index: usize| columns.get(index).map(|text| text.trim()).filter(|text| !text.is_empty());
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let translated = columns.iter().find_map(|text| text.strip_prefix("srclc:")?.split(';').next());
    Draft {
        id: owned(column(0)),
        title: element(line, "PAGE_TITLE"),
        // What was not translated is English.
        language: owned(translated.or(Some("en"))),
        source: owned(column(3)),
        url: owned(column(4)),
        byline: element(line, "PAGE_AUTHORS"),
        extent: Extent::Nothing,
        ..Draft::default()
    }
    .dated([column(1)])
}

fn element(line: &str, name: &str) -> Option<String> {
    let inner = line.split_once(&format!("<{name}>"))?.1.split_once(&format!("</{name}>"))?.0;
    Some(inner.trim().to_owned()).filter(|text| !text.is_empty())
}
