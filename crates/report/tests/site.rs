//! What must hold of every page of every site.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test fails by panicking"
)]

mod sample;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use moongate_glossary::{Decision, Effect, EffectUnit, Span};
use moongate_report::{
    Language, ReportInput, SiteFile, Status, TerminalOptions, Text, render_site, terminal_matrix,
};
use scraper::{Html, Selector};

/// Rendered once for all that only look at it.
static SMALL: LazyLock<Vec<SiteFile>> =
    LazyLock::new(|| render_site(&sample::small(), &Language::ALL));

fn pages(site: &[SiteFile]) -> impl Iterator<Item = (&str, &str)> {
    site.iter()
        .filter(|file| file.bytes.starts_with(b"<!DOCTYPE html>"))
        .map(|file| {
            (
                file.path.as_str(),
                std::str::from_utf8(&file.bytes).unwrap(),
            )
        })
}

/// Pages of every kind, without those that differ by their words alone.
fn kinds(site: &[SiteFile]) -> impl Iterator<Item = (&str, &str)> {
    pages(site).filter(|(path, _)| !path.starts_with("zh/cell"))
}

fn select(page: &Html, selector: &str) -> usize {
    page.select(&Selector::parse(selector).unwrap()).count()
}

fn attributes(page: &Html, selector: &str, name: &str) -> Vec<String> {
    page.select(&Selector::parse(selector).unwrap())
        .filter_map(|element| element.attr(name).map(str::to_owned))
        .collect()
}

#[test]
fn every_link_leads_somewhere() {
    let site = &*SMALL;
    let paths: BTreeSet<&str> = site.iter().map(|file| file.path.as_str()).collect();
    let parsed: BTreeMap<&str, Html> = pages(site)
        .map(|(path, text)| (path, Html::parse_document(text)))
        .collect();
    for (&path, page) in &parsed {
        for href in attributes(page, "[href]", "href") {
            if href.starts_with("http") || href.starts_with("data:") {
                continue;
            }
            let (file, anchor) = href.split_once('#').unwrap_or((&href, ""));
            let target = if file.is_empty() {
                path.to_owned()
            } else {
                resolved(path, file)
            };
            assert!(paths.contains(target.as_str()), "{path} links to {href}");
            if !anchor.is_empty() {
                let there = select(&parsed[target.as_str()], &format!("[id='{anchor}']"));
                assert_eq!(there, 1, "{path} links to {href}");
            }
        }
    }
}

