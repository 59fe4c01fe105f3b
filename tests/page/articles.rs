//! Texts of articles, which nobody vouches for.

use serde_json::Value;

use crate::browser::Browser;
use crate::live::open;
use crate::program::{HOSTILE_BODY, HOSTILE_TITLE};

const DIALOG_IS_OPEN: &str = "document.getElementById('article').open";

/// Clicks the article in the list whose title begins so.
fn open_article(browser: &Browser, title: &str) {
    let link = format!(
        "[...document.querySelectorAll('#newest a')].find(link => link.textContent.startsWith({title:?}))"
    );
    browser.wait_for("the article is in the list", &link);
    browser.run(&format!("{link}.id = 'wanted'"));
    browser.click("#wanted");
    browser.wait_for("the article is shown", DIALOG_IS_OPEN);
}

/// The text of an element without the words that are there for the marks.
fn own_text(browser: &Browser, id: &str) -> String {
    let script = format!(
        "const copy = document.getElementById({id:?}).cloneNode(true);
         copy.querySelectorAll('.hidden, .tag').forEach(one => one.remove());
         return copy.textContent"
    );
    browser.run(&script).as_str().unwrap().to_owned()
}

pub fn markup_and_script_in_an_article_stay_text_and_do_not_run(browser: &Browser) {
    open(browser);
    open_article(browser, "<img");
    assert_eq!(own_text(browser, "article-title"), HOSTILE_TITLE);
    assert_eq!(own_text(browser, "article-body"), HOSTILE_BODY);
    assert!(browser.text("#article-about").starts_with("The <i>Post</i>"));
    browser.run("document.querySelector('#article-body').dispatchEvent(new MouseEvent('mouseover'))");
    // Evidence of the same article.
    browser.click("#article-actors a");
    browser.wait_for("the evidence is shown", "document.querySelector('#sentences a')");
    let links =
        browser.run("return [...document.querySelectorAll('#sentences a')].map(link => link.textContent)");
    assert!(links.as_array().unwrap().iter().any(|link| link == HOSTILE_TITLE), "{links}");

    assert_eq!(browser.run("return window.harm ?? null"), Value::Null, "something ran");
    let foreign = "return document.querySelectorAll('main img, main script, main svg[onload], main b[onmouseover], \
                   dialog img, dialog script, dialog svg, dialog i, a[href^=javascript]').length";
    assert_eq!(browser.run(foreign), 0, "a text became an element");
}

pub fn mentions_are_marked_by_polarity_and_holder_and_not_by_colour_alone(browser: &Browser) {
    open(browser);
    open_article(browser, "Museum");
    let marks = browser.run(
        "return [...document.querySelectorAll('#article-body mark')].map(mark => [
             mark.firstChild.textContent, mark.querySelector('.tag')?.textContent ?? '',
             getComputedStyle(mark).textDecorationStyle, mark.querySelector('.hidden').textContent])",
    );
    let marks: Vec<Vec<String>> = serde_json::from_value(marks).unwrap();
    let of =
        |name: &str| marks.iter().find(|mark| mark[0] == name).unwrap_or_else(|| panic!("{name}: {marks:?}"));
    let [russia, germany, merkel] = ["Russia", "Germany", "Angela Merkel"].map(of);
    assert_eq!((russia[1].as_str(), russia[2].as_str()), ("−", "wavy"));
    assert_eq!((germany[1].as_str(), germany[2].as_str()), ("+❝ Emmanuel Macron", "solid"));
    assert_eq!((merkel[1].as_str(), merkel[2].as_str()), ("+", "solid"));
    assert_eq!(germany[3].trim(), "(positive toward Germany, in the voice of Emmanuel Macron)");
    assert_eq!(russia[3].trim(), "(negative toward Russia, in the article's own voice)");
    let legend = browser.text("#legend");
    for word in ["positive", "negative", "neutral", "own voice"] {
        assert!(legend.contains(word), "{legend}");
    }
    // Its address was no address of the web.
    assert!(!browser.is_shown("#article-end a"));
}
