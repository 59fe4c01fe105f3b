//! HTML in a body: tags are left out, block tags become paragraph breaks.

use super::offset_map::{OffsetMap, Rewriter};

/// Written for a block tag.
pub(super) const PARAGRAPH_BREAK: &str = "\u{2029}";
/// Written for `<br>`.
const LINE_BREAK: &str = "\u{2028}";

/// Elements that begin and end a paragraph.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "button",
    "caption",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hl2",
    "hr",
    "html",
    "iframe",
    "li",
    "main",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
    "video",
];

/// Elements inside a paragraph.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "amp-img", "b", "bdi", "bdo", "big", "br", "center", "cite", "code", "del",
    "dfn", "em", "embed", "font", "i", "img", "input", "ins", "kbd", "label", "link", "mark", "meta",
    "noscript", "object", "picture", "q", "s", "samp", "script", "small", "source", "span", "strike",
    "strong", "style", "sub", "sup", "svg", "template", "time", "tt", "u", "var", "wbr",
];

/// Elements whose content is not text.
const SILENT: &[&str] = &["script", "style", "template", "svg"];

/// Leaves out tags, comments and the content of scripts and styles. `None` where the text holds no tag of
/// HTML; then `<redacted>` and `5 < 6` are text.
pub(super) fn strip(text: &str) -> Option<(String, OffsetMap)> {
    let mut scanner = Scanner::new(text);
    let mut rewriter = Rewriter::new(text);
    let mut copied_to = 0;
    let mut position = 0;
    while let Some(found) = text[position..].find('<') {
        let start = position + found;
        match scanner.markup_at(start) {
            Some(markup) => {
                copy_with_plain_newlines(&mut rewriter, text, copied_to, start);
                rewriter.replace(start..markup.end, markup.stands_for);
                copied_to = markup.end;
                position = markup.end;
            }
            None => position = start + 1,
        }
    }
    if copied_to == 0 {
        return None;
    }
    copy_with_plain_newlines(&mut rewriter, text, copied_to, text.len());
    Some(rewriter.finish())
}

/// In HTML a line end in the source is a space.
fn copy_with_plain_newlines(rewriter: &mut Rewriter<'_>, text: &str, start: usize, end: usize) {
    let mut from = start;
    for (offset, _) in text[start..end].match_indices(['\n', '\r']) {
        let at = start + offset;
        rewriter.copy(from..at);
        rewriter.replace(at..at + 1, " ");
        from = at + 1;
    }
    rewriter.copy(from..end);
}

struct Markup {
    end: usize,
    stands_for: &'static str,
}

