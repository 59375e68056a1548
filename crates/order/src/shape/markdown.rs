//! A reference of a shape in Markdown, for people.

use std::fmt::Write as _;

use super::fit::expected;
use super::{Kind, Presence, Table, Word};

/// The reference of a table and everything below it.
pub(super) fn of_table(table: &Table) -> String {
    let mut page = String::new();
    section(&mut page, table, &table.name, "");
    page
}

/// One table: heading, what it is for, its keys; then the tables inside it.
fn section(page: &mut String, table: &Table, heading: &str, path: &str) {
    let level = if path.is_empty() { "#" } else { "##" };
    // Writing to a string cannot fail.
    let _ = writeln!(page, "{level} {heading}\n\n{}\n", table.doc);
    page.push_str("| key | value | needed | meaning |\n|---|---|---|---|\n");
    for field in &table.fields {
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            field.key,
            cell(&value_words(&field.kind)),
            presence(&field.presence),
            cell(&field.doc),
        );
    }
    page.push('\n');
    for field in &table.fields {
        word_list(page, &field.key, &field.kind);
    }
    for field in &table.fields {
        let path = if path.is_empty() {
            field.key.clone()
        } else {
            format!("{path}.{}", field.key)
        };
        match &field.kind {
            Kind::Tables { table, .. } => section(page, table, &format!("`[[{path}]]`"), &path),
            Kind::Table(table) if !is_small(table) => {
                section(page, table, &format!("`[{path}]`"), &path);
            }
            _ => {}
        }
    }
}

/// Tables written between braces need no section of their own.
fn is_small(table: &Table) -> bool {
    table.fields.iter().all(|field| field.kind == Kind::Text)
}

fn value_words(kind: &Kind) -> String {
    match kind {
        Kind::Table(table) if is_small(table) => {
            let keys: Vec<&str> = table.fields.iter().map(|f| f.key.as_str()).collect();
            format!("`{{ {} }}`", keys.join(" = \"…\", ") + " = \"…\"")
        }
        Kind::Table(_) => "a table, see below".to_owned(),
        Kind::Tables { .. } => "rows, see below".to_owned(),
        Kind::Word(_) => "a word, see below".to_owned(),
        other => expected(other),
    }
}

fn presence(presence: &Presence) -> String {
    match presence {
        Presence::Required => "yes".to_owned(),
        Presence::Optional => "no".to_owned(),
        Presence::Default(default) => format!("no; `{default}`"),
    }
}

fn word_list(page: &mut String, key: &str, kind: &Kind) {
    let Kind::Word(words) = kind else { return };
    let _ = writeln!(page, "Words for `{key}`:\n");
    for Word { name, doc } in words {
        let _ = writeln!(page, "- `{name}`: {doc}");
    }
    page.push('\n');
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
