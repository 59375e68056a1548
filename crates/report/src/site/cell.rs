//! The page of a cell: the finding, what was seen, and what it rests on.

use maud::{Markup, html};
use moongate_glossary::{Arm, Change, Decision, EffectUnit, Finding, Ground, Tally};

use super::frame::Page;
use super::grid::anchor;
use super::overview::source_line;
use super::{Site, icon};
use crate::explain::{
    class_and_code, decision_word, effect_with_interval, ground_word, inconclusive_of, margin,
    outcome_in_words, sentences, sides, tally_lines, tolerance,
};
use crate::format;
use crate::input::{BlockPage, CellView, Form, Status};
use crate::language::{count, text};
use crate::plot;

/// Rows of a plot's table; the whole is in the site's tables.
const MOST_ROWS: usize = 40;
/// Characters of a foreign page that are shown; the whole is in the evidence.
const MOST_SOURCE: usize = 24_000;
/// Characters of other foreign texts.
const MOST_TEXT: usize = 4_000;

impl Site<'_> {
    pub(super) fn cell_page(&self, at: usize, view: &CellView) -> Page {
        let file = self.index.files.get(at).map_or("", String::as_str);
        Page {
            path: format!("cell/{file}.html"),
            title: self.cell_title(view),
            body: html! { div.wide.cell { (self.cell_body(at, view)) } },
            icons: true,
        }
    }

    fn cell_title(&self, view: &CellView) -> String {
        let language = self.language();
        self.words.with(
            "cell-title",
            &[
                (
                    "platform",
                    text(self.index.platform(&view.cell.platform, language)),
                ),
                ("scene", text(self.index.scene(&view.cell.scene, language))),
                (
                    "destination",
                    text(self.index.destination(&view.cell.destination, language)),
                ),
            ],
        )
    }

    fn cell_body(&self, at: usize, view: &CellView) -> Markup {
        html! {
            (self.cell_head(view))
            (self.finding(view))
            (self.at_a_glance(view))
            @if let Some(finding) = &view.finding { (self.seen(view, finding)) }
            (self.outcomes(view))
            @if let Some(finding) = &view.finding { (self.effect(finding)) (self.evidence_values(finding)) }
            (self.delays(view))
            (self.stated_reason(view))
            @if let Some(page) = &view.block_page { (self.block_page(page)) }
            (self.cell_rests_on(view))
            (self.evidence_list(view))
            (self.neighbours(at, view))
        }
    }

    fn cell_head(&self, view: &CellView) -> Markup {
        let language = self.language();
        let cell = &view.cell;
        let rounds = self.index.rounds();
        let round = rounds.iter().position(|id| *id == cell.round).unwrap_or(0);
        let clause = self.index.clause(&cell.obligation, &cell.clause);
        html! {
            nav.crumbs aria-label=(self.words.say("crumbs")) {
                a href="../index.html" { (self.words.say("nav-overview")) }
                span aria-hidden="true" { "/" }
                a href=(format!("../index.html#{}", anchor(round))) { (self.index.round_name(&cell.round, language)) }
            }
            p.kicker { (self.index.obligation_name(&cell.obligation, language)) " " (self.status_chip()) }
            h1 {
                (self.index.platform(&cell.platform, language))
                span.thin { " · " (self.index.scene(&cell.scene, language)) }
                span.arrow { " → " }
                (self.index.destination(&cell.destination, language))
            }
            @if let Some(clause) = clause {
                p.clause { strong { (clause.name.pick(language)) } " " (clause.text.pick(language)) }
            } @else {
                p.clause { strong { (cell.clause) } }
            }
        }
    }

    fn finding(&self, view: &CellView) -> Markup {
        let decision = view.finding.as_ref().map(|f| f.decision);
        let [what, how_sure] = sentences(&self.words, self.index, view);
        html! {
            section class=(format!("finding {}", decision_word(decision))) aria-label=(self.words.say("finding-label")) {
                (self.badge(decision))
                p.what { (what) }
                p { (how_sure) }
                @if let Some(finding) = &view.finding { (self.caveats(finding)) }
            }
        }
    }

    /// What must be said beside the finding, lest it be read as more.
    fn caveats(&self, finding: &Finding) -> Markup {
        let (rival, rival_all) = inconclusive_of(&finding.rival);
        let (control, control_all) = inconclusive_of(&finding.controls);
        let by_side: Vec<String> = sides(&self.words, finding)
            .into_iter()
            .map(|(side, n)| format!("{side} {}", format::integer(n)))
            .collect();
        html! {
            @if finding.ground == Ground::ExchangeableWithinHour {
                p.caveat { strong { (self.words.say("caveat-label")) } " " (self.words.say("caveat-imported")) }
            }
            @if self.input().status == Status::ResearchStandard {
                p.caveat { strong { (self.words.say("caveat-label")) } " " (self.words.say("status-research-standard-sentence")) }
            }
            @if rival + control > 0 {
                p.caveat {
                    (self.words.with("caveat-inconclusive", &[
                        ("count", count(rival + control)),
                        ("all", count(rival_all + control_all)),
                        ("sides", text(by_side.join(&self.words.say("list-separator")))),
                    ]))
                }
            }
        }
    }

    fn at_a_glance(&self, view: &CellView) -> Markup {
        let handling = view.handling.word();
        let finding = view.finding.as_ref();
        html! {
            dl.facts.cellfacts {
                div {
                    dt { (self.words.say("fact-handling")) }
                    dd { span class=(format!("swatch h-{handling}")) { (icon::icon(view.handling)) } (self.words.say(&format!("handling-{handling}"))) }
                }
                div {
                    dt { (self.words.say("fact-form")) }
                    dd { (self.words.say(&format!("form-{}", if view.form == Form::Unknown { "unknown" } else { view.form.word() }))) }
                }
                @if let Some(effect) = finding.and_then(|f| f.effect) {
                    div { dt { (self.words.say("fact-effect")) } dd { (effect_with_interval(&self.words, &effect)) } }
                }
                @for (fact, change) in finding.into_iter().flat_map(|f| [("fact-began", f.began), ("fact-stopped", f.stopped)]) {
                    @if let Some(change) = change {
                        div { dt { (self.words.say(fact)) } dd { (self.change(&change)) } }
                    }
                }
                @if let Some(finding) = finding {
                    div {
                        dt { (self.words.say("fact-trials-used")) }
                        dd { (self.words.with("trials-used-void", &[("used", count(finding.trials_used)), ("void", count(finding.trials_void.values().sum()))])) }
                    }
                }
                @if let Some(fact) = &view.reported {
                    div {
                        dt { (self.words.say("fact-reported")) }
                        dd {
                            (self.words.say(&format!("handling-{}", fact.handling.word())))
                            @if fact.disputed { span.sub { (self.words.say("reported-disputed")) } }
                            @if fact.handling != view.handling { span.sub.differs { (self.words.say("reported-differs")) } }
                            span.sub { (self.reported_source(&fact.source)) }
                        }
                    }
                }
            }
        }
    }

    fn change(&self, change: &Change) -> String {
        let day = |ms| text(self.zone.date(ms, self.language()));
        let days = [
            ("day", day(change.day_ms)),
            ("from", day(change.from_ms)),
            ("to", day(change.to_ms)),
        ];
        self.words.with("change-days", &days)
    }

    fn reported_source(&self, source: &str) -> Markup {
        let known = self.input().sources.iter().find(|s| s.id == source);
        html! {
            @match known {
                Some(known) => { (source_line(known)) }
                None => { bdi { (source) } }
            }
        }
    }

    fn seen(&self, view: &CellView, finding: &Finding) -> Markup {
        html! {
            section aria-labelledby="seen" {
                h2 #seen { (self.words.say("seen-title")) }
                p.quiet { (self.words.say("seen-lead")) }
                div.pair {
                    (self.tally("arm-rival", &finding.rival, Some(self.index.destination(&view.cell.destination, self.language()))))
                    (self.tally("arm-control", &finding.controls, None))
                }
            }
        }
    }

    fn tally(&self, arm: &str, tally: &Tally, name: Option<&str>) -> Markup {
        let lines = tally_lines(&self.words, self.index, tally);
        let (_, all) = inconclusive_of(tally);
        html! {
            table.tally {
                caption { (self.words.say(arm)) @if let Some(name) = name { span.thin { " · " (name) } } }
                thead { tr {
                    th scope="col" { (self.words.say("column-outcome")) }
                    th.number scope="col" { (self.words.say("column-count")) }
                    th.share scope="col" { (self.words.say("column-share")) }
                } }
                tbody {
                    @for line in &lines {
                        tr {
                            th scope="row" { span class=(format!("dotmark {}", line.class)) aria-hidden="true" {} bdi { (line.words) } }
                            td.number { (format::integer(line.count)) }
                            td.number { @if all > 0 { (format::percent(line.count as f64 / all as f64)) } @else { "–" } }
                        }
                    }
                }
            }
        }
    }

    fn outcomes(&self, view: &CellView) -> Markup {
        let points = &view.outcomes_over_time;
        let rows = points.iter().take(MOST_ROWS).map(|point| {
            let (class, code) = class_and_code(&point.outcome);
            vec![
                self.zone.date_time(point.at_ms, self.language()),
                point.trial.clone(),
                self.arm(point.arm),
                outcome_in_words(&self.words, self.index, class, &code),
            ]
        });
        let heads = ["column-at", "column-trial", "column-arm", "column-outcome"];
        html! {
            @if let Some(drawing) = plot::outcomes(&self.words, self.zone, points) {
                section aria-labelledby="over-time" {
                    h2 #over-time { (self.words.say("plot-outcomes")) }
                    (drawing)
                    (self.data("observations", &heads, &rows.collect::<Vec<_>>(), points.len()))
                }
            }
        }
    }

    fn arm(&self, arm: Arm) -> String {
        self.words.say(match arm {
            Arm::Rival => "arm-rival",
            Arm::Control => "arm-control",
        })
    }

    /// The same data as a plot, as a table that opens.
    fn data(&self, table: &str, heads: &[&str], rows: &[Vec<String>], all: usize) -> Markup {
        let root = self.root("cell/");
        html! {
            details.data {
                summary { (self.words.say("data-as-table")) }
                div.scroll tabindex="0" role="region" aria-label=(self.words.say("data-as-table")) {
                    table {
                        caption.vh { (self.words.say(&format!("table-{table}"))) }
                        thead { tr { @for head in heads { th scope="col" { (self.words.say(head)) } } } }
                        tbody { @for row in rows { tr { @for value in row { td { (value) } } } } }
                    }
                }
                @if rows.len() < all {
                    p.quiet {
                        (self.words.with("data-cut", &[("shown", count(rows.len() as u64)), ("all", count(all as u64))]))
                        " " a href=(format!("{root}tables/{table}.csv")) { "CSV" }
                    }
                }
            }
        }
    }

    fn effect(&self, finding: &Finding) -> Markup {
        let Some(effect) = finding.effect else {
            return html! {};
        };
        html! {
            section aria-labelledby="effect-size" {
                h2 #effect-size { (self.words.say("plot-effect")) }
                p {
                    (self.words.with("effect-sentence", &[("effect", text(effect_with_interval(&self.words, &effect)))])) " "
                    (self.words.say(if effect.interval.is_some() { "effect-interval-note" } else { "effect-no-interval-note" }))
                    @if is_broken_across_zero(finding) { " " (self.words.say("effect-across-zero-note")) }
                    @if let Some(neutral) = finding.neutral_amount {
                        " " (self.words.with("neutral-amount", &[("amount", text(format::amount(neutral, effect.unit, self.language())))]))
                    }
                }
                @if let Some(drawing) = plot::effect(&self.words, finding) { (drawing) }
            }
        }
    }

    fn evidence_values(&self, finding: &Finding) -> Markup {
        let (broken, kept) = (&finding.path_broken, &finding.path_kept);
        let all = broken.len().max(kept.len());
        let step = all.div_ceil(MOST_ROWS).max(1);
        let value = |path: &[f64], at: usize| {
            path.get(at)
                .map_or_else(|| "–".to_owned(), |v| format::evidence(*v))
        };
        let rows: Vec<Vec<String>> = (0..all)
            .filter(|at| at % step == 0 || at + 1 == all)
            .map(|at| {
                vec![
                    format::integer(finding.path_trial(at)),
                    value(broken, at),
                    value(kept, at),
                ]
            })
            .collect();
        let heads = ["column-counted", "column-e-broken", "column-e-kept"];
        html! {
            @if let Some(drawing) = plot::evidence(&self.words, finding) {
                section aria-labelledby="evidence-value" {
                    h2 #evidence-value { (self.words.say("plot-evidence")) }
                    p.quiet { (self.words.say("plot-evidence-lead")) }
                    (drawing)
                    (self.data("evidence-values", &heads, &rows, all))
                }
            }
        }
    }

    fn delays(&self, view: &CellView) -> Markup {
        let points = &view.delay_points;
        let rows = points.iter().take(MOST_ROWS).map(|point| {
            vec![
                self.zone.date_time(point.at_ms, self.language()),
                point.trial.clone(),
                self.arm(point.arm),
                format::duration(point.delay_ms, self.language()),
            ]
        });
        let heads = ["column-at", "column-trial", "column-arm", "column-delay"];
        html! {
            @if let Some(drawing) = plot::delays(&self.words, points) {
                section aria-labelledby="delay" {
                    h2 #delay { (self.words.say("plot-delays")) }
                    p.quiet { (self.words.say("plot-delays-lead")) }
                    (drawing)
                    (self.data("delays", &heads, &rows.collect::<Vec<_>>(), points.len()))
                }
            }
        }
    }

    fn stated_reason(&self, view: &CellView) -> Markup {
        html! {
            @if let Some(reason) = view.stated_reason.as_deref().filter(|r| !r.trim().is_empty()) {
                section aria-labelledby="reason" {
                    h2 #reason { (self.words.say("reason-title")) }
                    blockquote { bdi { (format::head(reason, MOST_TEXT).0) } }
                    p.quiet { (self.words.say("reason-note")) }
                }
            }
        }
    }

    /// The page that stood in the way: what a person would have read, then the
    /// source, both as text. It is never given to the browser as a page.
    fn block_page(&self, page: &BlockPage) -> Markup {
        let (source, cut) = format::head(&page.html_text, MOST_SOURCE);
        let visible = format::head(page.visible_text.trim(), MOST_TEXT).0;
        html! {
            section aria-labelledby="page" {
                h2 #page { (self.words.say("page-title")) }
                p.quiet { (self.words.say("page-note")) }
                div.facsimile {
                    div.address { bdi { (format::head(&page.url, MOST_TEXT).0) } }
                    div.reading { bdi { (visible) } }
                }
                p.quiet {
                    (self.words.with("page-seen", &[("at", text(self.zone.instant(page.at_ms, self.language())))])) " "
                    "SHA-256 " code { (page.digest.to_string()) }
                }
                @if !page.signals.is_empty() {
                    h3 { (self.words.say("page-signals")) }
                    ul.signals { @for (code, what) in &page.signals { li { code { (code) } " " bdi { (format::head(what, MOST_TEXT).0) } } } }
                }
                details.data {
                    summary { (self.words.say("page-source")) }
                    pre tabindex="0" { (source) }
                    @if cut { p.quiet { (self.words.say("page-cut")) } }
                }
            }
        }
    }

    fn cell_rests_on(&self, view: &CellView) -> Markup {
        html! {
            section aria-labelledby="rests" {
                h2 #rests { (self.words.say("rests-title")) }
                dl.rests {
                    @if let Some(finding) = &view.finding { (self.grounds(finding)) }
                    @for (factor, values) in &view.factors {
                        dt { (self.factor(factor)) }
                        dd { bdi { (values.join(&self.words.say("list-separator"))) } }
                    }
                    @if let Some(commitment) = &self.input().randomisation.commitment {
                        dt { (self.words.say("commitment")) }
                        dd { code { (commitment) } }
                    }
                }
            }
        }
    }

    fn factor(&self, factor: &str) -> String {
        self.words
            .lookup(&format!("factor-{factor}"), &[])
            .unwrap_or_else(|| factor.to_owned())
    }

    fn grounds(&self, finding: &Finding) -> Markup {
        html! {
            dt { (self.words.say("ground")) }
            dd { (self.words.with(&format!("ground-{}", ground_word(finding.ground)), &[("tolerance", text(tolerance(finding)))])) }
            dt { (self.words.say("error-bound")) }
            dd { (self.words.with("error-bound-words", &[("alpha", text(format::percent(finding.alpha))), ("cells", count(finding.cells))])) }
            dt { (self.words.say("margin")) }
            dd {
                (margin(&self.words, finding, finding.margin))
                @match finding.certified_margin {
                    Some(at) => { span.sub { (self.words.with("margin-smallest", &[("margin", text(margin(&self.words, finding, at)))])) } }
                    None => { span.sub { (self.words.say("margin-none")) } }
                }
            }
            dt { (self.words.say("fact-trials-used")) }
            dd {
                (format::integer(finding.trials_used))
                @if let Some(after) = finding.broken_after { span.sub { (self.words.with("broken-after", &[("trials", count(after))])) } }
                @if let Some(after) = finding.kept_after { span.sub { (self.words.with("kept-after", &[("trials", count(after))])) } }
            }
            dt { (self.words.say("trials-void")) }
            dd {
                @if finding.trials_void.is_empty() { (self.words.say("trials-void-none")) } @else {
                    ul.plain { @for (reason, n) in &finding.trials_void {
                        li { bdi { (self.index.reason(reason, self.language())) } (self.words.say("colon")) (format::integer(*n)) }
                    } }
                    span.sub { (self.words.say("trials-void-blind")) }
                }
            }
            dt { (self.words.say("judge-version")) }
            dd { (finding.judge) }
        }
    }

    fn evidence_list(&self, view: &CellView) -> Markup {
        html! {
            @if !view.evidence.is_empty() {
                section aria-labelledby="digests" {
                    h2 #digests { (self.words.say("evidence-title")) }
                    p.quiet { (self.words.say("evidence-lead")) }
                    div.scroll tabindex="0" role="region" aria-labelledby="digests" {
                        table.digests {
                            caption.vh { (self.words.say("evidence-title")) }
                            thead { tr { th scope="col" { "SHA-256" } th scope="col" { (self.words.say("column-url")) } } }
                            tbody {
                                @for evidence in view.evidence.iter().take(MOST_ROWS) {
                                    tr {
                                        td { code { (evidence.digest.to_string()) } }
                                        td { bdi { (format::head(&evidence.url, MOST_TEXT).0) } }
                                    }
                                }
                            }
                        }
                    }
                    @if view.evidence.len() > MOST_ROWS {
                        p.quiet {
                            (self.words.with("data-cut", &[("shown", count(MOST_ROWS as u64)), ("all", count(view.evidence.len() as u64))]))
                            " " a href=(format!("{}tables/evidence.csv", self.root("cell/"))) { "CSV" }
                        }
                    }
                }
            }
        }
    }

    /// The same comparison in other rounds, and the other clauses here.
    fn neighbours(&self, at: usize, view: &CellView) -> Markup {
        let cell = &view.cell;
        let others = || {
            self.input()
                .cells
                .iter()
                .enumerate()
                .filter(move |(other, _)| *other != at)
        };
        let same_place = |other: &CellView| {
            let o = &other.cell;
            o.platform == cell.platform
                && o.scene == cell.scene
                && o.destination == cell.destination
        };
        let same_clause =
            |o: &CellView| o.cell.clause == cell.clause && o.cell.obligation == cell.obligation;
        let clauses: Vec<_> = others()
            .filter(|(_, o)| same_place(o) && o.cell.round == cell.round)
            .map(|(i, o)| (i, o, self.index.clause_name(&o.cell, self.language())))
            .collect();
        let rounds: Vec<_> = others()
            .filter(|(_, o)| same_place(o) && same_clause(o))
            .map(|(i, o)| (i, o, self.index.round_name(&o.cell.round, self.language())))
            .collect();
        html! {
            (self.links("other-clauses", &clauses))
            (self.links("other-rounds", &rounds))
        }
    }

    fn links(&self, id: &str, links: &[(usize, &CellView, &str)]) -> Markup {
        html! {
            @if !links.is_empty() {
                nav.others aria-labelledby=(id) {
                    h2 id=(id) { (self.words.say(id)) }
                    ul { @for (at, view, name) in links {
                        @if let Some(file) = self.index.files.get(*at) {
                            li { a href=(format!("{file}.html")) {
                                span.name { (name) }
                                (self.badge(view.finding.as_ref().map(|f| f.decision)))
                                span.thin { (self.words.say(&format!("handling-{}", view.handling.word()))) }
                            } }
                        }
                    } }
                }
            }
        }
    }
}

/// Whether the clause is found broken while the effect's interval, which
/// answers another question, leaves open that there is none.
fn is_broken_across_zero(finding: &Finding) -> bool {
    let Some(effect) = finding.effect else {
        return false;
    };
    // A share of all openings is held against a tolerance, not against zero.
    finding.decision == Decision::Broken
        && effect.unit != EffectUnit::Share
        && effect
            .interval
            .is_some_and(|span| span.low <= 0.0 && span.high >= 0.0)
}
