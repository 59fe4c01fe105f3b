//! The program with its embedded broker, and articles that stand for all kinds.

use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde_json::json;
use tempfile::TempDir;
use tonewire::kafka::EmbeddedBroker;

use crate::wait::eventually;

pub const TOKEN: &str = "a-token-of-the-tests-0123456789";
/// What must come out as it went in. The name is one that the model knows to be a person's.
pub const HOSTILE_TITLE: &str =
    "<img src=x onerror=\"window.harm=1\"> Angela Merkel <script>window.harm=2</script>";
pub const HOSTILE_BODY: &str = "Angela Merkel praised <b onmouseover=window.harm=3>France</b>.\n\n\
     \"><svg onload=window.harm=4><a href=\"javascript:window.harm=5\">Berlin</a> {{7*7}} ${7*7} &lt;i&gt;";
/// One positive, one negative, one in another voice.
pub const PLAIN_TITLE: &str = "Museum returns bronze figures to Nigeria";
pub const PLAIN_BODY: &str = "Angela Merkel praised the courage of Nigeria on Monday. Russia was condemned for its brutal \
     attack on the city.\n\n\"Germany is a wonderful and generous friend,\" Emmanuel Macron said.";

/// A running program. It is killed at the end.
pub struct Program {
    process: Mutex<Child>,
    /// Of its pages, `http://host:port`.
    pub address: String,
    /// Kept as long as the program needs them.
    _folder: TempDir,
    _broker: Option<Broker>,
}

/// An embedded broker on a thread of its own, since it must stay on one. It ends when this is dropped.
struct Broker {
    address: String,
    _end: Sender<()>,
}

impl Broker {
    fn start() -> Self {
        let (tell, told) = channel();
        let (end, ended) = channel::<()>();
        std::thread::spawn(move || {
            let broker = EmbeddedBroker::start(&[("raw", 1), ("enriched", 1), ("letters", 1)]).unwrap();
            tell.send(broker.bootstrap_servers()).unwrap();
            // Nothing is ever sent: the other end goes.
            let _ = ended.recv();
        });
        Self { address: told.recv().unwrap(), _end: end }
    }
}

static SHARED: OnceLock<Program> = OnceLock::new();

/// A `run` with all articles, for the tests that only look.
pub fn shared() -> &'static Program {
    SHARED.get_or_init(|| Program::run(&[]))
}

pub fn stop_shared() {
    if let Some(program) = SHARED.get() {
        program.kill();
    }
}

impl Program {
    /// `tonewire demo`, which says where its page is.
    pub fn demo() -> Self {
        let mut process =
            program().args(["demo", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let address = line.strip_prefix("live page ")?.trim();
            Some(address.trim_end_matches('/').to_owned())
        });
        // Whoever stops reading stops the demo.
        std::thread::spawn(move || lines.for_each(drop));
        let address = address.expect("the demo says where its page is");
        Self { process: Mutex::new(process), address, _folder: tempfile::tempdir().unwrap(), _broker: None }
    }

    /// `tonewire run` with these keys of `[http]`, once the articles are committed.
    pub fn run(http: &[(&str, &str)]) -> Self {
        let broker = Broker::start();
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        std::fs::write(folder.path().join("token"), TOKEN).unwrap();
        let config = folder.path().join("tonewire.toml");
        std::fs::write(&config, configuration(&broker.address, folder.path(), port, http)).unwrap();
        let process = program().args(["run", "--config"]).arg(&config).stdout(Stdio::null()).spawn().unwrap();
        let address = format!("http://127.0.0.1:{port}");
        send_articles(&broker.address);
        let program = Self { process: Mutex::new(process), address, _folder: folder, _broker: Some(broker) };
        program.wait_for_articles();
        program
    }

    fn wait_for_articles(&self) {
        eventually("the articles are committed", || {
            let metrics = self.get("/metrics", Some(TOKEN))?.1;
            metrics.contains("\ntonewire_records_enriched_total 2\n").then_some(())
        });
    }

    /// Status and body of a page; `None` while nothing listens.
    pub fn get(&self, path: &str, token: Option<&str>) -> Option<(u16, String)> {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(10)))
            .http_status_as_error(false)
            .proxy(None)
            .build();
        let agent: ureq::Agent = config.into();
        let mut request = agent.get(format!("{}{path}", self.address));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut answer = request.call().ok()?;
        Some((answer.status().as_u16(), answer.body_mut().read_to_string().ok()?))
    }

    pub fn kill(&self) {
        let mut process = self.process.lock().unwrap();
        let _ = process.kill();
        let _ = process.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tonewire"));
    // The program reads these as configuration; those of whoever runs the tests are not for it.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TONEWIRE_") {
            program.env_remove(name);
        }
    }
    program.stdin(Stdio::null()).stderr(Stdio::null());
    program
}

fn configuration(brokers: &str, folder: &Path, port: u16, http: &[(&str, &str)]) -> String {
    let mut text = format!(
        "[kafka]\nbrokers = \"{brokers}\"\ngroup_id = \"page\"\ninput_topics = [\"raw\"]\noutput_topic = \"enriched\"\n\
         dead_letter_topic = \"letters\"\ndelivery = \"at_least_once\"\nsession_timeout_ms = 6000\n\
         drain_timeout_ms = 2000\n\n[http]\n"
    );
    if !http.iter().any(|(key, _)| *key == "listen") {
        writeln!(text, "listen = \"127.0.0.1:{port}\"").unwrap();
    }
    for (key, value) in http {
        let value = value.replace("PORT", &port.to_string()).replace("FOLDER", &folder.to_string_lossy());
        writeln!(text, "{key} = \"{value}\"").unwrap();
    }
    text
}

fn send_articles(brokers: &str) {
    let producer: BaseProducer = ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
    let article = |id: &str, title: &str, body: &str| {
        json!({ "id": id, "title": title, "body": body, "language": "en", "source": "The <i>Post</i>",
                "url": "javascript:window.harm=6", "published_at": "2026-05-01T08:00:00Z" })
        .to_string()
    };
    let values = [
        article("hostile", HOSTILE_TITLE, HOSTILE_BODY),
        article("plain", PLAIN_TITLE, PLAIN_BODY),
        "{\"id\": ".to_owned(),
    ];
    for value in &values {
        producer.send(BaseRecord::<str, str>::to("raw").payload(value)).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(Duration::from_secs(10)).unwrap();
}
