//! Amendments: what one changes, and whether it changes something that is there.

use jiff::tz::TimeZone;

use crate::bind::{Binder, deadline, due, owned, text};
use crate::diagnostic::{Diagnostics, Mistake, Span, visible};
use crate::order::{Amendment, Change, Clause, Obligation, Order};
use crate::shape::{Entries, one_of};

/// The keys that each change is made of, and those it may have besides.
const KEYS: [(&str, &[&str], &[&str]); 4] = [
    ("due", &["due"], &["stage"]),
    ("clause-added", &["add"], &[]),
    ("clause-withdrawn", &["clause"], &[]),
    ("text", &["clause", "text"], &[]),
];

impl Binder<'_> {
    /// One amendment, with exactly the keys that its change is made of.
    pub(crate) fn amendment(&mut self, row: &Entries, order: &Entries) -> Option<Amendment> {
        self.check_keys(row);
        let added = row
            .table("add")
            .and_then(|add| self.added_clause(add, row, order));
        Some(Amendment {
            id: owned(row, "id")?,
            date: row.date("date")?,
            obligation: owned(row, "obligation")?,
            change: change(row, added)?,
            sources: row.texts("sources"),
            note: text(row, "note"),
        })
    }

    fn added_clause(&mut self, add: &Entries, row: &Entries, order: &Entries) -> Option<Clause> {
        let obligation = row.text("obligation")?;
        let target = order
            .tables("obligation")
            .find(|candidate| candidate.text("id") == Some(obligation))?;
        let subjects = self.obliged(target);
        let check = target.text("check");
        self.clause(add, check, &subjects)
    }

    fn check_keys(&mut self, row: &Entries) {
        let change = row.text("change").unwrap_or_default();
        let Some((_, needed, allowed)) = KEYS.iter().find(|(name, ..)| *name == change) else {
            return;
        };
        for key in needed.iter().filter(|key| row.get(key).is_none()) {
            self.diagnostics.add(
                Mistake::new("missing-key", row.span_of("change"))
                    .found(format!("the change \"{change}\" without `{key}`"))
                    .expected(format!("`{}`", needed.join("` and `")))
                    .remedy(format!("add `{key}`, or choose another `change`")),
            );
        }
        let others = ["due", "stage", "clause", "text", "add"];
        for key in others {
            if row.get(key).is_some() && !needed.contains(&key) && !allowed.contains(&key) {
                self.diagnostics.add(
                    Mistake::new("key-of-another-change", row.span_of(key))
                        .found(format!(
                            "`{key}` in an amendment whose change is \"{change}\""
                        ))
                        .expected(one_of(needed.iter().chain(allowed.iter()).copied()))
                        .remedy(format!(
                            "remove `{key}`, or make it an amendment of its own"
                        )),
                );
            }
        }
    }
}

fn change(row: &Entries, added: Option<Clause>) -> Option<Change> {
    match row.text("change")? {
        "due" => Some(Change::Due {
            stage: owned(row, "stage"),
            due: due(row)?,
        }),
        "clause-added" => added.map(Change::ClauseAdded),
        "clause-withdrawn" => owned(row, "clause").map(Change::ClauseWithdrawn),
        "text" => Some(Change::Text {
            clause: owned(row, "clause")?,
            text: text(row, "text")?,
        }),
        _ => None,
    }
}

/// Plays the amendments one after the other and says which change nothing that is there,
/// or leave the order's dates out of order.
pub(crate) fn check(
    order: &Order,
    entries: &Entries,
    zone: &TimeZone,
    diagnostics: &mut Diagnostics,
) {
    let mut rows: Vec<&Entries> = entries.tables("amendment").collect();
    rows.sort_by_key(|row| row.date("date"));
    let mut obligations = order.obligations.clone();
    for (index, row) in rows.iter().enumerate() {
        let amendment = order
            .amendments
            .iter()
            .find(|amendment| row.text("id") == Some(&amendment.id));
        let Some(amendment) = amendment else { continue };
        check_date(order, amendment, row, diagnostics);
        let target = obligations
            .iter_mut()
            .find(|obligation| obligation.id == amendment.obligation);
        let Some(target) = target else { continue };
        if let Some(mistake) = of_nothing(target, amendment, row) {
            diagnostics.add(mistake);
            continue;
        }
        target.apply(&amendment.change);
        let next = rows.get(index + 1).and_then(|next| next.date("date"));
        if next != Some(amendment.date) {
            check_dates_after(target, row, zone, diagnostics);
        }
    }
}

fn check_date(order: &Order, amendment: &Amendment, row: &Entries, diagnostics: &mut Diagnostics) {
    if amendment.date < order.issued {
        diagnostics.add(
            Mistake::new("dates-out-of-order", row.span_of("date"))
                .found(format!(
                    "an amendment of {}, before the order was issued",
                    amendment.date
                ))
                .expected(format!("a date from {} on", order.issued))
                .remedy("correct `date` here or `issued` at the top"),
        );
    }
}

/// The mistake of changing what is not there, or adding what already is.
fn of_nothing(obligation: &Obligation, amendment: &Amendment, row: &Entries) -> Option<Mistake> {
    let id = visible(&obligation.id, 60);
    let clauses = || obligation.clauses.iter().map(|clause| clause.id.as_str());
    match &amendment.change {
        Change::Due {
            stage: Some(stage), ..
        } if obligation.stages.iter().all(|known| known.id != *stage) => Some(nothing(
            row.span_of("stage"),
            format!("the stage \"{stage}\", which the obligation \"{id}\" has not"),
            one_of(obligation.stages.iter().map(|stage| stage.id.as_str())),
        )),
        Change::ClauseWithdrawn(clause) | Change::Text { clause, .. }
            if obligation.clause(clause).is_none() =>
        {
            Some(nothing(
                row.span_of("clause"),
                format!(
                    "the clause \"{clause}\", which the obligation \"{id}\" has not on {}",
                    amendment.date
                ),
                one_of(clauses()),
            ))
        }
        Change::ClauseAdded(clause) if obligation.clause(&clause.id).is_some() => Some(
            Mistake::new("duplicate-id", row.span_of("add"))
                .found(format!(
                    "an added clause \"{}\", which the obligation \"{id}\" already has on {}",
                    clause.id, amendment.date
                ))
                .expected("an id of its own")
                .remedy("rename it, or withdraw the other one first"),
        ),
        _ => None,
    }
}

fn nothing(span: Span, found: String, expected: String) -> Mistake {
    Mistake::new("amendment-of-nothing", span)
        .found(found)
        .expected(expected)
        .remedy("name what the obligation has on that day")
}

/// After the amendments of a day the stages must still stand in order.
fn check_dates_after(
    obligation: &Obligation,
    row: &Entries,
    zone: &TimeZone,
    diagnostics: &mut Diagnostics,
) {
    let stages: Vec<_> = obligation
        .stages
        .iter()
        .map(|stage| deadline(stage.due, zone))
        .collect();
    let in_order = stages.windows(2).all(|pair| pair.first() < pair.last());
    let whole = deadline(obligation.due, zone);
    if !in_order || stages.iter().any(|stage| *stage > whole) {
        diagnostics.add(
            Mistake::new("stages-out-of-order", row.span_of("due"))
                .found("a new due date that puts the stages out of order")
                .expected(format!(
                    "stages one after the other, none after {}",
                    obligation.due
                ))
                .remedy("correct it, or amend the other dates on the same day"),
        );
    }
}
