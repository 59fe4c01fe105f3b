//! The tree of valid keys, taken from the defaults so that there is no second list to forget.

use super::Settings;

/// Tables whose keys are librdkafka's, not ours.
const PASS_THROUGH: [&str; 3] = ["kafka.common", "kafka.consumer", "kafka.producer"];

/// What stands at a path of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// A table with keys of our own.
    Table,
    /// A table of librdkafka properties.
    PassThrough,
    /// A value; the default shows its type.
    Leaf(toml::Value),
}

/// Every valid key with its full, dotted path.
#[derive(Debug)]
pub(super) struct Keys {
    nodes: Vec<(String, Node)>,
}

impl Keys {
    /// The keys of [`Settings`].
    ///
    /// # Errors
    /// Only if a default does not fit TOML's 64 bits.
    pub(super) fn new() -> Result<Self, toml::ser::Error> {
        let mut nodes = Vec::new();
        collect(&toml::Table::try_from(Settings::default())?, "", &mut nodes);
        Ok(Self { nodes })
    }

    pub(super) fn get(&self, path: &str) -> Option<&Node> {
        self.nodes.iter().find(|(known, _)| known == path).map(|(_, node)| node)
    }

    /// Paths of all values and pass-through tables.
    pub(super) fn settable(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().filter(|(_, node)| *node != Node::Table).map(|(path, _)| path.as_str())
    }

    /// The valid path that looks most like a wrong one.
    ///
    /// The last part counts double: a good name in the wrong table is found in the right one.
    pub(super) fn nearest(&self, wrong: &str) -> Option<&str> {
        self.nodes
            .iter()
            .map(|(path, _)| (path.as_str(), likeness(path, wrong)))
            .filter(|(_, likeness)| *likeness > 0.7)
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
            .map(|(path, _)| path)
    }

    /// The valid variable that looks most like a wrong one.
    pub(super) fn nearest_variable(&self, wrong: &str) -> Option<String> {
        let likeness = |known: &str| strsim::normalized_damerau_levenshtein(known, wrong);
        self.settable()
            .map(variable)
            .filter(|known| likeness(known) > 0.7)
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
    }
}

fn collect(table: &toml::Table, prefix: &str, nodes: &mut Vec<(String, Node)>) {
    for (key, value) in table {
        let path = join(prefix, key);
        match value {
            _ if PASS_THROUGH.contains(&path.as_str()) => nodes.push((path, Node::PassThrough)),
            toml::Value::Table(inner) => {
                collect(inner, &path, nodes);
                nodes.push((path, Node::Table));
            }
            leaf => nodes.push((path, Node::Leaf(leaf.clone()))),
        }
    }
}

fn likeness(known: &str, wrong: &str) -> f64 {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let whole = strsim::jaro_winkler(known, wrong);
    let name = strsim::normalized_damerau_levenshtein(&last(known), &last(wrong));
    (whole + 2.0 * name) / 3.0
}

/// `prefix.key`, or the key alone at the top.
pub(super) fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// The environment variable of a key: `kafka.group_id` -> `TONEWIRE_KAFKA__GROUP_ID`.
pub(super) fn variable(path: &str) -> String {
    format!("TONEWIRE_{}", path.replace('.', "__").to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_key_leads_to_the_nearest_valid_one() {
        let keys = Keys::new().unwrap();
        for (wrong, right) in [
            ("kafka.broker", "kafka.brokers"),
            ("kafka.groupid", "kafka.group_id"),
            ("kafka.transaction.max_record", "kafka.transaction.max_records"),
            ("pipeline.worker", "pipeline.workers"),
            ("brokers", "kafka.brokers"),
            ("kafak", "kafka"),
            ("kafka.offsets", "output.offsets"),
        ] {
            assert_eq!(keys.nearest(wrong), Some(right));
        }
    }

    #[test]
    fn nothing_is_suggested_for_a_key_unlike_any_other() {
        assert_eq!(Keys::new().unwrap().nearest("colour_of_the_sky"), None);
    }
}
