//! XML with limits, and the few questions that the readers ask of it.

mod guard;
mod repair;

use roxmltree::{Document, Node, ParsingOptions};

use super::DecodeError;
use super::draft::flat;
use super::error::excerpt;
use super::paragraphs::{Paragraphs, is_silent};

/// Elements, texts and comments of a document. The longest newswire messages have some thousands.
const MAX_NODES: u32 = 1_000_000;

/// Parses a document and hands its root element on. External entities are never loaded, entities of its own are
/// refused, and depth, attributes and nodes are bounded, so that time and memory stay in proportion to the size.
///
/// Feeds hold names such as `&nbsp;` that XML does not know, bare ampersands and control characters; those are
/// repaired where the document cannot be read otherwise.
pub(super) fn with_root<T>(
    text: &str,
    read: impl FnOnce(Node<'_, '_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let text = text.trim_start();
    guard::check(text)?;
    match parse(text) {
        Ok(document) => read(document.root_element()),
        Err(error) if repair::may_help(&error) => {
            let repaired = repair::repaired(text);
            let document = parse(&repaired).map_err(|_| syntax_error(text, &error))?;
            read(document.root_element())
        }
        Err(error) => Err(syntax_error(text, &error)),
    }
}

fn parse(text: &str) -> Result<Document<'_>, roxmltree::Error> {
    let options = ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options)
}

fn syntax_error(text: &str, error: &roxmltree::Error) -> DecodeError {
    let position = error.pos();
    let message = error.to_string();
    let problem = message.split(" at ").next().unwrap_or_default();
    let line_text = text.lines().nth(position.row.saturating_sub(1) as usize).unwrap_or_default();
    let column = position.col.saturating_sub(1) as usize;
    let rest: String = line_text.chars().skip(column).take(60).collect();
    let found = if rest.is_empty() { "the end".to_owned() } else { format!("\"{}\"", excerpt(&rest)) };
    DecodeError::InvalidXml { line: position.row, column: position.col, problem: excerpt(problem), found }
}

/// The name of the first element; `None` where the text does not start like XML.
pub(super) fn root_name(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    loop {
        let after = rest.strip_prefix('<')?;
        let end = if after.starts_with("!--") {
            rest.find("-->")? + 3
        } else if after.starts_with('?') {
            rest.find("?>")? + 2
        } else if after.starts_with('!') {
            end_of_doctype(rest)?
        } else {
            let end = after.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
            let name = after.get(..end)?;
            let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
            return is_name.then(|| name.rsplit(':').next().unwrap_or(name));
        };
        rest = rest.get(end..)?.trim_start();
    }
}

/// Past `<!DOCTYPE ... [ ... ]>`.
fn end_of_doctype(text: &str) -> Option<usize> {
    let plain = text.find('>')?;
    match text.find('[') {
        Some(subset) if subset < plain => Some(text.find("]>")? + 2),
        _ => Some(plain + 1),
    }
}

/// The local name, in small letters: HTML in news XML comes as `<P>` too.
pub(super) fn name(node: Node<'_, '_>) -> String {
    node.tag_name().name().to_ascii_lowercase()
}

pub(super) fn is(node: Node<'_, '_>, local_name: &str) -> bool {
    node.is_element() && node.tag_name().name().eq_ignore_ascii_case(local_name)
}

/// Whether it has that name and stands in no other of that name. Read one inside the other, a document of a megabyte
/// would be hundreds.
pub(super) fn is_outermost(node: Node<'_, '_>, local_name: &str) -> bool {
    is(node, local_name) && !node.ancestors().skip(1).any(|above| is(above, local_name))
}

/// The child elements of that local name, whatever their namespace.
pub(super) fn children<'a, 'i>(node: Node<'a, 'i>, local_name: &str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| is(*child, local_name))
}

/// The first element along a path of local names.
pub(super) fn at<'a, 'i>(node: Node<'a, 'i>, path: &[&str]) -> Option<Node<'a, 'i>> {
    path.iter().try_fold(node, |node, local_name| node.children().find(|child| is(*child, local_name)))
}

/// The first element of that local name below `node`.
pub(super) fn below<'a, 'i>(node: Node<'a, 'i>, local_name: &str) -> Option<Node<'a, 'i>> {
    node.descendants().find(|found| *found != node && is(*found, local_name))
}

/// An attribute by its local name, `None` where blank.
pub(super) fn attribute<'a>(node: Node<'a, '_>, local_name: &str) -> Option<&'a str> {
    node.attributes()
        .find(|attribute| attribute.name() == local_name)
        .map(|attribute| attribute.value().trim())
        .filter(|value| !value.is_empty())
}

/// The text of an element and all below it, with single spaces.
pub(super) fn text(node: Node<'_, '_>) -> Option<String> {
    let all: String = node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect();
    flat(&all)
}

/// [`text()`] along a path.
pub(super) fn text_at(node: Node<'_, '_>, path: &[&str]) -> Option<String> {
    at(node, path).and_then(text)
}

/// What an element holds, as delivered: escaped HTML is one text, elements are paragraphs.
pub(super) fn content(node: Node<'_, '_>) -> String {
    if node.children().any(|child| child.is_element()) {
        return paragraphs([node]);
    }
    let text: String = node.children().filter_map(|child| child.text().filter(|_| child.is_text())).collect();
    text.trim().to_owned()
}

/// The text below the nodes as paragraphs. Does not recurse.
pub(super) fn paragraphs<'a, 'i: 'a>(nodes: impl IntoIterator<Item = Node<'a, 'i>>) -> String {
    enum Step<'a, 'i> {
        Enter(Node<'a, 'i>),
        Leave(String),
    }
    let mut body = Paragraphs::default();
    for node in nodes {
        body.boundary();
        let mut steps = vec![Step::Enter(node)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Leave(name) => body.close(&name),
                Step::Enter(text) if text.is_text() => body.text(text.text().unwrap_or_default()),
                Step::Enter(element) if element.is_element() => {
                    let name = name(element);
                    if is_silent(&name) && element != node {
                        body.text(" ");
                        continue;
                    }
                    body.open(&name);
                    steps.push(Step::Leave(name));
                    let first = steps.len();
                    steps.extend(element.children().map(Step::Enter));
                    steps[first..].reverse();
                }
                Step::Enter(_) => {}
            }
        }
    }
    body.finish()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
