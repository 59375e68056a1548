//! What the tests share: the words of a links check, and files beside the crate.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::{Path, PathBuf};

use moongate_order::{CheckWords, ClauseWords, ParameterKind, ParameterWords, Vocabulary};

/// The words of the links check as the shipped orders use them.
pub(crate) fn vocabulary() -> Vocabulary {
    let tolerance = parameter(
        "tolerance",
        ParameterKind::Fraction,
        0.05,
        "The share of failures that anybody's network has.",
    );
    let margin = parameter(
        "margin",
        ParameterKind::Fraction,
        0.2,
        "How much worse than the controls still counts as kept.",
    );
    let material_ms = parameter(
        "material_ms",
        ParameterKind::Milliseconds,
        250.0,
        "The delay from which on a person notices.",
    );
    let both = vec![tolerance, margin.clone()];
    let clause_kinds = vec![
        clause(
            "same-form",
            "Links open in the same form.",
            vec![margin.clone()],
        ),
        clause(
            "direct-open",
            "Links open directly, as a page.",
            both.clone(),
        ),
        clause(
            "no-extra-step",
            "No additional steps.",
            vec![margin.clone()],
        ),
        clause("no-copying", "No copying into another browser.", both),
        clause(
            "no-delay",
            "No delay before the hand-over.",
            vec![material_ms, margin],
        ),
    ];
    Vocabulary {
        checks: vec![CheckWords {
            name: "links".to_owned(),
            doc: "Links between platforms open alike.".to_owned(),
            clause_kinds,
        }],
    }
}

fn clause(kind: &str, doc: &str, parameters: Vec<ParameterWords>) -> ClauseWords {
    ClauseWords {
        kind: kind.to_owned(),
        doc: doc.to_owned(),
        parameters,
    }
}

fn parameter(name: &str, kind: ParameterKind, default: f64, doc: &str) -> ParameterWords {
    ParameterWords {
        name: name.to_owned(),
        kind,
        doc: doc.to_owned(),
        default: Some(default),
    }
}

/// A path below the root of the repository.
pub(crate) fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// The text of a shipped order.
pub(crate) fn shipped(name: &str) -> String {
    let path = in_repository("orders").join(format!("{name}.toml"));
    std::fs::read_to_string(path).unwrap()
}

/// The shipped orders.
pub(crate) const SHIPPED: [&str; 2] = ["miit-2021-links", "x-2023-link-delay"];

/// Holds a file equal to `made`; with `UPDATE_GOLDEN` set it is written instead.
#[expect(
    clippy::disallowed_methods,
    reason = "a switch for those who run the tests"
)]
pub(crate) fn hold_equal(path: &Path, made: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, made).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == made,
        "{} differs; run with UPDATE_GOLDEN=1 and look at the difference.\n--- made:\n{made}",
        path.display()
    );
}

/// A golden file of this crate.
pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(name)
}
