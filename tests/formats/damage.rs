//! Bad input of every format: an article or an error of the list, in bounded time and memory, and never a panic.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tonewire::article::{DECODE_ERROR_CODES, Decoder};

use crate::decoder;
use crate::files::{FormatFile, all};

/// Longest message of an error: it stands in a header and in a line of the log.
const LONGEST_MESSAGE: usize = 1_000;

fn holds(decoder: &Decoder, value: &[u8], content_type: Option<&str>) {
    if let Err(error) = decoder.decode(value, content_type) {
        let message = error.to_string();
        assert!(DECODE_ERROR_CODES.contains(&error.code()), "{}", error.code());
        assert!(!message.chars().any(char::is_control), "{message:?}");
        assert!(message.chars().count() <= LONGEST_MESSAGE, "{message}");
    }
}

/// The decoders that a file may meet.
fn decoders(file: &FormatFile) -> [Decoder; 2] {
    [decoder(|_| {}), decoder(|input| input.format = file.format)]
}

pub fn a_file_cut_off_anywhere_never_panics() {
    for file in all() {
        for decoder in decoders(&file) {
            for end in 0..file.value.len() {
                holds(&decoder, &file.value[..end], file.content_type.as_deref());
            }
        }
    }
}

pub fn a_damaged_file_never_panics() {
    let files: Vec<(FormatFile, [Decoder; 2])> = all()
        .into_iter()
        .map(|file| {
            let decoders = decoders(&file);
            (file, decoders)
        })
        .collect();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(2_000) });
    let damage = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6);
    let strategy = (any::<prop::sample::Index>(), damage);
    let outcome = runner.run(&strategy, |(which, damage)| {
        let (file, decoders) = which.get(&files);
        let mut value = file.value.clone();
        for (place, byte, kind) in damage {
            let place = place.index(value.len().max(1));
            match kind {
                0 if place < value.len() => value[place] = byte,
                1 if place < value.len() => drop(value.remove(place)),
                _ => value.insert(place, byte),
            }
        }
        for decoder in decoders {
            holds(decoder, &value, file.content_type.as_deref());
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

pub fn each_kind_of_damage_has_a_code_of_its_own() {
    let code = |format: &str, value: &[u8], content_type: Option<&str>| {
        let format = clap::ValueEnum::from_str(format, false).expect("a format");
        let outcome = decoder(|input| input.format = format).decode(value, content_type);
        outcome.map_or_else(|error| error.code(), |_| "read")
    };
    for (format, value, expected) in [
        ("auto", &b"{\"uri\":"[..], "invalid_json"),
        ("auto", b"<rss><channel>", "invalid_xml"),
        ("auto", b"<?xml version='1.0'?><invoice/>", "unknown_xml"),
        ("rss", b"<nitf/>", "wrong_format"),
        ("nitf", b"plain text", "invalid_xml"),
        ("ninjs", b"plain text", "invalid_json"),
        ("ninjs", b"[1]", "not_an_object"),
        ("iptc7901", b"plain text", "wrong_format"),
        ("gdelt-gkg", b"a\tb\tc", "wrong_format"),
        ("warc", b"plain text", "invalid_archive"),
        ("auto", b"WARC/1.0\r\nContent-Length: 10\r\n\r\nshort", "invalid_archive"),
        ("auto", b"WARC/1.0\r\nContent-Length: 18446744073709551615\r\n\r\nshort", "invalid_archive"),
        ("auto", b"\x1f\x8b\x08 not gzip", "invalid_archive"),
        ("auto", b"caf\xe9", "invalid_utf8"),
    ] {
        assert_eq!(code(format, value, None), expected, "{format} {}", value.escape_ascii());
    }
}

pub fn what_is_made_to_exhaust_its_reader_is_refused_or_read_at_once() {
    let started = Instant::now();
    let auto = decoder(|_| {});
    let laughs = (1..30).map(|n| format!("<!ENTITY x{n} '&x{};&x{};'>", n - 1, n - 1));
    let laughs = laughs.collect::<Vec<_>>().concat();
    let laughs = format!("<!DOCTYPE rss [<!ENTITY x0 'ha'>{laughs}]><rss>&x29;</rss>");
    assert_eq!(auto.decode(laughs.as_bytes(), None).unwrap_err().code(), "xml_too_complex");
    let external = "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><rss>&x;</rss>";
    assert_eq!(auto.decode(external.as_bytes(), None).unwrap_err().code(), "xml_too_complex");
    let deep_xml = format!("<rss>{}", "<a>".repeat(1_000_000));
    assert_eq!(auto.decode(deep_xml.as_bytes(), None).unwrap_err().code(), "xml_too_complex");
    let deep_page = format!("<html>{}text", "<div>".repeat(1_000_000));
    assert_eq!(auto.decode(deep_page.as_bytes(), None).expect("a page").len(), 1);
    let deep_json = format!("{{\"body\":\"x\",\"a\":{}{}}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let read = auto.decode(deep_json.as_bytes(), None);
    assert!(read.is_ok_and(|articles| articles[0].body == "x"), "unread nesting does no harm");
    assert_eq!(auto.decode(&zeros_in_gzip(100), None).unwrap_err().code(), "record_too_large");
    // Each page alone is below the limit, all together are not.
    let pages = response(&zeros_in_gzip(10)).repeat(4);
    assert_eq!(auto.decode(&pages, None).unwrap_err().code(), "record_too_large");
    assert!(pages.len() < 200_000, "{}", pages.len());
    let page = auto.decode(&response(&zeros_in_gzip(10)), None).expect("a record");
    assert_eq!(page.len(), 1);
    let nested = "<DataContent>".repeat(400) + &"text ".repeat(200_000) + &"</DataContent>".repeat(400);
    let nested = format!("<NewsML><NewsItem>{nested}</NewsItem></NewsML>");
    assert_eq!(auto.decode(nested.as_bytes(), None).expect("an article").len(), 1);
    let many = format!("<rss><channel>{}</channel></rss>", "<item/>".repeat(10_001));
    assert_eq!(auto.decode(many.as_bytes(), None).unwrap_err().code(), "too_many_articles");
    // Not a measurement: what is quadratic or unpacked whole takes minutes.
    assert!(started.elapsed() < Duration::from_mins(2), "{:?}", started.elapsed());
}

/// A WARC record with a compressed page.
fn response(packed: &[u8]) -> Vec<u8> {
    let http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n";
    let length = http.len() + packed.len();
    let head = format!("WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), http, packed, b"\r\n\r\n"].concat()
}

/// So many megabytes in a few kilobytes.
fn zeros_in_gzip(megabytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..megabytes {
        encoder.write_all(&vec![0; 1_000_000]).expect("memory");
    }
    encoder.finish().expect("memory")
}
