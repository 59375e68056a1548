//! The report in a real browser: Chromium opens the site from a folder, as a
//! reader would, and is asked what it shows.
//!
//! Each way of looking is tried first on a page that deserves a complaint.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test fails by panicking"
)]

#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/look.rs"]
mod look;
mod sample;

use std::collections::BTreeSet;

use base64::Engine as _;
use driver::{Browser, ENTER, TAB};
use moongate_glossary::Decision;
use moongate_report::{CellView, Handling, Language, ReportInput, render_site};
use serde_json::{Value, json};
use tempfile::TempDir;

const PHONE: u32 = 360;
const DESK: u32 = 1280;

/// A site in a folder of its own.
struct Site {
    input: ReportInput,
    folder: TempDir,
}

impl Site {
    fn of(input: ReportInput) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in render_site(&input, &Language::ALL) {
            let path = folder.path().join(&file.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &file.bytes).unwrap();
        }
        Self { input, folder }
    }

    fn address(&self, path: &str) -> String {
        format!("file://{}/{path}", self.folder.path().display())
    }

    /// One page of every kind, in both languages.
    fn pages(&self) -> Vec<String> {
        let decided = |decision: Option<Decision>| {
            move |view: &CellView| view.finding.as_ref().map(|f| f.decision) == decision
        };
        let cells = [
            self.cell(decided(Some(Decision::Broken))),
            self.cell(decided(Some(Decision::Kept))),
            self.cell(decided(Some(Decision::Open))),
            self.cell(decided(None)),
            self.cell(|view| view.block_page.is_some()),
        ];
        let kinds = ["index.html", "method.html"].map(str::to_owned);
        let kinds: BTreeSet<String> = kinds
            .into_iter()
            .chain(cells.into_iter().flatten())
            .collect();
        kinds
            .iter()
            .flat_map(|page| [page.clone(), format!("zh/{page}")])
            .collect()
    }

    fn cell(&self, kind: impl Fn(&CellView) -> bool) -> Option<String> {
        let view = self.input.cells.iter().find(|view| kind(view))?;
        Some(format!("cell/{}.html", view.cell.slug()))
    }

    /// The cells of a round, as the matrix must show them.
    fn cells_of<'a>(&'a self, round: &'a str) -> impl Iterator<Item = &'a CellView> {
        self.input
            .cells
            .iter()
            .filter(move |view| view.cell.round == round)
    }
}

/// Two platforms over two rounds in which links fare in every way there is,
/// and an import that is shown as a list.
fn sites() -> [Site; 2] {
    let mut input = sample::small();
    let mut places = Vec::new();
    for view in &mut input.cells {
        let cell = &view.cell;
        let place = [&cell.platform, &cell.scene, &cell.destination].map(String::clone);
        let known = places.iter().position(|other| *other == place);
        let at = known.unwrap_or_else(|| {
            places.push(place);
            places.len() - 1
        });
        view.handling = Handling::ALL[at % Handling::ALL.len()];
    }
    assert!(places.len() >= Handling::ALL.len());
    [Site::of(input), Site::of(sample::imported())]
}

