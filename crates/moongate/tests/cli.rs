//! The program as a person meets it: transcripts of what it says, kept in
//! `golden/`. `UPDATE_GOLDEN=1 cargo test -p moongate --test cli` renews them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use common::{
    Ran, check_in, connect, findings, five_clauses, golden, moongate, root, run, single, stand,
};

/// A folder with what a person might hand in.
struct Desk {
    folder: tempfile::TempDir,
    said: String,
}

impl Desk {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            said: String::new(),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.path().join(name), bytes).expect("a file");
        self
    }

    fn put_from(&self, name: &str, from: PathBuf) -> &Self {
        self.put(name, std::fs::read(from).expect("a file"))
    }

    /// Runs the program here, and writes down what was asked and answered.
    fn ask(&mut self, arguments: &[&str]) -> Ran {
        let ran = run(moongate().args(arguments).current_dir(self.path()));
        let code = ran
            .code
            .map_or_else(|| "none".to_owned(), |code| code.to_string());
        write!(
            self.said,
            "$ moongate {}\n{}{}= {code}\n\n",
            arguments.join(" "),
            ran.out,
            ran.err
        )
        .expect("a text");
        ran
    }

    /// The same of something that must be refused, leaving nothing behind.
    fn refused(&mut self, arguments: &[&str]) {
        let before = self.names();
        let ran = self.ask(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}\n{}{}", ran.out, ran.err);
        assert!(
            ran.err.contains("help:") || ran.err.contains("remedy:"),
            "{}",
            ran.err
        );
        assert_eq!(self.names(), before, "{arguments:?}");
    }

    /// What lies here.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path())
            .expect("a folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }
}

#[test]
fn help_teaches_by_example() {
    let mut desk = Desk::new();
    desk.ask(&["--help"]);
    for command in [
        "check",
        "look",
        "import",
        "judge",
        "report",
        "order",
        "order lint",
        "town",
        "verify",
        "slots",
        "plan",
        "explain",
        "completions",
        "man",
    ] {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push("--help");
        let ran = desk.ask(&arguments).well();
        if command != "man" && command != "order" {
            let examples = ran.out.contains("Example") || ran.out.contains("--case");
            assert!(examples, "{command}: {}", ran.out);
        }
    }
    desk.ask(&["chekc"]);
    desk.ask(&["check", "o.toml", "--trials", "0"]);
    golden("help.txt", &desk.said);
}

#[test]
fn broken_orders_are_answered_at_their_places() {
    let mut desk = Desk::new();
    let from = root().join("crates/order/golden/broken");
    let broken = [
        "alpha-out-of-range",
        "bad-date",
        "due-before-issued",
        "duplicate-id",
        "duplicate-key",
        "empty",
        "missing-key",
        "not-addressed",
        "official-without-source",
        "parameter-out-of-range",
        "scene-in-two-stages",
        "syntax",
        "two-mistakes",
    ];
    for name in broken {
        let file = format!("{name}.toml");
        desk.put_from(&file, from.join(&file));
        desk.refused(&["order", "lint", &file]);
    }
    desk.put("utf-16.toml", b"\xff\xfef\0o\0r\0m\0a\0t\0");
    desk.refused(&["order", "lint", "utf-16.toml"]);
    desk.refused(&["order", "lint", "nowhere.toml"]);
    desk.put_from("sound.toml", five_clauses());
    desk.ask(&["order", "lint", "sound.toml"]).well();
    desk.refused(&["order", "lint", "sound.toml", "syntax.toml"]);
    golden("order-lint.txt", &desk.said);
}

const LINKS: &str = r#"format = 1

[[reach]]
platform = "platform"
scene = "one-to-one"
kind = "template"
url = "http://platform.test/?target={url}"

[[destination]]
id = "rival-item"
platform = "rival"
kind = "shop-item"
url = "http://item.rival.test/i/1"

[[destination]]
id = "neutral-item"
kind = "shop-item"
url = "http://neutral-1.test/i/1"

[[compare]]
platform = "platform"
scene = "one-to-one"
rivals = ["rival-item"]
controls = ["neutral-item"]
"#;

