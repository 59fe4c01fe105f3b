//! The files below `files/`, a folder per format, written for this test: each is read as the file `.expected.json`
//! beside it says, both by detection and by configuration.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Deserialize;
use tonewire::article::{Article, Extent};
use tonewire::config::InputFormat;
use tonewire::text::TextView;

use crate::decoder;

/// What a file must give. Fields that are not there are empty.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    content_type: Option<String>,
    articles: Vec<ExpectedArticle>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedArticle {
    /// `url:*`: begins so, and a hash follows.
    id: String,
    title: Option<String>,
    body: String,
    language: Option<String>,
    published_at: Option<jiff::Timestamp>,
    source: Option<String>,
    url: Option<String>,
    byline: Option<String>,
    revision: Option<String>,
    extent: Option<String>,
    #[serde(default)]
    canceled: bool,
    position: Option<usize>,
}

impl ExpectedArticle {
    /// The article, with the id of the one found where only its beginning is known.
    fn article(self, found: &Article) -> Article {
        let made_up = self.id.strip_suffix('*').filter(|start| found.id.starts_with(start));
        Article {
            id: if made_up.is_some() { found.id.clone() } else { self.id },
            title: self.title,
            body: self.body,
            language: self.language,
            published_at: self.published_at,
            source: self.source,
            url: self.url,
            byline: self.byline,
            revision: self.revision,
            extent: match self.extent.as_deref() {
                None => Extent::Whole,
                Some("Beginning") => Extent::Beginning,
                Some("Nothing") => Extent::Nothing,
                Some(other) => panic!("no extent: {other}"),
            },
            canceled: self.canceled,
            position: self.position,
        }
    }
}

/// A file of the project.
pub struct FormatFile {
    pub format: InputFormat,
    pub path: PathBuf,
    pub value: Vec<u8>,
    pub content_type: Option<String>,
    expected: Vec<ExpectedArticle>,
}

pub fn all() -> Vec<FormatFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/files");
    let mut files: Vec<FormatFile> = folder(&root).iter().flat_map(|format| of_format(format)).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn folder(path: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

fn of_format(path: &Path) -> Vec<FormatFile> {
    let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
    let format = InputFormat::from_str(name, false).unwrap_or_else(|_| panic!("no format: {name}"));
    let is_value = |path: &PathBuf| !path.to_string_lossy().ends_with(".expected.json");
    let file = |path: PathBuf| {
        let beside = format!("{}.expected.json", path.display());
        let text = std::fs::read_to_string(&beside).unwrap_or_else(|error| panic!("{beside}: {error}"));
        let expected: Expected =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{beside}: {error}"));
        FormatFile {
            format,
            value: std::fs::read(&path).expect("a readable file"),
            path,
            content_type: expected.content_type,
            expected: expected.articles,
        }
    };
    folder(path).into_iter().filter(is_value).map(file).collect()
}

pub fn every_file_is_read_as_expected_by_detection_and_by_configuration() {
    let mut wrong = Vec::new();
    for file in all() {
        let content_type = file.content_type.as_deref();
        let name = file.path.display();
        let detected = decoder(|_| {}).decode(&file.value, content_type);
        let configured = decoder(|input| input.format = file.format).decode(&file.value, content_type);
        if detected != configured {
            wrong.push(format!("{name}: detected {detected:#?}\nconfigured {configured:#?}"));
        }
        match detected {
            Err(error) => wrong.push(format!("{name}: {error}")),
            Ok(found) if found.len() != file.expected.len() => {
                wrong.push(format!("{name}: {} articles", found.len()));
            }
            Ok(found) => {
                for (found, expected) in found.iter().zip(file.expected) {
                    let expected = expected.article(found);
                    if *found != expected {
                        wrong.push(format!("{name}: found {found:#?}\nexpected {expected:#?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

pub fn every_format_has_a_file() {
    let files = all();
    for format in InputFormat::value_variants().iter().filter(|format| **format != InputFormat::Auto) {
        assert!(files.iter().any(|file| file.format == *format), "no file for {}", format.name());
    }
}

pub fn a_file_under_another_formats_name_is_an_error_or_a_text_but_never_a_panic() {
    for file in all() {
        for format in InputFormat::value_variants() {
            let outcome = decoder(|input| input.format = *format).decode(&file.value, None);
            if let Err(error) = outcome {
                assert!(tonewire::article::DECODE_ERROR_CODES.contains(&error.code()), "{error}");
            }
        }
    }
}

pub fn entities_once_and_doubly_escaped_and_certain_mojibake_are_read_as_meant() {
    let value = br#"{"title":"Lundh &amp; Sons","body":"&amp;quot;Good,&amp;quot; said Valdor of Caf\u00c3\u00a9 Lundh &amp;amp; Sons. S\u00e3o Paulo and \u00c3vila agreed."}"#;
    let article = decoder(|_| {}).decode(value, None).expect("an article").remove(0);
    let clean = |text: &str| TextView::new(text).clean().to_owned();
    assert_eq!(clean(&article.title.expect("a title")), "Lundh & Sons");
    assert_eq!(
        clean(&article.body),
        "\"Good,\" said Valdor of Café Lundh & Sons. São Paulo and Ãvila agreed."
    );
}

pub fn the_same_article_has_one_id_in_every_version() {
    let id_and_revision = |name: &str| {
        let file = all().into_iter().find(|file| file.path.ends_with(name)).expect(name);
        let article = decoder(|_| {}).decode(&file.value, None).expect(name).remove(0);
        (article.id, article.revision)
    };
    for (first, later) in
        [("newsml-1/item.xml", "newsml-1/canceled.xml"), ("newsml-g2/item.xml", "newsml-g2/canceled.xml")]
    {
        let ((id, revision), (later_id, later_revision)) = (id_and_revision(first), id_and_revision(later));
        assert_eq!(id, later_id);
        assert!(revision < later_revision, "{revision:?} {later_revision:?}");
    }
}

pub fn every_format_and_every_code_is_in_the_documentation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats.md");
    let text = std::fs::read_to_string(path).expect("docs/formats.md");
    let formats = InputFormat::value_variants().iter().filter(|format| **format != InputFormat::Auto);
    for format in formats {
        assert!(text.contains(&format!("\n| `{}` |", format.name())), "no row for {}", format.name());
    }
    for code in tonewire::article::DECODE_ERROR_CODES {
        assert!(text.contains(&format!("`{code}`")), "no word on {code}");
    }
}
