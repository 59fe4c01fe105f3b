//! Asking an instance for its metrics, as Prometheus does.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::Uri;

use crate::telemetry::exposition::Exposition;

use super::reading::Reading;

/// Longest time for an answer.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// A scrape of a thousand partitions is a few hundred kilobytes.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Where the metrics of one instance are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    uri: Uri,
}

impl Address {
    /// From a URL, or only host and port; the path is /metrics unless another is named.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let wrong = |what: &str| format!("{what}; write http://HOST:PORT/metrics, or HOST:PORT");
        let uri: Uri = full.parse().map_err(|error| wrong(&format!("{error}")))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(wrong("neither http nor https"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("a password has no place here, others can read it; use --token-path"));
        }
        let named = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = if named == "/" { "/metrics" } else { named };
        let whole = format!("{}://{authority}{path}", uri.scheme_str().unwrap_or("http"));
        Ok(Self { uri: whole.parse().map_err(|error| wrong(&format!("{error}")))? })
    }

    /// Host and port.
    pub(super) fn name(&self) -> String {
        self.uri.authority().map(ToString::to_string).unwrap_or_default()
    }
}

/// One attempt at one instance.
pub(super) struct Attempt {
    /// Which of the addresses.
    pub(super) instance: usize,
    /// Since the start of the program.
    pub(super) at: Duration,
    pub(super) result: Result<Reading, String>,
}

/// Asks every instance again and again, each on a thread of its own, so that one that hangs delays none. The threads
/// end with their next attempt after the receiver is gone.
pub(super) fn start(
    addresses: &[Address],
    token_path: Option<&Path>,
    started: Instant,
    interval: Duration,
) -> Receiver<Attempt> {
    let (sender, receiver) = channel();
    for (instance, address) in addresses.iter().enumerate() {
        let client = Client::new(address.clone(), token_path.map(Path::to_owned));
        let sender = sender.clone();
        thread::spawn(move || ask_forever(instance, &client, &sender, started, interval));
    }
    receiver
}

fn ask_forever(
    instance: usize,
    client: &Client,
    sender: &Sender<Attempt>,
    started: Instant,
    interval: Duration,
) {
    loop {
        let asked = Instant::now();
        let result = client.read();
        if sender.send(Attempt { instance, at: started.elapsed(), result }).is_err() {
            return;
        }
        thread::sleep(interval.saturating_sub(asked.elapsed()));
    }
}

/// Asks one instance.
struct Client {
    agent: Agent,
    address: Address,
    token_path: Option<PathBuf>,
}

impl Client {
    fn new(address: Address, token_path: Option<PathBuf>) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TIME_LIMIT))
            .http_status_as_error(false)
            // A token goes to no other address than the one that was named.
            .max_redirects(0)
            // Instances stand beside the caller; a proxy for the web does not know them.
            .proxy(None)
            .user_agent(concat!("tonewire/", env!("CARGO_PKG_VERSION")));
        Self { agent: config.build().into(), address, token_path }
    }

    fn read(&self) -> Result<Reading, String> {
        let scrape = Exposition::parse(&self.text()?)
            .map_err(|error| format!("answers, but not with metrics ({error})"))?;
        Reading::of(&scrape).ok_or_else(|| "answers with the metrics of another program".to_owned())
    }

    fn text(&self) -> Result<String, String> {
        let mut request = self.agent.get(&self.address.uri);
        if let Some(token) = self.token()? {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = request.call().map_err(|error| no_answer(&error))?;
        match response.status().as_u16() {
            200 => {}
            status @ (401 | 403) => {
                return Err(format!("answers {status}: it wants a token, or another one (--token-path)"));
            }
            status => return Err(format!("answers {status} for {}", self.address.uri.path())),
        }
        response
            .body_mut()
            .with_config()
            .limit(MOST_BYTES)
            .read_to_string()
            .map_err(|error| no_answer(&error))
    }

    /// Read each time: tokens are renewed.
    fn token(&self) -> Result<Option<String>, String> {
        let Some(path) = &self.token_path else { return Ok(None) };
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("--token-path {}: {error}", path.display()))?;
        let token = text.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("--token-path {}: no token on a single line", path.display()));
        }
        Ok(Some(token.to_owned()))
    }
}

fn no_answer(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => format!("no answer within {} s", TIME_LIMIT.as_secs()),
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            "nothing listens there (does the service run, with this http.listen?)".to_owned()
        }
        ureq::Error::TlsRequired => "this program was built without TLS; name an http address".to_owned(),
        error => {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("no answer: {error}{cause}")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::super::test_scrapes::scrape;
    use super::*;

    #[test]
    fn an_address_may_be_short() {
        for (text, uri) in [
            ("127.0.0.1:9464", "http://127.0.0.1:9464/metrics"),
            ("http://news-0:9464", "http://news-0:9464/metrics"),
            ("http://[::1]:9464/", "http://[::1]:9464/metrics"),
            ("https://proxy/news/metrics?x=1", "https://proxy/news/metrics?x=1"),
        ] {
            assert_eq!(Address::parse(text).unwrap().uri.to_string(), uri);
        }
        assert_eq!(Address::parse("news-0:9464").unwrap().name(), "news-0:9464");
    }

    #[test]
    fn a_wrong_address_is_told_with_the_right_form() {
        for text in ["", "ftp://host/", "http://", "a b", "http://user:secret@host/"] {
            let error = Address::parse(text).unwrap_err();
            assert!(error.contains("write http://HOST:PORT/metrics"), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    /// Answers one request; gives the client for it, and what it will have asked.
    fn server(answer: String, token_path: Option<PathBuf>) -> (Client, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::parse(&listener.local_addr().unwrap().to_string()).unwrap();
        let asked = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        (Client::new(address, token_path), asked)
    }

    fn answer(status: &str, body: &str) -> String {
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    }

    #[test]
    fn metrics_are_asked_for_with_the_token_of_the_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "a.b-c").unwrap();
        let (client, asked) = server(answer("200 OK", &scrape()), Some(file.path().to_owned()));
        assert_eq!(client.read().unwrap().version, "0.1.0");
        let asked = asked.join().unwrap().to_lowercase();
        assert!(asked.starts_with("get /metrics http/1.1\r\n"), "{asked}");
        assert!(asked.contains("\r\nauthorization: bearer a.b-c\r\n"), "{asked}");
    }

    #[test]
    fn every_answer_that_is_no_scrape_is_told_apart() {
        for (status, body, words) in [
            ("401 Unauthorized", "", "wants a token"),
            ("404 Not Found", "", "answers 404 for /metrics"),
            ("302 Found", "", "answers 302"),
            ("200 OK", "<html>", "not with metrics"),
            ("200 OK", "go_goroutines 7\n", "another program"),
        ] {
            let (client, asked) = server(answer(status, body), None);
            let error = client.read().unwrap_err();
            assert!(error.contains(words), "{status}: {error}");
            asked.join().unwrap();
        }
    }

    #[test]
    fn an_address_without_a_listener_and_a_missing_token_name_the_remedy() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let client = Client::new(Address::parse(&free).unwrap(), None);
        assert!(client.read().unwrap_err().contains("http.listen"));
        let client = Client::new(Address::parse(&free).unwrap(), Some("/no/such/file".into()));
        assert!(client.read().unwrap_err().contains("--token-path /no/such/file"));
    }
}
