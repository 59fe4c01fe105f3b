//! From the settings of the HTTP server to its configuration.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::error::Problem;
use super::{HttpConfig, HttpSettings, RecentConfig, TokenFile, secrets};

const TOKEN_KEY: &str = "http.token_path";
/// Shorter ones can be guessed.
const SHORTEST_TOKEN: usize = 16;

/// `None` if a part of it is wrong, which then is among the problems.
pub(super) fn http(settings: &HttpSettings, problems: &mut Vec<Problem>) -> Option<HttpConfig> {
    let listen = settings.listen.parse();
    if listen.is_err() {
        problems.push(Problem::of(
            "http.listen",
            format!("{:?} is not an address and port", settings.listen),
            "write it like 127.0.0.1:9464, 0.0.0.0:9464 or [::]:9464",
        ));
    }
    let token = token(&settings.token_path).map_err(|problem| problems.push(problem));
    Some(HttpConfig { listen: listen.ok()?, token: token.ok()?, recent: recent(settings) })
}

fn token(path: &str) -> Result<Option<TokenFile>, Problem> {
    if path.is_empty() {
        return Ok(None);
    }
    let token = secrets::read(TOKEN_KEY, path)?;
    if !is_token(token.expose()) {
        return Err(Problem::of(
            TOKEN_KEY,
            format!("the file {path:?} holds no token"),
            format!(
                "put at least {SHORTEST_TOKEN} letters and digits on one line, such as `openssl rand -hex 32` prints"
            ),
        ));
    }
    let exposed = secrets::exposed(TOKEN_KEY.to_owned(), path);
    Ok(Some(TokenFile { path: PathBuf::from(path), token, exposed }))
}

/// Whether a text can be a token: long enough, and of characters that fit into a header (RFC 6750).
#[must_use]
pub fn is_token(text: &str) -> bool {
    text.len() >= SHORTEST_TOKEN && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn recent(settings: &HttpSettings) -> Option<RecentConfig> {
    (settings.recent_minutes > 0).then(|| RecentConfig {
        window: Duration::from_mins(settings.recent_minutes),
        actors: NonZeroUsize::new(settings.recent_actors).unwrap_or(NonZeroUsize::MIN),
        text_bytes: settings.recent_text_bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str) -> Result<Option<HttpConfig>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, content).unwrap();
        let token_path = path.to_str().unwrap().to_owned();
        let mut problems = Vec::new();
        let config = http(&HttpSettings { token_path, ..HttpSettings::default() }, &mut problems);
        if problems.is_empty() { Ok(config) } else { Err(problems.iter().map(ToString::to_string).collect()) }
    }

    #[test]
    fn a_token_is_read_from_its_file_without_the_newline() {
        let config = read("0123456789abcdef\n").unwrap().unwrap();
        assert_eq!(config.token.unwrap().token.expose(), "0123456789abcdef");
    }

    #[test]
    fn a_short_a_broken_and_a_missing_token_are_refused_without_showing_them() {
        for content in
            ["", "canary\n", "canary-0123456789\ncanary", "canary 0123456789", "canary-ä0123456789"]
        {
            let text = read(content).unwrap_err();
            assert!(text.contains("http.token_path"), "{text}");
            assert!(!text.contains("canary"), "{text}");
        }
        let mut problems = Vec::new();
        let settings = HttpSettings { token_path: "/no/such/file".into(), ..HttpSettings::default() };
        assert!(http(&settings, &mut problems).is_none());
        assert!(problems[0].to_string().contains("/no/such/file"));
    }

    #[test]
    fn nothing_is_kept_of_articles_for_0_minutes() {
        let settings = HttpSettings { recent_minutes: 0, ..HttpSettings::default() };
        assert!(http(&settings, &mut Vec::new()).unwrap().recent.is_none());
        assert!(http(&HttpSettings::default(), &mut Vec::new()).unwrap().recent.is_some());
    }
}
