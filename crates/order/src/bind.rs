//! From an order as written to an order as it binds.
//!
//! Everything that hangs together is checked here: references, dates in their order, the
//! clauses of each check, amendments one after the other. It goes on after a mistake so
//! that all are told at once; an order comes out only when there is none.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::diagnostic::{Diagnostics, Mistake, Span, visible};
use crate::order::{
    Clause, Consequence, Due, Obligation, Order, Parameter, Platform, Scene, Source, Stage, Status,
    Subject, Text, end_of_day, zone,
};
use crate::shape::{
    Entries, Field, Kind, Table, Value, closest, fit, one_of, resolve, spanned_texts,
};
use crate::vocabulary::{ClauseWords, ParameterKind, Vocabulary};
use crate::words;

/// Binds what can be bound, adding what is wrong to `diagnostics`; `None` where something
/// is wrong that leaves a hole.
pub(crate) fn bind(
    entries: &Entries,
    vocabulary: &Vocabulary,
    diagnostics: &mut Diagnostics,
) -> Option<Order> {
    resolve(&words::order(), entries, diagnostics);
    let mut binder = Binder {
        vocabulary,
        zone: zone(entries.text("time_zone").unwrap_or("UTC")),
        issued: entries.date("issued"),
        addressed: addressed(entries),
        owners: owners(entries),
        diagnostics,
    };
    let order = binder.order(entries)?;
    crate::amend::check(&order, entries, &binder.zone, binder.diagnostics);
    Some(order)
}

/// Binding under way.
pub(crate) struct Binder<'a> {
    vocabulary: &'a Vocabulary,
    zone: TimeZone,
    issued: Option<Date>,
    /// Subject by id: whether the order addresses it.
    addressed: BTreeMap<String, bool>,
    /// Platform by id: its subject.
    owners: BTreeMap<String, String>,
    pub(crate) diagnostics: &'a mut Diagnostics,
}

fn addressed(entries: &Entries) -> BTreeMap<String, bool> {
    entries
        .tables("subject")
        .filter_map(|row| {
            let id = row.text("id")?.to_owned();
            Some((id, row.flag("addressed").unwrap_or(true)))
        })
        .collect()
}

fn owners(entries: &Entries) -> BTreeMap<String, String> {
    entries
        .tables("platform")
        .filter_map(|row| Some((row.text("id")?.to_owned(), row.text("subject")?.to_owned())))
        .collect()
}

impl<'a> Binder<'a> {
    fn order(&mut self, entries: &Entries) -> Option<Order> {
        let status = status(entries);
        self.check_official(status, entries);
        self.check_homes(entries);
        let obligations = self.each(entries, "obligation", Self::obligation);
        let sources = self.each(entries, "source", Self::source);
        let mut amendments = self.each(entries, "amendment", |binder, row| {
            binder.amendment(row, entries)
        });
        amendments.sort_by_key(|amendment| amendment.date);
        Some(Order {
            format: entries.integer("format")?,
            id: entries.text("id")?.to_owned(),
            title: text(entries, "title")?,
            issuer: text(entries, "issuer")?,
            status: status?,
            jurisdiction: entries.text("jurisdiction")?.to_owned(),
            time_zone: entries.text("time_zone").unwrap_or("UTC").to_owned(),
            issued: self.issued?,
            alpha: entries.number("alpha").unwrap_or(0.01),
            note: text(entries, "note"),
            sources,
            subjects: self.each(entries, "subject", |_, row| subject(row)),
            platforms: self.each(entries, "platform", |_, row| platform(row)),
            obligations,
            amendments,
            consequences: self.each(entries, "consequence", |_, row| consequence(row)),
        })
    }

    /// Binds every row of an array. A row that does not bind must have been diagnosed;
    /// should it not have been, that is said rather than the row dropped.
    fn each<T>(
        &mut self,
        entries: &Entries,
        key: &str,
        mut one: impl FnMut(&mut Self, &Entries) -> Option<T>,
    ) -> Vec<T> {
        let mut bound = Vec::new();
        for row in entries.tables(key) {
            match one(self, row) {
                Some(item) => bound.push(item),
                None if self.diagnostics.is_empty() => self.diagnostics.add(
                    Mistake::new("incomplete", row.span.clone())
                        .found(format!("a `{key}` that cannot be used"))
                        .expected("all of its keys")
                        .remedy("compare it with a shipped order"),
                ),
                None => {}
            }
        }
        bound
    }