/// Looks at every kind of page and fails with all that was found.
fn every_page(sites: &[Site], browser: &Browser, look: impl Fn() -> Vec<String>) {
    let mut found = Vec::new();
    for site in sites {
        let pages = site.pages();
        assert!(pages.len() >= 8, "kinds of page are missing: {pages:?}");
        for page in pages {
            browser.go(&site.address(&page));
            found.extend(look().into_iter().map(|what| format!("{page}: {what}")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A page with every fault that is looked for.
fn faulty() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("faulty.html");
    let html = r#"<!DOCTYPE html><html lang="en"><title>x</title>
        <style>body{background:#fff;color:#999} @media (prefers-color-scheme:dark){body{background:#000;color:#fff}}</style>
        <script>console.error("no")</script><img src="http://127.0.0.1:9/x.png">
        <h1>Pale</h1><h3>A jump</h3><div style="width:1600px">wide</div>
        <table><tr><td>1</td></tr></table>"#;
    std::fs::write(&page, html).unwrap();
    let address = format!("file://{}", page.display());
    (folder, address)
}

#[test]
fn every_page_is_quiet_and_asks_nothing_of_the_network() {
    let Some(browser) = Browser::open() else {
        return;
    };
    let (folder, address) = faulty();
    browser.go(&address);
    let found = look::quiet(&browser, folder.path()).join("\n");
    for fault in ["console", "requested http://127.0.0.1:9", "policy"] {
        assert!(found.contains(fault), "{fault} was not seen: {found}");
    }
    let sites = sites();
    for site in &sites {
        let folder = site.folder.path();
        let alone = std::slice::from_ref(site);
        every_page(alone, &browser, || look::quiet(&browser, folder));
    }
}

#[test]
fn every_page_fits_a_phone_and_a_desk() {
    let Some(browser) = Browser::open() else {
        return;
    };
    let widths = [(PHONE, true), (DESK, false)];
    let look = || look::fits(&browser, &widths);
    let (_folder, address) = faulty();
    browser.go(&address);
    assert_eq!(look().len(), widths.len());
    every_page(&sites(), &browser, look);
}

#[test]
fn every_page_can_be_read_in_light_and_dark() {
    let Some(browser) = Browser::open() else {
        return;
    };
    let look = || look::contrast(&browser);
    let (_folder, address) = faulty();
    browser.go(&address);
    let found = look();
    assert!(
        found
            .iter()
            .any(|what| what.starts_with("light: contrast 2.8")),
        "{found:?}"
    );
    assert!(
        !found.iter().any(|what| what.starts_with("dark")),
        "{found:?}"
    );
    every_page(&sites(), &browser, look);
}

#[test]
fn a_screen_reader_finds_its_way_on_every_page() {
    let Some(browser) = Browser::open() else {
        return;
    };
    let look = || look::accessibility(&browser);
    let (_folder, address) = faulty();
    browser.go(&address);
    let found = look().join("\n");
    for fault in ["main", "heading", "header cells", "name"] {
        assert!(found.contains(fault), "{fault} was not missed: {found}");
    }
    every_page(&sites(), &browser, look);
}

#[test]
fn every_page_prints() {
    let Some(browser) = Browser::open() else {
        return;
    };
    let pages = || {
        let printed = browser.devtools("Page.printToPDF", &json!({"preferCSSPageSize": true}));
        let encoded = printed["data"].as_str().unwrap();
        let bytes = base64::prelude::BASE64_STANDARD.decode(encoded).unwrap();
        look::pages_of_pdf(&bytes)
    };
    for site in sites() {
        for page in site.pages() {
            browser.go(&site.address(&page));
            let least = if page.ends_with("index.html") { 2 } else { 1 };
            let count = pages();
            assert!(count >= least && count < 40, "{page}: {count} pages");
        }
    }
}

#[test]
fn the_matrix_stands_there_whole() {
    let Some(browser) = Browser::open() else {
        return;
    };
    let look = || browser.run(include_str!("browser/matrix.js"));
    let site = Site::of(sample::small());
    for folder in ["", "zh/"] {
        for (at, round) in site.input.rounds.iter().enumerate() {
            browser.go(&site.address(&format!("{folder}index.html#round-{}", at + 1)));
            let cells = || site.cells_of(&round.id).map(|view| &view.cell);
            let rows: BTreeSet<_> = cells().map(|c| (&c.platform, &c.scene)).collect();
            let columns: BTreeSet<_> = cells().map(|c| &c.destination).collect();
            let expected = matrix(rows.len(), columns.len(), cells().count());
            assert_eq!(look(), expected, "{folder} {}", round.id);
        }
    }
    let list = Site::of(sample::imported());
    browser.go(&list.address("index.html"));
    let cells = list.input.cells.len();
    assert_eq!(look(), matrix(cells, 1, cells));
}

/// What `matrix.js` says of a matrix in which nothing is amiss.
fn matrix(rows: usize, columns: usize, marks: usize) -> Value {
    json!({
        "shown": 1, "rows": rows, "columns": columns, "slots": rows * columns, "marks": marks,
        "silent": 0, "bare": 0, "flat": 0, "unnamed": 0,
    })
}

/// Presses a key and says what has the focus then; fails where that cannot
/// be seen.
fn pressed(browser: &Browser, key: &str) -> Value {
    browser.press(key);
    let focus = browser.run(include_str!("browser/focus.js"));
    assert!(
        focus["onScreen"] == true && focus["marked"] == true,
        "the focus cannot be seen: {focus}"
    );
    focus
}

/// Presses Tab until the focus is where it is wanted.
fn tab_to(browser: &Browser, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut passed = Vec::new();
    for _ in 0..60 {
        let focus = pressed(browser, TAB);
        if wanted(&focus) {
            return focus;
        }
        passed.push(focus);
    }
    panic!("never reached by Tab; passed {passed:#?}");
}

#[test]
fn the_keyboard_leads_from_the_top_to_a_cell_and_to_the_other_language() {
    let Some(browser) = Browser::open() else {
        return;
    };
    let site = Site::of(sample::small());
    browser.screen(DESK, false);
    browser.go(&site.address("index.html"));
    let skip = pressed(&browser, TAB);
    assert_eq!(skip["href"], "#content", "{skip}");
    browser.press(ENTER);
    browser.until("document.activeElement.id === 'content'");

    // The switch of rounds, then the cells of the round that is shown.
    let switch = tab_to(&browser, |focus| focus["tab"] == true);
    assert_eq!(switch["href"], "#round-1");
    let hrefs = "return [...document.querySelectorAll('.matrix a.m')]\
                 .filter((a) => a.checkVisibility()).map((a) => a.getAttribute('href'))";
    browser.press(ENTER);
    browser.until("document.querySelector('#round-1').checkVisibility()");
    browser.until("!document.querySelector('#round-2').checkVisibility()");
    let marks = browser.run(hrefs);
    let marks: Vec<&str> = marks
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let first = site.input.rounds.first().unwrap();
    assert_eq!(marks.len(), site.cells_of(&first.id).count());
    let mut focus = tab_to(&browser, |focus| {
        focus["class"].as_str().unwrap().starts_with("m ")
    });
    for mark in &marks {
        assert_eq!(focus["href"], **mark);
        focus = pressed(&browser, TAB);
    }

    // A cell by Enter; there, the other language and back.
    browser.go(&site.address("index.html#round-1"));
    let cell = tab_to(&browser, |focus| {
        focus["class"].as_str().unwrap().starts_with("m ")
    });
    let path = cell["href"].as_str().unwrap();
    browser.press(ENTER);
    arrived(&browser, &format!("/{path}"), Language::En);
    for (language, path) in [
        (Language::Zh, format!("/zh/{path}")),
        (Language::En, format!("/{path}")),
    ] {
        let tag = language.tag();
        let script = format!(
            "return document.querySelector('.languages a[lang={tag}]').getAttribute('href')"
        );
        let href = browser.run(&script);
        tab_to(&browser, |focus| focus["href"] == href);
        browser.press(ENTER);
        arrived(&browser, &path, language);
    }
}

/// Waits for the page of a cell.
fn arrived(browser: &Browser, path: &str, language: Language) {
    let tag = language.tag();
    browser.until(&format!(
        "location.pathname.endsWith('{path}') && document.documentElement.lang === '{tag}' \
         && document.querySelector('h1') !== null"
    ));
}