#[test]
fn broken_links_files_leave_no_case_behind() {
    let mut desk = Desk::new();
    desk.put_from("order.toml", five_clauses());
    desk.put("links.toml", LINKS);
    let compared = LINKS.split_once("[[compare]]").expect("one").1;
    let compared = format!("\n[[compare]]{compared}");
    let without_reach = LINKS.split_once("[[destination]]").expect("one").1;
    for (name, text) in [
        (
            "unknown-platform",
            LINKS.replace("\"platform\"\nscene", "\"plattform\"\nscene"),
        ),
        (
            "unknown-destination",
            LINKS.replace("[\"rival-item\"]", "[\"rival-itm\"]"),
        ),
        ("no-place-for-the-link", LINKS.replace("{url}", "")),
        (
            "not-an-address",
            LINKS.replace("http://item.rival.test/i/1", "item.rival.test/i/1"),
        ),
        ("unknown-key", LINKS.replace("controls =", "control =")),
        (
            "no-reach",
            format!("format = 1\n\n[[destination]]{without_reach}"),
        ),
        (
            "control-of-the-rival",
            format!(
                "{}\n[[destination]]\nid = \"rival-site\"\nplatform = \"rival\"\n\
                 kind = \"shop-item\"\nurl = \"http://item.rival.test/i/2\"\n",
                LINKS.replace("[\"neutral-item\"]", "[\"neutral-item\", \"rival-site\"]")
            ),
        ),
        (
            "one-address-twice",
            LINKS.replace("http://neutral-1.test/i/1", "http://ITEM.rival.test:80/i/1"),
        ),
        ("one-comparison-twice", LINKS.to_owned() + &compared),
        ("syntax", LINKS.replace("[[compare]]", "[[compare]")),
        ("empty", String::new()),
    ] {
        let file = format!("{name}.toml");
        desk.put(&file, text);
        desk.refused(&["check", "order.toml", "--links", &file, "--case", "case"]);
    }
    desk.refused(&["check", "order.toml", "--case", "case"]);
    desk.refused(&["check", "--case", "case"]);
    let check = [
        "check",
        "order.toml",
        "--links",
        "links.toml",
        "--case",
        "case",
    ];
    for wrong in [
        ["--connect-to", "platform.test"],
        ["--connect-to", "a b=127.0.0.1:1"],
        ["--allow-private", ""],
        ["--seed", "abc"],
        ["--root-certificate", "links.toml"],
    ] {
        desk.refused(&[&check[..], &wrong[..]].concat());
    }
    golden("links.txt", &desk.said);
}

#[test]
fn a_dry_run_opens_and_writes_nothing() {
    let mut desk = Desk::new();
    desk.put_from("order.toml", five_clauses());
    desk.put("links.toml", LINKS);
    let before = desk.names();
    desk.ask(&[
        "check",
        "order.toml",
        "--links",
        "links.toml",
        "--trials",
        "3",
        "--dry-run",
    ])
    .well();
    assert_eq!(desk.names(), before);
    golden("dry-run.txt", &desk.said);
}

#[test]
fn broken_tables_leave_no_case_behind() {
    let mut desk = Desk::new();
    desk.put_from("order.toml", root().join("orders/x-2023-link-delay.toml"));
    desk.put_from("wide.toml", root().join("mappings/hourly-wide.toml"));
    let head = "time,a.example,b.example\n";
    let tables: [(&str, Vec<u8>); 12] = [
        (
            "missing-column.csv",
            b"when,a.example,b.example\n2023-09-08T21,1,2\n".into(),
        ),
        (
            "bad-number.csv",
            format!("{head}2023-09-08T21,1,two\n2023-09-08T22,-4,1e999\n").into(),
        ),
        ("empty.csv", Vec::new()),
        ("header-only.csv", head.into()),
        (
            "ragged.csv",
            format!("{head}2023-09-08T21,1,2\n2023-09-08T22,1\n").into(),
        ),
        (
            "bad-time.csv",
            format!("{head}2023-09-08T21,1,2\nyesterday,1,2\n").into(),
        ),
        (
            "gbk.csv",
            b"time,\xc4\xe3\xba\xc3.example,b.example\n2023-09-08T21,1,2\n".into(),
        ),
        ("utf-16.csv", b"\xff\xfet\0i\0m\0e\0,\0a\0\n\0".into()),
        (
            "utf-16-without-a-mark.csv",
            b"\0t\0i\0m\0e\0,\0a\0\n".into(),
        ),
        (
            "latin-1.csv",
            b"time,caf\xe9.example,b.example\n2023-09-08T21,1,2\n".into(),
        ),
        (
            "open-quote.csv",
            format!("{head}2023-09-08T21,\"1,2\n").into(),
        ),
        ("no-text.csv", vec![0, 159, 146, 150]),
    ];
    for (name, bytes) in tables {
        desk.put(name, bytes);
        desk.refused(&["import", "order.toml", "--case", "case", "wide.toml", name]);
    }
    // Two gigabytes that take no room on the disk.
    let huge = std::fs::File::create(desk.path().join("huge.csv")).expect("a file");
    huge.set_len(2 << 30).expect("a sparse file");
    desk.refused(&[
        "import",
        "order.toml",
        "--case",
        "case",
        "wide.toml",
        "huge.csv",
    ]);
    golden("import-tables.txt", &desk.said);
}

