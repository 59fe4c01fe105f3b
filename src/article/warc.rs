//! WARC files and their records: pages of responses, texts of WET conversions. Other records are left out.

use super::charset::{self, Declares};
use super::draft::Draft;
use super::formats::Contents;
use super::{DecodeError, archive, html};

/// Reads all records. `limit` bounds what compressed parts may unpack to.
pub(super) fn read(value: &[u8], limit: usize) -> Result<Contents, DecodeError> {
    if archive::is_gzip(value) {
        return records(&archive::gunzip(value, limit)?, limit);
    }
    records(value, limit)
}

fn records(value: &[u8], limit: usize) -> Result<Contents, DecodeError> {
    let mut drafts = Vec::new();
    let mut position = 0;
    // Of all records together: many small ones could unpack to gigabytes as well as one.
    let mut room = Room { limit, left: limit };
    while let Some(blank) =
        value.get(position..).and_then(|rest| rest.iter().position(|b| !b.is_ascii_whitespace()))
    {
        position += blank;
        let rest = value.get(position..).unwrap_or_default();
        let damaged = |problem: &str| DecodeError::InvalidArchive {
            what: "the WARC record",
            position,
            problem: problem.into(),
        };
        if !rest.starts_with(b"WARC/") {
            return Err(damaged("does not start with WARC/"));
        }
        let (head, body_at) = head(rest).ok_or_else(|| damaged("its header has no end"))?;
        let length: usize = head
            .get("content-length")
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| damaged("it has no Content-Length"))?;
        let end = body_at
            .checked_add(length)
            .filter(|end| *end <= rest.len())
            .ok_or_else(|| damaged("it is cut off"))?;
        drafts.extend(record(&head, rest.get(body_at..end).unwrap_or_default(), &mut room)?);
        position += end;
    }
    Ok(Contents::of_document(drafts))
}

/// Bytes that may still be unpacked.
struct Room {
    limit: usize,
    left: usize,
}

impl Room {
    fn unpacked(&mut self, body: &[u8], coding: &str) -> Result<Option<Vec<u8>>, DecodeError> {
        // The message names the limit that can be raised.
        let too_large =
            |_| DecodeError::RecordTooLarge { bytes: self.limit.saturating_add(1), limit: self.limit };
        let unpacked = archive::content_decoded(body, coding, self.left).map_err(too_large)?;
        self.left = self.left.saturating_sub(unpacked.as_ref().map_or(0, Vec::len));
        Ok(unpacked)
    }
}

/// Headers by their names in small letters.
struct Head(Vec<(String, String)>);

impl Head {
    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

/// The header lines at the start, without the first, and where the body starts.
fn head(bytes: &[u8]) -> Option<(Head, usize)> {
    let mut lines = Vec::new();
    let mut position = 0;
    loop {
        let line = bytes.get(position..)?;
        let end = line.iter().position(|byte| *byte == b'\n')?;
        let text = String::from_utf8_lossy(line.get(..end)?).trim().to_owned();
        position += end + 1;
        if text.is_empty() {
            return Some((Head(lines), position));
        }
        if let Some((name, value)) = text.split_once(':') {
            lines.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
}

/// `Ok(None)` for records that hold no page: requests, redirections, pictures.
fn record(warc: &Head, body: &[u8], room: &mut Room) -> Result<Option<Draft>, DecodeError> {
    let draft = match warc.get("warc-type") {
        Some("conversion") => Some(conversion(body)),
        Some("response") => response(body, room)?,
        Some("resource") => warc.get("content-type").and_then(|content_type| page(body, content_type)),
        _ => None,
    };
    Ok(draft.map(|draft| described(warc, draft)))
}

/// The page with what the crawler knows of it.
fn described(warc: &Head, draft: Draft) -> Draft {
    let url = warc.get("warc-target-uri").map(|url| url.trim_matches(['<', '>']).to_owned());
    let host = url.as_deref().and_then(|url| url.split('/').nth(2)).map(str::to_owned);
    let crawled = draft.published_at.is_none();
    let draft = if crawled { draft.dated([warc.get("warc-date")]) } else { draft };
    let language = warc.get("warc-identified-content-language").and_then(|all| all.split(',').next());
    Draft {
        id: warc.get("warc-record-id").map(|id| id.trim_matches(['<', '>']).to_owned()),
        language: language.map(str::to_owned).or(draft.language),
        source: draft.source.or(host),
        url: url.or(draft.url),
        ..draft
    }
}

/// A text whose first line is the page's title.
fn conversion(body: &[u8]) -> Draft {
    let text = String::from_utf8_lossy(body);
    let (title, rest) = text.trim().split_once('\n').unwrap_or((text.trim(), ""));
    let title = Some(title.trim().to_owned()).filter(|title| !title.is_empty());
    Draft { title, body: rest.trim().to_owned(), ..Draft::default() }
}

/// The page of a successful HTTP response.
fn response(message: &[u8], room: &mut Room) -> Result<Option<Draft>, DecodeError> {
    let Some((http, body)) = successful(message) else { return Ok(None) };
    let unchunked = if http.get("transfer-encoding") == Some("chunked") { chunks(body) } else { None };
    let body = unchunked.as_deref().unwrap_or(body);
    let body = room.unpacked(body, http.get("content-encoding").unwrap_or_default())?;
    Ok(page(&body.unwrap_or_default(), http.get("content-type").unwrap_or("text/html")))
}

/// Headers and body where the status is 200 to 299.
fn successful(message: &[u8]) -> Option<(Head, &[u8])> {
    let status = message.get(..message.iter().position(|byte| *byte == b'\n')?)?;
    if status.split(|byte| *byte == b' ').nth(1)?.first() != Some(&b'2') {
        return None;
    }
    let (http, body_at) = head(message)?;
    Some((http, message.get(body_at..)?))
}

fn page(body: &[u8], content_type: &str) -> Option<Draft> {
    let is_page = content_type.contains("html");
    let text = charset::to_text(body, Some(content_type), Declares::Itself).ok()?;
    is_page.then(|| html::read(&text))
}

/// The body of a chunked message; `None` where it is not chunked after all, as in archives that stored it joined.
fn chunks(body: &[u8]) -> Option<Vec<u8>> {
    let mut joined = Vec::new();
    let mut rest = body;
    loop {
        let end = rest.iter().take(32).position(|byte| *byte == b'\n')?;
        let line = std::str::from_utf8(rest.get(..end)?).ok()?;
        let length = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        let chunk = rest.get(end + 1..(end + 1).checked_add(length)?)?;
        if length == 0 {
            return Some(joined);
        }
        joined.extend_from_slice(chunk);
        rest = rest.get(end + 1 + length..)?.trim_ascii_start();
    }
}
