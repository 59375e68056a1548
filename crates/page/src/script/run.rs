//! Running a page's scripts as far as they can be followed.

use std::collections::HashMap;
use std::rc::Rc;

use super::elements::Elements;
use super::lex::{Token, Unit};
use super::value::{Function, Value};
use super::value_calls;

/// Steps all scripts of a page may take together.
const STEPS: usize = 400_000;
/// How deep expressions and calls may nest.
const DEPTH: usize = 48;
/// Tokens of one script.
const TOKENS: usize = 200_000;
/// Scripts, inline ones and strings given to timers together.
const UNITS: usize = 256;
/// Timers that may fire, and waiting ones.
const TIMERS: usize = 600;

/// A redirect that a script would make.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    /// As written in the script.
    pub(crate) to: String,
    /// Such as `location.replace`.
    pub(crate) form: &'static str,
    /// After how many milliseconds.
    pub(crate) after_ms: f64,
}

/// What a script does to its page, where it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Sets the address of a link or form, or opens a window.
    LeadsTo,
    /// Writes a text into the page.
    Shows,
    /// Puts a text on the clipboard.
    Copies,
}

/// Effects that are kept.
const EFFECTS: usize = 256;
/// Click handlers that are tried.
const CLICKS: usize = 32;

/// The scripts of one page and what they have done so far.
#[derive(Debug)]
pub(crate) struct Page<'u> {
    address: &'u url::Url,
    elements: Elements,
    /// The member of an element that was read last: where an assignment goes.
    place: Option<(usize, String)>,
    units: Vec<Rc<Unit>>,
    names: HashMap<String, Value>,
    timers: Vec<Timer>,
    made: usize,
    steps: usize,
    depth: usize,
    /// Above zero while passing over what is not run.
    idle: usize,
    /// Above zero while passing over what may or may not be run.
    unsure: usize,
    now_ms: f64,
    found: Option<Found>,
    effects: Vec<(Effect, String)>,
    clicks: Vec<Value>,
    /// A visitor has clicked: windows may be opened.
    clicking: bool,
    /// Set by `return`; holds the value until the call ends.
    returned: Option<Value>,
}

#[derive(Debug, Clone)]
struct Timer {
    at_ms: f64,
    order: usize,
    every_ms: Option<f64>,
    run: Value,
}

impl<'u> Page<'u> {
    pub(crate) fn new(address: &'u url::Url, elements: Elements) -> Self {
        Self {
            address,
            elements,
            place: None,
            units: Vec::new(),
            names: HashMap::new(),
            timers: Vec::new(),
            made: 0,
            steps: 0,
            depth: 0,
            idle: 0,
            unsure: 0,
            now_ms: 0.0,
            found: None,
            effects: Vec::new(),
            clicks: Vec::new(),
            clicking: false,
            returned: None,
        }
    }

    /// Runs one script of the page, in the order they stand in.
    pub(crate) fn run(&mut self, source: &str) {
        if let Some(unit) = self.add(source) {
            let end = self.length(unit);
            self.statements(unit, 0, end);
            self.returned = None;
        }
    }

    /// Lets every timer fire until a redirect is made or `until_ms` is over.
    pub(crate) fn wait(&mut self, until_ms: f64) -> Option<Found> {
        for _ in 0..TIMERS {
            if self.found.is_some() || self.steps > STEPS {
                break;
            }
            let next = self
                .timers
                .iter()
                .enumerate()
                .min_by(|(_, a), (_, b)| a.at_ms.total_cmp(&b.at_ms).then(a.order.cmp(&b.order)))
                .map(|(at, _)| at);
            let Some(next) = next else {
                break;
            };
            let timer = self.timers.swap_remove(next);
            if timer.at_ms > until_ms {
                break;
            }
            self.now_ms = timer.at_ms;
            self.fire(&timer.run);
            if let Some(every) = timer.every_ms {
                self.start_timer(timer.run, every, Some(every));
            }
        }
        self.found.take()
    }

    /// Where a click on an element with this `onclick` leads.
    pub(crate) fn click(&mut self, source: &str) -> Option<Found> {
        self.found = None;
        self.clicking = true;
        self.run(source);
        self.wait(self.now_ms + 10_000.0)
    }

    /// Where clicks lead for which the scripts listen.
    pub(crate) fn clicks(&mut self) -> Vec<Found> {
        let handlers = std::mem::take(&mut self.clicks);
        self.clicking = true;
        handlers
            .iter()
            .filter_map(|handler| {
                self.found = None;
                self.fire(handler);
                self.wait(self.now_ms + 10_000.0)
            })
            .collect()
    }

    /// What the scripts did to the page so far.
    pub(crate) fn effects(&self) -> &[(Effect, String)] {
        &self.effects
    }

    fn effect(&mut self, effect: Effect, value: &Value) {
        if self.idle == 0
            && self.effects.len() < EFFECTS
            && let Some(text) = self.read(value).shown()
        {
            self.effects.push((effect, text));
        }
    }

    fn on_click(&mut self, handler: &Value) {
        if self.idle == 0 && self.clicks.len() < CLICKS {
            self.clicks.push(handler.clone());
        }
    }

