//! Holds ids apart and resolves references between the tables of a file.

use std::collections::{BTreeMap, BTreeSet};

use super::hints::{did_you_mean, one_of};
use super::value::{Entries, Spanned, Value};
use super::{Kind, Table};
use crate::diagnostic::{Diagnostics, Mistake, Span, visible};

/// Diagnoses ids that a list of rows uses twice, and references to rows that are not there.
///
/// Rows are held apart within their own list: two platforms may each have a scene `group`.
/// A reference to `platform.scene` is met by a scene of any platform.
pub fn resolve(shape: &Table, entries: &Entries, diagnostics: &mut Diagnostics) {
    let mut index = Index::default();
    index.collect(shape, entries, "", diagnostics);
    index.check(shape, entries, diagnostics);
}

/// The ids of every array of tables, by its path.
#[derive(Default)]
struct Index(BTreeMap<String, BTreeSet<String>>);

impl Index {
    fn collect(
        &mut self,
        shape: &Table,
        entries: &Entries,
        path: &str,
        diagnostics: &mut Diagnostics,
    ) {
        for field in &shape.fields {
            let path = if path.is_empty() {
                field.key.clone()
            } else {
                format!("{path}.{}", field.key)
            };
            match &field.kind {
                Kind::Table(table) => {
                    if let Some(inner) = entries.table(&field.key) {
                        self.collect(table, inner, &path, diagnostics);
                    }
                }
                Kind::Tables { table, .. } => {
                    hold_apart(&field.key, entries, diagnostics);
                    for row in entries.tables(&field.key) {
                        if let Some(id) = row.text("id") {
                            self.0
                                .entry(path.clone())
                                .or_default()
                                .insert(id.to_owned());
                        }
                        self.collect(table, row, &path, diagnostics);
                    }
                }
                _ => {}
            }
        }
    }

    fn check(&self, shape: &Table, entries: &Entries, diagnostics: &mut Diagnostics) {
        for field in &shape.fields {
            if let Some(value) = entries.get(&field.key) {
                self.check_value(&field.kind, &field.key, value, diagnostics);
            }
        }
    }

    fn check_value(
        &self,
        kind: &Kind,
        key: &str,
        value: &Spanned<Value>,
        diagnostics: &mut Diagnostics,
    ) {
        match (kind, &value.value) {
            (Kind::Reference(table), Value::Text(text)) => {
                self.check_reference(table, key, text, &value.span, diagnostics);
            }
            (Kind::List { of, .. } | Kind::WordOrList { of, .. }, Value::List(items)) => {
                for item in items {
                    self.check_value(of, key, item, diagnostics);
                }
            }
            (Kind::Table(table), Value::Table(inner)) => self.check(table, inner, diagnostics),
            (Kind::Tables { table, .. }, Value::List(rows)) => {
                for row in rows {
                    if let Value::Table(row) = &row.value {
                        self.check(table, row, diagnostics);
                    }
                }
            }
            _ => {}
        }
    }

    fn check_reference(
        &self,
        table: &str,
        key: &str,
        written: &str,
        span: &Span,
        diagnostics: &mut Diagnostics,
    ) {
        let known = self.0.get(table);
        if known.is_some_and(|ids| ids.contains(written)) || diagnostics.is_full() {
            return;
        }
        let names = || known.into_iter().flatten().map(String::as_str);
        diagnostics.add(
            Mistake::new("unknown-reference", span.clone())
                .found(format!(
                    "\"{}\" for `{key}`, which no `[[{table}]]` has as its id",
                    visible(written, 60)
                ))
                .expected(one_of(names()))
                .remedy(did_you_mean(
                    written,
                    names(),
                    &format!("add a `[[{table}]]` with this id, or name one that is there"),
                )),
        );
    }
}

fn hold_apart(key: &str, entries: &Entries, diagnostics: &mut Diagnostics) {
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for row in entries.tables(key) {
        let Some(id) = row.text("id") else { continue };
        let span = row.span_of("id");
        if let Some(earlier) = first.get(id) {
            diagnostics.add(
                Mistake::new("duplicate-id", span)
                    .found(format!(
                        "the id \"{}\" a second time in `{key}`",
                        visible(id, 60)
                    ))
                    .expected("an id of its own for each row")
                    .remedy("rename one of the two, and what refers to it")
                    .also(earlier.clone(), "first used here"),
            );
        } else {
            first.insert(id, span);
        }
    }
}
