//! What a script's expressions are worth, as far as it can be known.

use std::collections::BTreeMap;
use std::rc::Rc;

/// Strings do not grow beyond this many bytes.
const LONGEST: usize = 16 * 1024;

/// The worth of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Not known.
    Unknown,
    /// `null` or `undefined`.
    Nothing,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Rc<Vec<Value>>),
    Object(Rc<BTreeMap<String, Value>>),
    Function(Function),
    /// Something of the browser's, by its path: `location.replace`.
    Host(String),
    /// The parameters of a query.
    Query(String),
    /// An element of the page, by its number.
    Element(usize),
    /// A method with what it is a method of.
    Method(Rc<Value>, String),
}

/// A function of the page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Function {
    pub(super) unit: usize,
    pub(super) parameters: Vec<String>,
    /// First token of the body and the one after its last.
    pub(super) body: (usize, usize),
    /// An arrow function whose body is an expression.
    pub(super) is_expression: bool,
}

impl Value {
    pub(super) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.len() > LONGEST {
            Self::Unknown
        } else {
            Self::Text(text)
        }
    }

    /// True or false, where it is known.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::Unknown => None,
            Self::Nothing => Some(false),
            Self::Bool(value) => Some(*value),
            Self::Number(number) => Some(*number != 0.0 && !number.is_nan()),
            Self::Text(text) => Some(!text.is_empty()),
            Self::Host(path) => matches!(
                path.as_str(),
                "window" | "document" | "location" | "location.replace" | "location.assign"
            )
            .then_some(true),
            _ => Some(true),
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            Self::Nothing => Some(0.0),
            _ => None,
        }
    }

    /// As a string, the way `+` makes one.
    pub(super) fn shown(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) => Some(number.to_string()),
            Self::Bool(value) => Some(value.to_string()),
            Self::Nothing => Some(String::new()),
            _ => None,
        }
    }

    /// `self operator other`.
    pub(super) fn combine(&self, operator: &str, other: &Self) -> Self {
        match operator {
            "+" => self.plus(other),
            "==" | "===" => self.equals(other).map_or(Self::Unknown, Self::Bool),
            "!=" | "!==" => self
                .equals(other)
                .map_or(Self::Unknown, |equal| Self::Bool(!equal)),
            _ => match (self.number(), other.number()) {
                (Some(left), Some(right)) => arithmetic(operator, left, right),
                _ => Self::Unknown,
            },
        }
    }

    fn plus(&self, other: &Self) -> Self {
        if let (Self::Number(left), Self::Number(right)) = (self, other) {
            return Self::Number(left + right);
        }
        match (self.shown(), other.shown()) {
            (Some(left), Some(right)) if left.len() + right.len() <= LONGEST => {
                Self::text(left + &right)
            }
            _ => Self::Unknown,
        }
    }

    fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => Some(left == right),
            (Self::Host(left), Self::Host(right)) => (left == right).then_some(true),
            (Self::Host(_) | Self::Unknown, _) | (_, Self::Host(_) | Self::Unknown) => None,
            (Self::Nothing, Self::Nothing) => Some(true),
            (Self::Nothing, _) | (_, Self::Nothing) => Some(false),
            _ => match (self.number(), other.number()) {
                (Some(left), Some(right)) => Some((left - right).abs() < f64::EPSILON),
                _ => None,
            },
        }
    }
}

fn arithmetic(operator: &str, left: f64, right: f64) -> Value {
    match operator {
        "-" => Value::Number(left - right),
        "*" => Value::Number(left * right),
        "/" => Value::Number(left / right),
        "%" => Value::Number(left % right),
        "<" => Value::Bool(left < right),
        ">" => Value::Bool(left > right),
        "<=" => Value::Bool(left <= right),
        ">=" => Value::Bool(left >= right),
        _ => Value::Unknown,
    }
}