    fn fire(&mut self, run: &Value) {
        match run {
            Value::Function(function) => {
                self.call(&function.clone(), &[]);
            }
            Value::Text(source) => self.run(source),
            _ => {}
        }
    }

    fn start_timer(&mut self, run: Value, after_ms: f64, every_ms: Option<f64>) {
        if self.idle == 0 && self.timers.len() < TIMERS && after_ms.is_finite() {
            self.made += 1;
            self.timers.push(Timer {
                at_ms: self.now_ms + after_ms.max(0.0),
                order: self.made,
                every_ms: every_ms.map(|every| every.max(4.0)),
                run,
            });
        }
    }

    fn add(&mut self, source: &str) -> Option<usize> {
        if self.units.len() >= UNITS {
            return None;
        }
        let unit = Unit::new(source, TOKENS);
        let index = self.units.len();
        self.units.push(Rc::new(unit));
        self.hoist(index);
        Some(index)
    }

    /// Makes the functions a script declares known before it runs.
    fn hoist(&mut self, unit: usize) {
        for at in 0..self.length(unit) {
            if self.is_name(unit, at, "function")
                && let Some(name) = self.name(unit, at + 1)
                && let Some((function, _)) = self.function(unit, at)
            {
                self.names.insert(name, Value::Function(function));
            }
        }
    }

    fn length(&self, unit: usize) -> usize {
        self.units.get(unit).map_or(0, |unit| unit.tokens.len())
    }

    fn token(&self, unit: usize, at: usize) -> Option<&Token> {
        self.units.get(unit)?.tokens.get(at)
    }

    fn partner(&self, unit: usize, at: usize) -> usize {
        let partners = self.units.get(unit).map(|unit| &unit.partner);
        partners.and_then(|all| all.get(at)).copied().unwrap_or(at)
    }

    fn is(&self, unit: usize, at: usize, mark: &str) -> bool {
        matches!(self.token(unit, at), Some(Token::Mark(found)) if *found == mark)
    }

    fn is_name(&self, unit: usize, at: usize, name: &str) -> bool {
        matches!(self.token(unit, at), Some(Token::Name(found)) if found == name)
    }

    fn name(&self, unit: usize, at: usize) -> Option<String> {
        match self.token(unit, at) {
            Some(Token::Name(name)) => Some(name.clone()),
            _ => None,
        }
    }

    fn over(&mut self) -> bool {
        self.steps += 1;
        self.steps > STEPS || self.depth > DEPTH
    }

    /// Passes over something without running it.
    fn idly<T>(&mut self, unsure: bool, pass: impl FnOnce(&mut Self) -> T) -> T {
        self.idle += 1;
        self.unsure += usize::from(unsure);
        let passed = pass(self);
        self.idle -= 1;
        self.unsure -= usize::from(unsure);
        passed
    }

    fn statements(&mut self, unit: usize, from: usize, end: usize) {
        let mut at = from;
        while at < end && self.returned.is_none() && !self.over() {
            at = self.statement(unit, at, end).max(at + 1);
        }
    }

    /// Runs the statement at `at`; gives where the next one begins.
    fn statement(&mut self, unit: usize, at: usize, end: usize) -> usize {
        if at >= end || self.over() {
            return end;
        }
        self.depth += 1;
        let next = self.statement_inner(unit, at, end);
        self.depth -= 1;
        next
    }

    fn statement_inner(&mut self, unit: usize, at: usize, end: usize) -> usize {
        match self.token(unit, at) {
            Some(Token::Mark(";")) => at + 1,
            // A form that was not understood: its body is not run.
            Some(Token::Mark("=>" | ":")) => {
                self.idly(true, |page| page.statement(unit, at + 1, end))
            }
            Some(Token::Mark("{")) => {
                let close = self.partner(unit, at).min(end);
                self.statements(unit, at + 1, close);
                close + 1
            }
            Some(Token::Name(name)) => match name.as_str() {
                "var" | "let" | "const" => self.declaration(unit, at + 1, end),
                "function" if self.name(unit, at + 1).is_some() => {
                    self.function(unit, at).map_or(at + 1, |(_, next)| next)
                }
                "class" => (at + 1..(at + 8).min(end))
                    .find(|i| self.is(unit, *i, "{"))
                    .map_or(at + 1, |open| self.partner(unit, open) + 1),
                "if" => self.condition(unit, at, end),
                "for" | "while" | "switch" | "with" | "catch" if self.is(unit, at + 1, "(") => {
                    let body = self.partner(unit, at + 1) + 1;
                    self.idly(true, |page| page.statement(unit, body, end))
                }
                "catch" => self.idly(true, |page| page.statement(unit, at + 1, end)),
                "try" | "finally" | "else" | "do" | "async" => at + 1,
                "return" | "throw" => self.give_back(unit, at, end),
                _ => self.expressions(unit, at, end),
            },
            _ => self.expressions(unit, at, end),
        }
    }

    fn give_back(&mut self, unit: usize, at: usize, end: usize) -> usize {
        let bare = self.is(unit, at + 1, ";") || self.is(unit, at + 1, "}") || at + 1 >= end;
        let (value, next) = if bare {
            (Value::Nothing, at + 1)
        } else {
            self.sequence(unit, at + 1, end)
        };
        if self.idle == 0 {
            self.returned = Some(value);
        }
        next
    }

