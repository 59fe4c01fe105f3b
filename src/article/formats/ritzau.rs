//! Ritzau's `RBNews`, also inside the answer of its queue.

use super::super::draft::Draft;
use super::super::xml::{at, content, is, is_outermost, text_at};
use super::{Contents, XmlFormat};
use crate::config::InputFormat;

pub(super) const FORMAT: XmlFormat = XmlFormat {
    format: InputFormat::Ritzau,
    roots: &["XMLNewsQueuedResponse", "ListOfRBNews", "RBNews"],
    read: |root| {
        let items = root.descendants().filter(|node| is_outermost(*node, "RBNews")).map(|item| {
            let field = |name: &str| text_at(item, &[name]);
            Draft {
                id: field("NewsID"),
                title: field("headline"),
                body: at(item, &["content"]).map(content).unwrap_or_default(),
                source: field("origin"),
                byline: field("byline"),
                revision: field("version"),
                ..Draft::default()
            }
            .dated([field("PublishDate").as_deref()])
        });
        if is(root, "RBNews") {
            Contents::of_document(items.collect())
        } else {
            Contents::Many(items.collect())
        }
    },
};