struct Scanner<'a> {
    text: &'a str,
    /// Bytes that may still be read in vain. Without it, text made of many unclosed tags would be read
    /// again and again.
    patience: usize,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, patience: 4 * text.len() + 1024 }
    }

    fn markup_at(&mut self, start: usize) -> Option<Markup> {
        let rest = &self.text[start..];
        if rest.starts_with("<!--") {
            let end = self.end_of(start + 4, "-->")?;
            return Some(Markup { end, stands_for: "" });
        }
        if rest.starts_with("<![CDATA[") {
            return Some(Markup { end: start + 9, stands_for: "" });
        }
        if rest.get(..9).is_some_and(|head| head.eq_ignore_ascii_case("<!doctype")) {
            let end = self.end_of(start + 9, ">")?;
            return Some(Markup { end, stands_for: "" });
        }
        let tag = Tag::at(rest)?;
        let end = start + self.tag_length(rest, tag.name_end)?;
        if !attributes_plausible(&self.text[start + tag.name_end..end - 1]) {
            return None;
        }
        let name = tag.name.to_ascii_lowercase();
        if BLOCKS.binary_search(&name.as_str()).is_ok() {
            return Some(Markup { end, stands_for: PARAGRAPH_BREAK });
        }
        if name == "br" {
            return Some(Markup { end, stands_for: LINE_BREAK });
        }
        let known = INLINE.binary_search(&name.as_str()).is_ok() || name.contains(':');
        if !known {
            return None;
        }
        if !tag.closing && SILENT.contains(&name.as_str()) {
            return Some(Markup { end: self.end_of_silent(end, &name), stands_for: "" });
        }
        Some(Markup { end, stands_for: "" })
    }

    /// Position after the next `needle`.
    fn end_of(&mut self, from: usize, needle: &str) -> Option<usize> {
        if self.patience == 0 {
            return None;
        }
        if let Some(found) = self.text[from..].find(needle) {
            Some(from + found + needle.len())
        } else {
            self.patience = self.patience.saturating_sub(self.text.len() - from + 1);
            None
        }
    }

    /// Position of the closing tag; where there is none, only the opening tag is left out.
    fn end_of_silent(&mut self, from: usize, name: &str) -> usize {
        let mut position = from;
        while let Some(found) = self.end_of(position, "</") {
            if self
                .text
                .as_bytes()
                .get(found..found + name.len())
                .is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
            {
                return found - 2;
            }
            self.patience = self.patience.saturating_sub(found - position);
            if self.patience == 0 {
                return from;
            }
            position = found;
        }
        from
    }

    /// Length of the tag with its `>`. A `>` inside a quoted attribute does not end it.
    fn tag_length(&mut self, rest: &str, from: usize) -> Option<usize> {
        let mut quote = None;
        let mut after_equals = false;
        for (offset, byte) in rest.bytes().enumerate().skip(from) {
            match (quote, byte) {
                (Some(open), _) if byte == open => quote = None,
                (Some(_), _) => {}
                (None, b'>') => return Some(offset + 1),
                (None, b'<') => return self.in_vain(offset),
                (None, b'"' | b'\'') if after_equals => quote = Some(byte),
                (None, _) => {}
            }
            after_equals = byte == b'=' || (after_equals && byte == b' ');
            if offset > self.patience {
                return self.in_vain(offset);
            }
        }
        self.in_vain(rest.len())
    }

    fn in_vain(&mut self, bytes: usize) -> Option<usize> {
        self.patience = self.patience.saturating_sub(bytes);
        None
    }
}

struct Tag<'a> {
    name: &'a str,
    name_end: usize,
    closing: bool,
}

impl<'a> Tag<'a> {
    /// Reads `<name` or `</name`.
    fn at(text: &'a str) -> Option<Self> {
        let closing = text.as_bytes().get(1) == Some(&b'/');
        let start = if closing { 2 } else { 1 };
        let name_length = text
            .bytes()
            .skip(start)
            .take(24)
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':'))
            .count();
        let name = text.get(start..start + name_length)?;
        name.starts_with(|first: char| first.is_ascii_alphabetic()).then_some(Self {
            name,
            name_end: start + name_length,
            closing,
        })
    }
}

/// What stands between a tag's name and its `>`: nothing, a slash, or attributes.
fn attributes_plausible(between: &str) -> bool {
    let inner = between.trim_end_matches('/').trim();
    inner.is_empty()
        || (between.starts_with(|first: char| first.is_whitespace() || first == '/')
            && (inner.contains('=') || !inner.contains(' ')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> String {
        strip(text).map_or_else(|| text.to_owned(), |(text, _)| text)
    }

    #[test]
    fn element_lists_are_sorted_for_binary_search() {
        assert!(BLOCKS.is_sorted() && INLINE.is_sorted());
    }

    #[test]
    fn tags_comments_and_scripts_are_left_out() {
        let html = "<p class=\"a>b\">One <b>two</b>\nthree</p><!-- no --><SCRIPT>var x = '<p>';</SCRIPT><p>Four<br/>five</p>";
        assert_eq!(stripped(html), "\u{2029}One two three\u{2029}\u{2029}Four\u{2028}five\u{2029}");
    }

    #[test]
    fn angle_brackets_in_plain_text_survive() {
        for text in
            ["The <redacted> report", "5 < 6 > 4", "a <b and c> d", "<", "</", "<p", "<!-- open", "<3"]
        {
            assert_eq!(stripped(text), text);
        }
    }

    #[test]
    fn unclosed_tags_are_read_in_linear_time() {
        let text = "<a x='".repeat(100_000) + &"<script><!--".repeat(50_000);
        let start = std::time::Instant::now();
        let _ = strip(&text);
        assert!(start.elapsed().as_secs() < 5);
    }
}
