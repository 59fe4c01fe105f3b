//! A scrape of /metrics, parsed.

use std::collections::BTreeMap;

/// What a scrape says.
#[derive(Debug)]
pub struct Metrics {
    /// The text as scraped.
    pub text: String,
    samples: Vec<Sample>,
}

#[derive(Debug, PartialEq)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Metrics {
    /// # Panics
    ///
    /// On a line that is not in Prometheus' text format.
    pub fn parse(text: String) -> Self {
        let samples =
            text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(sample).collect();
        Self { text, samples }
    }

    /// The sum over all series of that name that have these labels; 0 without any.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.series(name, labels).map(|sample| sample.value).sum()
    }

    /// How many series of that name have these labels.
    pub fn count(&self, name: &str, labels: &[(&str, &str)]) -> usize {
        self.series(name, labels).count()
    }

    fn series<'a>(&'a self, name: &'a str, labels: &'a [(&str, &str)]) -> impl Iterator<Item = &'a Sample> {
        self.samples.iter().filter(move |sample| {
            sample.name == name
                && labels
                    .iter()
                    .all(|(key, value)| sample.labels.get(*key).is_some_and(|found| found == value))
        })
    }
}

fn sample(line: &str) -> Sample {
    let malformed = || panic!("not a Prometheus sample: {line}");
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(malformed);
    let value = value.parse().unwrap_or_else(|_| panic!("not a number: {line}"));
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let mut rest = labels.strip_suffix('}').unwrap_or_else(|| panic!("not closed: {line}"));
    let mut labels = BTreeMap::new();
    while let Some((key, quoted)) = rest.split_once("=\"") {
        let (value, after) = unquote(quoted);
        labels.insert(key.to_owned(), value);
        rest = after.trim_start_matches(',');
    }
    Sample { name: name.to_owned(), labels, value }
}

/// The text up to the closing quote, and what follows it.
fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped)) => value.push(escaped),
                None => break,
            },
            _ => value.push(character),
        }
    }
    panic!("a label value without its closing quote: {quoted}")
}

/// The parser itself is tested, since a parser that finds nothing would make sums of 0 that agree.
pub fn a_scrape_is_parsed_with_labels_escapes_and_exponents() {
    let text = "# HELP a_total Things.\n# TYPE a_total counter\na_total 3\nb{topic=\"x\",partition=\"0\"} 1.5e3\n\
                b{topic=\"x\",partition=\"1\"} 2\nc{text=\"a \\\"quoted\\\", {odd}\\n\"} +Inf\n";
    let metrics = Metrics::parse(text.to_owned());
    assert_eq!(metrics.sum("a_total", &[]), 3.0);
    assert_eq!(metrics.sum("b", &[("topic", "x")]), 1502.0);
    assert_eq!(metrics.sum("b", &[("partition", "1")]), 2.0);
    assert_eq!(metrics.count("b", &[("topic", "y")]), 0);
    assert_eq!(metrics.count("c", &[("text", "a \"quoted\", {odd}\n")]), 1);
}
