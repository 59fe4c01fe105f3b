//! IPTC NewsML 1.x: the text is the content item whose role says so, else the longest.

use roxmltree::Node;

use super::super::draft::{Draft, is_withdrawn};
use super::super::xml::{at, attribute, below, content, is, is_outermost, paragraphs, text, text_at};
use super::{Contents, XmlFormat, nitf};
use crate::config::InputFormat;

pub(super) const FORMAT: XmlFormat = XmlFormat {
    format: InputFormat::Newsml1,
    roots: &["NewsML", "NewsItem"],
    read: |root| {
        let items = root.descendants().filter(|node| is_outermost(*node, "NewsItem"));
        Contents::of_document(items.map(draft).collect())
    },
};

fn draft(item: Node<'_, '_>) -> Draft {
    let identifier = at(item, &["Identification", "NewsIdentifier"]);
    let identified = |name: &str| identifier.and_then(|identifier| text_at(identifier, &[name]));
    let management = at(item, &["NewsManagement"]);
    let formal =
        |node: Option<Node<'_, '_>>| node.and_then(|node| attribute(node, "FormalName")).map(str::to_owned);
    let below_item = |name: &str| below(item, name).and_then(text);
    let revision = identified("RevisionId");
    let dates =
        ["FirstCreated", "ThisRevisionCreated"].map(|name| management.and_then(|m| text_at(m, &[name])));
    let inline = below(item, "nitf").map(nitf::draft).unwrap_or_default();
    let provider = below(item, "Provider").and_then(|provider| at(provider, &["Party"]));
    let own_language = attribute(item, "lang").map(str::to_owned);
    Draft {
        id: public_id(identified("PublicIdentifier"), revision.as_deref())
            .or_else(|| identified("NewsItemId")),
        title: below_item("HeadLine").or(inline.title),
        body: body(item),
        language: formal(below(item, "Language")).or(own_language).or(inline.language),
        source: formal(provider).or_else(|| identified("ProviderId")),
        byline: below_item("ByLine").or(inline.byline),
        revision,
        canceled: formal(management.and_then(|m| at(m, &["Status"])))
            .is_some_and(|status| is_withdrawn(&status)),
        ..Draft::default()
    }
    .dated(dates.iter().map(Option::as_deref))
}

/// The public identifier without the revision it ends in: all versions of an article have one id.
fn public_id(identifier: Option<String>, revision: Option<&str>) -> Option<String> {
    let identifier = identifier?;
    let (stem, last) = identifier.rsplit_once(':')?;
    let is_revision = revision.is_some_and(|revision| last.trim_end_matches(['N', 'U', 'A']) == revision);
    Some(if is_revision { stem.to_owned() } else { identifier })
}

fn body(item: Node<'_, '_>) -> String {
    let contents = item.descendants().filter(|node| is_outermost(*node, "DataContent")).filter_map(|data| {
        let role = role(data);
        let is_text =
            !["stylesheet", "headline", "subheadline", "contact", "logo", "photo", "caption", "thumbnail"]
                .contains(&role.as_str());
        let text = if is_text { data_text(data) } else { String::new() };
        (!text.is_empty()).then_some((matches!(role.as_str(), "main" | "body" | "text"), text))
    });
    contents.max_by_key(|(is_main, text)| (*is_main, text.len())).map(|(_, text)| text).unwrap_or_default()
}

/// The role of the nearest component, in small letters.
fn role(data: Node<'_, '_>) -> String {
    let component = data.ancestors().find(|above| is(*above, "NewsComponent"));
    let role = component.and_then(|component| attribute(at(component, &["Role"])?, "FormalName"));
    role.unwrap_or_default().to_lowercase()
}

fn data_text(data: Node<'_, '_>) -> String {
    if let Some(nitf) = below(data, "nitf") {
        return nitf::draft(nitf).body;
    }
    match below(data, "body") {
        Some(body) => paragraphs([body]),
        None => content(data),
    }
}