    fn expressions(&mut self, unit: usize, at: usize, end: usize) -> usize {
        let (_, next) = self.sequence(unit, at, end);
        next
    }

    fn sequence(&mut self, unit: usize, at: usize, end: usize) -> (Value, usize) {
        let (mut value, mut next) = self.assignment(unit, at, end);
        while self.is(unit, next, ",") && next < end && !self.over() {
            (value, next) = self.assignment(unit, next + 1, end);
        }
        (value, next)
    }

    fn declaration(&mut self, unit: usize, at: usize, end: usize) -> usize {
        let mut at = at;
        while at < end && !self.over() {
            let Some(name) = self.name(unit, at) else {
                return self.expressions(unit, at, end);
            };
            at += 1;
            if self.is(unit, at, "=") {
                let (value, next) = self.assignment(unit, at + 1, end);
                self.set(&name, value);
                at = next;
            }
            if !self.is(unit, at, ",") {
                break;
            }
            at += 1;
        }
        at
    }

    fn condition(&mut self, unit: usize, at: usize, end: usize) -> usize {
        if !self.is(unit, at + 1, "(") {
            return at + 1;
        }
        let close = self.partner(unit, at + 1).min(end);
        let (value, _) = self.sequence(unit, at + 2, close);
        let truth = value.truth();
        let mut next = self.branch(unit, close + 1, end, truth);
        if self.is(unit, next, ";") && self.is_name(unit, next + 1, "else") {
            next += 1;
        }
        if self.is_name(unit, next, "else") {
            next = self.branch(unit, next + 1, end, truth.map(|truth| !truth));
        }
        next
    }

    fn branch(&mut self, unit: usize, at: usize, end: usize, run: Option<bool>) -> usize {
        match run {
            Some(true) => self.statement(unit, at, end),
            other => self.idly(other.is_none(), |page| page.statement(unit, at, end)),
        }
    }

    fn set(&mut self, name: &str, value: Value) {
        if self.unsure > 0 {
            self.names.insert(name.to_owned(), Value::Unknown);
        } else if self.idle == 0 {
            self.names.insert(name.to_owned(), value);
        }
    }

    /// A function expression or declaration at `at`, and what follows it.
    fn function(&self, unit: usize, at: usize) -> Option<(Function, usize)> {
        let open = (at + 1..at + 4).find(|i| self.is(unit, *i, "("))?;
        let close = self.partner(unit, open);
        let parameters = (open + 1..close.min(open + 64))
            .filter_map(|i| self.name(unit, i))
            .collect();
        let brace = close + 1;
        if !self.is(unit, brace, "{") {
            return None;
        }
        let end = self.partner(unit, brace);
        let function = Function {
            unit,
            parameters,
            body: (brace + 1, end),
            is_expression: false,
        };
        Some((function, end + 1))
    }

    fn arrow(&mut self, unit: usize, at: usize, end: usize) -> Option<(Value, usize)> {
        let at = at + usize::from(self.is_name(unit, at, "async"));
        let (parameters, arrow) = if self.is(unit, at, "(") {
            let close = self.partner(unit, at);
            let names = (at + 1..close.min(at + 64)).filter_map(|i| self.name(unit, i));
            (names.collect(), close + 1)
        } else {
            (vec![self.name(unit, at)?], at + 1)
        };
        if !self.is(unit, arrow, "=>") {
            return None;
        }
        let block = self.is(unit, arrow + 1, "{");
        let (body, next) = if block {
            let close = self.partner(unit, arrow + 1).min(end);
            ((arrow + 2, close), close + 1)
        } else {
            let (_, next) = self.idly(false, |page| page.assignment(unit, arrow + 1, end));
            ((arrow + 1, next), next)
        };
        let function = Function {
            unit,
            parameters,
            body,
            is_expression: !block,
        };
        Some((Value::Function(function), next))
    }

    fn call(&mut self, function: &Function, given: &[Value]) -> Value {
        if self.idle > 0 || self.over() {
            return Value::Unknown;
        }
        self.depth += 4;
        for (at, name) in function.parameters.iter().enumerate() {
            let value = given.get(at).cloned().unwrap_or(Value::Unknown);
            self.names.insert(name.clone(), value);
        }
        let (from, end) = function.body;
        let value = if function.is_expression {
            self.assignment(function.unit, from, end).0
        } else {
            self.statements(function.unit, from, end);
            self.returned.take().unwrap_or(Value::Unknown)
        };
        self.depth -= 4;
        value
    }

    fn assignment(&mut self, unit: usize, at: usize, end: usize) -> (Value, usize) {
        if at >= end || self.over() {
            return (Value::Unknown, end);
        }
        self.depth += 1;
        let answer = match self.arrow(unit, at, end) {
            Some(arrow) => arrow,
            None => self.ternary(unit, at, end),
        };
        self.depth -= 1;
        answer
    }

