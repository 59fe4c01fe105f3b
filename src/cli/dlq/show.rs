//! `dlq show`: one dead letter in full.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use clap::Args;
use serde::de::IgnoredAny;

use super::super::failure::Failure;
use super::letter::{Letter, hex_dump, printable_or_null};
use super::source::{Source, SourceArguments};

/// Show one dead letter: what went wrong, all its headers, and the original value.
///
/// JSON is shown indented, other text as it is, and anything else in hexadecimal; `--raw` writes the bytes themselves.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tonewire dlq show --config tonewire.toml 0 4711
  tonewire dlq show --config tonewire.toml 0 4711 --raw > article.json")]
pub(super) struct Arguments {
    #[command(flatten)]
    source: SourceArguments,
    /// Partition of the dead-letter topic, as `dlq list` shows it.
    partition: i32,
    /// Offset in that partition.
    offset: i64,
    /// Write the original value to standard output byte for byte, and nothing else.
    #[arg(long)]
    raw: bool,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let source = Source::new(&arguments.source)?;
    let letter = find(&source, arguments.partition, arguments.offset)?;
    let mut out = io::stdout().lock();
    if arguments.raw {
        if let Some(length) = letter.about.value_left_out {
            return Err(Failure::Failed(format!(
                "the value ({length} bytes) was too large for the dead-letter topic and was left out; the original may still stand at {}",
                letter.source()
            )));
        }
        out.write_all(letter.record.value.as_deref().unwrap_or_default())?;
        return Ok(out.flush()?);
    }
    Ok(out.write_all(&in_full(&letter))?)
}

fn find(source: &Source, partition: i32, offset: i64) -> Result<Letter, Failure> {
    let reader = source.open(&source.config.kafka.group_id)?;
    let topic = &source.topic;
    let Some(&(first, end)) = reader.ranges().get(&partition) else {
        let count = reader.ranges().len();
        return Err(Failure::Usage(format!(
            "partition {partition}: the topic {topic:?} has the partitions 0 to {}",
            count.saturating_sub(1)
        )));
    };
    let mut found = None;
    reader.read(Some(partition), &BTreeMap::from([(partition, offset)]), |record| {
        // An offset below the first record gives that record, and one of a transaction's marker the next.
        found = (record.offset == offset).then(|| Letter::from(record));
        Ok::<bool, Failure>(false)
    })?;
    found.ok_or_else(|| {
        let stands = if first < end { format!("from {first} to {}", end - 1) } else { "nowhere now".to_owned() };
        Failure::Failed(format!(
            "no dead letter at offset {offset} of {topic}/{partition}: records stand {stands}, and some offsets are the marks of transactions; `tonewire dlq list --partition {partition}` shows them"
        ))
    })
}

fn in_full(letter: &Letter) -> Vec<u8> {
    let about = &letter.about;
    let count = |count: Option<u32>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    let mut text = String::new();
    let lines = [
        ("reason", letter.reason().to_owned()),
        ("stage", letter.stage().to_owned()),
        ("error", about.error.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'")),
        ("source", letter.source()),
        ("time", letter.time()),
        ("attempts", count(about.attempts)),
        ("replays", about.replays.to_string()),
        ("key", printable_or_null(letter.record.key.as_deref())),
    ];
    for (name, value) in lines {
        let _ = writeln!(text, "{name:<9} {value}");
    }
    text += "\nheaders\n";
    match &letter.record.headers {
        Some(headers) => {
            for (name, value) in headers {
                let name = printable_or_null(Some(name.as_bytes()));
                let _ = writeln!(text, "  {name}: {}", printable_or_null(value.as_deref()));
            }
        }
        None => text += "  (a name is not UTF-8: the headers cannot be shown)\n",
    }
    let _ = writeln!(text, "\nvalue ({} bytes)", letter.size());
    text += &value(letter);
    text.into_bytes()
}

fn value(letter: &Letter) -> String {
    let bytes = match (&letter.record.value, letter.about.value_left_out) {
        (_, Some(_)) => return "(left out: too large for the dead-letter topic)\n".to_owned(),
        (None, None) => return "(null)\n".to_owned(),
        (Some(bytes), None) => bytes,
    };
    match std::str::from_utf8(bytes) {
        // A control character could do anything to a terminal.
        Ok(text) if !text.chars().any(|c| c.is_control() && !c.is_whitespace()) => {
            let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
            if is_json { indented(text) + "\n" } else { text.to_owned() + "\n" }
        }
        _ => hex_dump(bytes),
    }
}

/// JSON on several lines, each of its tokens as it was written: a parser would sort names, drop repeated ones and round
/// numbers, and those may be what is wrong with a record.
fn indented(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let mut depth = 0;
    let mut in_string = false;
    let mut escaped = false;
    let mut characters = json.trim().chars().peekable();
    while let Some(c) = characters.next() {
        if in_string {
            text.push(c);
            in_string = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '{' | '[' => {
                text.push(c);
                while characters.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(end) = characters.next_if(|&next| matches!(next, '}' | ']')) {
                    text.push(end);
                } else {
                    depth += 1;
                    new_line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth -= 1;
                new_line(&mut text, depth);
                text.push(c);
            }
            ',' => {
                text.push(c);
                new_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => {
                in_string = c == '"';
                text.push(c);
            }
        }
    }
    text
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_with_every_token_as_it_was_written() {
        let json =
            r#" {"b" : 1e400,"b":12345678901234567890123, "a":[ ], "s":"x\\\"{,:", "o": {"n":[1, {}]}} "#;
        let lines = [
            "{",
            "  \"b\": 1e400,",
            "  \"b\": 12345678901234567890123,",
            "  \"a\": [],",
            r#"  "s": "x\\\"{,:","#,
            "  \"o\": {",
            "    \"n\": [",
            "      1,",
            "      {}",
            "    ]",
            "  }",
            "}",
        ];
        assert_eq!(indented(json), lines.join("\n"));
    }
}
