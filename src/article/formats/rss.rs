//! RSS 0.91 to 2.0 and RSS 1.0 (RDF), with the Dublin Core and content modules.

use roxmltree::Node;

use super::super::draft::Draft;
use super::super::xml::{attribute, below, children, content, is, text};
use super::{Contents, XmlFormat};
use crate::config::InputFormat;

const CONTENT_MODULE: &str = "http://purl.org/rss/1.0/modules/content/";

pub(super) const FORMAT: XmlFormat = XmlFormat {
    format: InputFormat::Rss,
    roots: &["rss", "RDF", "channel"],
    read: |root| {
        let channel = if is(root, "channel") { Some(root) } else { below(root, "channel") };
        let outer = channel.map(Channel::of).unwrap_or_default();
        let parents = channel.into_iter().chain((channel != Some(root)).then_some(root));
        Contents::Many(
            parents.flat_map(|parent| children(parent, "item")).map(|item| draft(item, &outer)).collect(),
        )
    },
};

#[derive(Default)]
struct Channel {
    title: Option<String>,
    language: Option<String>,
}

impl Channel {
    fn of(channel: Node<'_, '_>) -> Self {
        Self {
            title: own(channel, "title").and_then(text),
            language: ["language"]
                .iter()
                .find_map(|name| text(own(channel, name).or_else(|| children(channel, name).next())?)),
        }
    }
}

/// A child in RSS's own namespace: modules have titles and links too.
fn own<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> Option<Node<'a, 'i>> {
    children(node, name).find(|child| child.tag_name().namespace() == node.tag_name().namespace())
}

fn draft(item: Node<'_, '_>, channel: &Channel) -> Draft {
    let any = |name: &'static str| own(item, name).or_else(|| children(item, name).next());
    let encoded = children(item, "encoded").find(|node| node.tag_name().namespace() == Some(CONTENT_MODULE));
    let full = encoded.map(content).filter(|body| !body.is_empty());
    let guid = own(item, "guid").and_then(text);
    let is_address = own(item, "guid").and_then(|guid| attribute(guid, "isPermaLink")) != Some("false");
    let address = guid.clone().filter(|guid| is_address && guid.starts_with("http"));
    let link = own(item, "link")
        .and_then(text)
        .or_else(|| children(item, "link").find_map(|link| attribute(link, "href")).map(str::to_owned));
    let dates = ["pubDate", "date", "published", "updated"].map(|name| any(name).and_then(text));
    Draft {
        id: guid
            .or_else(|| attribute(item, "about").map(str::to_owned))
            .or_else(|| children(item, "identifier").next().and_then(text)),
        title: any("title").and_then(text),
        body: full.or_else(|| any("description").map(content)).unwrap_or_default(),
        language: any("language").and_then(text).or_else(|| channel.language.clone()),
        source: own(item, "source").and_then(text).or_else(|| channel.title.clone()),
        url: link.or(address),
        byline: children(item, "creator").next().or_else(|| any("author")).and_then(text),
        ..Draft::default()
    }
    .dated(dates.iter().map(Option::as_deref))
}
