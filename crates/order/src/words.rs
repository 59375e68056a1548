//! The one description of an order file: every table, key and word, with its meaning.
//!
//! The reader's diagnostics, the published JSON Schema and the reference in Markdown are
//! all made from what stands here. It says nothing of how tables hang together; that is
//! the work of binding.

use serde_json::{Value, json};

use crate::shape::{Bounds, Field, Kind, Table, Word};
use crate::vocabulary::{Vocabulary, check_names, clause_kinds};
use std::ops::Bound;

/// The version of the format that this program reads and that orders name.
pub const FORMAT: i64 = 1;

/// The largest error bound an order may ask for.
pub(crate) const LARGEST_ALPHA: f64 = 0.1;

/// The shape of an order before its checks are known.
pub(crate) fn order() -> Table {
    order_with(&Kind::Id, &Kind::Id, &Kind::Map(Box::new(Kind::Any)))
}

/// The shape of an order with the words of these checks.
pub(crate) fn order_in(vocabulary: &Vocabulary) -> Table {
    order_with(
        &Kind::Word(check_names(vocabulary)),
        &Kind::Word(clause_kinds(vocabulary)),
        &Kind::Map(Box::new(Kind::Any)),
    )
}

fn order_with(check: &Kind, clause_kind: &Kind, parameters: &Kind) -> Table {
    let clause = clause(clause_kind, parameters);
    head()
        .field(Field::required(
            "source",
            Kind::tables(source()),
            "Where the order and its facts can be read.",
        ))
        .field(Field::required(
            "subject",
            Kind::tables(subject()),
            "Companies: those that the order addresses, and rivals that appear in it only as destinations.",
        ))
        .field(Field::optional(
            "platform",
            Kind::any_tables(platform()),
            "Services of the subjects.",
        ))
        .field(Field::required(
            "obligation",
            Kind::tables(obligation(check, &clause)),
            "What must be done by when.",
        ))
        .field(Field::optional(
            "amendment",
            Kind::any_tables(amendment(&clause)),
            "What the issuer changed later.",
        ))
        .field(Field::optional(
            "consequence",
            Kind::any_tables(consequence()),
            "What the order says may follow a missed deadline.",
        ))
}

fn head() -> Table {
    let alpha = Kind::Number(Bounds {
        from: Bound::Excluded(0.0),
        to: Bound::Included(LARGEST_ALPHA),
    });
    Table::new(
        "an order",
        "An order says who must do what by when, and where that can be read.",
    )
    .field(Field::required(
        "format",
        Kind::Integer(Bounds::at_least(1.0)),
        "The version of this format: 1.",
    ))
    .field(Field::required("id", Kind::Id, "The name of the order in file names and reports."))
    .field(Field::required("title", text("The title of the order."), "The title."))
    .field(Field::required("issuer", text("Who issued it."), "The authority, or whoever set the standard."))
    .field(Field::required("status", status(), "How far the wording can be relied on."))
    .field(Field::required(
        "jurisdiction",
        Kind::Text,
        "Where it holds: an ISO 3166 code such as `CN`, or `none` for a standard without legal force.",
    ))
    .field(Field::defaulted(
        "time_zone",
        Kind::TimeZone,
        "UTC",
        "The zone in which its dates begin and end.",
    ))
    .field(Field::required("issued", Kind::Date, "The day it was issued, or of the meeting that set it."))
    .field(Field::defaulted(
        "alpha",
        alpha,
        "0.01",
        "The probability of even one false accusation over the whole order.",
    ))
    .field(note())
}

fn status() -> Kind {
    Kind::words(&[
        (
            "official",
            "The issuer published this wording; a source of confidence `primary` shows it.",
        ),
        (
            "as-reported",
            "The wording is known through others, such as the press.",
        ),
        (
            "research-standard",
            "A standard set by researchers. It is not an order and binds nobody.",
        ),
    ])
}

