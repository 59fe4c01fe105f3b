//! JSON for people: the same bytes, with line breaks and indentation.

/// Lays out a valid JSON text over lines. Key order and the spelling of numbers stay as they are, which
/// a detour over parsed values would not promise. Lists of plain numbers stay on one line.
pub(super) fn indent(json: &str) -> String {
    let mut layout = Layout { text: String::with_capacity(json.len() * 2), depth: 0 };
    let mut rest = json.trim();
    while let Some(first) = rest.chars().next() {
        let token = token(rest, first);
        layout.push(token);
        rest = rest.get(token.len()..).unwrap_or_default().trim_start();
    }
    layout.text
}

/// A string, an empty or numeric list, or one character.
fn token(rest: &str, first: char) -> &str {
    let length = match first {
        '"' => string_length(rest),
        '[' | '{' => inline_length(rest).unwrap_or(1),
        _ => first.len_utf8(),
    };
    rest.get(..length).unwrap_or(rest)
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (position, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return position + 1,
            _ => {}
        }
    }
    text.len()
}

fn inline_length(text: &str) -> Option<usize> {
    let inner = text.get(1..)?;
    let is_plain = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E' | ',');
    let end = inner.find(|c: char| !is_plain(c))?;
    let closes = matches!(inner.get(end..)?.chars().next()?, ']' | '}');
    closes.then_some(end + 2)
}

struct Layout {
    text: String,
    depth: usize,
}

impl Layout {
    fn push(&mut self, token: &str) {
        match token {
            "{" | "[" => {
                self.text.push_str(token);
                self.depth += 1;
                self.new_line();
            }
            "}" | "]" => {
                self.depth = self.depth.saturating_sub(1);
                self.new_line();
                self.text.push_str(token);
            }
            "," => {
                self.text.push(',');
                self.new_line();
            }
            ":" => self.text.push_str(": "),
            _ => self.text.push_str(token),
        }
    }

    fn new_line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_breaks_lines_between_members() {
        let json = r#"{"b":[1,2],"a":{"x":"{,\"}"},"e":{},"l":["s",null]}"#;
        let expected = "{\n  \"b\": [1,2],\n  \"a\": {\n    \"x\": \"{,\\\"}\"\n  },\n  \"e\": {},\n  \"l\": [\n    \"s\",\n    null\n  ]\n}";
        assert_eq!(indent(json), expected);
    }

    fn any_json() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            ".{0,12}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::hash_map(".{0,6}", inner, 0..5)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest::proptest! {
        #[test]
        fn the_value_stays_the_same(value in any_json()) {
            let laid_out: serde_json::Value = serde_json::from_str(&indent(&value.to_string())).unwrap();
            proptest::prop_assert_eq!(laid_out, value);
        }
    }
}
