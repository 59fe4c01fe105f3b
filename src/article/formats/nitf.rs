//! IPTC NITF, alone and inside NewsML.

use roxmltree::Node;

use super::super::draft::{Draft, flat, is_withdrawn};
use super::super::xml::{at, attribute, below, children, is, paragraphs, text, text_at};
use super::{Contents, XmlFormat};
use crate::config::InputFormat;

pub(super) const FORMAT: XmlFormat = XmlFormat {
    format: InputFormat::Nitf,
    roots: &["nitf"],
    read: |root| Contents::One(Box::new(draft(root))),
};

/// The article of a `nitf` element.
pub(super) fn draft(nitf: Node<'_, '_>) -> Draft {
    let head = at(nitf, &["body", "body.head"]);
    let docdata = at(nitf, &["head", "docdata"]);
    let in_docdata = |name: &str, key: &str| docdata.and_then(|data| attribute(at(data, &[name])?, key));
    let pubdata = at(nitf, &["head", "pubdata"]);
    let story_date = head.and_then(|head| attribute(below(head, "story.date")?, "norm"));
    let body = at(nitf, &["body"]);
    let contents = body.into_iter().flat_map(|body| children(body, "body.content"));
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Draft {
        id: owned(in_docdata("doc-id", "id-string")),
        title: head.and_then(|head| text(below(head, "hl1")?)).or_else(|| text_at(nitf, &["head", "title"])),
        body: paragraphs(contents),
        language: owned(
            body.and_then(|body| attribute(body, "lang"))
                .or_else(|| attribute(nitf, "baselang"))
                .or_else(|| attribute(nitf, "lang")),
        ),
        source: head
            .and_then(|head| text_at(head, &["distributor"]))
            .or_else(|| owned(in_docdata("doc.copyright", "holder")))
            .or_else(|| owned(docdata.and_then(|data| attribute(below(data, "from-src")?, "src-name"))))
            .or_else(|| owned(in_docdata("doc-id", "regsrc"))),
        url: owned(pubdata.and_then(|data| attribute(data, "ex-ref"))),
        byline: head.and_then(|head| byline(at(head, &["byline"])?)),
        revision: owned(in_docdata("du-key", "version")),
        canceled: docdata.and_then(|data| attribute(data, "management-status")).is_some_and(is_withdrawn),
        ..Draft::default()
    }
    .dated([
        in_docdata("date.issue", "norm"),
        in_docdata("date.release", "norm"),
        pubdata.and_then(|data| attribute(data, "date.publication")),
        story_date,
    ])
}

/// The author without what they are (`byttl`), which has no space before it.
fn byline(node: Node<'_, '_>) -> Option<String> {
    let is_title = |text: &Node<'_, '_>| text.ancestors().any(|above| is(above, "byttl"));
    let name: String =
        node.descendants().filter(|n| n.is_text() && !is_title(n)).filter_map(|n| n.text()).collect();
    flat(name.trim().trim_end_matches(',')).or_else(|| text(node))
}
