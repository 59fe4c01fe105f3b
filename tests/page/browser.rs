//! Headless Chromium, by the part of `WebDriver` that is needed here.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};

use crate::wait::eventually;

/// Keys of `WebDriver`, which have code points of their own.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
pub const ESCAPE: &str = "\u{e00c}";

/// The name of an element's id in `WebDriver`.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

static DRIVER: OnceLock<Result<Driver, String>> = OnceLock::new();

/// A running chromedriver.
pub struct Driver {
    process: Mutex<Child>,
    address: String,
}

impl Driver {
    /// The one of all tests, or the reason why there is none.
    pub fn shared() -> Result<&'static Self, String> {
        DRIVER.get_or_init(Self::start).as_ref().map_err(Clone::clone)
    }

    pub fn stop_shared() {
        if let Some(Ok(driver)) = DRIVER.get() {
            let mut process = driver.process.lock().unwrap();
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    fn start() -> Result<Self, String> {
        let mut process = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| {
                format!("no chromedriver ({error}): install the Debian packages chromium and chromium-driver")
            })?;
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let rest = line.split_once("started successfully on port ")?.1;
            rest.trim_end_matches('.').parse::<u16>().ok()
        });
        // It must not be stopped by a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let port = port.ok_or("chromedriver does not say on which port it is")?;
        let driver = Self { process: Mutex::new(process), address: format!("http://127.0.0.1:{port}") };
        driver.session().map(|session| drop(driver.send("DELETE", &session, None))).map_err(|error| {
            format!("chromedriver starts no browser: {error}; install the Debian package chromium")
        })?;
        Ok(driver)
    }

    /// A browser with nothing in it.
    pub fn open(&'static self) -> Browser {
        Browser { driver: self, session: self.session().expect("a browser starts, as it did before") }
    }

    fn session(&self) -> Result<String, String> {
        // The sandbox needs rights that containers do not have; what is loaded is our own.
        let arguments =
            ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--lang=en"];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let answer = self.send("POST", "/session", Some(&wanted))?;
        let id = answer["sessionId"].as_str().ok_or("no session id")?;
        Ok(format!("/session/{id}"))
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_mins(1)))
            .http_status_as_error(false)
            .proxy(None)
            .build();
        let agent: ureq::Agent = config.into();
        let address = format!("{}{path}", self.address);
        let answer = match (method, body) {
            ("POST", Some(body)) => {
                agent.post(&address).header("content-type", "application/json").send(body.to_string())
            }
            ("DELETE", _) => agent.delete(&address).call(),
            _ => agent.get(&address).call(),
        };
        let text = answer
            .and_then(|mut answer| answer.body_mut().with_config().limit(64 << 20).read_to_string())
            .map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        match answer["value"]["error"].as_str() {
            Some(error) => {
                Err(format!("{error}: {}", answer["value"]["message"].as_str().unwrap_or_default()))
            }
            None => Ok(answer["value"].clone()),
        }
    }
}

/// A browser with one tab. It ends with the test.
pub struct Browser {
    driver: &'static Driver,
    session: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.send("DELETE", &self.session, None);
    }
}

impl Browser {
    fn get(&self, path: &str) -> Value {
        self.driver.send("GET", &format!("{}{path}", self.session), None).expect("the browser answers")
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.driver.send("POST", &format!("{}{path}", self.session), Some(body)).expect("the browser does it")
    }

    /// Loads an address.
    pub fn go(&self, address: &str) {
        self.post("/url", &json!({ "url": address }));
    }

    pub fn back(&self) {
        self.post("/back", &json!({}));
    }

    pub fn reload(&self) {
        self.post("/refresh", &json!({}));
    }

    /// What a script returns.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// The text of the element that a selector finds; empty if there is none, or nothing is to be seen of it.
    pub fn text(&self, selector: &str) -> String {
        let script = format!("return document.querySelector({selector:?})?.innerText ?? ''");
        self.run(&script).as_str().unwrap_or_default().to_owned()
    }

    pub fn is_shown(&self, selector: &str) -> bool {
        let script = format!("return document.querySelector({selector:?})?.checkVisibility() ?? false");
        self.run(&script) == Value::Bool(true)
    }

    /// Waits until a script returns true.
    pub fn wait_for(&self, what: &str, script: &str) {
        eventually(what, || (self.run(&format!("return !!({script})")) == Value::Bool(true)).then_some(()));
    }

    /// Clicks as a person does: it must be in view and not covered.
    pub fn click(&self, selector: &str) {
        let element = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        let id = element[ELEMENT].as_str().expect("an element");
        self.post(&format!("/element/{id}/click"), &json!({}));
    }

    /// Presses and releases keys, one after the other, wherever the focus is.
    pub fn press(&self, keys: &str) {
        let steps: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
            })
            .collect();
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": steps }] }));
    }

    /// The element that has the focus: its id, else its text.
    pub fn focus(&self) -> String {
        let script = "const it = document.activeElement; return it.id || it.innerText";
        self.run(script).as_str().unwrap_or_default().to_owned()
    }

    /// Sees the page as on another screen.
    pub fn screen(&self, width: u32, height: u32) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        );
    }

    /// Wants a feature of media queries to have a value.
    pub fn prefer(&self, feature: &str, value: &str) {
        self.devtools(
            "Emulation.setEmulatedMedia",
            &json!({ "features": [{ "name": feature, "value": value }] }),
        );
    }

    fn devtools(&self, command: &str, parameters: &Value) {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }));
    }

    /// A picture of what is in view, as PNG in base64.
    pub fn picture(&self) -> String {
        self.get("/screenshot").as_str().expect("a picture").to_owned()
    }

    /// What the page wrote to the console, or the browser about it, since the last look.
    pub fn console(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Nothing was written, neither errors nor violations of the policy.
    pub fn assert_quiet(&self) {
        let console = self.console();
        assert!(console.is_empty(), "the console is not empty: {console:#?}");
    }
}
