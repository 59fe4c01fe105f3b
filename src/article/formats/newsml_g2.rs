//! IPTC NewsML-G2: items, packages (whose items stand elsewhere: no text), messages, and parts of an item.

use roxmltree::Node;

use super::super::Extent;
use super::super::draft::{Draft, is_withdrawn};
use super::super::xml::{at, attribute, below, children, content, is, paragraphs, text, text_at};
use super::{Contents, XmlFormat, nitf};
use crate::config::InputFormat;

pub(super) const FORMAT: XmlFormat = XmlFormat {
    format: InputFormat::NewsmlG2,
    roots: &["newsItem", "newsMessage", "packageItem", "contentSet", "contentMeta"],
    read,
};

fn read(root: Node<'_, '_>) -> Contents {
    if !is(root, "newsMessage") {
        return Contents::One(Box::new(draft(root)));
    }
    let items = children(root, "itemSet").flat_map(|set| set.children());
    Contents::of_document(
        items.filter(|item| is(*item, "newsItem") || is(*item, "packageItem")).map(draft).collect(),
    )
}

fn draft(item: Node<'_, '_>) -> Draft {
    let part = |name: &str| if is(item, name) { Some(item) } else { at(item, &[name]) };
    let (item_meta, meta) = (part("itemMeta"), part("contentMeta"));
    let inline: Vec<Node<'_, '_>> =
        part("contentSet").into_iter().flat_map(|set| children(set, "inlineXML")).collect();
    let document = inline.iter().find_map(|inline| below(*inline, "nitf")).map(nitf::draft);
    let of_document = document.unwrap_or_default();
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let in_meta = |name: &str| meta.and_then(|meta| text_at(meta, &[name]));
    let date = |node: Option<Node<'_, '_>>, name: &str| node.and_then(|node| text_at(node, &[name]));
    let mut body = of_document.body;
    if body.is_empty() {
        body = inline
            .iter()
            .map(|inline| paragraphs([below(*inline, "body").unwrap_or(*inline)]))
            .find(|body| !body.is_empty())
            .unwrap_or_default();
    }
    if body.is_empty() {
        body = part("contentSet").and_then(|set| at(set, &["inlineData"])).map(content).unwrap_or_default();
    }
    let summary = if body.is_empty() { in_meta("description") } else { None };
    let extent = match (is(item, "packageItem"), &summary) {
        (true, _) => Extent::Nothing,
        (false, Some(_)) => Extent::Beginning,
        (false, None) => Extent::Whole,
    };
    let dates =
        [date(item_meta, "versionCreated"), date(meta, "contentCreated"), date(item_meta, "firstCreated")];
    let remote = part("contentSet").and_then(|set| attribute(at(set, &["remoteContent"])?, "href"));
    Draft {
        id: owned(attribute(item, "guid")),
        title: in_meta("headline")
            .or(of_document.title)
            .or_else(|| item_meta.and_then(|meta| text_at(meta, &["title"]))),
        body: summary.unwrap_or(body),
        language: owned(meta.and_then(|meta| attribute(at(meta, &["language"])?, "tag")))
            .or(of_document.language)
            .or_else(|| owned(attribute(item, "lang"))),
        source: item_meta
            .and_then(|meta| party(at(meta, &["provider"])?))
            .or_else(|| meta.and_then(|meta| party(at(meta, &["infoSource"])?)))
            .or_else(|| party(at(item, &["rightsInfo", "copyrightHolder"])?)),
        url: owned(remote.filter(|href| href.starts_with("http"))),
        byline: in_meta("by")
            .or_else(|| meta.and_then(|meta| party(at(meta, &["creator"])?)))
            .or(of_document.byline),
        revision: owned(attribute(item, "version")),
        extent,
        canceled: item_meta
            .and_then(|meta| attribute(at(meta, &["pubStatus"])?, "qcode"))
            .is_some_and(is_withdrawn),
        ..Draft::default()
    }
    .dated(dates.iter().map(Option::as_deref))
}

/// A name, else what the code or the address of a party says.
fn party(node: Node<'_, '_>) -> Option<String> {
    let code = || attribute(node, "qcode").and_then(|code| code.rsplit(':').next());
    text_at(node, &["name"])
        .or_else(|| {
            attribute(node, "literal").or_else(code).or_else(|| attribute(node, "uri")).map(str::to_owned)
        })
        .or_else(|| text(node))
}
