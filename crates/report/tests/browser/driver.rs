//! Debian's Chromium, spoken to in W3C `WebDriver` through chromedriver.
//!
//! Nothing waits by the clock: chromedriver waits for a page to load, and
//! [`Browser::until`] asks the page itself, frame by frame. Whatever happens,
//! driver and browser are gone when a [`Browser`] is.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

const CHROMIUM: &str = "/usr/bin/chromium";
const CHROMEDRIVER: &str = "/usr/bin/chromedriver";
/// Set to 1 where no browser can be had.
const WITHOUT: &str = "MOONGATE_WITHOUT_BROWSER";
/// Frames that are waited for before something counts as not happening.
const MOST_FRAMES: usize = 900;

/// Keys as `WebDriver` names them.
pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";

/// A browser with one empty tab and a profile of its own.
pub(crate) struct Browser {
    agent: ureq::Agent,
    /// The address of the session; empty until there is one.
    session: String,
    profile: TempDir,
    driver: Driver,
}

/// The running chromedriver; killed when it is dropped.
struct Driver {
    process: Child,
    /// Kept open, lest the driver write into a closed pipe.
    said: BufReader<ChildStdout>,
}

impl Driver {
    fn start() -> Self {
        let mut process = Command::new(CHROMEDRIVER)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        Self { process, said }
    }

    /// The port it chose, which it prints.
    fn port(&mut self) -> u16 {
        let mut line = String::new();
        while self.said.read_line(&mut line).unwrap() > 0 {
            let words = line.trim().trim_end_matches('.');
            if let Some((_, port)) = words.split_once("successfully on port ") {
                return port.parse().unwrap();
            }
            line.clear();
        }
        panic!("{CHROMEDRIVER} ended without naming its port");
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Browser {
    /// None, and a word about it, where a browser is not wanted. Panics where
    /// it is wanted and missing.
    #[expect(
        clippy::disallowed_methods,
        reason = "only says whether there is a browser to look with"
    )]
    pub(crate) fn open() -> Option<Self> {
        if std::env::var_os(WITHOUT).is_some_and(|value| value == "1") {
            let thread = std::thread::current();
            let name = thread.name().unwrap_or_default();
            eprintln!("skipped: {name}: {WITHOUT}=1, nobody looked at the report in a browser");
            return None;
        }
        for program in [CHROMIUM, CHROMEDRIVER] {
            assert!(
                Path::new(program).exists(),
                "{program} is missing: `./test` at the root of the repository installs it; \
                 {WITHOUT}=1 goes without"
            );
        }
        let mut driver = Driver::start();
        let port = driver.port();
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(60)));
        let mut browser = Self {
            agent: config.build().into(),
            session: String::new(),
            profile: tempfile::tempdir().unwrap(),
            driver,
        };
        let sessions = format!("http://127.0.0.1:{port}/session");
        let wanted = browser.wanted();
        let made = browser.post(&sessions, &wanted).unwrap();
        browser.session = format!("{sessions}/{}", made["sessionId"].as_str().unwrap());
        Some(browser)
    }

    fn wanted(&self) -> Value {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let args = [
            profile.as_str(),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": CHROMIUM, "args": args},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}})
    }

    fn post(&self, address: &str, body: &Value) -> Result<Value, String> {
        let sent = self.agent.post(address).send_json(body);
        let mut answer = sent.map_err(|error| error.to_string())?;
        let mut said: Value = answer
            .body_mut()
            .with_config()
            .limit(256 << 20)
            .read_json()
            .map_err(|error| error.to_string())?;
        let value = said["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"])),
            None => Ok(value),
        }
    }

    fn ask(&self, command: &str, body: &Value) -> Result<Value, String> {
        self.post(&format!("{}/{command}", self.session), body)
    }

    /// Goes to an address and waits until it is loaded.
    pub(crate) fn go(&self, url: &str) {
        self.ask("url", &json!({"url": url})).unwrap();
    }

    /// What a script returns; it is the body of a function.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.ask("execute/sync", &json!({"script": script, "args": []}))
            .unwrap()
    }

    /// A command of the Chrome `DevTools` protocol.
    pub(crate) fn devtools(&self, command: &str, params: &Value) -> Value {
        self.ask(
            "goog/cdp/execute",
            &json!({"cmd": command, "params": params}),
        )
        .unwrap()
    }

    /// What was logged since the last call, `browser` or `performance`.
    pub(crate) fn log(&self, kind: &str) -> Vec<Value> {
        let entries = self.ask("se/log", &json!({"type": kind})).unwrap();
        entries.as_array().unwrap().clone()
    }

    /// Presses and releases a key.
    pub(crate) fn press(&self, key: &str) {
        let presses = ["keyDown", "keyUp"].map(|action| json!({"type": action, "value": key}));
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": presses});
        self.ask("actions", &json!({"actions": [keyboard]}))
            .unwrap();
    }

    /// Waits until an expression is true in the page that is open then.
    pub(crate) fn until(&self, expression: &str) {
        let script = format!(
            "const done = arguments[0];\
             requestAnimationFrame(() => done(document.readyState === 'complete' && ({expression})));"
        );
        let body = json!({"script": script, "args": []});
        for _ in 0..MOST_FRAMES {
            // A page that is being left answers with an error.
            if self.ask("execute/async", &body) == Ok(Value::Bool(true)) {
                return;
            }
        }
        panic!(
            "never became true: {expression} at {}",
            self.run("return location.href")
        );
    }

    /// Lays the page out as on a screen of this width.
    pub(crate) fn screen(&self, width: u32, phone: bool) {
        let screen =
            json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": phone});
        self.devtools("Emulation.setDeviceMetricsOverride", &screen);
    }

    /// Has the page drawn `light` or `dark`.
    pub(crate) fn scheme(&self, scheme: &str) {
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        self.devtools(
            "Emulation.setEmulatedMedia",
            &json!({"features": [feature]}),
        );
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The lock of the profile names the browser's process, in case the
        // driver cannot end it.
        let lock = std::fs::read_link(self.profile.path().join("SingletonLock")).ok();
        if !self.session.is_empty() {
            drop(self.agent.delete(&self.session).call());
        }
        drop(self.driver.process.kill());
        let lock = lock.filter(|_| self.profile.path().join("SingletonLock").is_symlink());
        let name = lock.as_ref().and_then(|lock| lock.to_str());
        if let Some((_, process)) = name.and_then(|name| name.rsplit_once('-')) {
            drop(Command::new("kill").args(["-KILL", process]).status());
        }
    }
}
