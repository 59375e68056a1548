//! What is rendered, pinned: plain files in `golden/`, to be read as they
//! are. `UPDATE_GOLDEN=1 cargo test -p moongate-report` writes them anew.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test fails by panicking"
)]

mod sample;

use std::path::Path;

use moongate_report::{Language, TerminalOptions, render_site, tables, terminal_matrix};

#[expect(
    clippy::disallowed_methods,
    reason = "only says whether to write the files anew"
)]
fn compare(name: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, now).unwrap();
    }
    let pinned = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = pinned.lines().zip(now.lines()).position(|(a, b)| a != b);
    assert!(
        pinned == now,
        "golden/{name} differs from line {}; if that is meant, run with UPDATE_GOLDEN=1",
        differs.map_or_else(|| pinned.lines().count(), |line| line + 1)
    );
}

#[test]
fn the_matrix_in_a_terminal() {
    let input = sample::small();
    for (name, language, ascii) in [
        ("matrix.en.txt", Language::En, false),
        ("matrix.zh.txt", Language::Zh, false),
        ("matrix.ascii.txt", Language::En, true),
    ] {
        let options = TerminalOptions {
            language,
            ascii,
            ..TerminalOptions::default()
        };
        compare(name, &terminal_matrix(&input, &options));
    }
}

#[test]
fn many_destinations_in_one_place_are_a_list() {
    let input = sample::imported();
    for (name, language) in [("list.en.txt", Language::En), ("list.zh.txt", Language::Zh)] {
        let options = TerminalOptions {
            language,
            ..TerminalOptions::default()
        };
        compare(name, &terminal_matrix(&input, &options));
    }
}

#[test]
fn one_cell_as_a_page() {
    let input = sample::small();
    let site = render_site(&input, &Language::ALL);
    let path = "cell/r1~wechat~one-to-one~taobao-item~links~direct-open.html";
    for (folder, name) in [("", "cell.en.html"), ("zh/", "cell.zh.html")] {
        let wanted = format!("{folder}{path}");
        let page = site.iter().find(|file| file.path == wanted).unwrap();
        compare(name, std::str::from_utf8(&page.bytes).unwrap());
    }
}

#[test]
fn the_tables() {
    let mut input = sample::small();
    // Few cells are enough to pin every column.
    input
        .cells
        .retain(|view| view.cell.destination == "taobao-item" && view.cell.scene == "group");
    for view in &mut input.cells {
        view.outcomes_over_time.truncate(3);
        view.delay_points.truncate(2);
        if let Some(finding) = &mut view.finding {
            finding.path_broken.truncate(2);
            finding.path_kept.truncate(2);
        }
    }
    let tables = tables(&input);
    let csv: Vec<String> = tables
        .all
        .iter()
        .map(|table| format!("# {}: {}\n{}", table.name, table.about, table.csv()))
        .collect();
    compare("tables.csv.txt", &csv.join("\n"));
    compare("tables.json", &tables.json());
    let parsed: serde_json::Value = serde_json::from_str(&tables.json()).unwrap();
    assert_eq!(
        parsed["cells"]["rows"].as_array().unwrap().len(),
        input.cells.len()
    );
}
