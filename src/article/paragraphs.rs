//! The body of an article made of elements: paragraphs with an empty line between them.

/// Elements that begin and end a paragraph, in HTML, NITF and their relatives.
pub(super) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "section"
            | "article"
            | "main"
            | "block"
            | "body"
            | "body.content"
            | "blockquote"
            | "bq"
            | "pre"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "hl1"
            | "hl2"
            | "hedline"
            | "headline"
            | "li"
            | "ul"
            | "ol"
            | "dl"
            | "dt"
            | "dd"
            | "table"
            | "nitf-table"
            | "tbody"
            | "thead"
            | "tfoot"
            | "tr"
            | "caption"
            | "figure"
            | "figcaption"
            | "hr"
            | "header"
            | "footer"
            | "aside"
            | "nav"
            | "address"
            | "fieldset"
            | "form"
            | "center"
            | "media"
            | "abstract"
            | "datasource"
            | "html"
            | "head"
            | "title"
            | "details"
            | "summary"
            | "option"
            | "fn"
    )
}

/// Elements whose content is not part of the text.
pub(super) fn is_silent(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "template"
            | "svg"
            | "noscript"
            | "iframe"
            | "object"
            | "video"
            | "audio"
            | "canvas"
            | "math"
            | "head"
            | "media"
            | "media-reference"
            | "media-caption"
            | "media-producer"
            | "media-metadata"
            | "custom-table"
            | "ed-msg"
            | "note"
            | "figcaption"
            | "select"
            | "button"
            | "textarea"
            | "map"
    )
}

/// Builds a body. White space is collapsed as in HTML, so that lines that were wrapped at 70 characters flow again.
#[derive(Debug, Default)]
pub(super) struct Paragraphs {
    done: Vec<String>,
    current: String,
    space: bool,
    /// Depth of elements whose line ends are kept.
    preformatted: usize,
}

impl Paragraphs {
    pub(super) fn text(&mut self, text: &str) {
        if self.preformatted > 0 {
            self.current.push_str(text);
            return;
        }
        for piece in text.split_inclusive(char::is_whitespace) {
            let word = piece.trim_end_matches(char::is_whitespace);
            if !word.is_empty() {
                if self.space && !self.current.is_empty() && !self.current.ends_with('\n') {
                    self.current.push(' ');
                }
                self.space = false;
                self.current.push_str(word);
            }
            self.space |= word.len() < piece.len();
        }
    }

    pub(super) fn open(&mut self, name: &str) {
        if is_block(name) {
            self.boundary();
        }
        match name {
            "br" => self.line(),
            "pre" => self.preformatted += 1,
            "td" | "th" => self.space = true,
            _ => {}
        }
    }

    pub(super) fn close(&mut self, name: &str) {
        if is_block(name) {
            self.boundary();
        }
        if name == "pre" {
            self.preformatted = self.preformatted.saturating_sub(1);
        }
    }

    fn line(&mut self) {
        if !self.current.is_empty() {
            self.current.push('\n');
        }
        self.space = false;
    }

    /// Ends the paragraph.
    pub(super) fn boundary(&mut self) {
        let paragraph = self.current.trim();
        if !paragraph.is_empty() {
            self.done.push(paragraph.to_owned());
        }
        self.current.clear();
        self.space = false;
    }

    /// The paragraph that is being written; ends it.
    pub(super) fn take(&mut self) -> Option<String> {
        self.boundary();
        self.done.pop()
    }

    pub(super) fn finish(mut self) -> String {
        self.boundary();
        self.done.join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_lines_flow_and_line_breaks_stay() {
        let mut body = Paragraphs::default();
        body.open("p");
        body.text("\n  One\n  two ");
        body.text("three");
        body.open("br");
        body.text(" four");
        body.close("p");
        body.text("  ");
        body.open("p");
        body.text("five");
        assert_eq!(body.finish(), "One two three\nfour\n\nfive");
    }

    #[test]
    fn preformatted_text_keeps_its_lines() {
        let mut body = Paragraphs::default();
        body.open("pre");
        body.text("A  1\nB  2\n");
        body.close("pre");
        body.text("x");
        assert_eq!(body.finish(), "A  1\nB  2\n\nx");
    }
}