    fn ternary(&mut self, unit: usize, at: usize, end: usize) -> (Value, usize) {
        let (value, next) = self.binary(unit, at, end, 0);
        if !self.is(unit, next, "?") || next >= end {
            return (value, next);
        }
        let truth = value.truth();
        let (yes, next) = self.choice(unit, next + 1, end, truth);
        if !self.is(unit, next, ":") {
            return (Value::Unknown, next);
        }
        let (no, next) = self.choice(unit, next + 1, end, truth.map(|truth| !truth));
        let value = match truth {
            Some(true) => yes,
            Some(false) => no,
            None => Value::Unknown,
        };
        (value, next)
    }

    fn choice(&mut self, unit: usize, at: usize, end: usize, run: Option<bool>) -> (Value, usize) {
        if run == Some(true) {
            self.assignment(unit, at, end)
        } else {
            self.idly(run.is_none(), |page| page.assignment(unit, at, end))
        }
    }

    /// Binary operators by precedence climbing.
    fn binary(&mut self, unit: usize, at: usize, end: usize, least: u8) -> (Value, usize) {
        let (mut left, mut next) = self.unary(unit, at, end);
        while next < end && !self.over() {
            let Some((operator, strength)) = self.operator(unit, next) else {
                break;
            };
            if strength < least {
                break;
            }
            let lazy = match (operator, left.truth()) {
                ("&&", Some(true)) | ("||", Some(false)) => Some(true),
                ("&&" | "||", None) => None,
                ("&&" | "||", _) => Some(false),
                _ => Some(true),
            };
            let right;
            self.depth += 1;
            (right, next) = if lazy == Some(true) {
                self.binary(unit, next + 1, end, strength + 1)
            } else {
                self.idly(lazy.is_none(), |page| {
                    page.binary(unit, next + 1, end, strength + 1)
                })
            };
            self.depth -= 1;
            left = match (operator, lazy) {
                ("&&" | "||", Some(true)) => right,
                ("&&" | "||", Some(false)) => left,
                ("&&" | "||", None) => Value::Unknown,
                _ => self.read(&left).combine(operator, &self.read(&right)),
            };
        }
        (left, next)
    }

    fn operator(&self, unit: usize, at: usize) -> Option<(&'static str, u8)> {
        let strength = match self.token(unit, at)? {
            Token::Mark(mark) => match *mark {
                "||" | "??" => 1,
                "&&" => 2,
                "|" | "^" | "&" => 3,
                "==" | "!=" | "===" | "!==" => 4,
                "<" | ">" | "<=" | ">=" => 5,
                "<<" | ">>" | ">>>" => 6,
                "+" | "-" => 7,
                "*" | "/" | "%" => 8,
                _ => return None,
            },
            Token::Name(name) if name == "in" || name == "instanceof" => 5,
            _ => return None,
        };
        match self.token(unit, at)? {
            Token::Mark("??") => Some(("||", strength)),
            Token::Mark(mark) => Some((mark, strength)),
            _ => Some(("in", strength)),
        }
    }

    fn unary(&mut self, unit: usize, at: usize, end: usize) -> (Value, usize) {
        if at >= end || self.over() {
            return (Value::Unknown, end.max(at));
        }
        self.depth += 1;
        let answer = self.unary_inner(unit, at, end);
        self.depth -= 1;
        answer
    }

    fn unary_inner(&mut self, unit: usize, at: usize, end: usize) -> (Value, usize) {
        match self.token(unit, at) {
            Some(Token::Mark("!")) => {
                let (value, next) = self.unary(unit, at + 1, end);
                (
                    value.truth().map_or(Value::Unknown, |v| Value::Bool(!v)),
                    next,
                )
            }
            Some(Token::Mark("-")) => {
                let (value, next) = self.unary(unit, at + 1, end);
                (
                    value.number().map_or(Value::Unknown, |n| Value::Number(-n)),
                    next,
                )
            }
            Some(Token::Mark("+")) => {
                let (value, next) = self.unary(unit, at + 1, end);
                (value.number().map_or(Value::Unknown, Value::Number), next)
            }
            Some(Token::Mark(mark @ ("++" | "--"))) => {
                let step = if *mark == "++" { 1.0 } else { -1.0 };
                let (value, next) = self.postfix(unit, at + 1, end, false);
                if let Some(place) = self.place.take() {
                    return (self.count_member(&place, &value, step), next);
                }
                match self.name(unit, at + 1).filter(|_| next == at + 2) {
                    Some(name) => (self.count(&name, step).1, next),
                    None => (Value::Unknown, next),
                }
            }
            Some(Token::Name(name)) if matches!(name.as_str(), "typeof" | "delete" | "await") => {
                let (_, next) = self.unary(unit, at + 1, end);
                (Value::Unknown, next)
            }
            Some(Token::Name(name)) if name == "void" => {
                let (_, next) = self.unary(unit, at + 1, end);
                (Value::Nothing, next)
            }
            Some(Token::Name(name)) if name == "new" => self.postfix(unit, at + 1, end, true),
            _ => self.postfix(unit, at, end, false),
        }
    }

    /// Adds to a number; the value before and after.
    fn count(&mut self, name: &str, step: f64) -> (Value, Value) {
        let before = self.names.get(name).and_then(Value::number);
        let (Some(before), true) = (before, self.unsure == 0) else {
            self.set(name, Value::Unknown);
            return (Value::Unknown, Value::Unknown);
        };
        let after = Value::Number(before + step);
        self.set(name, after.clone());
        (Value::Number(before), after)
    }

