//! The browser as a script meets it: its address, its elements, its timers.

use std::rc::Rc;

use super::run::{Effect, Found, Page};
use super::value::Value;
use super::value_calls;

impl Page<'_> {
    pub(super) fn member(&mut self, of: &Value, member: &str) -> Value {
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

    pub(super) fn set_element(&mut self, place: &(usize, String), value: &Value) {
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

    pub(super) fn assign(&mut self, place: Option<&str>, to: &Value, value: Value) {
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
                        self.set(name, value);
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

    pub(super) fn set_member(&mut self, member: &str, value: &Value) {
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

    pub(super) fn invoke(&mut self, called: &Value, given: &[Value], is_new: bool) -> Value {
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
            "open" if self.clicking || is_this_window(&second) => {
                let opened = self.read(&first);
                self.redirect(&opened, "window.open");
            }
            "setTimeout" => self.start_timer(first, second.number().unwrap_or(0.0), None),
            "setInterval" => {
                let every = second.number().unwrap_or(0.0);
                self.start_timer(first, every, Some(every));
            }
            "addEventListener" => self.listen(&first, second),
            "$().ready" | "requestAnimationFrame" | "queueMicrotask" => {
                self.start_timer(first, 0.0, None);
            }
            "navigator.clipboard.writeText" | "copy" | "copyText" | "copyToClipboard" => {
                self.effect(Effect::Copies, &first);
            }
            "document.write" | "document.writeln" => self.effect(Effect::Shows, &first),
            "Math.max" | "Math.min" => return value_calls::extreme(path, given),
            "String.fromCharCode" => return value_calls::from_char_codes(given),
            "URLSearchParams" | "URL" if is_new => {
                return query_of(&self.read(&first), self.address, path == "URL");
            }
            _ => return self.invoke_element(path, &first, &second),
        }
        Value::Unknown
    }

    /// Only what happens without the visitor's doing counts.
    fn listen(&mut self, event: &Value, handler: Value) {
        let known = matches!(
            event.shown().as_deref(),
            Some("load" | "DOMContentLoaded" | "pageshow" | "WeixinJSBridgeReady")
        );
        if known {
            self.start_timer(handler, 0.0, None);
        }
    }

    /// Calls that find an element or are made on one that was not found.
    fn invoke_element(&mut self, path: &str, first: &Value, second: &Value) -> Value {
        let mark = match path {
            "$" | "jQuery" if matches!(first, Value::Function(_)) => {
                self.start_timer(first.clone(), 0.0, None);
                return Value::Unknown;
            }
            "document.getElementById" => "#",
            "document.getElementsByClassName" => ".",
            "document.createElement" => return Value::Host("element".to_owned()),
            _ if path.starts_with("element.") || path.starts_with("$().") => {
                self.call_member(path.rsplit('.').next().unwrap_or_default(), first, second);
                return Value::Host(path.split('.').next().unwrap_or_default().to_owned());
            }
            "$" | "jQuery" => "",
            _ if path.starts_with("document.get") || path.starts_with("document.query") => "",
            _ => return value_calls::call(path, &self.read(first)),
        };
        let unknown = if path.starts_with("document") {
            "element"
        } else {
            "$()"
        };
        self.select(mark, first)
            .map_or_else(|| Value::Host(unknown.to_owned()), Value::Element)
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
    pub(super) fn read(&self, value: &Value) -> Value {
        match value {
            Value::Host(path) if path == "location.href" || path == "location" => {
                Value::text(self.address.as_str())
            }
            other => other.clone(),
        }
    }
}

/// Something of the browser's by its bare name.
pub(super) fn host(name: &str) -> Value {
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

fn is_this_window(name: &Value) -> bool {
    matches!(name.shown().as_deref(), Some("_self" | "_top" | "_parent"))
}
