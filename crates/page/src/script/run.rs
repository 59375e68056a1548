//! Running a page's scripts as far as they can be followed.

use std::collections::HashMap;
use std::rc::Rc;

use super::elements::Elements;
use super::host::host;
use super::lex::{Token, Unit};
use super::value::{Function, Value};

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
    pub(super) address: &'u url::Url,
    pub(super) elements: Elements,
    /// The member of an element that was read last: where an assignment goes.
    place: Option<(usize, String)>,
    units: Vec<Rc<Unit>>,
    pub(super) names: HashMap<String, Value>,
    timers: Vec<Timer>,
    made: usize,
    steps: usize,
    depth: usize,
    /// Above zero while passing over what is not run.
    pub(super) idle: usize,
    /// Above zero while passing over what may or may not be run.
    pub(super) unsure: usize,
    pub(super) now_ms: f64,
    pub(super) found: Option<Found>,
    effects: Vec<(Effect, String)>,
    clicks: Vec<Value>,
    /// A visitor has clicked: windows may be opened.
    pub(super) clicking: bool,
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

    pub(super) fn effect(&mut self, effect: Effect, value: &Value) {
        if self.idle == 0
            && self.effects.len() < EFFECTS
            && let Some(text) = self.read(value).shown()
        {
            self.effects.push((effect, text));
        }
    }

    pub(super) fn on_click(&mut self, handler: &Value) {
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

    pub(super) fn start_timer(&mut self, run: Value, after_ms: f64, every_ms: Option<f64>) {
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

    pub(super) fn set(&mut self, name: &str, value: Value) {
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

    pub(super) fn call(&mut self, function: &Function, given: &[Value]) -> Value {
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
                Some(Token::Mark("=" | "+=" | "-=")) => {
                    return self.assigned(unit, next, end, place.as_deref(), &value);
                }
                _ => break,
            }
        }
        (value, next)
    }

    /// The rest of an assignment to what was read just before.
    fn assigned(
        &mut self,
        unit: usize,
        at: usize,
        end: usize,
        place: Option<&str>,
        before: &Value,
    ) -> (Value, usize) {
        let member = self.place.take();
        let (given, after) = self.assignment(unit, at + 1, end);
        self.place = None;
        let value = match self.token(unit, at) {
            Some(Token::Mark("+=")) => before.combine("+", &given),
            Some(Token::Mark("-=")) => before.combine("-", &given),
            _ => given,
        };
        match member {
            Some(member) => self.set_element(&member, &value),
            None => self.assign(place, before, value.clone()),
        }
        (value, after)
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
}
