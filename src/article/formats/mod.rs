//! A file per format. Each says how its values are recognised, where the fields of an article stand in them, and what
//! is special about it.

mod ap_media;
mod atom;
mod event_registry;
mod gdelt;
mod iptc7901;
mod json_feed;
mod news_please;
mod newsapi;
mod newsml_1;
mod newsml_g2;
mod ninjs;
mod nitf;
pub(super) mod preset;
mod ritzau;
mod rss;
pub(super) mod text;
mod webz;

use roxmltree::Node;

use super::draft::Draft;
use crate::config::InputFormat;
use preset::JsonFormat;

/// What a value holds.
#[derive(Debug)]
pub(super) enum Contents {
    /// One article, which may have the key of its record.
    One(Box<Draft>),
    /// The articles of an envelope, any number of them.
    Many(Vec<Draft>),
}

impl Contents {
    /// Of a document that usually holds one article and may hold more.
    pub(super) fn of_document(mut drafts: Vec<Draft>) -> Self {
        match drafts.pop() {
            Some(only) if drafts.is_empty() => Self::One(Box::new(only)),
            Some(last) => {
                drafts.push(last);
                Self::Many(drafts)
            }
            None => Self::Many(drafts),
        }
    }
}

/// Formats in XML, known by their root elements.
pub(super) struct XmlFormat {
    pub(super) format: InputFormat,
    /// Local names.
    pub(super) roots: &'static [&'static str],
    pub(super) read: fn(Node<'_, '_>) -> Contents,
}

/// Formats in lines of text.
pub(super) struct TextFormat {
    pub(super) format: InputFormat,
    pub(super) recognises: fn(&str) -> bool,
    /// What the value must look like, for messages.
    pub(super) expected: &'static str,
    pub(super) read: fn(&str) -> Contents,
}

pub(super) const XML: &[XmlFormat] =
    &[newsml_g2::FORMAT, newsml_1::FORMAT, nitf::FORMAT, rss::FORMAT, atom::FORMAT, ritzau::FORMAT];

pub(super) const TEXT: &[TextFormat] = &[iptc7901::FORMAT, gdelt::FORMAT];

/// In the order in which they are tried: the most particular first.
pub(super) const JSON: &[JsonFormat] = &[
    json_feed::FORMAT,
    ap_media::FORMAT,
    webz::FORMAT,
    event_registry::FORMAT,
    newsapi::FORMAT,
    news_please::FORMAT,
    ninjs::FORMAT,
];

/// The roots of all XML formats, for messages.
pub(super) const XML_NAMES: &str =
    "newsItem, newsMessage, NewsML, nitf, rss, rdf:RDF, feed, entry, RBNews, html";