    fn count_member(&mut self, place: &(usize, String), value: &Value, step: f64) -> Value {
        let after = value
            .number()
            .map_or(Value::Unknown, |before| Value::Number(before + step));
        self.set_element(place, &after);
        after
    }

    /// A primary with its members, calls and assignments.
    fn postfix(&mut self, unit: usize, at: usize, end: usize, is_new: bool) -> (Value, usize) {
        let mut place = self.name(unit, at);
        let (mut value, mut next) = self.primary(unit, at, end);
        let mut is_new = is_new;
        self.place = None;
        while next < end && !self.over() {
            let owner = if let Value::Element(at) = value {
                Some(at)
            } else {
                None
            };
            match self.token(unit, next) {
                Some(Token::Mark("." | "?.")) => {
                    let Some(member) = self.name(unit, next + 1) else {
                        return (Value::Unknown, next + 1);
                    };
                    value = self.member(&value, &member);
                    self.place = owner.map(|at| (at, member));
                    place = None;
                    next += 2;
                }
                Some(Token::Mark("[")) => {
                    let close = self.partner(unit, next).min(end);
                    let (key, _) = self.sequence(unit, next + 1, close);
                    let key = key.shown();
                    value = key
                        .as_ref()
                        .map_or(Value::Unknown, |key| self.member(&value, key));
                    self.place = owner.zip(key);
                    place = None;
                    next = close + 1;
                }
                Some(Token::Mark("(")) => {
                    let close = self.partner(unit, next).min(end);
                    let given = self.list(unit, next + 1, close);
                    value = self.invoke(&value, &given, is_new);
                    is_new = false;
                    place = None;
                    self.place = None;
                    next = close + 1;
                }
                Some(Token::Mark(mark @ ("++" | "--"))) => {
                    let step = if *mark == "++" { 1.0 } else { -1.0 };
                    if let Some(member) = self.place.take() {
                        self.count_member(&member, &value, step);
                    } else if let Some(name) = &place {
                        value = self.count(&name.clone(), step).0;
                    }
                    return (value, next + 1);
                }
                Some(Token::Mark("=")) => {
                    let member = self.place.take();
                    let (given, after) = self.assignment(unit, next + 1, end);
                    self.place = None;
                    match member {
                        Some(member) => self.set_element(&member, &given),
                        None => self.assign(place.as_deref(), &value, given.clone()),
                    }
                    return (given, after);
                }
                Some(Token::Mark("+=" | "-=")) => {
                    let operator = if self.is(unit, next, "+=") { "+" } else { "-" };
                    let member = self.place.take();
                    let (given, after) = self.assignment(unit, next + 1, end);
                    self.place = None;
                    let sum = value.combine(operator, &given);
                    match member {
                        Some(member) => self.set_element(&member, &sum),
                        None => self.assign(place.as_deref(), &value, sum.clone()),
                    }
                    return (sum, after);
                }
                _ => break,
            }
        }
        (value, next)
    }

    fn list(&mut self, unit: usize, from: usize, end: usize) -> Vec<Value> {
        let mut values = Vec::new();
        let mut at = from;
        while at < end && !self.over() && values.len() < 4096 {
            let (value, next) = self.assignment(unit, at, end);
            values.push(value);
            at = next.max(at + 1);
            if self.is(unit, at, ",") {
                at += 1;
            } else if at < end {
                break;
            }
        }
        values
    }

    fn primary(&mut self, unit: usize, at: usize, end: usize) -> (Value, usize) {
        match self.token(unit, at) {
            Some(Token::Text(text)) => (Value::text(text.clone()), at + 1),
            Some(Token::Number(number)) => (Value::Number(*number), at + 1),
            Some(Token::Pattern(pattern)) => (Value::Host(format!("/{pattern}")), at + 1),
            Some(Token::Mark("(")) => {
                let close = self.partner(unit, at).min(end);
                let (value, _) = self.sequence(unit, at + 1, close);
                (value, close + 1)
            }
            Some(Token::Mark("[")) => {
                let close = self.partner(unit, at).min(end);
                let values = self.list(unit, at + 1, close);
                (Value::List(Rc::new(values)), close + 1)
            }
            Some(Token::Mark("{")) => {
                let close = self.partner(unit, at).min(end);
                (self.object(unit, at + 1, close), close + 1)
            }
            Some(Token::Name(name)) => {
                let name = name.clone();
                self.named(unit, at, &name)
            }
            _ => (Value::Unknown, at + 1),
        }
    }

    fn named(&mut self, unit: usize, at: usize, name: &str) -> (Value, usize) {
        let is_async = name == "async" && self.is_name(unit, at + 1, "function");
        if name == "function" || is_async {
            return match self.function(unit, at + usize::from(is_async)) {
                Some((function, next)) => (Value::Function(function), next),
                None => (Value::Unknown, at + 1),
            };
        }
        let value = match name {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" | "undefined" => Value::Nothing,
            _ => match self.names.get(name) {
                Some(value) => value.clone(),
                None => host(name),
            },
        };
        (value, at + 1)
    }

