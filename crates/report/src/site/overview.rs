//! The first page: where each company stands, who opens whose links, and what
//! all of it rests on.

use maud::{Markup, html};
use moongate_glossary::Decision;

use super::Site;
use super::frame::Page;
use crate::explain::{days_from_due, decision_word, last_measured};
use crate::format;
use crate::format::Zone;
use crate::input::{Obligation, SourceRef, Standing, Status};
use crate::language::{count, text};
use crate::matrix::StandingLine;

/// Width of the bar of cells, in its own units.
const BAR: f64 = 160.0;

impl Site<'_> {
    pub(super) fn overview(&self) -> Page {
        let input = self.input();
        let body = html! {
            (self.hero())
            div.wide {
                (self.standings())
                section aria-labelledby="matrix" {
                    h2 #matrix { (self.words.say("matrix-title")) }
                    p.lead { (self.words.say("matrix-lead")) }
                    (self.agreement())
                    (self.rounds())
                }
                (self.order())
                (self.rests_on())
                (self.table_list())
                (self.sources())
            }
        };
        Page {
            path: "index.html".to_owned(),
            title: input.title.pick(self.language()).to_owned(),
            body,
            icons: true,
        }
    }

    fn hero(&self) -> Markup {
        let input = self.input();
        let language = self.language();
        let judged = input.cells.iter().filter(|v| v.finding.is_some()).count();
        html! {
            div.hero {
                div.wide {
                    p.kicker { (self.words.say(self.by_status("kicker", "kicker-research-standard"))) " · " (input.issuer.pick(language)) " " (self.status_chip()) }
                    h1 { (input.title.pick(language)) }
                    p.lead { (input.order_text.pick(language)) }
                    dl.facts {
                        div { dt { (self.words.say("fact-as-of")) } dd { (self.zone.instant(input.as_of_ms, language)) } }
                        div { dt { (self.words.say("fact-rounds")) } dd { (format::integer(self.index.rounds().len() as u64)) } }
                        div { dt { (self.words.say("fact-cells")) } dd { (self.words.with("fact-cells-judged", &[("judged", count(judged as u64)), ("all", count(input.cells.len() as u64))])) } }
                        div { dt { (self.words.say("fact-trials")) } dd { (format::integer(input.randomisation.trials)) } }
                        div { dt { (self.words.say("fact-alpha")) } dd { (format::percent(input.alpha)) } }
                    }
                }
            }
        }
    }

    /// A researcher's standard is never spoken of as an order.
    fn by_status(&self, order: &'static str, standard: &'static str) -> &'static str {
        match self.input().status {
            Status::ResearchStandard => standard,
            Status::AsReported | Status::Official => order,
        }
    }

    fn standings(&self) -> Markup {
        let lines = self.index.standings();
        let several = self.input().obligations.len() > 1;
        html! {
            section aria-labelledby="standings" {
                h2 #standings { (self.words.say("standings-title")) }
                p.lead { (self.headline(&lines)) }
                @if !lines.is_empty() {
                    div.scroll tabindex="0" role="region" aria-labelledby="standings" {
                        table.standings role="table" {
                            caption.vh { (self.words.say("standings-caption")) }
                            thead role="rowgroup" {
                                tr role="row" {
                                    th scope="col" role="columnheader" { (self.words.say("column-subject")) }
                                    @if several { th scope="col" role="columnheader" { (self.words.say("column-obligation")) } }
                                    th scope="col" role="columnheader" { (self.words.say("column-state")) }
                                    th scope="col" role="columnheader" { (self.words.say("column-due")) }
                                    th scope="col" role="columnheader" { (self.words.say("column-cells")) }
                                    th scope="col" role="columnheader" { (self.words.say("column-over-time")) }
                                }
                            }
                            tbody role="rowgroup" { @for line in &lines { (self.standing(line, several)) } }
                        }
                    }
                    p.quiet { (self.words.say("standings-note")) }
                }
            }
        }
    }

    /// How many stand where, in one sentence.
    fn headline(&self, lines: &[StandingLine<'_>]) -> String {
        if lines.is_empty() {
            return self.words.say("standings-empty");
        }
        let of = |state| lines.iter().filter(|l| l.latest.state == state).count() as u64;
        self.words.with(
            "standings-headline",
            &[
                ("all", count(lines.len() as u64)),
                ("broken", count(of(Decision::Broken))),
                ("kept", count(of(Decision::Kept))),
                ("open", count(of(Decision::Open))),
                (
                    "at",
                    text(self.zone.instant(self.input().as_of_ms, self.language())),
                ),
            ],
        )
    }

    fn standing(&self, line: &StandingLine<'_>, several: bool) -> Markup {
        let language = self.language();
        let standing = line.latest;
        html! {
            // On a phone the rows are drawn as blocks; the roles keep them a table.
            tr role="row" {
                th scope="row" role="rowheader" { (self.index.subject(&standing.subject, language)) }
                @if several { td role="cell" data-label=(self.words.say("column-obligation")) { (self.index.obligation_name(&standing.obligation, language)) } }
                td role="cell" data-label=(self.words.say("column-state")) {
                    (self.badge(Some(standing.state)))
                    @if let Some(since) = standing.since_ms {
                        span.sub { (self.words.with("since", &[("at", text(self.zone.date(since, language)))])) }
                    }
                    @if let Some(says) = last_measured(&self.words, self.zone, standing, self.input().as_of_ms) {
                        span.sub { (says) }
                    }
                    @if self.input().as_of_ms < standing.due_ms {
                        span.sub { (self.words.say("not-yet-due")) }
                    }
                }
                td role="cell" data-label=(self.words.say("column-due")) {
                    (self.due(standing))
                    span.sub { (days_from_due(&self.words, standing.due_ms, self.input().as_of_ms)) }
                }
                td role="cell" data-label=(self.words.say("column-cells")) { (self.cells_bar(standing)) }
                td role="cell" data-label=(self.words.say("column-over-time")) { (self.history(line)) }
            }
        }
    }

    /// The due date in the offset it was set in.
    fn due(&self, standing: &Standing) -> String {
        let offset = self.index.obligation(&standing.obligation).and_then(|o| {
            o.due
                .iter()
                .find(|due| due.at.as_millisecond() == standing.due_ms)
        });
        let zone = offset.map_or(self.zone, |due| Zone::parse(&due.offset));
        zone.deadline(standing.due_ms, self.language())
    }

    fn cells_bar(&self, standing: &Standing) -> Markup {
        if standing.is_unmeasured() {
            return html! { span.sub { (self.words.say("cells-none")) } };
        }
        let parts = [
            ("broken", standing.broken_cells),
            ("open", standing.open_cells),
            ("kept", standing.kept_cells),
        ];
        let all: u64 = parts.iter().map(|(_, n)| n).sum();
        let mut from = 0.0;
        let spans: Vec<(&str, f64, f64)> = parts
            .iter()
            .map(|&(word, n)| {
                let wide = BAR * n as f64 / all.max(1) as f64;
                let span = (word, from, wide);
                from += wide;
                span
            })
            .collect();
        html! {
            svg.bar viewBox=(format!("0 0 {BAR} 10")) preserveAspectRatio="none" aria-hidden="true" {
                @for (word, x, wide) in spans {
                    rect class=(word) x=(format!("{x:.1}")) width=(format!("{wide:.1}")) y="0" height="10" {}
                }
            }
            span.sub {
                (self.words.with("cells-counted", &[
                    ("broken", count(standing.broken_cells)),
                    ("open", count(standing.open_cells)),
                    ("kept", count(standing.kept_cells)),
                ]))
            }
        }
    }

    /// One letter for each instant at which the standing was taken.
    fn history(&self, line: &StandingLine<'_>) -> Markup {
        html! {
            ol.history {
                @for standing in &line.over_time {
                    @let word = decision_word(Some(standing.state));
                    @let at = self.zone.date_time(standing.as_of_ms, self.language());
                    @let says = format!("{at}{}{}", self.words.say("colon"), self.words.say(&format!("decision-{word}")));
                    li class=(format!("m {word}")) title=(says) {
                        span aria-hidden="true" { (self.words.say(&format!("mark-{word}"))) }
                        span.vh { (says) }
                    }
                }
            }
        }
    }

    fn order(&self) -> Markup {
        let input = self.input();
        html! {
            section aria-labelledby="order" {
                h2 #order { (self.words.say(self.by_status("order-title", "order-title-research-standard"))) }
                p.quiet { (self.words.say(&format!("status-{}-sentence", input.status.word()))) }
                @for obligation in &input.obligations { (self.obligation(obligation)) }
                @if !input.consequences.is_empty() {
                    h3 { (self.words.say("consequences-title")) }
                    ul { @for consequence in &input.consequences { li { (consequence.pick(self.language())) } } }
                }
            }
        }
    }

    fn obligation(&self, obligation: &Obligation) -> Markup {
        let language = self.language();
        html! {
            div.obligation {
                h3 { (obligation.name.pick(language)) }
                @for due in &obligation.due {
                    p.due {
                        (self.words.say("due-label")) " "
                        strong { (Zone::parse(&due.offset).deadline_instant(due.at.as_millisecond(), language)) }
                        @if let Some(stage) = &due.stage { " · " (stage.pick(language)) }
                    }
                }
                ol.clauses {
                    @for clause in &obligation.clauses {
                        li { strong { (clause.name.pick(language)) } span { (clause.text.pick(language)) } }
                    }
                }
            }
        }
    }

    fn rests_on(&self) -> Markup {
        let input = self.input();
        let random = &input.randomisation;
        html! {
            section aria-labelledby="rests" {
                h2 #rests { (self.words.say("rests-title")) }
                p { (self.words.with("rests-lead", &[("alpha", text(format::percent(input.alpha)))])) " " a href="method.html" { (self.words.say("foot-method")) } }
                dl.rests {
                    dt { (self.words.say("commitment")) }
                    dd { @match &random.commitment { Some(digest) => { code { (digest) } } None => { (self.words.say("commitment-none")) } } }
                    dt { (self.words.say("revealed-seed")) }
                    dd { @match &random.revealed_seed { Some(seed) => { code { (seed) } } None => { (self.words.say("revealed-seed-none")) } } }
                    dt { (self.words.say("planned-trials")) }
                    dd { (format::integer(random.trials)) }
                    dt { (self.words.say("judge-version")) }
                    dd { (input.judge_version) }
                }
            }
        }
    }

    fn table_list(&self) -> Markup {
        let root = self.root("index.html");
        html! {
            section aria-labelledby="tables" {
                h2 #tables { (self.words.say("tables-title")) }
                p { (self.words.say("tables-lead")) }
                table.files {
                    caption.vh { (self.words.say("tables-title")) }
                    thead { tr {
                        th scope="col" { (self.words.say("column-table")) }
                        th scope="col" { (self.words.say("column-rows")) }
                        th scope="col" { (self.words.say("column-files")) }
                    } }
                    tbody {
                        // A table without rows is there as a file; it needs no line.
                        @for (name, rows) in self.tables.iter().filter(|(_, rows)| *rows > 0) {
                            tr {
                                th scope="row" { (self.words.say(&format!("table-{name}"))) }
                                td.number { (format::integer(*rows as u64)) }
                                td {
                                    a href=(format!("{root}tables/{name}.csv")) { "CSV" } " · "
                                    a href=(format!("{root}tables/{name}.json")) { "JSON" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn sources(&self) -> Markup {
        html! {
            @if !self.input().sources.is_empty() {
                section aria-labelledby="sources" {
                    h2 #sources { (self.words.say("sources-title")) }
                    ol.sources { @for source in &self.input().sources { li { (source_line(source)) } } }
                }
            }
        }
    }
}

/// A source; an address becomes a link only if it is one of the web.
pub(super) fn source_line(source: &SourceRef) -> Markup {
    let said_title = html! { bdi { (source.title) } };
    html! {
        @match source.url.as_deref().filter(|url| is_web(url)) {
            Some(url) => { a href=(url) rel="noreferrer noopener external" { (said_title) } }
            None => { (said_title) }
        }
        span.sub {
            bdi { (source.publisher) }
            @if let Some(published) = &source.published {
                @if !source.publisher.is_empty() { ", " }
                (published)
            }
        }
    }
}

fn is_web(url: &str) -> bool {
    let head = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    head.starts_with("https://") || head.starts_with("http://")
}
