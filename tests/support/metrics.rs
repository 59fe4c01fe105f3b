//! A scrape of /metrics.

use tonewire::telemetry::exposition::Exposition;

/// What a scrape says.
#[derive(Debug)]
pub struct Metrics {
    /// The text as scraped.
    pub text: String,
    exposition: Exposition,
}

impl Metrics {
    /// # Panics
    ///
    /// On a line that is not in Prometheus' text format.
    pub fn parse(text: String) -> Self {
        let exposition = Exposition::parse(&text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
        Self { text, exposition }
    }

    /// The sum over all series of that name that have these labels; 0 without any.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.exposition.series_with(name, labels).map(|sample| sample.value).sum()
    }

    /// How many series of that name have these labels.
    pub fn count(&self, name: &str, labels: &[(&str, &str)]) -> usize {
        self.exposition.series_with(name, labels).count()
    }
}

/// A parser that finds nothing would make sums of 0 that agree.
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
