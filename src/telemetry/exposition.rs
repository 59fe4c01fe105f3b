//! Prometheus' text format, as far as a scrape of tonewire needs it: samples with labels, without times and exemplars.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::collections::BTreeMap;

/// What a scrape says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposition {
    samples: Vec<Sample>,
}

/// One line of a scrape.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// With the suffix of its kind, such as `_bucket`.
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

/// Why a text is no scrape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not in Prometheus' text format: {what}")]
pub struct ExpositionError {
    /// From 1.
    pub line: usize,
    pub what: &'static str,
}

impl Exposition {
    /// Reads the text of a scrape.
    ///
    /// # Errors
    /// At the first line that is neither a comment nor a sample.
    pub fn parse(text: &str) -> Result<Self, ExpositionError> {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let samples = lines.map(|(line, text)| sample(text).map_err(|what| ExpositionError { line, what }));
        Ok(Self { samples: samples.collect::<Result<_, _>>()? })
    }

    /// All series of that name.
    pub fn series<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.samples.iter().filter(move |sample| sample.name == name)
    }

    /// All series of that name that have these labels.
    pub fn series_with<'a>(
        &'a self,
        name: &'a str,
        labels: &'a [(&'a str, &'a str)],
    ) -> impl Iterator<Item = &'a Sample> {
        self.series(name)
            .filter(move |sample| labels.iter().all(|(key, value)| sample.label(key) == Some(*value)))
    }

    /// The sum over all series of that name; `None` without any.
    #[must_use]
    pub fn sum(&self, name: &str) -> Option<f64> {
        self.series(name).map(|sample| sample.value).reduce(|sum, value| sum + value)
    }
}

impl Sample {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.get(key).map(String::as_str)
    }
}

fn sample(line: &str) -> Result<Sample, &'static str> {
    let (series, value) = line.rsplit_once(' ').ok_or("no value")?;
    let value = value.parse().map_err(|_| "the value is no number")?;
    let (name, labels) = match series.split_once('{') {
        None => (series, BTreeMap::new()),
        Some((name, rest)) => (name, labels(rest.strip_suffix('}').ok_or("the labels are not closed")?)?),
    };
    let is_name = |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
    if name.is_empty() || !name.chars().all(is_name) {
        return Err("no metric name");
    }
    Ok(Sample { name: name.to_owned(), labels, value })
}

fn labels(mut rest: &str) -> Result<BTreeMap<String, String>, &'static str> {
    let mut labels = BTreeMap::new();
    while !rest.is_empty() {
        let (key, quoted) = rest.split_once("=\"").ok_or("a label without a value")?;
        let (value, after) = unquote(quoted).ok_or("a label value is not closed")?;
        labels.insert(key.to_owned(), value);
        rest = after.trim_start_matches(',');
    }
    Ok(labels)
}

/// The text up to the closing quote, and what follows it.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return quoted.get(at + 1..).map(|after| (value, after)),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                escaped => value.push(escaped),
            },
            _ => value.push(character),
        }
    }
    None
}

/// Buckets of a histogram: how many values are at most each bound, the last bound being infinite.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buckets(BTreeMap<Bound, f64>);

/// An upper bound, which is never NaN and so can be sorted.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bound(f64);

impl Eq for Bound {}

impl PartialOrd for Bound {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bound {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Buckets {
    /// The buckets of a histogram, summed over its series that have these labels.
    #[must_use]
    pub fn of(exposition: &Exposition, histogram: &str, labels: &[(&str, &str)]) -> Self {
        let mut buckets = Self::default();
        for sample in exposition.series_with(&format!("{histogram}_bucket"), labels) {
            let Some(bound) = sample.label("le").and_then(|bound| bound.parse().ok()) else { continue };
            *buckets.0.entry(Bound(bound)).or_default() += sample.value;
        }
        buckets
    }

    /// Adds those of another instance or of another time; both have the same bounds.
    pub fn add(&mut self, other: &Self) {
        for (bound, count) in &other.0 {
            *self.0.entry(*bound).or_default() += count;
        }
    }

    /// What was counted since `earlier`, of the same process.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let increase = |bound, count: f64| count - earlier.0.get(bound).copied().unwrap_or_default();
        Self(self.0.iter().map(|(bound, count)| (*bound, increase(bound, *count))).collect())
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> f64 {
        self.0.last_key_value().map_or(0.0, |(_, count)| *count)
    }

