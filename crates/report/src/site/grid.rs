//! The matrix as a picture that is also a table.

use maud::{Markup, html};

use super::{Site, icon};
use crate::explain::decision_word;
use crate::format;
use crate::input::{Form, Handling};
use crate::language::{count, text};
use crate::matrix::{Grid, Row, Slot};

/// With more rounds than this, the switch shows the neighbours and the ends.
const MOST_TABS: usize = 12;

impl Site<'_> {
    /// All rounds, one shown at a time: switched by plain links, so that it
    /// works without script, by keyboard, and as an address to send on.
    pub(super) fn rounds(&self) -> Markup {
        let rounds = self.index.rounds();
        let shown: Vec<(usize, &str)> = rounds
            .iter()
            .enumerate()
            .filter(|(_, id)| !self.index.grid(id).columns.is_empty())
            .map(|(at, id)| (at, *id))
            .collect();
        let last = shown.last().map(|(at, _)| *at);
        html! {
            (self.legend())
            @if shown.is_empty() { p.quiet { (self.words.say("matrix-empty")) } }
            div.rounds {
                @for &(at, id) in &shown {
                    section.round.latest[last == Some(at)] id=(anchor(at)) aria-labelledby=(format!("{}-name", anchor(at))) {
                        @if shown.len() > 1 { (self.round_switch(&shown, at)) }
                        h3 id=(format!("{}-name", anchor(at))) {
                            (self.index.round_name(id, self.language()))
                            @if let Some(round) = self.index.round(id) {
                                span.at { (self.zone.instant(round.as_of_ms, self.language())) }
                            }
                        }
                        (self.grid_table(id, at))
                    }
                }
            }
        }
    }

    fn round_switch(&self, shown: &[(usize, &str)], at: usize) -> Markup {
        let here = shown
            .iter()
            .position(|(other, _)| *other == at)
            .unwrap_or(0);
        let near = |nth: usize| {
            shown.len() <= MOST_TABS
                || nth == 0
                || nth + 1 == shown.len()
                || nth.abs_diff(here) <= MOST_TABS / 3
        };
        html! {
            nav.tabs aria-label=(self.words.say("round-switch")) {
                @for (nth, (other, id)) in shown.iter().enumerate() {
                    @if near(nth) {
                        a href=(format!("#{}", anchor(*other))) aria-current=[(*other == at).then_some("true")] {
                            (self.index.round_name(id, self.language()))
                        }
                    } @else if near(nth + 1) {
                        span aria-hidden="true" { "…" }
                    }
                }
            }
        }
    }

    fn legend(&self) -> Markup {
        let marks = ["broken", "kept", "open"];
        html! {
            div.legend {
                ul aria-label=(self.words.say("legend-ladder")) {
                    @for handling in Handling::ALL {
                        li {
                            span class=(format!("swatch h-{}", handling.word())) { (icon::icon(handling)) }
                            (self.words.say(&format!("handling-{}", handling.word())))
                        }
                    }
                }
                ul aria-label=(self.words.say("legend-marks")) {
                    @for word in marks {
                        li {
                            span class=(format!("m {word}")) aria-hidden="true" { (self.words.say(&format!("mark-{word}"))) }
                            (self.words.say(&format!("legend-{word}")))
                        }
                    }
                }
                p.quiet { (self.words.say("legend-order")) " " (self.clause_list()) }
            }
        }
    }

    /// The clauses in the order of their marks.
    fn clause_list(&self) -> String {
        let clauses = self.input().obligations.iter().flat_map(|o| &o.clauses);
        let named = clauses.enumerate().map(|(at, clause)| {
            let name = clause.name.pick(self.language());
            format!("{}. {name}", at + 1)
        });
        named
            .collect::<Vec<_>>()
            .join(&self.words.say("list-separator"))
    }

    fn grid_table(&self, round: &str, at: usize) -> Markup {
        let grid = self.index.grid(round);
        if grid.is_list() {
            return self.grid_list(&grid, round, at);
        }
        let name = self.index.round_name(round, self.language());
        let after = format!("{}-end", anchor(at));
        html! {
            a.skip.inside href=(format!("#{after}")) { (self.words.say("skip-matrix")) }
            div.scroll tabindex="0" role="region" aria-labelledby=(format!("{}-name", anchor(at))) {
                table.matrix style=(format!("--n:{}", grid.columns.len())) {
                    caption.vh { (self.words.with("matrix-caption", &[("round", text(name))])) }
                    (self.grid_head(&grid))
                    @for group in &grid.groups {
                        tbody {
                            tr.platform {
                                th scope="rowgroup" colspan=(grid.columns.len() + 1) {
                                    span.stick {
                                        (self.index.platform(group.platform, self.language()))
                                        (self.company_of(group.platform))
                                    }
                                }
                            }
                            @for row in &group.rows { (self.grid_row(row, &grid)) }
                        }
                    }
                }
            }
            span id=(after) tabindex="-1" {}
        }
    }

    /// Many destinations in few places: destinations as rows, the gravest
    /// decision first.
    fn grid_list(&self, grid: &Grid<'_>, round: &str, at: usize) -> Markup {
        let name = self.index.round_name(round, self.language());
        let rows = || grid.groups.iter().flat_map(|group| &group.rows);
        html! {
            div.scroll tabindex="0" role="region" aria-labelledby=(format!("{}-name", anchor(at))) {
                table.matrix.list {
                    caption.vh { (self.words.with("matrix-caption", &[("round", text(name))])) }
                    thead {
                        tr {
                            th.corner scope="col" { (self.words.say("matrix-corner-list")) }
                            @for group in &grid.groups {
                                @for row in &group.rows {
                                    th scope="col" {
                                        (self.index.platform(group.platform, self.language()))
                                        span.company { (self.index.scene(row.scene, self.language())) }
                                    }
                                }
                            }
                        }
                    }
                    tbody {
                        @for at in grid.gravest_first() {
                            @if let Some(id) = grid.columns.get(at) {
                                tr {
                                    th scope="row" { (self.index.destination(id, self.language())) }
                                    @for row in rows() {
                                        @if let Some(slot) = row.slots.get(at) { (self.slot(slot)) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn company_of(&self, platform: &str) -> Markup {
        let subject = self.index.subject_of(platform);
        html! {
            @if let Some(subject) = subject {
                span.company { (self.index.subject(subject, self.language())) }
            }
        }
    }

    fn grid_head(&self, grid: &Grid<'_>) -> Markup {
        html! {
            thead {
                tr {
                    th.corner scope="col" { (self.words.say("matrix-corner")) }
                    @for id in &grid.columns {
                        th scope="col" {
                            (self.index.destination(id, self.language()))
                            @if let Some(owner) = self.index.owner_of(id) {
                                span.company { (self.index.subject(owner, self.language())) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn grid_row(&self, row: &Row<'_>, grid: &Grid<'_>) -> Markup {
        html! {
            tr {
                th scope="row" { (self.index.scene(row.scene, self.language())) }
                @for (slot, _) in row.slots.iter().zip(&grid.columns) { (self.slot(slot)) }
            }
        }
    }

    fn slot(&self, slot: &Slot<'_>) -> Markup {
        let word = slot.handling.word();
        html! {
            td class=(format!("slot h-{word}")) {
                @if slot.handling == Handling::NotMeasured {
                    span.seen title=(self.words.say("handling-not-measured")) { span aria-hidden="true" { "·" } span.vh { (self.words.say("handling-not-measured")) } }
                } @else {
                    span.seen { (icon::icon(slot.handling)) span { (self.words.say(&format!("handling-{word}-short"))) } }
                }
                @if !slot.cells.is_empty() {
                    span.under {
                        span.form {
                            @if slot.form != Form::Unknown { (self.words.say(&format!("form-{}", slot.form.word()))) }
                            @if let Some(delay) = slot.delay_ms { span.delay { (format::delay(delay, self.language())) } }
                            @if slot.own { span.own { (self.words.say("own-link")) } }
                        }
                        span.marks { @for &at in &slot.cells { (self.mark(at)) } }
                    }
                }
                @if let Some(fact) = slot.reported {
                    span.differs {
                        (self.words.with("reported-otherwise", &[("handling", text(self.words.say(&format!("handling-{}-short", fact.handling.word()))))]))
                    }
                }
            }
        }
    }

    /// A letter that leads to the cell's page.
    fn mark(&self, at: usize) -> Markup {
        let Some((view, file)) = self.index.cell(at).zip(self.index.files.get(at)) else {
            return html! {};
        };
        let word = decision_word(view.finding.as_ref().map(|f| f.decision));
        let clause = self.index.clause_name(&view.cell, self.language());
        let says = format!(
            "{}{}{}",
            clause,
            self.words.say("colon"),
            self.words.say(&format!("decision-{word}"))
        );
        html! {
            a class=(format!("m {word}")) href=(format!("cell/{file}.html")) title=(says) aria-label=(says) {
                (self.words.say(&format!("mark-{word}")))
            }
        }
    }

    /// For replays: how far what was measured agrees with what was reported.
    pub(super) fn agreement(&self) -> Markup {
        let reported: Vec<_> = self
            .input()
            .cells
            .iter()
            .filter_map(|view| view.reported.as_ref().map(|fact| (view, fact)))
            .collect();
        let agree = reported
            .iter()
            .filter(|(view, fact)| view.handling == fact.handling)
            .count();
        let disputed = reported.iter().filter(|(_, fact)| fact.disputed).count();
        html! {
            @if !reported.is_empty() {
                p.note {
                    (self.words.with("agreement", &[
                        ("agree", count(agree as u64)),
                        ("all", count(reported.len() as u64)),
                        ("disputed", count(disputed as u64)),
                    ]))
                }
            }
        }
    }
}

/// The address of a round inside the overview.
pub(super) fn anchor(at: usize) -> String {
    format!("round-{}", at + 1)
}