fn source() -> Table {
    let kind = Kind::words(&[
        ("official", "A publication of the authority."),
        ("law", "A law or regulation."),
        ("press", "A report in the press."),
        ("company", "A statement of a company."),
        ("research", "A study or data set."),
        ("court", "A judgment or court document."),
    ]);
    let confidence = Kind::words(&[
        ("primary", "The publication itself was read."),
        (
            "report",
            "A report by those who were there or spoke with them was read.",
        ),
        ("copy", "A copy of a report at another address was read."),
        ("second-hand", "It is cited after somebody else."),
    ]);
    Table::new("source", "A text that can be opened and read.")
        .field(Field::required(
            "id",
            Kind::Id,
            "The name by which others refer to it.",
        ))
        .field(Field::required("kind", kind, "What sort of text it is."))
        .field(Field::required(
            "title",
            Kind::Text,
            "Its title, or what it is, in its own language.",
        ))
        .field(Field::optional(
            "publisher",
            Kind::Text,
            "Who published it.",
        ))
        .field(Field::required("url", Kind::Url, "Where it can be read."))
        .field(Field::optional(
            "published",
            Kind::Date,
            "When it was published.",
        ))
        .field(Field::optional(
            "accessed",
            Kind::Date,
            "When it was read there.",
        ))
        .field(Field::required(
            "confidence",
            confidence,
            "How near it is to the origin.",
        ))
        .field(note())
}

fn subject() -> Table {
    Table::new("subject", "A company.")
        .field(Field::required("id", Kind::Id, "The name by which others refer to it."))
        .field(Field::required("name", text("The company's name."), "Its name."))
        .field(Field::defaulted(
            "addressed",
            Kind::Flag,
            "true",
            "Whether the order addresses it. A company that is not addressed owes nothing and is never judged; its platforms are destinations only.",
        ))
        .field(sources(Field::optional))
        .field(note())
}

fn platform() -> Table {
    let kind = Kind::words(&[
        ("messenger", "People write to each other."),
        ("social", "People publish to followers."),
        ("video", "People watch videos."),
        ("shop", "People buy things."),
        ("news", "People read articles."),
        ("search", "People look for pages."),
        ("workplace", "People work together."),
        ("shortener", "Links are made short and lead on."),
        ("other", "None of these."),
    ]);
    let scene = Table::new("scene", "A place in the platform where links are met.")
        .field(Field::required("id", Kind::Id, "Its name, such as `one-to-one`, `group`, `feed`, `search-box` or `live`; platforms may share names."))
        .field(Field::required("name", text("The scene's name."), "Its name for people."))
        .field(note());
    Table::new("platform", "A service: a place where links are met, or a destination.")
        .field(Field::required("id", Kind::Id, "The name by which others refer to it."))
        .field(Field::required("subject", Kind::reference("subject"), "The company that runs it."))
        .field(Field::required("name", text("The platform's name."), "Its name."))
        .field(Field::required("kind", kind, "What people do there."))
        .field(Field::optional(
            "homes",
            Kind::list(Kind::Domain),
            "Host names that belong to it, with all names below them. Where two overlap the longer one decides.",
        ))
        .field(Field::optional(
            "scene",
            Kind::any_tables(scene),
            "Where in the platform links are met; none if it is only a destination.",
        ))
        .field(note())
}

