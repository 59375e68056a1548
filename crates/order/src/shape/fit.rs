//! Holds the values of a file against a shape and says what does not fit.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::hints::{closest, did_you_mean, one_of};
use super::value::{Entries, Entry, Spanned, Value, spanned_texts};
use super::{Bounds, Field, Kind, Presence, Table, Word};
use crate::diagnostic::{Diagnostics, Mistake, Span, visible};

/// Unknown keys of one table that are looked at as slips of a known one.
const MOST_SLIPS: usize = 50;

/// Whether a mistake of this kind says that something is absent.
pub(super) fn is_absence(code: &str) -> bool {
    matches!(code, "missing-key" | "empty-file" | "too-few")
}

/// The entries that fit `shape`; every one that does not is diagnosed and left out.
pub fn fit(shape: &Table, entries: &Entries, diagnostics: &mut Diagnostics) -> Entries {
    let outermost = entries.span == (0..0);
    if outermost && entries.list.is_empty() && diagnostics.is_empty() {
        diagnostics.add(empty_file(shape));
        return entries.clone();
    }
    fit_entries(shape, entries, &Place::default(), diagnostics)
}

fn empty_file(shape: &Table) -> Mistake {
    let required = required_keys(shape);
    Mistake::new("empty-file", 0..0)
        .found("nothing to read in the file")
        .expected(format!("{} with {}", shape.name, one_of_all(&required)))
        .remedy("begin with a shipped file as a model")
}

fn required_keys(shape: &Table) -> Vec<&str> {
    shape
        .fields
        .iter()
        .filter(|field| field.presence == Presence::Required)
        .map(|field| field.key.as_str())
        .collect()
}

