//! Real files of every format, which lie beside the repository and not in it: each must be read. Prints what was found
//! of each.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tonewire::article::{Article, Decoder};
use tonewire::config::{Config, Settings};

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/articles");
    let trial = Trial::ignorable_test("every_sample_file_is_read", move || {
        let files = files_below(&root);
        if files.is_empty() {
            return Ok(Completion::ignored_with("no ../shared/data/articles beside the repository"));
        }
        let config = Config::from_settings(Settings::default()).expect("the defaults are valid");
        let decoder = Decoder::new(&config.input);
        println!("| file | articles | title | body | date | language | id |\n|---|---|---|---|---|---|---|");
        let unread: Vec<String> = files.iter().filter_map(|file| row(&decoder, &root, file).err()).collect();
        if unread.is_empty() { Ok(Completion::Completed) } else { Err(Failed::from(unread.join("\n"))) }
    });
    libtest_mimic::run(&arguments, vec![trial]).exit();
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
    let name = file.strip_prefix(root).unwrap_or(file).display();
    let articles = decoder.decode(&std::fs::read(file).expect("a readable file"), None).map_err(|error| {
        println!("| {name} | {} |", error.code());
        format!("{name}: {error}")
    })?;
    let Some(first) = articles.first() else { return Err(format!("{name}: no article")) };
    println!("| {name} | {} | {} |", articles.len(), cells(first).join(" | "));
    let with_text = articles.iter().any(|article| article.title.is_some() || !article.body.is_empty());
    // Parts of an item, and packages whose items stand elsewhere.
    let may_lack_text =
        ["LISTING_28", "LISTING_24", "ap_metadata"].iter().any(|part| name.to_string().contains(part));
    if with_text || may_lack_text { Ok(()) } else { Err(format!("{name}: neither title nor body")) }
}

fn cells(article: &Article) -> [String; 5] {
    let short = |text: &str| text.chars().take(32).collect::<String>();
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        or_none(article.title.as_deref().map(short)),
        article.body.chars().count().to_string(),
        or_none(article.published_at.map(|date| date.to_string())),
        or_none(article.language.clone()),
        short(&article.id),
    ]
}
