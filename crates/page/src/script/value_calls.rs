//! The functions and methods of the language that leave pages use on
//! addresses.

use std::rc::Rc;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::value::Value;

const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// A function of the language, by its path, on one argument.
pub(super) fn call(path: &str, given: &Value) -> Value {
    let Some(text) = given.shown() else {
        return Value::Unknown;
    };
    match path {
        "decodeURIComponent" | "decodeURI" | "unescape" => percent_decode_str(&text)
            .decode_utf8()
            .map_or(Value::Unknown, Value::text),
        "encodeURIComponent" => Value::text(utf8_percent_encode(&text, COMPONENT).to_string()),
        "encodeURI" | "String" => Value::text(text),
        "atob" | "window.atob" => {
            let clean: String = text.split_ascii_whitespace().collect();
            let bytes = FORGIVING.decode(clean).ok();
            bytes
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .map_or(Value::Unknown, Value::text)
        }
        "parseInt" | "parseFloat" | "Number" => {
            text.trim().parse().map_or(Value::Unknown, Value::Number)
        }
        _ => Value::Unknown,
    }
}

/// `String.fromCharCode`.
pub(super) fn from_char_codes(given: &[Value]) -> Value {
    given
        .iter()
        .map(|code| char::from_u32(code.number()? as u32))
        .collect::<Option<String>>()
        .map_or(Value::Unknown, Value::text)
}

/// `Math.max` and `Math.min`.
pub(super) fn extreme(path: &str, given: &[Value]) -> Value {
    let numbers: Option<Vec<f64>> = given.iter().map(Value::number).collect();
    let choose = if path == "Math.max" {
        f64::max
    } else {
        f64::min
    };
    numbers
        .and_then(|numbers| numbers.into_iter().reduce(choose))
        .map_or(Value::Unknown, Value::Number)
}

/// The method `name` of `of`.
pub(super) fn method(of: &Value, name: &str, given: &[Value]) -> Value {
    let first = given.first().and_then(Value::shown);
    let second = given.get(1).and_then(Value::shown);
    match of {
        Value::Text(text) => on_text(text, name, given, first, second),
        Value::List(values) => on_list(values, name, first.as_deref()),
        Value::Query(query) if name == "get" => first.map_or(Value::Unknown, |wanted| {
            url::form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| *key == wanted)
                .map_or(Value::Nothing, |(_, value)| Value::text(value))
        }),
        _ => Value::Unknown,
    }
}

fn on_text(
    text: &str,
    name: &str,
    given: &[Value],
    first: Option<String>,
    second: Option<String>,
) -> Value {
    match (name, first, second) {
        ("toString" | "valueOf", ..) => Value::text(text),
        ("trim", ..) => Value::text(text.trim()),
        ("concat", Some(more), _) => Value::text(text.to_owned() + &more),
        ("indexOf", Some(part), _) => Value::Number(text.find(&part).map_or(-1.0, |at| at as f64)),
        ("includes", Some(part), _) => Value::Bool(text.contains(&part)),
        ("startsWith", Some(part), _) => Value::Bool(text.starts_with(&part)),
        ("split", Some(part), _) => split(text, &part),
        ("replace", _, Some(with)) => replace(text, given.first(), &with),
        ("replaceAll", Some(part), Some(with)) if !part.is_empty() => {
            Value::text(text.replace(&part, &with))
        }
        ("substring" | "substr" | "slice", Some(_), None) => {
            let from = given.first().and_then(Value::number).unwrap_or(-1.0);
            if from < 0.0 {
                return Value::Unknown;
            }
            Value::text(text.get(from as usize..).unwrap_or_default())
        }
        _ => Value::Unknown,
    }
}

fn split(text: &str, part: &str) -> Value {
    let pieces: Vec<Value> = if part.is_empty() {
        text.chars().take(4096).map(Value::text).collect()
    } else {
        text.split(part).take(4096).map(Value::text).collect()
    };
    Value::List(Rc::new(pieces))
}

/// `replace` with a string or with a pattern that is one escaped character.
fn replace(text: &str, what: Option<&Value>, with: &str) -> Value {
    match what {
        Some(Value::Text(part)) if !part.is_empty() => Value::text(text.replacen(part, with, 1)),
        Some(Value::Host(pattern)) => {
            let Some(pattern) = pattern.strip_prefix('/') else {
                return Value::Unknown;
            };
            let plain: String = pattern.replace("\\\\", "\u{0}").replace('\\', "");
            let plain = plain.replace('\u{0}', "\\");
            let special = pattern
                .replace("\\.", "")
                .contains(['.', '*', '+', '(', '[', '^', '$']);
            if special || plain.is_empty() {
                Value::Unknown
            } else {
                Value::text(text.replace(&plain, with))
            }
        }
        _ => Value::Unknown,
    }
}

fn on_list(values: &Rc<Vec<Value>>, name: &str, first: Option<&str>) -> Value {
    match name {
        "reverse" => Value::List(Rc::new(values.iter().rev().cloned().collect())),
        "join" => values
            .iter()
            .map(Value::shown)
            .collect::<Option<Vec<_>>>()
            .map_or(Value::Unknown, |texts| {
                Value::text(texts.join(first.unwrap_or(",")))
            }),
        _ => Value::Unknown,
    }
}