fn resolved(from: &str, href: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in href.split('/') {
        if part == ".." {
            assert!(parts.pop().is_some(), "{href} leaves the site from {from}");
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

#[test]
fn pages_load_nothing_and_run_nothing() {
    let site = &*SMALL;
    for (path, text) in kinds(site) {
        let page = Html::parse_document(text);
        let foreign =
            "script, iframe, object, embed, form, img, video, audio, base, link[rel=stylesheet]";
        assert_eq!(select(&page, foreign), 0, "{path}");
        let policy = attributes(&page, "meta[http-equiv=Content-Security-Policy]", "content");
        assert!(policy[0].starts_with("default-src 'none'"), "{path}");
        assert!(!text.contains("url("), "{path}");
    }
}

#[test]
fn pages_can_be_read_by_everyone() {
    let list = render_site(&sample::imported(), &Language::ALL);
    for (path, text) in kinds(&SMALL).chain(kinds(&list)) {
        let page = Html::parse_document(text);
        assert_eq!(select(&page, "h1"), 1, "{path}");
        assert_eq!(select(&page, "main#content"), 1, "{path}");
        assert_eq!(select(&page, "body > a.skip[href='#content']"), 1, "{path}");
        assert_eq!(select(&page, "table:not(:has(caption))"), 0, "{path}");
        assert_eq!(select(&page, "th:not([scope])"), 0, "{path}");
        let drawings = select(&page, "svg:not([aria-hidden])");
        assert_eq!(
            drawings,
            select(&page, "svg[role=img] > title:first-child + desc"),
            "{path}"
        );
        let ids = attributes(&page, "[id]", "id");
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{path}: {ids:?}");
        for selector in ["[aria-labelledby]", "[aria-describedby]"] {
            for named in attributes(&page, selector, "aria-labelledby") {
                for id in named.split(' ') {
                    assert!(ids.iter().any(|i| i == id), "{path}: {id}");
                }
            }
        }
    }
}

#[test]
fn every_sentence_exists() {
    let mut input = sample::small();
    input.randomisation.commitment = None;
    input.randomisation.revealed_seed = None;
    for status in [
        Status::AsReported,
        Status::Official,
        Status::ResearchStandard,
    ] {
        input.status = status;
        if status != Status::AsReported {
            input.cells.truncate(3);
        }
        for file in render_site(&input, &Language::ALL) {
            let text = String::from_utf8(file.bytes).unwrap();
            assert!(!text.contains("[["), "{}", file.path);
        }
    }
}

#[test]
fn a_replay_says_so_on_every_page_and_a_measurement_does_not() {
    let mut input = sample::small();
    let said = ["measured no company", "未测量任何企业"];
    for replay in [true, false] {
        input.replay = replay;
        let site = render_site(&input, &Language::ALL);
        for (path, text) in pages(&site) {
            let language = usize::from(path.starts_with("zh/"));
            assert_eq!(text.contains(said[language]), replay, "{path}");
            assert_eq!(text.contains("role=\"note\""), replay, "{path}");
        }
        for language in Language::ALL {
            let options = TerminalOptions {
                language,
                width: 400,
                ..TerminalOptions::default()
            };
            let shown = terminal_matrix(&input, &options);
            assert_eq!(
                shown.contains(said[usize::from(language == Language::Zh)]),
                replay
            );
        }
    }
}

#[test]
fn imported_measurements_never_read_like_randomised_ones() {
    let input = sample::imported();
    let site = render_site(&input, &[Language::En]);
    let mut seen = 0;
    for (path, text) in pages(&site).filter(|(path, _)| path.starts_with("cell/")) {
        seen += 1;
        assert!(
            text.contains("somebody else made these measurements"),
            "{path}"
        );
        assert!(!text.contains("Randomised by Moongate"), "{path}");
        assert!(!text.contains("did not care whose link"), "{path}");
    }
    assert_eq!(seen, 24);
}

#[test]
fn kept_never_stands_without_its_margin_and_open_is_never_coloured_as_kept() {
    let site = render_site(&sample::small(), &[Language::En]);
    let (mut kept, mut open) = (0, 0);
    for (path, text) in pages(&site).filter(|(path, _)| path.starts_with("cell/")) {
        let page = Html::parse_document(text);
        let said = |selector: &str| -> String {
            let selector = Selector::parse(selector).unwrap();
            page.select(&selector).flat_map(|e| e.text()).collect()
        };
        if select(&page, "section.finding.kept") == 1 {
            kept += 1;
            let what = said(".finding .what");
            assert!(what.starts_with("Kept, within a margin"), "{path}");
            assert!(
                what.contains("percentage points") || what.contains('%'),
                "{path}: {what}"
            );
        }
        if select(&page, "section.finding.open") == 1 {
            open += 1;
            assert!(said(".finding .what").starts_with("Open:"), "{path}");
            assert_eq!(select(&page, ".finding .kept"), 0, "{path}");
        }
    }
    assert!(kept > 5 && open > 5, "{kept} {open}");
}

#[test]
fn a_breach_whose_interval_includes_zero_says_why() {
    let said = ["is no contradiction", "并不矛盾"];
    for (low, unit, expected) in [
        (-0.1, EffectUnit::ShareDifference, true),
        (0.1, EffectUnit::ShareDifference, false),
        (-0.1, EffectUnit::Milliseconds, true),
        (0.0, EffectUnit::Share, false),
    ] {
        let mut input = sample::small();
        let mut broken = 0;
        for cell in &mut input.cells {
            let Some(finding) = &mut cell.finding else {
                continue;
            };
            let interval = Some(Span { low, high: 0.5 });
            finding.effect = finding.effect.map(|effect| Effect {
                unit,
                interval,
                ..effect
            });
            broken += usize::from(finding.decision == Decision::Broken);
        }
        let site = render_site(&input, &Language::ALL);
        for words in said {
            let told = pages(&site)
                .filter(|(_, text)| text.contains(words))
                .count();
            let expected = if expected { broken } else { 0 };
            assert_eq!(told, expected, "{words}, {low}, {unit:?}");
        }
        assert!(broken > 2);
    }
}

/// Every text of the input, replaced by something hostile.
fn hostile(text: &str) -> ReportInput {
    let mut input = sample::small();
    let both = || Text::same(text);
    (input.title, input.order_text, input.issuer) = (both(), both(), both());
    for item in &mut input.platforms {
        item.name = both();
    }
    for item in &mut input.scenes {
        item.name = both();
    }
    for item in &mut input.destinations {
        item.name = both();
    }
    for item in &mut input.subjects {
        item.name = both();
    }
    for source in &mut input.sources {
        source.title = text.into();
        source.url = Some(format!("javascript:alert(1)//{text}"));
    }
    for reason in input.reasons.values_mut() {
        *reason = both();
    }
    for name in input.round_names.values_mut() {
        *name = both();
    }
    for obligation in &mut input.obligations {
        obligation.name = both();
        for clause in &mut obligation.clauses {
            (clause.name, clause.text) = (both(), both());
        }
    }
    input.consequences = vec![both()];
    input.cells.truncate(5);
    for view in &mut input.cells {
        view.stated_reason = Some(text.into());
        view.factors.insert(text.into(), vec![text.into()]);
        for evidence in &mut view.evidence {
            evidence.url = text.into();
        }
        for point in &mut view.outcomes_over_time {
            point.trial = text.into();
        }
        if let Some(fact) = &mut view.reported {
            fact.source = text.into();
        }
        if let Some(page) = &mut view.block_page {
            (page.html_text, page.visible_text, page.url) = (text.into(), text.into(), text.into());
            page.signals = vec![(text.into(), text.into())];
        }
        if let Some(finding) = &mut view.finding {
            finding.judge = text.into();
            finding.trials_void.insert(text.into(), 1);
            finding.rival.not_met.insert(text.into(), 1);
            finding.rival.inconclusive.insert(text.into(), 1);
        }
    }
    input
}

#[test]
fn a_standing_says_when_it_was_last_measured() {
    let mut input = sample::small();
    let last = input.rounds.last().unwrap().as_of_ms;
    input
        .standings
        .retain(|s| s.subject != "tencent" || s.as_of_ms < last);
    let shown = terminal_matrix(&input, &TerminalOptions::default());
    let site = render_site(&input, &[Language::En]);
    let overview = std::str::from_utf8(&site[0].bytes).unwrap();
    for page in [shown.as_str(), overview] {
        let note = "last measured 17 September 2021, before the deadline";
        assert_eq!(page.matches(note).count(), 1, "{page}");
        // Both deadlines have been past for as long.
        assert_eq!(page.matches("72 days past").count(), 2, "{page}");
    }
}

#[test]
fn hostile_text_is_inert() {
    let texts = [
        "</pre></style></title><script>alert(1)</script><img src=x onerror=alert(1)>",
        "\"' onmouseover=alert(1) x='",
        "\u{202e}gnp.exe\u{2066}\u{200b}\u{1b}[31m\u{0}\u{9b}2J",
        "]]><!-- {{ }} { $x } <svg onload=alert(1)>",
    ];
    let clean = render_site(&hostile("plain"), &Language::ALL);
    for text in texts {
        let site = render_site(&hostile(text), &Language::ALL);
        for ((path, page), (_, calm)) in pages(&site).zip(pages(&clean)) {
            let parsed = Html::parse_document(page);
            assert_eq!(
                select(&parsed, "script, img, [onerror], [onload], [onmouseover]"),
                0,
                "{path}"
            );
            let dangerous = attributes(&parsed, "[href]", "href");
            assert!(
                !dangerous.iter().any(|href| href.starts_with("javascript")),
                "{path}"
            );
            // The same elements stand there as with harmless text.
            let calm = Html::parse_document(calm);
            assert_eq!(select(&parsed, "*"), select(&calm, "*"), "{path}");
            assert!(
                !page.contains([
                    '\u{202e}', '\u{2066}', '\u{200b}', '\u{1b}', '\u{0}', '\u{9b}'
                ]),
                "{path}"
            );
        }
        let shown = terminal_matrix(&hostile(text), &TerminalOptions::default());
        assert!(!shown.contains(['\u{202e}', '\u{1b}', '\u{0}', '\u{9b}', '\u{200b}']));
    }
}

#[test]
fn long_tokens_and_odd_numbers_are_shown() {
    let mut input = hostile(&"x".repeat(50_000));
    for (at, view) in input.cells.iter_mut().enumerate() {
        view.cell.destination = "d".repeat(300 + at);
        if let Some(finding) = &mut view.finding {
            let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308][at % 4];
            finding.log_e_broken = odd;
            finding.log_threshold_broken = odd;
            finding.path_broken = vec![odd, 0.0, -odd];
            finding.margin = odd;
            if let Some(effect) = &mut finding.effect {
                effect.point = odd;
            }
        }
        for point in &mut view.delay_points {
            point.delay_ms = f64::NAN;
            point.at_ms = i64::MAX;
        }
    }
    let site = render_site(&input, &[Language::Zh]);
    assert!(
        site.iter()
            .all(|file| file.path.len() < 200 && file.path.is_ascii())
    );
    for (path, text) in pages(&site) {
        assert!(!text.contains("NaN"), "{path}");
    }
    let shown = terminal_matrix(&input, &TerminalOptions::default());
    let widest = shown
        .lines()
        .map(unicode_width::UnicodeWidthStr::width)
        .max();
    assert!(widest <= Some(80), "{widest:?}");
}

#[test]
fn every_terminal_line_fits() {
    for input in [sample::small(), sample::imported()] {
        for language in Language::ALL {
            for (width, ascii) in [(40, false), (80, true), (80, false), (132, false)] {
                let options = TerminalOptions {
                    width,
                    ascii,
                    language,
                    colour: false,
                };
                let shown = terminal_matrix(&input, &options);
                for line in shown.lines() {
                    assert!(
                        unicode_width::UnicodeWidthStr::width(line) <= width,
                        "{width}: {line}"
                    );
                }
            }
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let input = sample::small();
    let plain = TerminalOptions::default();
    let coloured = TerminalOptions {
        colour: true,
        ..plain
    };
    let mut stripped = String::new();
    let mut inside = false;
    for c in terminal_matrix(&input, &coloured).chars() {
        match c {
            '\u{1b}' => inside = true,
            'm' if inside => inside = false,
            _ if !inside => stripped.push(c),
            _ => {}
        }
    }
    assert_eq!(stripped, terminal_matrix(&input, &plain));
}

#[test]
fn the_first_language_stands_at_the_root() {
    let input = sample::small();
    let site = render_site(&input, &[Language::Zh, Language::En, Language::Zh]);
    let index = |path: &str| {
        let file = site.iter().find(|file| file.path == path).unwrap();
        String::from_utf8_lossy(&file.bytes).into_owned()
    };
    assert!(index("index.html").contains("<html lang=\"zh-Hans\">"));
    assert!(index("en/index.html").contains("<html lang=\"en\">"));
    let paths: BTreeSet<_> = site.iter().map(|file| &file.path).collect();
    assert_eq!(paths.len(), site.len());
    assert!(
        render_site(&input, &[])
            .iter()
            .any(|f| f.path == "index.html")
    );
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert!(render_site(&sample::small(), &Language::ALL) == *SMALL);
}

#[test]
fn an_input_survives_being_stored() {
    let input = sample::small();
    let stored = serde_json::to_string(&input).unwrap();
    let read: ReportInput = serde_json::from_str(&stored).unwrap();
    // Numbers may change in their last digit on the way through JSON; what
    // people read does not.
    let (before, after) = (
        render_site(&input, &[Language::En]),
        render_site(&read, &[Language::En]),
    );
    for ((path, one), (_, other)) in pages(&before).zip(pages(&after)) {
        assert!(one == other, "{path}");
    }
}