    /// The value below which this share of the values lies, as `histogram_quantile` of Prometheus has it: linear within a
    /// bucket, and the largest finite bound where it lies beyond. `None` without values.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        if self.count() <= 0.0 {
            return None;
        }
        let rank = share * self.count();
        let (mut lower, mut below) = (0.0, 0.0);
        for (Bound(upper), count) in &self.0 {
            if *count >= rank && *count > below {
                if upper.is_infinite() {
                    break;
                }
                return Some(lower + (upper - lower) * ((rank - below) / (count - below)).max(0.0));
            }
            (lower, below) = (*upper, *count);
        }
        Some(lower)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_escapes_and_exponents_are_read() {
        let text = "# HELP a_total Things.\n# TYPE a_total counter\na_total 3\n\nb{topic=\"x\",partition=\"0\"} 1.5e3\n\
                    b{topic=\"x\",partition=\"1\"} 2\nc{text=\"a \\\"quoted\\\", {odd}\\n\\\\\"} +Inf\n";
        let scrape = Exposition::parse(text).unwrap();
        assert_eq!(scrape.sum("a_total"), Some(3.0));
        assert_eq!(scrape.sum("b"), Some(1502.0));
        assert_eq!(scrape.sum("nothing"), None);
        assert_eq!(scrape.series_with("b", &[("topic", "x"), ("partition", "1")]).count(), 1);
        assert_eq!(scrape.series_with("b", &[("topic", "y")]).count(), 0);
        assert_eq!(scrape.series("c").next().unwrap().label("text"), Some("a \"quoted\", {odd}\n\\"));
    }

    #[test]
    fn what_is_no_scrape_is_told_with_its_line() {
        for (text, what) in [
            ("<html>", "no value"),
            ("a_total 1\na b", "the value is no number"),
            ("a{b=\"c\" 1", "the labels are not closed"),
            ("a{b} 1", "a label without a value"),
            ("a{b=\"c} 1", "a label value is not closed"),
            ("<p>hello 1", "no metric name"),
        ] {
            let error = Exposition::parse(text).unwrap_err();
            assert_eq!((error.what, error.line), (what, text.lines().count()));
        }
    }

    #[test]
    fn everything_that_the_service_writes_is_read() {
        let telemetry = super::super::Telemetry::new().unwrap();
        telemetry.end_to_end_latency.observe(0.3);
        telemetry.consumer_lag.with_label_values(&["a \"topic\"\\", "0"]).set(7);
        let text = prometheus::TextEncoder::new().encode_to_string(&telemetry.registry().gather()).unwrap();
        let scrape = Exposition::parse(&text).unwrap();
        let lag = scrape.series("tonewire_kafka_consumer_lag_records").next().unwrap();
        assert_eq!((lag.label("topic"), lag.value), (Some("a \"topic\"\\"), 7.0));
        assert_eq!(Buckets::of(&scrape, "tonewire_end_to_end_latency_seconds", &[]).count(), 1.0);
    }

    fn buckets(counts: &[(f64, f64)]) -> Buckets {
        Buckets(counts.iter().map(|(bound, count)| (Bound(*bound), *count)).collect())
    }

    #[test]
    fn quantiles_are_those_of_prometheus() {
        let buckets = buckets(&[(1.0, 10.0), (2.0, 30.0), (4.0, 40.0), (f64::INFINITY, 40.0)]);
        assert_eq!(buckets.quantile(0.5), Some(1.5));
        assert_eq!(buckets.quantile(0.125), Some(0.5));
        assert_eq!(buckets.quantile(1.0), Some(4.0));
    }

    #[test]
    fn a_value_beyond_the_last_bound_counts_as_that_bound_and_no_value_has_no_quantile() {
        let beyond = buckets(&[(1.0, 1.0), (f64::INFINITY, 10.0)]);
        assert_eq!(beyond.quantile(0.99), Some(1.0));
        assert_eq!(buckets(&[(1.0, 0.0), (f64::INFINITY, 0.0)]).quantile(0.5), None);
        assert_eq!(Buckets::default().quantile(0.5), None);
    }

    #[test]
    fn buckets_of_instances_add_up_and_a_time_span_is_a_difference() {
        let early = buckets(&[(1.0, 1.0), (f64::INFINITY, 2.0)]);
        let late = buckets(&[(1.0, 4.0), (f64::INFINITY, 7.0)]);
        assert_eq!(late.since(&early), buckets(&[(1.0, 3.0), (f64::INFINITY, 5.0)]));
        let mut sum = early.clone();
        sum.add(&late);
        assert_eq!(sum.count(), 9.0);
    }
}
