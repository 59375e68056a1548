//! What the tests of the whole program share: the program as a child, a town
//! on a thread of its own, golden files.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "shared by several files of tests, each of which uses its part"
)]

use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use moongate_case::CaseFolder;
use moongate_glossary::Finding;
use moongate_town::{Town, TownOptions, TownPlan};

/// The folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder of these tests.
pub fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The order that binds all five clauses.
pub fn five_clauses() -> PathBuf {
    tests().join("fixtures/five-clauses.toml")
}

/// The program, not yet started. Nothing of the environment colours it.
pub fn moongate() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moongate"));
    command
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS")
        .stdin(Stdio::null());
    command
}

/// How a run of the program ended.
#[derive(Debug, Clone)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
    /// The most memory it held at once, as last seen.
    pub peak_kib: u64,
}

impl Ran {
    /// The same, if it ended well.
    pub fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ran {
    run_watched(command, |_, _| {})
}

/// Runs a command to its end; `line` is called with the child's number and
/// each line on standard error as it comes.
pub fn run_watched(command: &mut Command, mut line: impl FnMut(u32, &str)) -> Ran {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let (sender, lines) = channel();
    let out = listen(child.stdout.take().expect("a pipe"), false, sender.clone());
    let err = listen(child.stderr.take().expect("a pipe"), true, sender);
    let mut ran = Ran {
        code: None,
        out: String::new(),
        err: String::new(),
        peak_kib: 0,
    };
    loop {
        ran.peak_kib = ran.peak_kib.max(peak_kib(child.id()));
        match lines.recv_timeout(Duration::from_millis(10)) {
            Ok((true, text)) => {
                line(child.id(), &text);
                ran.err.push_str(&text);
            }
            Ok((false, text)) => ran.out.push_str(&text),
            // Nothing was said: time to look at the memory again.
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    out.join().expect("standard output");
    err.join().expect("standard error");
    ran.code = child.wait().expect("the program ends").code();
    ran
}

/// A line and whether it came on standard error.
type Line = (bool, String);

fn listen(from: impl Read + Send + 'static, is_error: bool, to: Sender<Line>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut bytes = Vec::new();
        while from
            .read_until(b'\n', &mut bytes)
            .is_ok_and(|read| read > 0)
        {
            let _ = to.send((is_error, String::from_utf8_lossy(&bytes).into_owned()));
            bytes.clear();
        }
    })
}

/// The most memory a process has held at once; 0 once it has ended.
fn peak_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().split(' ').next()?.parse().ok())
        .unwrap_or(0)
}

/// A town that stands until it is dropped.
pub struct Standing {
    pub http: SocketAddr,
    pub tls: SocketAddr,
    pub broken_tls: SocketAddr,
    pub root_certificate_pem: String,
    pub links: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Serves a town on a thread of its own.
pub fn stand(plan: TownPlan) -> Standing {
    let links = plan.links_file();
    let (told, hear) = channel();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let town = Town::start(plan, TownOptions::default())
                .await
                .expect("the town starts");
            let pem = town.root_certificate_pem.clone();
            told.send((town.http, town.tls, town.broken_tls, pem))
                .expect("somebody listens");
            let _ = stopped.await;
            town.stop().await;
        });
    });
    let (http, tls, broken_tls, root_certificate_pem) = hear.recv().expect("the town starts");
    Standing {
        http,
        tls,
        broken_tls,
        root_certificate_pem,
        links,
        stop: Some(stop),
        thread: Some(thread),
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A town of one cell, as the specification says.
pub fn single(behaviour: &str) -> TownPlan {
    TownPlan::single(behaviour).expect(behaviour)
}

/// `check` of the five clauses against a town, into `folder/case`.
pub fn check_in(folder: &Path, town: &Standing, trials: u32) -> Command {
    check_order_in(&five_clauses(), folder, town, trials)
}

/// The same of any order.
pub fn check_order_in(order: &Path, folder: &Path, town: &Standing, trials: u32) -> Command {
    let links = folder.join("links.toml");
    std::fs::write(&links, &town.links).expect("a links file");
    let certificate = folder.join("root.pem");
    std::fs::write(&certificate, &town.root_certificate_pem).expect("a certificate");
    let mut command = moongate();
    command.arg("check").arg(order);
    command.arg("--links").arg(links);
    command.arg("--case").arg(folder.join("case"));
    command.arg("--root-certificate").arg(certificate);
    command.args([
        "--allow-private",
        "*.test",
        "--rate",
        "100000",
        "--in-flight",
        "8",
    ]);
    command.arg("--trials").arg(trials.to_string());
    command.arg("--seed").arg("5a".repeat(32));
    command
}

/// Says where the hosts of a town answer over HTTP.
pub fn connect(command: &mut Command, town: &Standing) {
    command
        .arg("--connect-to")
        .arg(format!("*.test={}", town.http));
}

/// The findings a case holds.
pub fn findings(case: &Path) -> Vec<Finding> {
    let folder = CaseFolder::open_to_read(case).expect("the case opens");
    folder.findings().expect("the findings are read").cells
}

/// That every slot of every planned trial was opened through the platform and
/// directly, each exactly once.
pub fn assert_whole(case: &Path) {
    let folder = CaseFolder::open_to_read(case).expect("the case opens");
    let mut stored: Vec<(String, u32, &str)> = folder
        .observations()
        .map(|one| one.expect("observations are read"))
        .map(|one| (one.trial, one.slot, one.route.word()))
        .collect();
    let mut planned: Vec<(String, u32, &str)> = Vec::new();
    for trial in &folder.plan().trials {
        for slot in 0..trial.slots.len() as u32 {
            planned.push((trial.id.clone(), slot, "direct"));
            planned.push((trial.id.clone(), slot, "platform"));
        }
    }
    planned.sort();
    stored.sort();
    assert!(!planned.is_empty());
    assert_eq!(stored, planned, "{}", case.display());
}

/// Holds a golden file equal to `made`; `UPDATE_GOLDEN=1` writes it instead.
pub fn golden(name: &str, made: &str) {
    let path = tests().join("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, made).expect("a golden file");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = expected
        .lines()
        .zip(made.lines())
        .position(|(one, other)| one != other);
    assert!(
        expected == made,
        "golden/{name} differs from line {}; if that is meant, run with UPDATE_GOLDEN=1. Made:\n{made}",
        differs.map_or(expected.lines().count().min(made.lines().count()), |at| at) + 1
    );
}
