//! Access tokens for `OAUTHBEARER`, from a file or from a command. librdkafka asks for one at the start and
//! again after four fifths of its life, on the thread that polls the client.
//!
//! A token is never part of an error, and what a command writes to standard error is not read: nobody can
//! say what is in it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use rdkafka::client::OAuthToken;
use serde::Deserialize;

use crate::config::TokenSource;

/// The Kafka thread waits for the command, so this is far below `max.poll.interval.ms`.
const COMMAND_LIMIT: Duration = Duration::from_secs(10);
/// A longer token does not fit into a broker's receive buffer for logins (512 KiB by default) anyway.
const LONGEST_TOKEN_BYTES: u64 = 64 * 1024;
/// Life of a token that does not tell its own: it is read again after four minutes.
const LIFE_OF_OPAQUE_TOKEN: Duration = Duration::from_mins(5);
/// The two clients ask at about the same time: one run of the command serves both.
const SHARED_FOR: Duration = Duration::from_secs(10);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("no token is configured; set kafka.security.oauth_token_file or oauth_token_command")]
    NotConfigured,
    #[error("cannot read the token from {}: {source}; kafka.security.oauth_token_file must name a file that this user may read", path.display())]
    ReadFile { path: PathBuf, source: std::io::Error },
    #[error(
        "cannot run {program:?}: {source}; kafka.security.oauth_token_command must begin with a program that this user may run"
    )]
    Start { program: String, source: std::io::Error },
    #[error("{program:?} ended with {status}; run kafka.security.oauth_token_command by hand to see why")]
    Exit { program: String, status: ExitStatus },
    #[error("{program:?} took longer than {} s and was stopped; kafka.security.oauth_token_command must print the token and end", limit.as_secs())]
    Slow { program: String, limit: Duration },
    #[error("{place} gives no token, but nothing at all")]
    Empty { place: String },
    #[error("{place} gives more than {LONGEST_TOKEN_BYTES} bytes, which is no token")]
    TooLong { place: String },
    #[error(
        "{place} gives something with spaces or unprintable characters, which is no token; only the token itself belongs there"
    )]
    NotAToken { place: String },
    #[error("the token that {place} gives ended {seconds_ago} s ago; something must renew it")]
    Expired { place: String, seconds_ago: u64 },
}

/// Where both clients get their tokens.
#[derive(Clone, Default)]
pub struct Tokens(Option<Arc<Provider>>);

struct Provider {
    source: TokenSource,
    command_limit: Duration,
    /// What the command printed last, and when.
    printed: Mutex<Option<(Instant, String)>>,
}

impl Tokens {
    /// Tokens from `source`. `None`: the mechanism needs none.
    #[must_use]
    pub fn from(source: Option<&TokenSource>) -> Self {
        Self::with_limit(source, COMMAND_LIMIT)
    }

    fn with_limit(source: Option<&TokenSource>, command_limit: Duration) -> Self {
        let provider = |source: &TokenSource| Provider {
            source: source.clone(),
            command_limit,
            printed: Mutex::default(),
        };
        Self(source.map(|source| Arc::new(provider(source))))
    }

    /// A token that is good now.
    ///
    /// # Errors
    /// [`TokenError`], without the token.
    pub fn token(&self) -> Result<OAuthToken, TokenError> {
        let provider = self.0.as_ref().ok_or(TokenError::NotConfigured)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        match &provider.source {
            // Read anew each time: whoever renews the token replaces the file.
            TokenSource::File(path) => checked(&read(path)?, &path.display().to_string(), now),
            TokenSource::Command { program, arguments } => {
                checked(&provider.printed(program, arguments)?, &format!("{program:?}"), now)
            }
        }
    }
}

impl Provider {
    fn printed(&self, program: &str, arguments: &[String]) -> Result<String, TokenError> {
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, token)) = printed.as_ref()
            && at.elapsed() < SHARED_FOR
        {
            return Ok(token.clone());
        }
        let token = run(program, arguments, self.command_limit)?;
        *printed = Some((Instant::now(), token.clone()));
        Ok(token)
    }
}

