//! Broken orders, each with the answer its author gets, and inputs that are no orders.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod common;

use common::{SHIPPED, golden, hold_equal, shipped, vocabulary};
use moongate_order::{Diagnostics, decode, parse, read};
use proptest::prelude::*;

fn mistakes_of(name: &str, text: &str) -> Diagnostics {
    match read(name, text, &vocabulary()) {
        Err(diagnostics) => diagnostics,
        Ok(_) => panic!("{name} has no mistake"),
    }
}

#[test]
fn every_broken_order_is_answered() {
    let mut names: Vec<String> = std::fs::read_dir(golden("broken"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() >= 30, "{names:?}");
    for name in names {
        let path = golden("broken").join(&name);
        let bytes = std::fs::read(path.with_extension("toml")).unwrap();
        let text = decode(&name, &bytes).unwrap();
        let diagnostics = mistakes_of(&format!("{name}.toml"), &text);
        hold_equal(&path.with_extension("txt"), &diagnostics.render(false));
        for found in &diagnostics {
            assert!(
                !found.found.is_empty() && !found.expected.is_empty() && !found.remedy.is_empty(),
                "{name}: {found:?}"
            );
        }
    }
}

#[test]
fn the_sound_order_beside_them_reads() {
    let text = std::fs::read_to_string(golden("sound.toml")).unwrap();
    let order = read("sound.toml", &text, &vocabulary()).unwrap();
    assert_eq!(order.obligations.len(), 1);
    // Where the file leaves it open.
    assert!((order.alpha - 0.01).abs() < f64::EPSILON);
}

#[test]
fn a_colour_rendering_says_the_same() {
    let text = std::fs::read_to_string(golden("broken/two-mistakes.toml")).unwrap();
    let diagnostics = mistakes_of("f", &text);
    let coloured = diagnostics.render(true);
    assert!(coloured.contains("\u{1b}["));
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, diagnostics.render(false));
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let diagnostics = decode("f.toml", b"format = 1\nid = \"\xc4\xe3\"\n").unwrap_err();
    hold_equal(&golden("not-utf-8.txt"), &diagnostics.render(false));
}

#[test]
fn very_deep_nesting_exhausts_nothing() {
    let keys = vec!["a"; 79].join(".");
    let dotted = format!("{}1{}", format!("{{ {keys} = ").repeat(78), " }".repeat(78));
    let inputs = [
        format!("k = {dotted}\n"),
        format!("k = {}", "[".repeat(1 << 20)),
        format!("k = {}", "{a=".repeat(1 << 18)),
        "[a.".repeat(1 << 18),
        format!("[{}]\n", vec!["a"; 1 << 16].join(".")),
        format!("k = \"\"\"{}", "\"\"\"\n".repeat(1 << 12)),
    ];
    for input in inputs {
        let diagnostics = mistakes_of("f", &input);
        assert!(diagnostics.render(false).len() < 1 << 20);
    }
}

#[test]
fn a_thousand_mistakes_are_counted_and_not_all_drawn() {
    let text: String = (0..1000)
        .flat_map(|n| ["key-".to_owned(), n.to_string(), " = 1\n".to_owned()])
        .collect();
    let diagnostics = mistakes_of("f", &text);
    assert!(diagnostics.len() > 1000);
    assert!(diagnostics.iter().count() <= 200);
    assert!(diagnostics.render(false).contains("are not shown"));
}

#[test]
fn a_large_file_takes_its_length_and_no_more() {
    let rows = "[[source]]\nid = \"a\"\n".repeat(20_000);
    let list = format!("k = [{}]\n", "\"a\", ".repeat(100_000));
    let sound = std::fs::read_to_string(golden("sound.toml")).unwrap();
    let many: String = (0..20_000)
        .flat_map(|n| ["\"a".to_owned(), n.to_string(), "\", ".to_owned()])
        .collect();
    let references = sound.replace("sources = [\"press\"]", &format!("sources = [{many}]"));
    for text in [rows, list, references] {
        assert!(mistakes_of("f", &text).render(true).len() < 1 << 20);
    }
}

/// Reads anything and draws what is wrong, both ways.
fn survive(text: &str) -> Result<(), TestCaseError> {
    if let Err(diagnostics) = read("f.toml", text, &vocabulary()) {
        prop_assert!(!diagnostics.is_empty());
        let drawn = diagnostics.render(false);
        diagnostics.render(true);
        for found in &diagnostics {
            let place = format!("f.toml:{}:{}", found.line, found.column);
            prop_assert!(drawn.contains(&place), "{}", place);
        }
    }
    let _ = parse("f.toml", text);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        match decode("f.toml", &bytes) {
            Ok(text) => survive(&text)?,
            Err(diagnostics) => prop_assert!(diagnostics.render(true).contains("UTF")),
        }
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}") {
        survive(&text)?;
    }

    #[test]
    fn toml_like_text_is_survived(
        text in r#"([a-z]{1,3}|=|\[|\]|\{|\}|"|'|"""|\.|,|\n|\r\n|\t| |#|1|2021-09-17|true|链|\\|\u{feff}|format = 1\n|\[\[source\]\]\n|title){0,60}"#
    ) {
        survive(&text)?;
    }

    #[test]
    fn shipped_orders_with_damage_are_survived(
        which in 0..SHIPPED.len(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..40, damage()), 1..5),
    ) {
        let mut text: Vec<char> = shipped(SHIPPED[which]).chars().collect();
        for (place, length, put) in cuts {
            let at = place.index(text.len().max(1)).min(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, put.chars());
        }
        survive(&text.into_iter().collect::<String>())?;
    }

    #[test]
    fn shipped_orders_with_exchanged_lines_are_survived(
        which in 0..SHIPPED.len(),
        moves in proptest::collection::vec(any::<(prop::sample::Index, prop::sample::Index, bool)>(), 1..6),
    ) {
        let text = shipped(SHIPPED[which]);
        let mut lines: Vec<&str> = text.lines().collect();
        for (from, to, twice) in moves {
            let (from, to) = (from.index(lines.len()), to.index(lines.len()));
            if twice {
                lines.insert(to, lines[from]);
            } else {
                lines.swap(from, to);
            }
        }
        survive(&lines.join("\n"))?;
    }
}

fn damage() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "\"",
        "'",
        "\"\"\"",
        "[",
        "]",
        "{",
        "}",
        "=",
        "\n",
        "\r",
        "\t",
        ".",
        ",",
        "#",
        "-1",
        "1e999",
        "nan",
        "2021-02-30",
        "2021-09-17T00:00:00",
        "true",
        "链接",
        "\u{202e}",
        "\u{0}",
        "\u{feff}",
        "[[obligation]]\n",
        "[[amendment]]\n",
        "id = \"links\"\n",
        "all",
    ])
}
