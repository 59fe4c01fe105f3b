//! What the page looks like, and to whom.

use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::browser::Browser;
use crate::live::open;
use crate::program::Program;

/// What can be open, by the fragment of the address.
const PLACES: [(&str, &str); 3] = [("overview", ""), ("evidence", "#actor=Q159"), ("article", "#article=2")];

fn open_place(browser: &Browser, fragment: &str) {
    open(browser);
    browser.run(&format!("location.hash = {fragment:?}"));
    match fragment {
        "" => {}
        "#actor=Q159" => browser.wait_for("the evidence is shown", "document.querySelector('#sentences li')"),
        _ => browser.wait_for("the article is shown", "document.getElementById('article').open"),
    }
}

pub fn no_width_makes_the_page_scroll_sideways(browser: &Browser) {
    for (name, fragment) in PLACES {
        open_place(browser, fragment);
        for width in [320, 390, 600, 768, 1024, 1440, 2560] {
            browser.screen(width, 800);
            let wide = browser.run(
                "const beyond = [...document.querySelectorAll('body *')].filter(one => one.checkVisibility() &&
                     !one.closest('.hidden, .announce, .skip') && one.getBoundingClientRect().right > innerWidth + 1);
                 return [document.documentElement.scrollWidth > innerWidth,
                     document.getElementById('article').scrollWidth > document.getElementById('article').clientWidth,
                     beyond.slice(0, 3).map(one => one.outerHTML.slice(0, 120))]",
            );
            assert_eq!(wide, serde_json::json!([false, false, []]), "{name} at {width}");
        }
    }
}

/// WCAG 2.2, 1.4.3: 4.5 to 1, for large text 3 to 1.
const CONTRAST: &str = r"
    const channel = value => { value /= 255; return value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4 };
    const luminance = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
    const parse = text => { const n = text.match(/[\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1] };
    const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
    const ground = element => {
        const layers = [];
        for (let at = element; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
        return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
    };
    const faint = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || !element.checkVisibility() || element.closest('.hidden, .skip, .announce')) continue;
        const style = getComputedStyle(element);
        const below = ground(element);
        const [one, other] = [luminance(over(parse(style.color), below)), luminance(below)].sort((a, b) => b - a);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const ratio = (one + .05) / (other + .05);
        if (ratio < (large ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)} ${element.className} ${walker.currentNode.textContent.slice(0, 30)}`);
    }
    return [...new Set(faint)]";

pub fn all_text_stands_out_from_its_ground_in_light_and_in_dark(browser: &Browser) {
    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        for (name, fragment) in PLACES {
            browser.prefer("prefers-color-scheme", scheme);
            open_place(browser, fragment);
            let faint = browser.run(CONTRAST);
            assert_eq!(faint, serde_json::json!([]), "{name}, {scheme}");
        }
        grounds.push(browser.run("return getComputedStyle(document.body).backgroundColor"));
    }
    assert_ne!(grounds[0], grounds[1], "light and dark are the same");
}

pub fn every_control_has_a_name_and_the_page_its_landmarks(browser: &Browser) {
    open_place(browser, "#actor=Q159");
    let nameless = browser.run(
        "return [...document.querySelectorAll('button, a, input, select, [role=img]')].filter(one =>
             one.checkVisibility() && !(one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.length))
             .map(one => one.outerHTML.slice(0, 100))",
    );
    assert_eq!(nameless, serde_json::json!([]));
    for selector in [
        "html[lang]",
        "header.bar",
        "main",
        "footer",
        "h1",
        "table.actors caption",
        "table.actors thead th[scope=col]",
        "table.actors tbody th[scope=row]",
        "[role=status][aria-live=polite]",
        "section[aria-labelledby=actors-title]",
    ] {
        assert_ne!(
            browser.run(&format!("return document.querySelector({selector:?})")),
            Value::Null,
            "{selector}"
        );
    }
    let ids = "const ids = [...document.querySelectorAll('[id]')].map(one => one.id);
               return ids.filter((id, index) => ids.indexOf(id) !== index)";
    assert_eq!(browser.run(ids), serde_json::json!([]), "ids are unique");
    let dangling = "return [...document.querySelectorAll('[aria-labelledby], [aria-controls], [aria-describedby], [for]')]
        .flatMap(one => ['aria-labelledby', 'aria-controls', 'aria-describedby', 'for'].map(name => one.getAttribute(name)))
        .filter(id => id && !document.getElementById(id))";
    assert_eq!(browser.run(dangling), serde_json::json!([]), "names lead to elements");
}

pub fn nothing_moves_where_less_motion_is_wanted(browser: &Browser) {
    browser.prefer("prefers-reduced-motion", "reduce");
    open(browser);
    let moving = "return [...document.querySelectorAll('body, body *')].filter(one => {
        const style = getComputedStyle(one);
        return style.animationName !== 'none' || style.transitionDuration !== '0s';
    }).length";
    assert_eq!(browser.run(moving), 0);
}

/// Where pictures are wanted, by `PAGE_PICTURES=DIR`.
pub fn pictures_folder() -> Option<PathBuf> {
    std::env::var_os("PAGE_PICTURES").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

pub fn pictures_of_the_demo_are_drawn(browser: &Browser) {
    let Some(folder) = pictures_folder() else { return };
    std::fs::create_dir_all(&folder).unwrap();
    let demo = Program::demo();
    for scheme in ["light", "dark"] {
        for (size, width, height) in [("wide", 1440, 1000), ("narrow", 390, 844)] {
            for place in ["overview", "evidence", "article"] {
                browser.prefer("prefers-color-scheme", scheme);
                browser.screen(width, height);
                browser.go(&format!("{}/?{place}", demo.address));
                browser
                    .wait_for("actors are shown", "document.querySelectorAll('#actor-rows tr').length > 20");
                let click = match place {
                    "evidence" => "document.querySelector('#actor-rows .name').click()",
                    "article" => "document.querySelector('#newest li:has(.who-negative) a').click()",
                    _ => "null",
                };
                browser.run(click);
                if place != "overview" {
                    browser.wait_for("it is open", "document.querySelector('#article[open], #sentences li')");
                }
                let bytes = BASE64_STANDARD.decode(browser.picture()).unwrap();
                std::fs::write(folder.join(format!("{place}-{size}-{scheme}.png")), bytes).unwrap();
            }
        }
    }
}