    /// An order may be called official only if its wording was read at the origin.
    fn check_official(&mut self, status: Option<Status>, entries: &Entries) {
        let read_at_origin = entries.tables("source").any(|source| {
            source.text("confidence") == Some("primary")
                && matches!(source.text("kind"), Some("official" | "law"))
        });
        if status == Some(Status::Official) && !read_at_origin {
            self.diagnostics.add(
                Mistake::new("official-without-source", entries.span_of("status"))
                    .found("the status \"official\" without a primary source of the authority")
                    .expected("a `[[source]]` of kind `official` or `law` and confidence `primary`")
                    .remedy("add the source, or write status = \"as-reported\""),
            );
        }
    }

    /// A host name must lead to one platform.
    fn check_homes(&mut self, entries: &Entries) {
        let mut first: BTreeMap<String, Span> = BTreeMap::new();
        for row in entries.tables("platform") {
            for home in spanned_texts(row.values("homes")) {
                if let Some(earlier) = first.get(home.value) {
                    self.diagnostics.add(
                        Mistake::new("duplicate-home", home.span.clone())
                            .found(format!("the host \"{}\" for a second platform", home.value))
                            .expected("each host with one platform")
                            .remedy("name the longer host that only one of them uses")
                            .also(earlier.clone(), "first given here"),
                    );
                } else {
                    first.insert(home.value.to_owned(), home.span);
                }
            }
        }
    }

    fn source(&mut self, row: &Entries) -> Option<Source> {
        let published = row.date("published");
        let accessed = row.date("accessed");
        if let (Some(published), Some(accessed)) = (published, accessed)
            && accessed < published
        {
            self.diagnostics.add(
                Mistake::new("dates-out-of-order", row.span_of("accessed"))
                    .found(format!(
                        "a source read on {accessed}, before it was published"
                    ))
                    .expected(format!("a date from {published} on"))
                    .remedy("correct one of the two dates")
                    .also(row.span_of("published"), "published here"),
            );
        }
        Some(Source {
            id: owned(row, "id")?,
            kind: owned(row, "kind")?,
            title: owned(row, "title")?,
            publisher: owned(row, "publisher"),
            url: owned(row, "url")?,
            published,
            accessed,
            confidence: owned(row, "confidence")?,
            note: text(row, "note"),
        })
    }

    fn obligation(&mut self, row: &Entries) -> Option<Obligation> {
        let subjects = self.obliged(row);
        let due = self.due(row);
        let stages = self.each(row, "stage", Self::stage);
        self.check_stages(row);
        let check = self.check_name(row);
        let clauses = self.each(row, "clause", |binder, clause| {
            binder.clause(clause, check.as_deref(), &subjects)
        });
        Some(Obligation {
            id: owned(row, "id")?,
            check: check?,
            title: text(row, "title")?,
            subjects,
            due: due?,
            stages,
            clauses,
            sources: row.texts("sources"),
            note: text(row, "note"),
        })
    }

    /// Who must do it, `all` spelled out; nobody whom the order does not address.
    pub(crate) fn obliged(&mut self, row: &Entries) -> Vec<String> {
        if row.text("subjects").is_some() {
            let all = self.addressed.iter().filter(|(_, addressed)| **addressed);
            let all: Vec<String> = all.map(|(id, _)| id.clone()).collect();
            if all.is_empty() {
                self.diagnostics.add(
                    Mistake::new("nobody-obliged", row.span_of("subjects"))
                        .found("an obligation of all, where the order addresses nobody")
                        .expected("at least one addressed subject")
                        .remedy("remove `addressed = false` from those who must do it"),
                );
            }
            return all;
        }
        for subject in spanned_texts(row.values("subjects")) {
            if self.addressed.get(subject.value) == Some(&false) {
                self.diagnostics.add(
                    Mistake::new("not-addressed", subject.span)
                        .found(format!(
                            "an obligation of \"{}\", whom the order does not address",
                            subject.value
                        ))
                        .expected("subjects that are addressed")
                        .remedy("remove it here, or remove its `addressed = false`"),
                );
            }
        }
        row.texts("subjects")
    }

    /// The due date of an obligation or stage, which cannot lie before the order.
    fn due(&mut self, row: &Entries) -> Option<Due> {
        let due = due(row)?;
        if let Some(issued) = self.issued
            && self.deadline(due) < self.start_of(issued)
        {
            self.diagnostics.add(
                Mistake::new("due-before-issued", row.span_of("due"))
                    .found(format!("the due date {due}, before the order was issued"))
                    .expected(format!("a date from {issued} on"))
                    .remedy("correct `due` here or `issued` at the top"),
            );
        }
        Some(due)
    }

    fn deadline(&self, due: Due) -> Timestamp {
        deadline(due, &self.zone)
    }

