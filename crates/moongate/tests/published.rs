//! What is published for editors and readers is what the program knows: JSON
//! Schemas and references of the hand-written files, and the shipped orders.
//!
//! `UPDATE_GOLDEN=1 cargo test -p moongate --test published` renews them.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use moongate_order::shape::Table;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the switch that renews golden files"
)]
fn hold(name: &str, made: &str) {
    let path = repository().join("docs/schema").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, made).expect("the folder can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "{} differs; run with UPDATE_GOLDEN=1",
        path.display()
    );
}

fn pretty(schema: &serde_json::Value) -> String {
    format!("{schema:#}\n")
}

#[test]
fn orders() {
    let vocabulary = moongate_checks::vocabulary();
    hold(
        "order.schema.json",
        &pretty(&moongate_order::json_schema(&vocabulary)),
    );
    hold("order.md", &moongate_order::markdown_reference(&vocabulary));
}

#[test]
fn links_files_and_mappings() {
    let shapes: [(&str, Table); 2] = [
        ("links", moongate_check_links::links_file::shape()),
        ("mapping", moongate_import::mapping::shape()),
    ];
    for (name, shape) in shapes {
        hold(
            &format!("{name}.schema.json"),
            &pretty(&shape.json_schema()),
        );
        hold(&format!("{name}.md"), &shape.markdown());
    }
}

#[test]
fn shipped_orders_and_mappings_have_no_mistakes() {
    let vocabulary = moongate_checks::vocabulary();
    let read = |path: PathBuf| std::fs::read_to_string(path).expect("a shipped file");
    for name in ["miit-2021-links", "x-2023-link-delay"] {
        let text = read(repository().join(format!("orders/{name}.toml")));
        let order = moongate_order::read(name, &text, &vocabulary).expect("no mistakes");
        assert_eq!(order.id, name);
        assert_eq!(order.alpha.to_bits(), 0.01_f64.to_bits());
    }
    let text = read(repository().join("orders/x-2023-link-delay.toml"));
    let order = moongate_order::read("x", &text, &vocabulary).expect("no mistakes");
    for name in ["hourly-wide", "hourly-neutral"] {
        let text = read(repository().join(format!("mappings/{name}.toml")));
        moongate_import::Mapping::read(name, &text, &order).expect("no mistakes");
    }
}
