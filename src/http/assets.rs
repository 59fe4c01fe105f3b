//! The page itself: files that are part of the program, with the rules that the browser keeps for it.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Nothing but the files below may be loaded or run, whatever an article's text says. The types of trusted texts forbid
/// what would parse a text as markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; frame-ancestors 'none'; form-action 'none'; require-trusted-types-for 'script'; \
     trusted-types 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Path, kind and content of each file. Names within the page are relative, for a proxy may put it under another path.
const FILES: [(&str, &str, &str); 11] = [
    ("/", HTML, include_str!("page/index.html")),
    ("/page/icon.svg", SVG, include_str!("page/icon.svg")),
    ("/page/page.css", CSS, include_str!("page/page.css")),
    ("/page/text.css", CSS, include_str!("page/text.css")),
    ("/page/main.js", SCRIPT, include_str!("page/main.js")),
    ("/page/server.js", SCRIPT, include_str!("page/server.js")),
    ("/page/dom.js", SCRIPT, include_str!("page/dom.js")),
    ("/page/charts.js", SCRIPT, include_str!("page/charts.js")),
    ("/page/figures.js", SCRIPT, include_str!("page/figures.js")),
    ("/page/actors.js", SCRIPT, include_str!("page/actors.js")),
    ("/page/articles.js", SCRIPT, include_str!("page/articles.js")),
];

/// A route for each file.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.into_iter().fold(Router::new(), |router, (path, kind, content)| {
        router.route(
            path,
            get(move || async move { ([(header::CONTENT_TYPE, kind)], content).into_response() }),
        )
    })
}

/// Adds the rules to every answer, also to those that are no page.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_for_its_own_files_only() {
        for (path, _, content) in FILES {
            for address in content.split(['"', '\'', '`']).filter(|text| text.contains("://")) {
                assert_eq!(address, "http://www.w3.org/2000/svg", "{path}");
            }
        }
    }

    /// What a text of an article could come to life by.
    #[test]
    fn no_script_parses_a_text_as_markup() {
        const DANGEROUS: [&str; 8] = [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "DOMParser",
            "new Function",
            "createContextualFragment",
        ];
        for (path, kind, content) in FILES {
            for word in DANGEROUS {
                assert!(kind != SCRIPT || !content.contains(word), "{path}: {word}");
            }
            assert!(kind != HTML || (!content.contains("style=") && !content.contains("onclick")), "{path}");
        }
    }

    #[test]
    fn every_file_that_the_page_names_is_there() {
        let names = |text: &str, before: &str| -> Vec<String> {
            text.split(before).skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned)).collect()
        };
        let exists = |path: &str| FILES.iter().any(|(known, _, _)| *known == path);
        for (path, kind, content) in FILES {
            let (before, folder) =
                if kind == HTML { ("=\"page/", "/page/") } else { (" from \"./", "/page/") };
            for name in names(content, before) {
                assert!(exists(&format!("{folder}{name}")), "{path} names {name}");
            }
        }
    }
}
