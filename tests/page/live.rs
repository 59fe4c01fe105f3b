//! What the page shows moves, and leads from one thing to the next.

use crate::browser::{Browser, ENTER, ESCAPE, TAB};
use crate::program::{PLAIN_TITLE, Program, shared};

/// The script's expression for the button with an actor's name.
fn named(name: &str) -> String {
    format!(
        "[...document.querySelectorAll('#actor-rows .name')].find(button => button.textContent === {name:?})"
    )
}

/// Loads the page of the shared instance and waits for its actors.
pub fn open(browser: &Browser) {
    open_at(browser, "/");
}

fn open_at(browser: &Browser, path: &str) {
    browser.screen(1300, 900);
    browser.go(&format!("{}{path}", shared().address));
    browser.wait_for("the actors are shown", &named("Russia"));
}

pub fn the_demo_prints_the_address_of_its_page_which_fills_and_moves(browser: &Browser) {
    let demo = Program::demo();
    browser.go(&format!("{}/", demo.address));
    browser.wait_for("actors are shown", "document.querySelectorAll('#actor-rows tr').length > 20");
    browser.wait_for("the service is ready", "document.getElementById('state-text').textContent === 'ready'");
    assert_eq!(browser.text("#tiles .tile:nth-child(1) h3"), "Throughput");
    browser.wait_for("pictures are drawn", "document.querySelectorAll('#tiles polyline').length >= 3");
    browser.wait_for(
        "dead letters have their codes",
        "document.getElementById('tiles').innerText.includes('invalid_json')",
    );
    let newest = browser.text("#newest li:first-child a");
    browser.wait_for(
        "another article is the newest",
        &format!("document.querySelector('#newest li:first-child a').innerText !== {newest:?}"),
    );
    assert!(browser.text("#newest-about").contains("articles"));
}

pub fn a_click_on_an_actor_opens_its_evidence_and_a_link_its_article(browser: &Browser) {
    open(browser);
    assert!(!browser.is_shown("#evidence"));
    browser.run(&format!("{}.id = 'wanted'", named("Russia")));
    browser.click("#wanted");
    browser.wait_for("the evidence is shown", "document.getElementById('evidence').checkVisibility()");
    browser.wait_for("it has a sentence", "document.querySelector('#sentences blockquote')");
    assert_eq!(browser.text("#evidence-title"), "Russia");
    assert_eq!(
        browser.text("#sentences blockquote"),
        "Russia was condemned for its brutal attack on the city."
    );
    assert_eq!(browser.text("#sentences mark"), "Russia");
    let verdict = browser.text("#sentences .verdict");
    assert!(verdict.contains("negative") && verdict.contains("the article itself"), "{verdict}");
    assert_eq!(browser.run("return document.getElementById('wanted').ariaExpanded"), "true");
    browser.wait_for(
        "it is told to screen readers",
        "document.getElementById('announce').textContent.startsWith('Evidence for Russia')",
    );

    browser.click("#sentences a");
    browser.wait_for("the article is shown", "document.getElementById('article').open");
    assert!(browser.text("#article-title").starts_with("Museum"));
    browser.click("#article-close");
    browser.wait_for("the article is closed", "!document.getElementById('article').open");
    assert!(browser.is_shown("#evidence"), "what was open before is still open");
    browser.click("#evidence-close");
    browser.wait_for("the evidence is closed", "!document.getElementById('evidence').checkVisibility()");
}

pub fn everything_is_reached_by_keyboard_and_escape_leads_back(browser: &Browser) {
    open(browser);
    browser.press(TAB);
    assert_eq!(browser.focus(), "Skip to the actors");
    press_until(browser, "Nigeria");
    browser.press(ENTER);
    browser.wait_for("the focus is at the evidence", "document.activeElement.id === 'evidence-title'");
    press_until(browser, PLAIN_TITLE);
    browser.press(ENTER);
    browser.wait_for("the focus is in the article", "document.activeElement.id === 'article-title'");
    browser.press(ESCAPE);
    browser.wait_for("the article is closed", "!document.getElementById('article').open");
    browser.wait_for(
        "the focus is where it was",
        &format!("document.activeElement.innerText === {PLAIN_TITLE:?}"),
    );
    browser.press(ESCAPE);
    browser.wait_for("the evidence is closed", "!document.getElementById('evidence').checkVisibility()");
    assert_eq!(browser.focus(), "Nigeria");
    // The page goes on under the focus and does not take it away.
    let shown = browser.text("#facts");
    browser.wait_for(
        "the page was renewed",
        &format!("document.getElementById('facts').innerText !== {shown:?}"),
    );
    assert_eq!(browser.focus(), "Nigeria");
}

fn press_until(browser: &Browser, wanted: &str) {
    let mut seen = Vec::new();
    for _ in 0..60 {
        browser.press(TAB);
        let focus = browser.focus();
        if focus == wanted {
            return;
        }
        seen.push(focus);
    }
    panic!("{wanted:?} does not get the focus: {seen:?}");
}

pub fn the_address_says_what_is_open_so_that_back_and_links_work(browser: &Browser) {
    open_at(browser, "/#actor=Q159&article=2");
    browser.wait_for("the article is shown", "document.getElementById('article').open");
    browser.click("#article-close");
    browser.wait_for("the evidence is shown", "document.getElementById('evidence').checkVisibility()");
    browser.back();
    browser.wait_for("the article is shown again", "document.getElementById('article').open");
    // What is no longer there, or never was, is said.
    browser.go(&format!("{}/?other#article=999", shared().address));
    browser.wait_for("it says so", "document.getElementById('article-title').innerText === 'No longer kept'");
    // The browser writes an answer of 404 to its console.
    assert!(browser.console().iter().all(|line| line.contains("404")));
}

pub fn a_pause_stops_the_page_and_nothing_else(browser: &Browser) {
    open(browser);
    browser.click("#pause");
    let asked =
        "return performance.getEntriesByType('resource').filter(one => one.name.includes('/api/')).length";
    assert_eq!(browser.text("#pause"), "Paused");
    let before = browser.run(asked);
    std::thread::sleep(std::time::Duration::from_secs(5));
    assert_eq!(browser.run(asked), before, "nothing was asked for");
    browser.click("#pause");
    browser.wait_for("it goes on", &format!("(() => {{ {asked} }})() > {before}"));
}

pub fn an_instance_that_ends_is_told_and_what_was_shown_stays(browser: &Browser) {
    let program = Program::run(&[]);
    browser.go(&format!("{}/", program.address));
    browser.wait_for("the actors are shown", &named("Russia"));
    program.kill();
    browser.wait_for("the page says so", "document.getElementById('notice').checkVisibility()");
    assert!(browser.text("#notice").contains("does not answer"));
    assert_eq!(browser.text("#state-text"), "no answer");
    assert!(browser.is_shown("#actor-rows tr"));
    // The browser writes each connection that is refused to its console.
    assert!(browser.console().iter().all(|line| line.contains("ERR_CONNECTION_REFUSED")));
    // None of those must be found after the test.
    browser.go("about:blank");
    let _ = browser.console();
}
