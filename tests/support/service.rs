//! `tonewire run` as a child process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use toml::{Table, Value};

use super::metrics::Metrics;
use super::wait::{eventually, within};
use super::workspace::Workspace;

/// A configuration file in the making.
#[derive(Clone)]
pub struct Configuration {
    root: Table,
}

impl Configuration {
    /// Short timeouts: a killed member is given up after six seconds instead of 45.
    pub fn new(workspace: &Workspace, instance: &str) -> Self {
        Self { root: Table::new() }
            .set("kafka.brokers", workspace.broker.bootstrap.as_str())
            .set("kafka.group_id", workspace.group.as_str())
            .set("kafka.input_topics", vec![workspace.input.as_str()])
            .set("kafka.output_topic", workspace.output.as_str())
            .set("kafka.dead_letter_topic", workspace.dead_letters.as_str())
            .set("kafka.instance_name", instance)
            .set("kafka.transaction.timeout_ms", 5_000)
            .set("kafka.session_timeout_ms", 6_000)
            .set("kafka.max_poll_interval_ms", 60_000)
            .set("pipeline.workers", 2)
            .set("log.format", "text")
            .set("log.filter", "info")
    }

    /// Sets a key, written with dots.
    pub fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        let (tables, last) = key.rsplit_once('.').expect("a key within a table");
        let table = tables.split('.').fold(&mut self.root, |table, name| {
            let inner = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
            inner.as_table_mut().expect("a table")
        });
        table.insert(last.to_owned(), value.into());
        self
    }

    /// Runs the service with it, and waits until it is ready.
    pub fn start(&self) -> Service {
        let service = self.spawn();
        service.wait_until_ready();
        service
    }

    /// Runs another command with it, such as `check --connect`: exit code, and everything it prints.
    pub fn run_command(&self, command: &[&str]) -> (Option<i32>, String) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut program = program(&self.write(&folder, &free_address()), command);
        let output = program.output().expect("the program can be run");
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&text).into_owned())
    }

    fn write(&self, folder: &TempDir, address: &str) -> PathBuf {
        let file = folder.path().join("tonewire.toml");
        let text =
            toml::to_string(&self.clone().set("http.listen", address).root).expect("TOML can be written");
        std::fs::write(&file, text).expect("the configuration can be written");
        file
    }

    /// Runs the service with it.
    pub fn spawn(&self) -> Service {
        let address = free_address();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut child = program(&self.write(&folder, &address), &["run"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be run");
        let log = collect(child.stderr.take().expect("stderr is piped"));
        Service { child: Mutex::new(child), address, log, _folder: folder }
    }
}

/// The program with a configuration file.
fn program(configuration: &Path, command: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tonewire"));
    // The program reads these as configuration; those of the tests, or of whoever runs them, are not for it.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TONEWIRE_") {
            program.env_remove(name);
        }
    }
    program.args(command).arg("--config").arg(configuration);
    program
}

/// Signals that the tests send.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    Terminate,
    Kill,
    Stop,
    Continue,
}

impl Signal {
    /// Sends it to a process.
    pub fn send(self, process: u32) {
        let name = match self {
            Self::Terminate => "TERM",
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Continue => "CONT",
        };
        // The shell's own `kill`: the program of that name is not on every machine.
        let status = Command::new("sh")
            .args(["-c", "kill -s \"$0\" \"$1\"", name, &process.to_string()])
            .status()
            .expect("sh can be run");
        assert!(status.success(), "signal {name} could not be sent");
    }
}

/// What a service writes to its log, as far as it has come. It can be read after the service's end.
#[derive(Clone)]
pub struct Log(Arc<Mutex<String>>);

impl Log {
    pub fn text(&self) -> String {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

/// A running service. It is killed at the end of the test, and its log is shown if that failed.
pub struct Service {
    child: Mutex<Child>,
    address: String,
    log: Log,
    _folder: TempDir,
}

impl Service {
    /// Waits for `/readyz` to answer 200.
    ///
    /// # Panics
    ///
    /// When the process ends first, or takes too long.
    pub fn wait_until_ready(&self) {
        eventually("/readyz answers 200", || {
            if let Some(status) = self.ended() {
                panic!("the service ended with {status} before it was ready");
            }
            self.get("/readyz").filter(|response| response.status == 200)
        });
    }

    /// Whether `/readyz` answers 200 now.
    pub fn is_ready(&self) -> bool {
        self.get("/readyz").is_some_and(|response| response.status == 200)
    }

    /// Its log.
    pub fn log(&self) -> Log {
        self.log.clone()
    }

    /// Whether it has ended, and how.
    pub fn ended(&self) -> Option<ExitStatus> {
        self.child.lock().unwrap().try_wait().expect("a child can be asked")
    }

    /// A scrape.
    pub fn metrics(&self) -> Metrics {
        let response = eventually("/metrics answers", || self.get("/metrics"));
        assert_eq!(response.status, 200, "{}", response.body);
        Metrics::parse(response.body)
    }

    /// The first scrape for which `good` is true.
    pub fn metrics_when(&self, what: &str, good: impl Fn(&Metrics) -> bool) -> Metrics {
        let mut last = String::new();
        let limit = super::wait::PATIENCE;
        let deadline = std::time::Instant::now() + limit;
        while std::time::Instant::now() < deadline {
            let metrics = self.metrics();
            if good(&metrics) {
                return metrics;
            }
            last = metrics.text;
            std::thread::sleep(Duration::from_millis(100));
        }
        let ours: Vec<_> =
            last.lines().filter(|line| line.starts_with("tonewire_") && !line.contains("_bucket")).collect();
        panic!("waited {limit:?} in vain: {what}; the last scrape:\n{}", ours.join("\n"));
    }

    /// Status and body of a page.
    pub fn page(&self, path: &str) -> Option<(u16, String)> {
        self.get(path).map(|response| (response.status, response.body))
    }

    fn get(&self, path: &str) -> Option<Response> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        // HTTP 1.0: the answer comes in one piece and ends with the connection.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Response { status, body: body.to_owned() })
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        signal.send(self.child.lock().unwrap().id());
    }

    /// The most memory that the process has held at a time, in MiB, as the kernel counts it.
    pub fn peak_resident_mib(&self) -> u64 {
        let id = self.child.lock().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("the process is there");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a Linux kernel");
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().expect("a number");
        kib / 1024
    }

    /// Waits for the end of the process.
    pub fn wait_for_end(&self) -> ExitStatus {
        within(Duration::from_secs(40), "the service ends", || self.ended())
    }

    /// Asks it to stop and waits for its end, which must be a good one.
    pub fn stop(&self) {
        self.signal(Signal::Terminate);
        let status = self.wait_for_end();
        assert!(status.success(), "the service ended with {status} after SIGTERM");
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&self) {
        self.signal(Signal::Kill);
        self.wait_for_end();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
        if std::thread::panicking() {
            eprintln!("--- log of the service at {}\n{}---", self.address, self.log.text());
        }
    }
}

struct Response {
    status: u16,
    body: String,
}

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket").to_string()
}

/// Reads a stream to its end on a thread of its own, so that the child never waits for us.
fn collect(stream: impl Read + Send + 'static) -> Log {
    let log = Arc::new(Mutex::new(String::new()));
    let writer = Arc::clone(&log);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            let mut log = writer.lock().unwrap();
            log.push_str(&String::from_utf8_lossy(&line));
            log.push('\n');
        }
    });
    Log(log)
}