#[test]
fn broken_mappings_leave_no_case_behind() {
    let mut desk = Desk::new();
    desk.put_from("order.toml", root().join("orders/x-2023-link-delay.toml"));
    desk.put_from("wide.toml", root().join("mappings/hourly-wide.toml"));
    desk.put("good.csv", "time,a.example,b.example\n2023-09-08T21,1,2\n");
    let wide = std::fs::read_to_string(desk.path().join("wide.toml")).expect("a mapping");
    for (name, text) in [
        ("unknown-platform.toml", wide.replace("\"x\"", "\"y\"")),
        ("unknown-unit.toml", wide.replace("\"ms\"", "\"parsec\"")),
        (
            "missing-key.toml",
            wide.replace("measured_by", "# measured_by"),
        ),
        ("bad-layout.toml", wide.replace("%Y-%m-%dT%H", "%Q")),
        ("syntax.toml", wide.replace("[time]", "[time")),
        (
            "several.toml",
            "format = 1\nplatform = \"y\"\nunits = 3\n".to_owned(),
        ),
    ] {
        desk.put(name, text);
        desk.refused(&["import", "order.toml", "--case", "case", name, "good.csv"]);
    }
    desk.refused(&["import", "order.toml", "--case", "case", "wide.toml"]);
    desk.refused(&[
        "import",
        "order.toml",
        "--case",
        "case",
        "nowhere.toml",
        "good.csv",
    ]);
    desk.refused(&[
        "import",
        "order.toml",
        "--case",
        "case",
        "wide.toml",
        "nowhere.csv",
    ]);
    desk.ask(&[
        "import",
        "order.toml",
        "--case",
        "case",
        "wide.toml",
        "good.csv",
    ])
    .well();
    // A case that is there is never added to.
    let held = common_bytes(&desk.path().join("case"));
    desk.refused(&[
        "import",
        "order.toml",
        "--case",
        "case",
        "wide.toml",
        "good.csv",
    ]);
    assert_eq!(common_bytes(&desk.path().join("case")), held);
    golden("import-mappings.txt", &desk.said);
}