fn obligation(check: &Kind, clause: &Table) -> Table {
    let stage = Table::new(
        "stage",
        "A part of the obligation with a due date of its own.",
    )
    .field(Field::required(
        "id",
        Kind::Id,
        "The name by which others refer to it.",
    ))
    .field(Field::required(
        "due",
        Kind::DateOrInstant,
        "By when; a date ends with its last moment in the order's time zone.",
    ))
    .field(Field::required(
        "scenes",
        Kind::list(Kind::reference("platform.scene")),
        "The scenes that it covers.",
    ))
    .field(Field::optional(
        "title",
        text("The stage's title."),
        "What it asks.",
    ))
    .field(sources(Field::optional))
    .field(note());
    Table::new("obligation", "One thing that subjects must do.")
        .field(Field::required(
            "id",
            Kind::Id,
            "The name by which others refer to it.",
        ))
        .field(Field::required(
            "check",
            check.clone(),
            "The check that tests it.",
        ))
        .field(Field::required(
            "title",
            text("The obligation's title."),
            "What it asks, in a line.",
        ))
        .field(Field::required(
            "subjects",
            Kind::WordOrList {
                word: Word::new("all", "All addressed subjects."),
                of: Box::new(Kind::reference("subject")),
            },
            "Who must do it.",
        ))
        .field(Field::required(
            "due",
            Kind::DateOrInstant,
            "By when all of it; a date ends with its last moment in the order's time zone.",
        ))
        .field(sources(Field::optional))
        .field(note())
        .field(Field::optional(
            "stage",
            Kind::any_tables(stage),
            "Earlier due dates for parts of it, earliest first.",
        ))
        .field(Field::required(
            "clause",
            Kind::tables(clause.clone()),
            "The testable statements it consists of.",
        ))
}

fn clause(kind: &Kind, parameters: &Kind) -> Table {
    Table::new("clause", "One testable statement of an obligation.")
        .field(Field::required(
            "id",
            Kind::Id,
            "The name by which others refer to it.",
        ))
        .field(Field::required(
            "kind",
            kind.clone(),
            "The kind of clause, as the check knows it.",
        ))
        .field(Field::required(
            "text",
            text("The clause's wording."),
            "The wording: in the language of the order as written, in others translated.",
        ))
        .field(sources(Field::required))
        .field(Field::optional(
            "platforms",
            Kind::list(Kind::reference("platform")),
            "The platforms on which it binds; all of the obligation's subjects if left out.",
        ))
        .field(Field::optional(
            "scenes",
            Kind::list(Kind::reference("platform.scene")),
            "The scenes in which it binds; all if left out.",
        ))
        .field(Field::optional(
            "parameters",
            parameters.clone(),
            "What the check needs to know to test it; depends on the kind.",
        ))
        .field(note())
}

fn amendment(clause: &Table) -> Table {
    let change = Kind::words(&[
        (
            "due",
            "A new due date: `due`, of the `stage` if one is named.",
        ),
        ("clause-added", "A clause joins the obligation: `add`."),
        ("clause-withdrawn", "A clause is no longer asked: `clause`."),
        ("text", "A clause has a new wording: `clause`, `text`."),
    ]);
    Table::new(
        "amendment",
        "A change that the issuer made later, in force from a date on.",
    )
    .field(Field::required(
        "id",
        Kind::Id,
        "The name by which others refer to it.",
    ))
    .field(Field::required(
        "date",
        Kind::Date,
        "The first day on which it is in force.",
    ))
    .field(Field::required(
        "obligation",
        Kind::reference("obligation"),
        "The obligation that it changes.",
    ))
    .field(Field::required("change", change, "What it changes."))
    .field(Field::optional(
        "stage",
        Kind::Id,
        "With `due`: the stage whose due date it is.",
    ))
    .field(Field::optional(
        "due",
        Kind::DateOrInstant,
        "With `due`: the new due date.",
    ))
    .field(Field::optional(
        "clause",
        Kind::Id,
        "With `clause-withdrawn` and `text`: the clause.",
    ))
    .field(Field::optional(
        "text",
        text("The new wording."),
        "With `text`: the new wording.",
    ))
    .field(Field::optional(
        "add",
        Kind::Table(clause.clone()),
        "With `clause-added`: the clause.",
    ))
    .field(sources(Field::required))
    .field(note())
}

