//! Published shim links with their targets, read from the shared facts beside the
//! repository; skipped by name where those are absent.

#![allow(clippy::unwrap_used, reason = "a helper of tests")]

use std::path::Path;

use moongate_url::{End, Link, unwrap};
use url::Url;

const VECTORS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/data/shim-vectors.csv"
);
const CATALOGUE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/data/link-shims.csv"
);

/// Vectors whose target was read out of the page; their URL cannot tell it.
const OPAQUE: &[&str] = &["midpagecode="];

fn rows(path: &str, skipped: &str) -> Option<Vec<csv::StringRecord>> {
    if !Path::new(path).exists() {
        eprintln!("SKIPPED {skipped}: {path} is absent");
        return None;
    }
    let mut reader = csv::Reader::from_path(path).unwrap();
    Some(reader.records().map(Result::unwrap).collect())
}

#[test]
fn every_published_vector_resolves_or_is_opaque() {
    let Some(rows) = rows(VECTORS, "every_published_vector_resolves_or_is_opaque") else {
        return;
    };
    assert!(rows.len() >= 18, "only {} vectors", rows.len());
    for row in &rows {
        let (input, expected) = (row.get(0).unwrap(), row.get(1).unwrap());
        let found = unwrap(&Url::parse(input).unwrap());
        if OPAQUE.iter().any(|sign| input.contains(sign)) {
            assert!(
                matches!(found.end, End::Opaque { .. }),
                "{input}: {:?}",
                found.end
            );
        } else {
            let expected = Link::parse(expected).unwrap().parsed().clone();
            assert_eq!(found.end, End::Target(expected), "{input}");
            assert_eq!(found.steps.len(), 1, "{input}");
        }
    }
}

/// Every host and path of the catalogue is known to our own table.
#[test]
fn every_catalogued_shim_has_a_row() {
    let Some(rows) = rows(CATALOGUE, "every_catalogued_shim_has_a_row") else {
        return;
    };
    let mut lacking = Vec::new();
    for row in &rows {
        let (host, path, param) = (&row[2], &row[3], &row[4]);
        let host = host.replace("<region>", "eur01");
        let target = match &row[5] {
            spelling if spelling.starts_with("base64") => "a1aHR0cHM6Ly9leGFtcGxlLmNvbS8",
            _ => "https%3A%2F%2Fexample.com%2F",
        };
        let text = if path.contains("__<url>__") {
            "https://urldefense.com/v3/__https://example.com/__;!!tok$".to_owned()
        } else if &row[5] == "query-string" {
            format!("https://{host}{path}?{target}")
        } else {
            let path = path.replace("<slug>", "abc");
            format!(
                "https://{host}{path}?{param}={target}&t=safety&action=check_link&midpagecode=1"
            )
        };
        let text = if param.is_empty() || &row[5] == "opaque" {
            text
        } else {
            text.replace("&midpagecode=1", "")
        };
        match unwrap(&Url::parse(&text).unwrap()).end {
            End::Target(url) if url.as_str() == "https://example.com/" => {}
            End::Opaque { .. } if &row[5] == "opaque" => {}
            other => lacking.push(format!("{text}: {other:?}")),
        }
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}