/// Every file below a folder with its bytes, but for the lock.
fn common_bytes(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().is_some_and(|name| name != "lock") {
                let bytes = std::fs::read(&path).expect("a file");
                all.push((path, bytes));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn saved_pages_are_told_as_stories() {
    let mut desk = Desk::new();
    let target = "https://item.shop.example/detail.htm?id=6501&sku=9";
    for name in [
        "qq-middlem",
        "douyin-terminated",
        "empty-200",
        "meta-refresh-3",
        "csdn",
    ] {
        let file = format!("{name}.html");
        desk.put(&file, saved_page(&file));
        desk.ask(&["look", "--page", &file, "--target", target])
            .well();
    }
    let csdn = ["look", "--page", "csdn.html", "--target", target];
    desk.ask(&[&csdn[..], &["--format", "json"]].concat())
        .well();
    desk.ask(&[&csdn[..], &["--lang", "zh"]].concat()).well();
    desk.refused(&["look", "--page", "nowhere.html", "--target", target]);
    desk.refused(&["look", "--page", "csdn.html", "--target", "shop"]);
    golden("look-page.txt", &desk.said);
}

/// A page of the classification's cases, without the words before it that say
/// what it is.
fn saved_page(file: &str) -> String {
    let path = root().join("crates/page/cases").join(file);
    let whole = std::fs::read_to_string(path).expect("a page");
    let (_, page) = whole.split_once("+++\n").expect("a page below its words");
    page.to_owned()
}

#[test]
fn a_link_is_told_hop_by_hop_against_the_town() {
    let town = stand(single("copy-only(wechat)"));
    let link = "http://link.platform.test/?target=http%3A%2F%2Fitem.rival.test%2Fi%2F1";
    for (url, said) in [
        (link, ["link.platform.test", "item.rival.test"]),
        (
            "http://link.platform.test/?target=http%3A%2F%2Fneutral-1.test%2Fi%2F1",
            ["link.platform.test", "neutral-1.test"],
        ),
    ] {
        let mut command = moongate();
        command.args(["look", url, "--allow-private", "*.test"]);
        connect(&mut command, &town);
        let ran = run(&mut command).well();
        assert!(
            said.iter().all(|word| ran.out.contains(word)),
            "{}",
            ran.out
        );
    }
    // Loopback is refused unless it is named.
    let mut command = moongate();
    command.args(["look", link]);
    connect(&mut command, &town);
    let ran = run(&mut command);
    assert!(!ran.out.contains("must-copy"), "{}", ran.out);
}

#[test]
fn completions_manual_pages_and_the_town_are_written() {
    let mut desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = desk.ask(&["completions", shell]).well();
        assert!(
            ran.out.contains("moongate") && ran.out.contains("dry-run"),
            "{shell}"
        );
    }
    desk.ask(&["man", "pages"]).well();
    let pages: Vec<_> = std::fs::read_dir(desk.path().join("pages"))
        .expect("pages")
        .collect();
    assert!(pages.len() > 10, "{}", pages.len());
    let page = std::fs::read_to_string(desk.path().join("pages/moongate-check.1")).expect("a page");
    assert!(
        page.contains("EXAMPLES") || page.contains("Examples"),
        "{page}"
    );

    let mut desk = Desk::new();
    desk.ask(&["town", "--moments"]).well();
    let links = desk.ask(&["town", "--links"]).well();
    desk.put("links.toml", links.out);
    desk.put_from("order.toml", root().join("orders/miit-2021-links.toml"));
    desk.ask(&["order", "lint", "order.toml", "--links", "links.toml"])
        .well();
    let ran = desk.ask(&["town", "--moment", "1999-12-31"]);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    golden("town.txt", &desk.said);
}

/// A small case, checked against the town.
fn checked(folder: &Path) -> PathBuf {
    let town = stand(single("copy-only(wechat)"));
    let mut command = check_in(folder, &town, 4);
    connect(&mut command, &town);
    run(&mut command).well();
    folder.join("case")
}

#[test]
fn a_case_that_is_done_is_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = checked(folder.path());
    let held = |below: &str| common_bytes(&case.join(below));
    let before = [held("observations"), held("evidence"), held("findings")];
    let judged = findings(&case);
    let again = run(moongate().arg("check").arg("--case").arg(&case)).well();
    assert!(again.err.contains("4 trials done"), "{}", again.err);
    assert_eq!(
        [held("observations"), held("evidence"), held("findings")],
        before
    );
    // Findings are recomputed from the observations alone.
    std::fs::remove_dir_all(case.join("findings")).expect("removed");
    run(moongate().arg("judge").arg("--case").arg(&case)).well();
    assert_eq!(findings(&case), judged);
    assert_eq!(held("findings"), before[2]);
    // A case is never bent to fit another order.
    let other = folder.path().join("other.toml");
    let text = std::fs::read_to_string(five_clauses()).expect("an order");
    std::fs::write(&other, text.replace("alpha = 0.01", "alpha = 0.05")).expect("an order");
    let links = folder.path().join("links.toml");
    let ran = run(moongate()
        .arg("check")
        .arg(other)
        .arg("--links")
        .arg(links)
        .arg("--case")
        .arg(&case));
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("another order"), "{}", ran.err);
}

#[test]
fn a_changed_byte_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = checked(folder.path());
    let verify = || run(moongate().arg("verify").arg("--case").arg(&case));
    let sound = verify().well();
    assert!(sound.out.contains("nothing is wrong"), "{}", sound.out);
    for below in [
        "evidence/00001.warc.gz",
        "observations/00001.parquet",
        "order.toml",
        "plan.json",
    ] {
        let path = case.join(below);
        let whole = std::fs::read(&path).expect("a file");
        for at in [whole.len() / 3, whole.len() / 2] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).expect("a file");
            let ran = verify();
            assert_ne!(ran.code, Some(0), "{below} at {at}: {}", ran.out);
            let name = below.rsplit('/').next().expect("a name");
            assert!(ran.err.contains(name), "{below} at {at}: {}", ran.err);
        }
        std::fs::write(&path, &whole).expect("a file");
    }
    verify().well();
}