fn one_of_all(keys: &[&str]) -> String {
    keys.iter()
        .map(|key| format!("`{key}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Where in the file a table stands, for sentences such as "in `[[obligation.clause]]`".
#[derive(Clone, Default)]
struct Place {
    path: Vec<String>,
    array: bool,
}

impl Place {
    fn within(&self, key: &str, array: bool) -> Self {
        let mut path = self.path.clone();
        path.push(key.to_owned());
        Self { path, array }
    }

    fn header(&self) -> String {
        let path = self.path.join(".");
        match (path.is_empty(), self.array) {
            (true, _) => "the file".to_owned(),
            (false, true) => format!("`[[{path}]]`"),
            (false, false) => format!("`[{path}]`"),
        }
    }
}

fn fit_entries(
    shape: &Table,
    entries: &Entries,
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> Entries {
    let mut list = Vec::new();
    for entry in &entries.list {
        let Some(field) = shape.get(&entry.key.value) else {
            diagnostics.add(unknown_key(shape, entry, place));
            continue;
        };
        if let Some(value) = fit_value(&field.kind, &field.key, &entry.value, place, diagnostics) {
            list.push(Entry {
                key: entry.key.clone(),
                value,
            });
        }
    }
    for field in &shape.fields {
        if field.presence == Presence::Required
            && entries.get(&field.key).is_none()
            && !is_misspelt(&field.key, shape, entries)
        {
            diagnostics.add(missing_key(field, entries, place));
        }
    }
    Entries {
        span: entries.span.clone(),
        list,
    }
}

fn unknown_key(shape: &Table, entry: &Entry, place: &Place) -> Mistake {
    let absent = shape.fields.iter().map(|field| field.key.as_str());
    let written = &entry.key.value;
    Mistake::new("unknown-key", entry.key.span.clone())
        .found(format!(
            "the unknown key `{}` in {}",
            visible(written, 60),
            place.header()
        ))
        .expected(one_of(absent.clone()))
        .remedy(did_you_mean(
            written,
            absent,
            "remove it, or move it to the table it belongs to",
        ))
}

fn missing_key(field: &Field, entries: &Entries, place: &Place) -> Mistake {
    Mistake::new("missing-key", entries.span.clone())
        .found(format!("{} without `{}`", place.header(), field.key))
        .expected(format!("`{}`: {}", field.key, expected(&field.kind)))
        .remedy(format!("add {}", sample(field, place)))
}

/// Whether the key was written with a slip: then it is there, under another name, and has
/// been answered as an unknown key.
fn is_misspelt(key: &str, shape: &Table, entries: &Entries) -> bool {
    let known = || shape.fields.iter().map(|field| field.key.as_str());
    entries
        .list
        .iter()
        .map(|entry| entry.key.value.as_str())
        .filter(|written| shape.get(written).is_none())
        .take(MOST_SLIPS)
        .any(|written| closest(written, known()) == Some(key))
}

/// A line that one could add for the field.
fn sample(field: &Field, place: &Place) -> String {
    let key = &field.key;
    match &field.kind {
        Kind::Tables { .. } => format!("a row {}", place.within(key, true).header()),
        Kind::Table(_) | Kind::Map(_) => format!("`{key} = {{ … }}`"),
        kind => format!("`{key} = {}`", example(kind)),
    }
}

fn example(kind: &Kind) -> String {
    match kind {
        Kind::Id | Kind::Reference(_) => "\"some-name\"".to_owned(),
        Kind::Word(words) => words
            .first()
            .map_or_else(|| "\"…\"".to_owned(), |word| format!("\"{}\"", word.name)),
        Kind::Flag => "true".to_owned(),
        Kind::Integer(_) => "1".to_owned(),
        Kind::Number(_) => "0.05".to_owned(),
        Kind::Date | Kind::DateOrInstant => "2021-09-17".to_owned(),
        Kind::Url => "\"https://…\"".to_owned(),
        Kind::Domain => "\"example.com\"".to_owned(),
        Kind::TimeZone => "\"Asia/Shanghai\"".to_owned(),
        Kind::List { of, .. } => format!("[{}]", example(of)),
        Kind::WordOrList { word, .. } => format!("\"{}\"", word.name),
        Kind::Text | Kind::Table(_) | Kind::Tables { .. } | Kind::Map(_) | Kind::Any => {
            "\"…\"".to_owned()
        }
    }
}

/// What should stand behind a key of this kind, in words.
pub(super) fn expected(kind: &Kind) -> String {
    match kind {
        Kind::Text => "text in quotes".to_owned(),
        Kind::Id => {
            "a name of lower-case letters, digits and hyphens, such as \"same-form\"".to_owned()
        }
        Kind::Reference(table) => format!("the id of a `[[{table}]]`"),
        Kind::Word(words) => one_of(words.iter().map(|word| word.name.as_str())),
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Integer(bounds) => format!("a whole number{}", bounds.in_words()),
        Kind::Number(bounds) => format!("a number{}", bounds.in_words()),
        Kind::Date => "a date without quotes, such as 2021-09-17".to_owned(),
        Kind::DateOrInstant => "a date such as 2021-09-17, or an instant with its offset from \
             UTC such as 2021-09-17T18:00:00+08:00, without quotes"
            .to_owned(),
        Kind::Url => "an address that begins with http:// or https://".to_owned(),
        Kind::Domain => {
            "a host name in lower case with one owner, such as \"example.com\"".to_owned()
        }
        Kind::TimeZone => "a time zone of the IANA database, such as \"Asia/Shanghai\"".to_owned(),
        Kind::List { of, at_least: 0 } => format!("a list, each {}", expected(of)),
        Kind::List { of, at_least } => {
            format!("a list of at least {at_least}, each {}", expected(of))
        }
        Kind::WordOrList { word, of } => {
            format!(
                "\"{}\", or a list of at least 1, each {}",
                word.name,
                expected(of)
            )
        }
        Kind::Table(table) => format!("a table with {}", one_of_all(&required_keys(table))),
        Kind::Tables { .. } => "rows, each under a header in two brackets".to_owned(),
        Kind::Map(_) => "a table".to_owned(),
        Kind::Any => "a value".to_owned(),
    }
}

fn fit_value(
    kind: &Kind,
    key: &str,
    given: &Spanned<Value>,
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<Value>> {
    let span = &given.span;
    let fitted = match (kind, &given.value) {
        (Kind::Any, value) => Some(value.clone()),
        (Kind::Table(table), Value::Table(entries)) => Some(Value::Table(fit_entries(
            table,
            entries,
            &place.within(key, false),
            diagnostics,
        ))),
        (Kind::Tables { table, at_least }, Value::List(rows)) => {
            too_few(kind, key, rows.len(), *at_least, span, diagnostics);
            let place = place.within(key, true);
            Some(fit_rows(table, key, rows, &place, diagnostics))
        }
        (Kind::List { of, at_least }, Value::List(items)) => {
            too_few(kind, key, items.len(), *at_least, span, diagnostics);
            Some(fit_items(of, key, items, place, diagnostics))
        }
        (Kind::WordOrList { of, .. }, Value::List(items)) => {
            too_few(kind, key, items.len(), 1, span, diagnostics);
            Some(fit_items(of, key, items, place, diagnostics))
        }
        (Kind::Map(of), Value::Table(entries)) => Some(fit_map(of, entries, place, diagnostics)),
        (kind, value) => match fit_scalar(kind, value) {
            Ok(()) => Some(value.clone()),
            Err(misfit) => {
                diagnostics.add(misfit.into_mistake(kind, key, given, place));
                None
            }
        },
    };
    fitted.map(|value| Spanned {
        value,
        span: span.clone(),
    })
}

fn too_few(
    kind: &Kind,
    key: &str,
    count: usize,
    at_least: usize,
    span: &Span,
    diagnostics: &mut Diagnostics,
) {
    if count < at_least {
        diagnostics.add(
            Mistake::new("too-few", span.clone())
                .found(format!("an empty list for `{key}`"))
                .expected(expected(kind))
                .remedy("name at least one, or leave the key out if it is optional"),
        );
    }
}

fn fit_rows(
    table: &Table,
    key: &str,
    rows: &[Spanned<Value>],
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> Value {
    let mut fitted = Vec::new();
    for row in rows {
        if let Value::Table(entries) = &row.value {
            fitted.push(Spanned {
                value: Value::Table(fit_entries(table, entries, place, diagnostics)),
                span: row.span.clone(),
            });
        } else {
            diagnostics.add(
                Mistake::new("wrong-type", row.span.clone())
                    .found(format!(
                        "{} among the rows of `{key}`",
                        row.value.describe()
                    ))
                    .expected(format!("a table, each under a header {}", place.header()))
                    .remedy(format!("write one {} for each row", place.header())),
            );
        }
    }
    Value::List(fitted)
}

fn fit_items(
    of: &Kind,
    key: &str,
    items: &[Spanned<Value>],
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> Value {
    let fitted: Vec<_> = items
        .iter()
        .filter_map(|item| fit_value(of, key, item, place, diagnostics))
        .collect();
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for item in spanned_texts(&fitted) {
        let Some(earlier) = first.get(item.value) else {
            first.insert(item.value, item.span);
            continue;
        };
        let shown = visible(item.value, 60);
        diagnostics.add(
            Mistake::new("listed-twice", item.span)
                .found(format!("\"{shown}\" a second time in `{key}`"))
                .expected("each once")
                .remedy("remove one of the two")
                .also(earlier.clone(), "first named here"),
        );
    }
    Value::List(fitted)
}

fn fit_map(of: &Kind, entries: &Entries, place: &Place, diagnostics: &mut Diagnostics) -> Value {
    let list = entries
        .list
        .iter()
        .filter_map(|entry| {
            let value = fit_value(of, &entry.key.value, &entry.value, place, diagnostics)?;
            Some(Entry {
                key: entry.key.clone(),
                value,
            })
        })
        .collect();
    Value::Table(Entries {
        span: entries.span.clone(),
        list,
    })
}

/// Why a single value does not fit.
enum Misfit {
    /// Another type altogether.
    Type,
    /// The right type with content that is not allowed.
    Content(&'static str, String),
}

impl Misfit {
    fn into_mistake(
        self,
        kind: &Kind,
        key: &str,
        given: &Spanned<Value>,
        place: &Place,
    ) -> Mistake {
        let key = visible(key, 60);
        let found = format!("{} for `{key}`", given.value.describe());
        match self {
            Self::Type => Mistake::new("wrong-type", given.span.clone())
                .found(found)
                .expected(expected(kind))
                .remedy(remedy_for_type(kind, &key, &given.value, place)),
            Self::Content(code, remedy) => Mistake::new(code, given.span.clone())
                .found(found)
                .expected(expected(kind))
                .remedy(remedy),
        }
    }
}

fn remedy_for_type(kind: &Kind, key: &str, given: &Value, place: &Place) -> String {
    match (kind, given) {
        (Kind::Date | Kind::DateOrInstant, Value::Other(words)) if words.contains("offset") => {
            "add the offset from UTC, such as +08:00".to_owned()
        }
        (Kind::Date, Value::Instant(_)) => "leave the time of day out".to_owned(),
        (
            Kind::Flag | Kind::Integer(_) | Kind::Number(_) | Kind::Date | Kind::DateOrInstant,
            Value::Text(text),
        ) if text.parse::<f64>().is_ok()
            || text.parse::<bool>().is_ok()
            || text.parse::<Date>().is_ok() =>
        {
            format!("remove the quotes: {}", visible(text, 60))
        }
        (Kind::Date | Kind::DateOrInstant, _) => {
            "write it as year-month-day without quotes".to_owned()
        }
        (Kind::Tables { .. }, Value::Table(_)) => {
            format!("write its header as {}", place.within(key, true).header())
        }
        (Kind::Table(_), Value::List(_)) => {
            format!(
                "write its header as {}, once",
                place.within(key, false).header()
            )
        }
        (Kind::Table(_), Value::Text(text)) => {
            format!("write `{key} = {{ en = \"{}\" }}`", visible(text, 40))
        }
        (Kind::List { .. } | Kind::WordOrList { .. }, Value::Text(text)) => {
            format!("write `{key} = [\"{}\"]`", visible(text, 40))
        }
        (Kind::Text | Kind::Id | Kind::Reference(_) | Kind::Word(_), Value::List(_)) => {
            "name a single one, without brackets".to_owned()
        }
        (Kind::Text | Kind::Id | Kind::Reference(_) | Kind::Word(_), _) => {
            "put it in quotes".to_owned()
        }
        _ => "replace it".to_owned(),
    }
}

fn fit_scalar(kind: &Kind, value: &Value) -> Result<(), Misfit> {
    match (kind, value) {
        (Kind::Flag, Value::Flag(_))
        | (Kind::Date, Value::Date(_))
        | (Kind::DateOrInstant, Value::Date(_) | Value::Instant(_)) => Ok(()),
        (Kind::Integer(bounds) | Kind::Number(bounds), Value::Integer(number)) => {
            within(bounds, *number as f64)
        }
        (Kind::Number(bounds), Value::Number(number)) => within(bounds, *number),
        (Kind::WordOrList { word, of }, Value::Text(text)) => fit_word(word, of, text),
        (kind, Value::Text(text)) => fit_text(kind, text),
        _ => Err(Misfit::Type),
    }
}

fn within(bounds: &Bounds, number: f64) -> Result<(), Misfit> {
    if bounds.hold(number) {
        return Ok(());
    }
    let remedy = "choose a number within the range".to_owned();
    Err(Misfit::Content("out-of-range", remedy))
}

fn fit_word(word: &Word, of: &Kind, text: &str) -> Result<(), Misfit> {
    if text == word.name {
        return Ok(());
    }
    if closest(text, [word.name.as_str()]).is_some() {
        let remedy = format!("did you mean \"{}\"?", word.name);
        return Err(Misfit::Content("unknown-word", remedy));
    }
    match fit_text(of, text) {
        Ok(()) => Err(Misfit::Type),
        Err(misfit) => Err(misfit),
    }
}

fn fit_text(kind: &Kind, text: &str) -> Result<(), Misfit> {
    match kind {
        Kind::Text if text.trim().is_empty() => Err(Misfit::Content(
            "empty-text",
            "write the text, or leave the key out if it is optional".to_owned(),
        )),
        Kind::Text => Ok(()),
        Kind::Id | Kind::Reference(_) if is_kebab_case(text) => Ok(()),
        Kind::Id | Kind::Reference(_) => Err(Misfit::Content("bad-name", kebab_remedy(text))),
        Kind::Word(words) => fit_words(words, text),
        Kind::Url => fit_url(text),
        Kind::Domain => fit_domain(text),
        Kind::TimeZone => fit_time_zone(text),
        Kind::Date | Kind::DateOrInstant if text.parse::<Date>().is_err() => Err(Misfit::Content(
            "bad-date",
            "write it as year-month-day without quotes".to_owned(),
        )),
        _ => Err(Misfit::Type),
    }
}

fn fit_words(words: &[Word], text: &str) -> Result<(), Misfit> {
    let known = words.iter().map(|word| word.name.as_str());
    if known.clone().any(|word| word == text) {
        return Ok(());
    }
    let remedy = did_you_mean(text, known, "choose one of the words named");
    Err(Misfit::Content("unknown-word", remedy))
}

/// Lower-case letters and digits in parts joined by single hyphens.
pub(crate) fn is_kebab_case(text: &str) -> bool {
    text.len() <= 100
        && text.split('-').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

fn kebab_remedy(text: &str) -> String {
    let lowered: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let parts: Vec<&str> = lowered.split('-').filter(|part| !part.is_empty()).collect();
    let proposal = parts.join("-");
    if is_kebab_case(&proposal) {
        format!("write \"{proposal}\"")
    } else {
        "choose a name in Latin letters; names for people to read have keys of their own".to_owned()
    }
}

fn fit_url(text: &str) -> Result<(), Misfit> {
    let bad = |remedy: &str| Err(Misfit::Content("bad-url", remedy.to_owned()));
    match url::Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            bad("name a page on the web that anyone can open")
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            bad("remove the user name and password")
        }
        Ok(_) => Ok(()),
        Err(_) if !text.contains("://") => bad("begin it with https://"),
        Err(error) => bad(&format!("correct the address: {error}")),
    }
}

fn fit_domain(text: &str) -> Result<(), Misfit> {
    let bad = |remedy: &str| Err(Misfit::Content("bad-domain", remedy.to_owned()));
    if text.contains("://") || text.contains('/') {
        return bad("write the host name alone, without scheme and path");
    }
    if text.starts_with("*.") || text.starts_with('.') {
        return bad("leave the beginning out: names below a domain belong to it");
    }
    let labels_fit = text.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    });
    let numeric = text
        .rsplit('.')
        .next()
        .is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    if text.len() > 253 || !labels_fit || numeric {
        return bad("write it in lower case; international names as xn--…");
    }
    if psl::domain_str(text).is_none() {
        return bad("name the domain of one owner: everybody's names stand below this one");
    }
    Ok(())
}

fn fit_time_zone(text: &str) -> Result<(), Misfit> {
    let zones = jiff::tz::TimeZoneDatabase::bundled();
    if zones.get(text).is_ok() {
        return Ok(());
    }
    let names: Vec<String> = zones.available().map(|name| name.to_string()).collect();
    let remedy = did_you_mean(
        text,
        names.iter().map(String::as_str),
        "see https://www.iana.org/time-zones for the names",
    );
    Err(Misfit::Content("unknown-time-zone", remedy))
}
