//! Who may read.

use crate::browser::{Browser, ENTER};
use crate::program::{Program, TOKEN, shared};

const FORM_IS_SHOWN: &str = "document.getElementById('token-form').checkVisibility()";
const ACTORS_ARE_SHOWN: &str = "document.querySelector('#actor-rows tr')?.checkVisibility()";

pub fn the_token_is_asked_for_kept_by_the_tab_and_needed_for_all_data(browser: &Browser) {
    let program = Program::run(&[("token_path", "FOLDER/token")]);
    for path in ["/api/overview", "/api/actor/Q159", "/api/article/1", "/metrics", "/version"] {
        assert_eq!(program.get(path, None).unwrap().0, 401, "{path}");
        assert_eq!(program.get(path, Some("another-token-0123456789")).unwrap().0, 401, "{path}");
        assert_eq!(program.get(path, Some(TOKEN)).unwrap().0, 200, "{path}");
    }
    for path in ["/livez", "/readyz"] {
        assert_eq!(program.get(path, None).unwrap().0, 200, "{path}");
    }
    let denied = program.get("/metrics", Some(TOKEN)).unwrap().1;
    assert!(denied.contains("tonewire_http_denied_total{reason=\"token\"} 10\n"), "{denied}");

    browser.go(&format!("{}/", program.address));
    browser.wait_for("the token is asked for", FORM_IS_SHOWN);
    assert_eq!((browser.focus().as_str(), browser.is_shown("#content")), ("token", false));
    assert!(!browser.is_shown("#token-wrong"));
    browser.press("not-the-token-0123456789");
    browser.press(ENTER);
    browser.wait_for("it is the wrong one", "document.getElementById('token-wrong').checkVisibility()");
    browser.press(TOKEN);
    browser.press(ENTER);
    browser.wait_for("the actors are shown", ACTORS_ARE_SHOWN);
    assert!(!browser.is_shown("#token-form"));
    browser.reload();
    browser.wait_for("the tab has kept it", ACTORS_ARE_SHOWN);
    let elsewhere =
        browser.run("return [localStorage.length, document.cookie, location.href.includes('token')]");
    assert_eq!(elsewhere, serde_json::json!([0, "", false]));
    // The browser writes each refusal to its console.
    assert!(browser.console().iter().all(|line| line.contains("401")));
}

pub fn an_address_that_others_reach_shows_figures_and_no_articles_without_a_token(browser: &Browser) {
    let program = Program::run(&[("listen", "0.0.0.0:PORT")]);
    browser.go(&format!("{}/", program.address));
    browser.wait_for("the figures are shown", "document.querySelectorAll('#tiles .tile').length === 5");
    browser.wait_for("it says why", "document.getElementById('no-articles').checkVisibility()");
    assert!(browser.text("#no-articles").contains("http.token_path"));
    assert!(!browser.is_shown("#columns"));
    let (status, overview) = program.get("/api/overview", None).unwrap();
    assert!(
        status == 200 && !overview.contains("Merkel") && overview.contains("\"recent\":null"),
        "{overview}"
    );
    assert_eq!(program.get("/api/article/1", None).unwrap().0, 404);
    assert_eq!(program.get("/api/actor/Q159", None).unwrap().0, 404);
}

pub fn the_browser_is_told_to_load_and_run_nothing_else(browser: &Browser) {
    browser.go(&format!("{}/", shared().address));
    browser.wait_for("the actors are shown", ACTORS_ARE_SHOWN);
    let foreign = "return performance.getEntriesByType('resource').map(one => one.name)
                   .filter(name => !name.startsWith(location.origin + '/'))";
    assert_eq!(browser.run(foreign), serde_json::json!([]));
    // What a text would have to do to come to life.
    let attempts = "
        const element = document.createElement('p');
        const tried = [];
        const attempt = (name, work) => { try { work(); tried.push(name); } catch {} };
        attempt('markup', () => { element.innerHTML = '<b>x</b>'; });
        attempt('code', () => { new Function('return 1')(); });
        const script = document.createElement('script');
        script.textContent = 'window.harm = 1';
        document.body.append(script);
        return [tried, window.harm ?? null]";
    // A script of WebDriver may do more than one of the page, which the policy itself tells.
    let violations = "window.violations = []; document.addEventListener('securitypolicyviolation',
                      event => window.violations.push(event.effectiveDirective))";
    browser.run(violations);
    let _ = browser.run(&format!("try {{ {attempts} }} catch {{}}"));
    assert_eq!(browser.run("return window.harm ?? null"), serde_json::Value::Null);
    browser.wait_for("violations are told", "window.violations.length > 0");
    let _ = browser.console();
}