fn read(path: &Path) -> Result<String, TokenError> {
    let failed = |source| TokenError::ReadFile { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(failed)?;
    bounded(file, &path.display().to_string()).map_err(failed)?
}

/// The whole text, unless there is too much of it.
fn bounded(from: impl Read, place: &str) -> std::io::Result<Result<String, TokenError>> {
    let mut bytes = Vec::new();
    from.take(LONGEST_TOKEN_BYTES + 1).read_to_end(&mut bytes)?;
    let place = place.to_owned();
    if bytes.len() as u64 > LONGEST_TOKEN_BYTES {
        return Ok(Err(TokenError::TooLong { place }));
    }
    Ok(String::from_utf8(bytes).map_err(|_| TokenError::NotAToken { place }))
}

/// Runs a program and gives what it prints.
fn run(program: &str, arguments: &[String], limit: Duration) -> Result<String, TokenError> {
    let deadline = Instant::now() + limit;
    let start_failed = |source| TokenError::Start { program: program.to_owned(), source };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(start_failed)?;
    let (sender, receiver) = mpsc::sync_channel(1);
    if let Some(output) = child.stdout.take() {
        let place = format!("{program:?}");
        // Not waited for: a grandchild may keep the pipe open after the program itself is gone.
        std::thread::spawn(move || sender.send(bounded(output, &place)));
    }
    let printed = receiver.recv_timeout(limit);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
            _ => break None,
        }
    };
    let Some(status) = status else {
        let _ = child.kill();
        let _ = child.wait();
        // One that prints without end is stopped by the closed pipe or by the time limit.
        if let Ok(Ok(Err(too_long))) = printed {
            return Err(too_long);
        }
        return Err(TokenError::Slow { program: program.to_owned(), limit });
    };
    match printed {
        Ok(Ok(Err(too_long @ TokenError::TooLong { .. }))) => Err(too_long),
        _ if !status.success() => Err(TokenError::Exit { program: program.to_owned(), status }),
        Ok(Ok(text)) => text,
        Ok(Err(source)) => Err(start_failed(source)),
        Err(_) => Err(TokenError::Slow { program: program.to_owned(), limit }),
    }
}

/// The claims of a JWT that matter to a client. Its signature is the broker's business.
#[derive(Default, Deserialize)]
struct Claims {
    /// Seconds since 1970, possibly with a fraction (RFC 7519, section 2).
    exp: Option<f64>,
    sub: Option<String>,
}

fn checked(text: &str, place: &str, now: Duration) -> Result<OAuthToken, TokenError> {
    let token = text.trim();
    let place = || place.to_owned();
    if token.is_empty() {
        return Err(TokenError::Empty { place: place() });
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(TokenError::NotAToken { place: place() });
    }
    let claims = claims(token).unwrap_or_default();
    let end = match claims.exp {
        Some(seconds) => Duration::try_from_secs_f64(seconds).unwrap_or_default(),
        None => now + LIFE_OF_OPAQUE_TOKEN,
    };
    if end <= now {
        return Err(TokenError::Expired { place: place(), seconds_ago: now.saturating_sub(end).as_secs() });
    }
    Ok(OAuthToken {
        token: token.to_owned(),
        principal_name: claims.sub.unwrap_or_else(|| "tonewire".to_owned()),
        lifetime_ms: i64::try_from(end.as_millis()).unwrap_or(i64::MAX),
    })
}

fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (_header, payload) = (parts.next()?, parts.next()?);
    serde_json::from_slice(&decode_base64url(payload)?).ok()
}

/// RFC 4648, section 5. JWTs have no padding; what else some issuers write does no harm.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn decode_base64url(text: &str) -> Option<Vec<u8>> {
    BASE64URL.decode(text).ok()
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
