//! Real files of every format, which lie beside the repository and not in it: each must be read. Prints what was found
//! of each.

use std::path::{Path, PathBuf};

use libtest_mimic::{Completion, Failed};
use tonewire::article::{Article, Decoder};

use crate::decoder;

/// Parts of an item and packages whose items stand elsewhere have no text of their own.
const MAY_LACK_TEXT: [&str; 3] = ["LISTING_28", "LISTING_24", "ap_metadata"];

/// Holds requests only, which are no pages.
const HOLDS_NO_ARTICLE: &str = "warcio_example-digest.warc";

pub fn every_sample_file_is_read() -> Result<Completion, Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/articles");
    let files = files_below(&root);
    if files.is_empty() {
        return Ok(Completion::ignored_with("no ../shared/data/articles beside the repository"));
    }
    let decoder = decoder(|_| {});
    println!("| format | file | articles | title | body | date | language | id |");
    println!("|---|---|---|---|---|---|---|---|");
    let unread: Vec<String> = files.iter().filter_map(|file| row(&decoder, &root, file).err()).collect();
    println!("{} files, {} not read", files.len(), unread.len());
    if unread.is_empty() { Ok(Completion::Completed) } else { Err(Failed::from(unread.join("\n"))) }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let is_sample =
        |path: &PathBuf| !path.ends_with("LICENSE") && path.extension().is_none_or(|name| name != "md");
    let below = |path: PathBuf| if path.is_dir() { files_below(&path) } else { vec![path] };
    paths.into_iter().filter(is_sample).flat_map(below).collect()
}

/// Prints the row of a file; an error where it is not read.
fn row(decoder: &Decoder, root: &Path, file: &Path) -> Result<(), String> {
    let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
    let (format, short) = name.split_once('/').unwrap_or(("-", &name));
    let articles = decoder.decode(&std::fs::read(file).expect("a readable file"), None).map_err(|error| {
        println!("| {format} | {short} | {} |", error.code());
        format!("{name}: {error}")
    })?;
    let Some(first) = articles.first() else {
        println!("| {format} | {short} | 0 |");
        return if short == HOLDS_NO_ARTICLE { Ok(()) } else { Err(format!("{name}: no article")) };
    };
    println!("| {format} | {short} | {} | {} |", articles.len(), cells(first).join(" | "));
    let with_text = articles.iter().any(|article| article.title.is_some() || !article.body.is_empty());
    let may_lack_text = MAY_LACK_TEXT.iter().any(|part| name.contains(part));
    if with_text || may_lack_text { Ok(()) } else { Err(format!("{name}: neither title nor body")) }
}

fn cells(article: &Article) -> [String; 5] {
    let short = |text: &str| text.chars().take(32).collect::<String>().replace('|', "¦");
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        or_none(article.title.as_deref().map(short)),
        article.body.chars().count().to_string(),
        or_none(article.published_at.map(|date| date.to_string())),
        or_none(article.language.clone()),
        short(&article.id),
    ]
}