    fn object(&mut self, unit: usize, from: usize, end: usize) -> Value {
        let mut members = std::collections::BTreeMap::new();
        let mut at = from;
        while at < end && !self.over() && members.len() < 4096 {
            let key = match self.token(unit, at) {
                Some(Token::Name(key) | Token::Text(key)) => key.clone(),
                Some(Token::Number(number)) => number.to_string(),
                _ => return Value::Unknown,
            };
            if !self.is(unit, at + 1, ":") {
                return Value::Unknown;
            }
            let (value, next) = self.assignment(unit, at + 2, end);
            members.insert(key, value);
            if !self.is(unit, next, ",") {
                break;
            }
            at = next + 1;
        }
        Value::Object(Rc::new(members))
    }

    fn member(&mut self, of: &Value, member: &str) -> Value {
        match of {
            Value::Element(at) => self.of_element(*at, member),
            Value::Object(members) => members.get(member).cloned().unwrap_or(Value::Nothing),
            Value::List(values) => match member.parse::<usize>() {
                Ok(at) => values.get(at).cloned().unwrap_or(Value::Nothing),
                Err(_) if member == "length" => Value::Number(values.len() as f64),
                Err(_) => Value::Method(Rc::new(of.clone()), member.to_owned()),
            },
            Value::Text(text) if member == "length" => Value::Number(text.len() as f64),
            Value::Host(path) if path == "window" => match self.names.get(member) {
                Some(value) => value.clone(),
                None => host(member),
            },
            Value::Host(path) if path == "document" => match member {
                "location" | "addEventListener" => Value::Host(member.to_owned()),
                "URL" => Value::text(self.address.as_str()),
                "defaultView" => Value::Host("window".to_owned()),
                _ => Value::Host(format!("document.{member}")),
            },
            Value::Host(path) if path == "location" => self.part_of_address(member),
            Value::Host(path) if path == "location.href" => {
                let address = Value::text(self.address.as_str());
                self.member(&address, member)
            }
            // `$(…)[0]` is the element as well.
            Value::Host(path) if member.bytes().all(|b| b.is_ascii_digit()) => {
                Value::Host(path.clone())
            }
            Value::Host(path) => match path.split('.').next() {
                Some(first @ ("element" | "$()")) => Value::Host(format!("{first}.{member}")),
                _ => Value::Host(format!("{path}.{member}")),
            },
            Value::Query(_) if member == "searchParams" => of.clone(),
            Value::Text(_) | Value::Query(_) => {
                Value::Method(Rc::new(of.clone()), member.to_owned())
            }
            Value::Unknown => Value::Host(format!("element.{member}")),
            _ => Value::Unknown,
        }
    }

    fn of_element(&self, at: usize, member: &str) -> Value {
        let Some(element) = self.elements.all.get(at) else {
            return Value::Unknown;
        };
        let attribute = |name: &str| element.attributes.get(name).cloned();
        match member {
            "innerHTML" | "innerText" | "textContent" => {
                element.text.clone().map_or(Value::Unknown, Value::text)
            }
            "value" => attribute("value")
                .or_else(|| element.text.clone())
                .map_or(Value::Unknown, Value::text),
            "href" | "action" => attribute(member)
                .and_then(|written| self.address.join(&written).ok())
                .map_or(Value::Unknown, |address| Value::text(address.as_str())),
            "id" | "title" | "name" => attribute(member).map_or(Value::Unknown, Value::text),
            "dataset" => {
                let data = element.attributes.iter().filter_map(|(name, value)| {
                    let name = name.strip_prefix("data-")?;
                    Some((camel(name), Value::text(value.clone())))
                });
                Value::Object(Rc::new(data.collect()))
            }
            // `$(…)[0]` is the element as well.
            _ if member.bytes().all(|b| b.is_ascii_digit()) => Value::Element(at),
            _ => Value::Method(Rc::new(Value::Element(at)), member.to_owned()),
        }
    }

    fn set_element(&mut self, place: &(usize, String), value: &Value) {
        let (at, member) = place;
        let known = value.shown().filter(|_| self.unsure == 0);
        if self.idle > 0 && self.unsure == 0 {
            return;
        }
        if let Some(element) = self.elements.all.get_mut(*at) {
            match member.as_str() {
                "innerHTML" | "innerText" | "textContent" | "text" | "html" => {
                    element.text.clone_from(&known);
                }
                "href" | "action" | "value" => {
                    let written = known.unwrap_or_default();
                    element.attributes.insert(member.clone(), written);
                }
                _ => {}
            }
        }
        self.set_member(member, value);
    }