    fn start_of(&self, date: Date) -> Timestamp {
        date.to_zoned(self.zone.clone())
            .map_or(Timestamp::MIN, |start| start.timestamp())
    }

    fn stage(&mut self, row: &Entries) -> Option<Stage> {
        Some(Stage {
            id: owned(row, "id")?,
            due: self.due(row)?,
            scenes: row.texts("scenes"),
            title: text(row, "title"),
            sources: row.texts("sources"),
            note: text(row, "note"),
        })
    }

    /// Stages stand in order, none is due after the whole, and no scene is in two.
    fn check_stages(&mut self, obligation: &Entries) {
        let mut earlier: Option<&Entries> = None;
        let mut scenes: BTreeMap<&str, Span> = BTreeMap::new();
        let whole = due(obligation);
        for stage in obligation.tables("stage") {
            let this = due(stage);
            if let (Some(this), Some(before)) = (this, earlier.and_then(due))
                && self.deadline(this) <= self.deadline(before)
            {
                let place = earlier.map_or(0..0, |earlier| earlier.span_of("due"));
                self.diagnostics.add(
                    Mistake::new("stages-out-of-order", stage.span_of("due"))
                        .found(format!("a stage due {this}, not after the one before it"))
                        .expected(format!("a due date after {before}"))
                        .remedy("put the stages in the order of their dates, or correct a date")
                        .also(place, "the stage before it is due here"),
                );
            }
            if let (Some(this), Some(whole)) = (this, whole)
                && self.deadline(this) > self.deadline(whole)
            {
                self.diagnostics.add(
                    Mistake::new("stage-after-due", stage.span_of("due"))
                        .found(format!("a stage due {this}, after the whole obligation"))
                        .expected(format!("a due date up to {whole}"))
                        .remedy("correct one of the two dates")
                        .also(obligation.span_of("due"), "all of it is due here"),
                );
            }
            for scene in spanned_texts(stage.values("scenes")) {
                let Some(first) = scenes.insert(scene.value, scene.span.clone()) else {
                    continue;
                };
                self.diagnostics.add(
                    Mistake::new("scene-in-two-stages", scene.span)
                        .found(format!("the scene \"{}\" in a second stage", scene.value))
                        .expected("each scene in one stage")
                        .remedy("remove it from one of the two")
                        .also(first, "first covered here"),
                );
            }
            earlier = Some(stage);
        }
    }

    fn check_name(&mut self, row: &Entries) -> Option<String> {
        let name = row.text("check")?;
        if self.vocabulary.check(name).is_some() {
            return Some(name.to_owned());
        }
        let known = self
            .vocabulary
            .checks
            .iter()
            .map(|check| check.name.as_str());
        self.diagnostics.add(unknown_word(
            "unknown-check",
            row.span_of("check"),
            &format!("the check \"{}\", which is not built in", visible(name, 60)),
            name,
            known.collect(),
        ));
        None
    }

    /// A clause of an obligation with this check and these subjects.
    pub(crate) fn clause(
        &mut self,
        row: &Entries,
        check: Option<&str>,
        subjects: &[String],
    ) -> Option<Clause> {
        self.check_clause_platforms(row, subjects);
        let words = self.clause_words(row, check);
        let parameters = words.and_then(|words| self.parameters(row, words));
        Some(Clause {
            id: owned(row, "id")?,
            kind: owned(row, "kind")?,
            text: text(row, "text")?,
            sources: row.texts("sources"),
            platforms: row.get("platforms").map(|_| row.texts("platforms")),
            scenes: row.get("scenes").map(|_| row.texts("scenes")),
            parameters: parameters?,
            note: text(row, "note"),
        })
    }

    /// A clause can bind only platforms of those who owe the obligation.
    fn check_clause_platforms(&mut self, row: &Entries, subjects: &[String]) {
        for platform in spanned_texts(row.values("platforms")) {
            if let Some(owner) = self.owners.get(platform.value)
                && !subjects.contains(owner)
            {
                self.diagnostics.add(
                    Mistake::new("platform-not-bound", platform.span)
                        .found(format!(
                            "a clause that binds \"{}\", whose subject \"{owner}\" does not owe the obligation",
                            platform.value
                        ))
                        .expected("platforms of the obligation's subjects")
                        .remedy("remove it here, or add its subject to the obligation"),
                );
            }
        }
    }

