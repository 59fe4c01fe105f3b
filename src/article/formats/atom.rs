//! Atom 1.0: feeds and single entries.

use roxmltree::Node;

use super::super::Extent;
use super::super::draft::Draft;
use super::super::xml::{attribute, children, content, is, text, text_at};
use super::{Contents, XmlFormat};
use crate::config::InputFormat;

pub(super) const FORMAT: XmlFormat = XmlFormat {
    format: InputFormat::Atom,
    roots: &["feed", "entry"],
    read: |root| {
        if is(root, "entry") {
            return Contents::One(Box::new(draft(root, None)));
        }
        Contents::Many(children(root, "entry").map(|entry| draft(entry, Some(root))).collect())
    },
};

/// A child in Atom's own namespace: `media:content` is no content.
fn own<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> Option<Node<'a, 'i>> {
    children(node, name).find(|child| child.tag_name().namespace() == node.tag_name().namespace())
}

fn draft(entry: Node<'_, '_>, feed: Option<Node<'_, '_>>) -> Draft {
    let text_of = |name| own(entry, name).map(content).filter(|text| !text.is_empty());
    let full = text_of("content");
    let summary = if full.is_none() { text_of("summary") } else { None };
    let language =
        |node: Option<Node<'_, '_>>| node.and_then(|node| attribute(node, "lang")).map(str::to_owned);
    let alternate =
        children(entry, "link").find(|link| matches!(attribute(*link, "rel"), None | Some("alternate")));
    let author = |node: Node<'_, '_>| text_at(own(node, "author")?, &["name"]);
    let dates = ["published", "updated"].map(|name| own(entry, name).and_then(text));
    Draft {
        id: own(entry, "id").and_then(text),
        title: own(entry, "title").and_then(text),
        extent: if summary.is_some() { Extent::Beginning } else { Extent::Whole },
        body: full.or(summary).unwrap_or_default(),
        language: language(own(entry, "content"))
            .or_else(|| language(Some(entry)))
            .or_else(|| language(feed)),
        source: text_at(entry, &["source", "title"]).or_else(|| text(own(feed?, "title")?)),
        url: alternate.and_then(|link| attribute(link, "href")).map(str::to_owned),
        byline: author(entry).or_else(|| author(feed?)),
        ..Draft::default()
    }
    .dated(dates.iter().map(Option::as_deref))
}