    /// A method of an element of the page, by DOM or by jQuery.
    fn element_call(&mut self, at: usize, method: &str, given: &[Value]) -> Value {
        let first = given.first().cloned().unwrap_or(Value::Nothing);
        let second = given.get(1).cloned().unwrap_or(Value::Nothing);
        let named = first.shown().unwrap_or_default();
        match (method, given.len()) {
            ("getAttribute" | "attr" | "prop", 1) => {
                let element = self.elements.all.get(at);
                let found = element.and_then(|element| element.attributes.get(&named).cloned());
                found.map_or(Value::Nothing, Value::text)
            }
            ("data", 1) => {
                let element = self.elements.all.get(at);
                let key = format!("data-{named}");
                let found = element.and_then(|element| element.attributes.get(&key).cloned());
                found.map_or(Value::Nothing, Value::text)
            }
            ("text" | "html", 0) => self.of_element(at, "innerText"),
            ("val", 0) => self.of_element(at, "value"),
            ("get", 1) => Value::Element(at),
            ("click", 0) => {
                if let href @ Value::Text(_) = self.of_element(at, "href") {
                    self.redirect(&href, "click()");
                }
                Value::Unknown
            }
            ("text" | "html", 1) => {
                self.set_element(&(at, method.to_owned()), &first);
                self.effect(Effect::Shows, &first);
                Value::Element(at)
            }
            ("setAttribute" | "attr" | "prop", 2)
                if matches!(named.as_str(), "href" | "action") =>
            {
                self.set_element(&(at, named), &second);
                Value::Element(at)
            }
            _ => {
                self.call_member(method, &first, &second);
                Value::Element(at)
            }
        }
    }

    fn part_of_address(&self, part: &str) -> Value {
        let address = self.address;
        match part {
            "href" => Value::Host("location.href".to_owned()),
            "search" => Value::text(
                address
                    .query()
                    .map_or_else(String::new, |q| format!("?{q}")),
            ),
            "hash" => Value::text(
                address
                    .fragment()
                    .map_or_else(String::new, |f| format!("#{f}")),
            ),
            "protocol" => Value::text(format!("{}:", address.scheme())),
            "host" | "hostname" => Value::text(address.host_str().unwrap_or_default()),
            "pathname" => Value::text(address.path()),
            "origin" => Value::text(address.origin().ascii_serialization()),
            _ => Value::Host(format!("location.{part}")),
        }
    }

    fn assign(&mut self, place: Option<&str>, to: &Value, value: Value) {
        let is_known = place.is_some_and(|name| self.names.contains_key(name));
        match to {
            Value::Host(path) if !is_known => match path.as_str() {
                "location" => self.redirect(&value, "location"),
                "location.href" => self.redirect(&value, "location.href"),
                "onload" | "onpageshow" | "document.onreadystatechange" => {
                    self.start_timer(value, 0.0, None);
                }
                "window" | "document" => {}
                _ if path.starts_with("element.") || path.starts_with("$().") => {
                    self.set_member(path.rsplit('.').next().unwrap_or_default(), &value);
                }
                _ => {
                    let name = place.or_else(|| (!path.contains('.')).then_some(path.as_str()));
                    if let Some(name) = name {
                        self.set(&name.to_owned(), value);
                    }
                }
            },
            _ => {
                if let Some(name) = place {
                    self.set(name, value);
                }
            }
        }
    }

    fn set_member(&mut self, member: &str, value: &Value) {
        match member {
            "onclick" | "ontouchend" | "ontouchstart" => self.on_click(value),
            "href" | "action" => self.effect(Effect::LeadsTo, value),
            "innerText" | "textContent" | "innerHTML" | "value" => {
                self.effect(Effect::Shows, value);
            }
            _ => {}
        }
    }

    fn redirect(&mut self, to: &Value, form: &'static str) {
        let to = match to {
            Value::Host(path) if path == "location.href" => return,
            other => other.shown(),
        };
        let Some(to) = to.filter(|to| self.idle == 0 && self.leads_on(to)) else {
            return;
        };
        // Of several in one go the last wins, as in browsers.
        let replaces = self
            .found
            .as_ref()
            .is_none_or(|found| found.after_ms >= self.now_ms);
        if replaces {
            self.found = Some(Found {
                to,
                form,
                after_ms: self.now_ms,
            });
        }
    }

    /// Whether `to` is a page other than this one; attempts to start an app
    /// are not redirects.
    fn leads_on(&self, to: &str) -> bool {
        let Ok(mut resolved) = self.address.join(to.trim()) else {
            return false;
        };
        let mut here = self.address.clone();
        resolved.set_fragment(None);
        here.set_fragment(None);
        !to.trim().is_empty() && matches!(resolved.scheme(), "http" | "https") && resolved != here
    }

    fn invoke(&mut self, called: &Value, given: &[Value], is_new: bool) -> Value {
        match called {
            Value::Method(of, name) => match **of {
                Value::Element(at) => self.element_call(at, &name.clone(), given),
                _ => value_calls::method(of, name, given),
            },
            Value::Function(function) => {
                let function = function.clone();
                self.call(&function, given)
            }
            Value::Host(path) => {
                let path = path.clone();
                self.invoke_host(&path, given, is_new)
            }
            _ => Value::Unknown,
        }
    }

