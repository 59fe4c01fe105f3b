//! Who may read what.
//!
//! | | with a token | without, on the loopback interface | without, on an address that others reach |
//! |---|---|---|---|
//! | probes, the page itself | all | all | all |
//! | metrics, figures | whoever has it | all | all |
//! | actors and articles | whoever has it | requests to this machine's own names | nobody |

use std::hint::black_box;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::config::{TokenFile, is_token, read_again};
use crate::telemetry::Telemetry;
use crate::telemetry::events::{LogLimiter, RequestDenied};

/// A new token in the file is used after this time at the latest.
const RENEWED_AFTER: Duration = Duration::from_secs(5);

/// Whether actors and articles are shown, and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Articles {
    Shown,
    /// `http.recent_minutes = 0`.
    NotKept,
    /// Others reach the address, and no token keeps them out.
    Withheld,
}

/// The rules for one server.
pub struct Access {
    token: Option<Token>,
    is_local: bool,
    telemetry: Arc<Telemetry>,
    limiter: LogLimiter,
}

struct Token {
    path: PathBuf,
    /// A digest of fixed length, so that a comparison takes the same time for every text.
    current: Mutex<(Instant, [u8; 32])>,
}

impl Access {
    /// Rules for a server at this address.
    #[must_use]
    pub fn new(token: Option<&TokenFile>, address: SocketAddr, telemetry: Arc<Telemetry>) -> Self {
        let token = token.map(|file| Token {
            path: file.path.clone(),
            current: Mutex::new((Instant::now(), digest(file.token.expose()))),
        });
        Self { token, is_local: is_local(address.ip()), telemetry, limiter: LogLimiter::default() }
    }

    /// Whether articles may be shown to anybody.
    #[must_use]
    pub fn allows_articles(&self) -> bool {
        self.token.is_some() || self.is_local
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else { return true };
        bearer(headers).is_some_and(|given| token.is(given))
    }

    /// A page of another site can have its own name point to this machine (DNS rebinding), but the browser then
    /// names that site. With a token nothing is won by it.
    fn names_this_machine(&self, headers: &HeaderMap) -> bool {
        self.token.is_some() || host(headers).is_some_and(is_name_of_this_machine)
    }

    fn deny(&self, reason: &'static str) {
        RequestDenied { reason }.emit(&self.telemetry, &self.limiter);
    }
}

/// Lets requests with the token pass; all of them where there is none.
pub(super) async fn need_token(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    if access.has_token(request.headers()) {
        return next.run(request).await;
    }
    access.deny("token");
    let challenge = [(header::WWW_AUTHENTICATE, "Bearer realm=\"tonewire\"")];
    (StatusCode::UNAUTHORIZED, challenge, "a token is needed: Authorization: Bearer TOKEN\n").into_response()
}

/// Lets requests pass that name this machine, where only it may read.
pub(super) async fn need_own_name(
    State(access): State<Arc<Access>>,
    request: Request,
    next: Next,
) -> Response {
    if !access.is_local || access.names_this_machine(request.headers()) {
        return next.run(request).await;
    }
    access.deny("host");
    let remedy = "without http.token_path, articles are shown at localhost only\n";
    (StatusCode::FORBIDDEN, remedy).into_response()
}

impl Token {
    fn is(&self, given: &str) -> bool {
        let expected = self.expected();
        let given = digest(given);
        let difference = given
            .iter()
            .zip(&expected)
            .fold(0, |difference, (one, other)| black_box(difference | (one ^ other)));
        black_box(difference) == 0
    }

    /// From the file, where that was not read a moment ago. The token before holds while there is none in the file.
    fn expected(&self) -> [u8; 32] {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0.elapsed() >= RENEWED_AFTER {
            current.0 = Instant::now();
            if let Some(token) = read_again(&self.path).filter(|token| is_token(token.expose())) {
                current.1 = digest(token.expose());
            }
        }
        current.1
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// The token of `Authorization: Bearer`, whose scheme may be written in any case (RFC 9110, 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

/// `localhost` and loopback addresses, with any port.
fn is_name_of_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(is_local)
}

fn is_local(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    const TOKEN: &str = "0123456789abcdef";

    fn access(token: Option<&str>, address: &str) -> Access {
        let file = token.map(|token| TokenFile {
            path: "/no/such/file".into(),
            token: Secret::new(token.to_owned()),
            exposed: None,
        });
        let telemetry = Arc::new(Telemetry::new().unwrap());
        Access::new(file.as_ref(), address.parse().unwrap(), telemetry)
    }

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn only_the_very_token_is_let_in() {
        let access = access(Some(TOKEN), "0.0.0.0:1");
        for (value, is_in) in [
            ("Bearer 0123456789abcdef", true),
            ("bearer  0123456789abcdef ", true),
            ("Bearer 0123456789abcde", false),
            ("Bearer 0123456789abcdef0", false),
            ("Bearer ", false),
            ("Basic 0123456789abcdef", false),
            ("0123456789abcdef", false),
        ] {
            assert_eq!(access.has_token(&headers(header::AUTHORIZATION, value)), is_in, "{value}");
        }
        assert!(!access.has_token(&HeaderMap::new()));
    }

    #[test]
    fn articles_need_a_token_or_the_loopback_interface() {
        for (token, address, are_allowed) in [
            (None, "127.0.0.1:1", true),
            (None, "[::1]:1", true),
            (None, "[::ffff:127.0.0.1]:1", true),
            (None, "0.0.0.0:1", false),
            (None, "[::]:1", false),
            (None, "10.0.0.7:1", false),
            (Some(TOKEN), "0.0.0.0:1", true),
        ] {
            assert_eq!(access(token, address).allows_articles(), are_allowed, "{address}");
        }
    }

    #[test]
    fn without_a_token_only_names_of_this_machine_are_answered() {
        for (host, is_own) in [
            ("localhost:9464", true),
            ("LOCALHOST", true),
            ("127.0.0.1:9464", true),
            ("127.8.8.8", true),
            ("[::1]:9464", true),
            ("localhost.example.org", false),
            ("example.org:9464", false),
            ("10.0.0.7:9464", false),
            ("127.0.0.1.example.org", false),
            ("", false),
        ] {
            let headers = headers(header::HOST, host);
            assert_eq!(access(None, "127.0.0.1:1").names_this_machine(&headers), is_own, "{host}");
            assert!(access(Some(TOKEN), "127.0.0.1:1").names_this_machine(&headers));
        }
    }

    #[test]
    fn a_new_token_in_the_file_is_used_and_an_empty_file_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let token = Token { path: path.clone(), current: Mutex::new((Instant::now(), digest(TOKEN))) };
        let later = || token.current.lock().unwrap().0 -= RENEWED_AFTER;
        assert!(token.is(TOKEN));
        std::fs::write(&path, "\n").unwrap();
        later();
        assert!(token.is(TOKEN));
        std::fs::write(&path, "fedcba9876543210\n").unwrap();
        assert!(token.is(TOKEN), "it was read a moment ago");
        later();
        assert!(token.is("fedcba9876543210") && !token.is(TOKEN));
    }
}