fn consequence() -> Table {
    Table::new("consequence", "What may follow a missed deadline.")
        .field(Field::required(
            "id",
            Kind::Id,
            "The name by which others refer to it.",
        ))
        .field(Field::required(
            "after",
            Kind::reference("obligation"),
            "The obligation that was missed.",
        ))
        .field(Field::required(
            "text",
            text("What may follow."),
            "What the order says may follow.",
        ))
        .field(sources(Field::required))
        .field(note())
}

/// Text by language.
fn text(doc: &str) -> Kind {
    Kind::Table(
        Table::new("text", doc)
            .field(Field::required("en", Kind::Text, "In English."))
            .field(Field::optional(
                "zh-Hans",
                Kind::Text,
                "In Simplified Chinese.",
            )),
    )
}

fn note() -> Field {
    Field::optional(
        "note",
        text("A remark for readers."),
        "A remark for readers: doubts, conditions, choices of those who wrote the file.",
    )
}

fn sources(presence: fn(&str, Kind, &str) -> Field) -> Field {
    presence(
        "sources",
        Kind::list(Kind::reference("source")),
        "The sources that say so.",
    )
}

/// The JSON Schema (draft 2020-12) of an order under these checks.
pub(crate) fn json_schema(vocabulary: &Vocabulary) -> Value {
    let mut schema = order_in(vocabulary).json_schema();
    let obligation_rules: Vec<Value> = vocabulary
        .checks
        .iter()
        .map(|check| {
            let kinds: Vec<&str> = check.clause_kinds.iter().map(|c| c.kind.as_str()).collect();
            let rules: Vec<Value> = check.clause_kinds.iter().map(clause_rule).collect();
            when(
                "check",
                &check.name,
                &json!({ "clause": { "items": {
                    "properties": { "kind": { "enum": kinds } },
                    "allOf": rules,
                } } }),
            )
        })
        .collect();
    let added: Vec<Value> = vocabulary
        .checks
        .iter()
        .flat_map(|check| &check.clause_kinds)
        .map(clause_rule)
        .collect();
    add(
        &mut schema,
        "/properties/obligation/items",
        "allOf",
        json!(obligation_rules),
    );
    if vocabulary.checks.len() == 1 {
        add(
            &mut schema,
            "/properties/amendment/items/properties/add",
            "allOf",
            json!(added),
        );
    }
    add(&mut schema, "/properties/format", "const", json!(FORMAT));
    add(
        &mut schema,
        "",
        "$schema",
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    add(&mut schema, "", "title", json!("A Moongate order"));
    schema
}

/// If the clause is of this kind, its parameters are these.
fn clause_rule(clause: &crate::vocabulary::ClauseWords) -> Value {
    let parameters = clause.shape();
    let needed = parameters
        .fields
        .iter()
        .any(|field| field.presence == crate::shape::Presence::Required);
    let mut rule = when(
        "kind",
        &clause.kind,
        &json!({ "parameters": parameters.json_schema() }),
    );
    if needed {
        add(&mut rule, "/then", "required", json!(["parameters"]));
    }
    rule
}

fn when(key: &str, word: &str, properties: &Value) -> Value {
    json!({
        "if": { "properties": { key: { "const": word } }, "required": [key] },
        "then": { "properties": properties },
    })
}

fn add(schema: &mut Value, pointer: &str, key: &str, value: Value) {
    if let Some(Value::Object(map)) = schema.pointer_mut(pointer) {
        map.insert(key.to_owned(), value);
    }
}

/// The reference of an order in Markdown.
pub(crate) fn markdown(vocabulary: &Vocabulary) -> String {
    let mut page = order_in(vocabulary).markdown();
    for check in &vocabulary.checks {
        for clause in &check.clause_kinds {
            let mut shape = clause.shape();
            shape.name = format!("Parameters of `{}` in `{}`", clause.kind, check.name);
            shape.doc.clone_from(&clause.doc);
            let section = shape.markdown();
            page.push('#');
            page.push_str(&section);
        }
    }
    page
}