    fn invoke_host(&mut self, path: &str, given: &[Value], is_new: bool) -> Value {
        let first = given.first().cloned().unwrap_or(Value::Nothing);
        let second = given.get(1).cloned().unwrap_or(Value::Nothing);
        match path {
            "location.replace" => self.redirect(&first, "location.replace"),
            "location.assign" => self.redirect(&first, "location.assign"),
            "navigate" => self.redirect(&first, "navigate"),
            "open"
                if matches!(
                    second.shown().as_deref(),
                    Some("_self" | "_top" | "_parent")
                ) =>
            {
                self.redirect(&first, "window.open");
            }
            "setTimeout" => {
                self.start_timer(first, second.number().unwrap_or(0.0), None);
            }
            "setInterval" => {
                let every = second.number().unwrap_or(0.0);
                self.start_timer(first, every, Some(every));
            }
            "addEventListener" => {
                let known = matches!(
                    first.shown().as_deref(),
                    Some("load" | "DOMContentLoaded" | "pageshow" | "WeixinJSBridgeReady")
                );
                if known {
                    self.start_timer(second, 0.0, None);
                }
            }
            "$" | "jQuery" => {
                if matches!(first, Value::Function(_)) {
                    self.start_timer(first, 0.0, None);
                } else if let Some(at) = self.select("", &first) {
                    return Value::Element(at);
                }
                return Value::Host("$()".to_owned());
            }
            "$().ready" | "requestAnimationFrame" | "queueMicrotask" => {
                self.start_timer(first, 0.0, None);
            }
            "Math.max" | "Math.min" => {
                let numbers: Option<Vec<f64>> = given.iter().map(Value::number).collect();
                let chosen = numbers.and_then(|numbers| {
                    let choose = if path == "Math.max" {
                        f64::max
                    } else {
                        f64::min
                    };
                    numbers.into_iter().reduce(choose)
                });
                return chosen.map_or(Value::Unknown, Value::Number);
            }
            "String.fromCharCode" => return value_calls::from_char_codes(given),
            "URLSearchParams" if is_new => {
                return query_of(&self.read(&first), self.address, false);
            }
            "URL" if is_new => return query_of(&self.read(&first), self.address, true),
            "open" if self.clicking => {
                let opened = self.read(&first);
                self.redirect(&opened, "window.open");
            }
            "navigator.clipboard.writeText" | "copy" | "copyText" | "copyToClipboard" => {
                self.effect(Effect::Copies, &first);
            }
            "document.write" | "document.writeln" => self.effect(Effect::Shows, &first),
            _ if path.starts_with("document.get")
                || path.starts_with("document.query")
                || path == "document.createElement" =>
            {
                let mark = match path {
                    "document.getElementById" => "#",
                    "document.getElementsByClassName" => ".",
                    "document.createElement" => return Value::Host("element".to_owned()),
                    _ => "",
                };
                if let Some(at) = self.select(mark, &first) {
                    return Value::Element(at);
                }
                return Value::Host("element".to_owned());
            }
            _ if path.starts_with("element.") || path.starts_with("$().") => {
                self.call_member(path.rsplit('.').next().unwrap_or_default(), &first, &second);
                return Value::Host(path.split('.').next().unwrap_or_default().to_owned());
            }
            _ => return value_calls::call(path, &self.read(&first)),
        }
        Value::Unknown
    }

    fn select(&self, mark: &str, selector: &Value) -> Option<usize> {
        match selector {
            Value::Text(selector) => self.elements.select(&format!("{mark}{selector}")),
            Value::Element(at) => Some(*at),
            _ => None,
        }
    }

    /// A method of an element, by DOM or by jQuery.
    fn call_member(&mut self, member: &str, first: &Value, second: &Value) {
        let named = first.shown().unwrap_or_default();
        match (member, named.as_str()) {
            ("addEventListener" | "on" | "bind", "click" | "tap" | "touchend" | "touchstart") => {
                self.on_click(second);
            }
            ("click" | "tap", _) if matches!(first, Value::Function(_)) => self.on_click(first),
            ("setAttribute" | "attr" | "prop", "href" | "action") => {
                self.effect(Effect::LeadsTo, second);
            }
            ("setAttribute" | "attr", "data-clipboard-text") => {
                self.effect(Effect::Copies, second);
            }
            ("text" | "html" | "val" | "append", _) => self.effect(Effect::Shows, first),
            ("writeText", _) => self.effect(Effect::Copies, first),
            _ => {}
        }
    }

    /// A value read rather than assigned to.
    fn read(&self, value: &Value) -> Value {
        match value {
            Value::Host(path) if path == "location.href" || path == "location" => {
                Value::text(self.address.as_str())
            }
            other => other.clone(),
        }
    }
}

/// Something of the browser's by its bare name.
fn host(name: &str) -> Value {
    match name {
        // A page opened from a link is the topmost one.
        "window" | "self" | "top" | "parent" | "globalThis" | "this" | "frames" => {
            Value::Host("window".to_owned())
        }
        "opener" | "frameElement" => Value::Nothing,
        _ => Value::Host(name.to_owned()),
    }
}

/// The query in what `URLSearchParams` or `URL` is given.
fn query_of(given: &Value, address: &url::Url, is_address: bool) -> Value {
    let Value::Text(text) = given else {
        return Value::Unknown;
    };
    if !is_address {
        return Value::Query(text.trim_start_matches('?').to_owned());
    }
    address.join(text).map_or(Value::Unknown, |address| {
        Value::Query(address.query().unwrap_or_default().to_owned())
    })
}

/// `data-target-url` as `dataset.targetUrl`.
fn camel(name: &str) -> String {
    let mut out = String::new();
    let mut raise = false;
    for c in name.chars() {
        if c == '-' {
            raise = true;
        } else if raise {
            out.push(c.to_ascii_uppercase());
            raise = false;
        } else {
            out.push(c);
        }
    }
    out
}