    fn clause_words(&mut self, row: &Entries, check: Option<&str>) -> Option<&'a ClauseWords> {
        let kind = row.text("kind")?;
        let check = self.vocabulary.check(check?)?;
        let words = check.clause(kind);
        if words.is_none() {
            self.diagnostics.add(unknown_word(
                "unknown-clause-kind",
                row.span_of("kind"),
                &format!(
                    "the clause kind \"{}\", which the check \"{}\" does not know",
                    visible(kind, 60),
                    check.name
                ),
                kind,
                check.clause_kinds.iter().map(|c| c.kind.as_str()).collect(),
            ));
        }
        words
    }

    /// The parameters that the clause's kind knows, those left out with their defaults.
    fn parameters(
        &mut self,
        row: &Entries,
        words: &ClauseWords,
    ) -> Option<BTreeMap<String, Parameter>> {
        let absent = Entries {
            span: row.span.clone(),
            list: Vec::new(),
        };
        let given = row.table("parameters").unwrap_or(&absent);
        // Fitted below a table of its own, so that diagnostics name it.
        let outer = Table::new("clause", "").field(Field::optional(
            "parameters",
            Kind::Table(words.shape()),
            "",
        ));
        let wrapped = given.clone().under("parameters");
        let before = self.diagnostics.len();
        let fitted = fit(&outer, &wrapped, self.diagnostics);
        let fitted = fitted.table("parameters")?;
        let mut parameters = BTreeMap::new();
        for parameter in &words.parameters {
            let value = match fitted.get(&parameter.name).map(|value| &value.value) {
                Some(Value::Flag(flag)) => Some(Parameter::Flag(*flag)),
                Some(_) => fitted.number(&parameter.name).map(Parameter::Number),
                None => parameter.default.map(|default| match parameter.kind {
                    ParameterKind::Flag => Parameter::Flag(default != 0.0),
                    _ => Parameter::Number(default),
                }),
            };
            if let Some(value) = value {
                parameters.insert(parameter.name.clone(), value);
            }
        }
        (self.diagnostics.len() == before).then_some(parameters)
    }
}

/// The mistake of naming something that the program does not know.
fn unknown_word(
    code: &'static str,
    span: Span,
    found: &str,
    written: &str,
    known: Vec<&str>,
) -> Mistake {
    let remedy = closest(written, known.iter().copied()).map_or_else(
        || "choose one of those, or use a program that knows it".to_owned(),
        |word| format!("did you mean `{word}`?"),
    );
    Mistake::new(code, span)
        .found(found)
        .expected(one_of(known))
        .remedy(remedy)
}

/// The first instant after a deadline.
pub(crate) fn deadline(due: Due, zone: &TimeZone) -> Timestamp {
    match due {
        Due::Instant(instant) => instant,
        Due::Date(date) => end_of_day(date, zone),
    }
}

/// The due date behind `due`.
pub(crate) fn due(row: &Entries) -> Option<Due> {
    match row.get("due")?.value {
        Value::Date(date) => Some(Due::Date(date)),
        Value::Instant(instant) => Some(Due::Instant(instant)),
        _ => None,
    }
}

/// The text by language behind `key`.
pub(crate) fn text(row: &Entries, key: &str) -> Option<Text> {
    let text = row.table(key)?;
    Some(Text {
        en: owned(text, "en")?,
        zh: owned(text, "zh-Hans"),
    })
}

/// The text behind `key`.
pub(crate) fn owned(row: &Entries, key: &str) -> Option<String> {
    row.text(key).map(str::to_owned)
}

fn status(entries: &Entries) -> Option<Status> {
    let all = [
        Status::Official,
        Status::AsReported,
        Status::ResearchStandard,
    ];
    let word = entries.text("status")?;
    all.into_iter().find(|status| status.as_str() == word)
}

fn subject(row: &Entries) -> Option<Subject> {
    Some(Subject {
        id: owned(row, "id")?,
        name: text(row, "name")?,
        addressed: row.flag("addressed").unwrap_or(true),
        sources: row.texts("sources"),
        note: text(row, "note"),
    })
}

fn platform(row: &Entries) -> Option<Platform> {
    let scenes = row
        .tables("scene")
        .map(|scene| {
            Some(Scene {
                id: owned(scene, "id")?,
                name: text(scene, "name")?,
                note: text(scene, "note"),
            })
        })
        .collect::<Option<Vec<_>>>();
    Some(Platform {
        id: owned(row, "id")?,
        subject: owned(row, "subject")?,
        name: text(row, "name")?,
        kind: owned(row, "kind")?,
        homes: row.texts("homes"),
        scenes: scenes?,
        note: text(row, "note"),
    })
}

fn consequence(row: &Entries) -> Option<Consequence> {
    Some(Consequence {
        id: owned(row, "id")?,
        after: owned(row, "after")?,
        text: text(row, "text")?,
        sources: row.texts("sources"),
        note: text(row, "note"),
    })
}
