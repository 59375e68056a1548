//! What stands on a page between a platform and a target: its controls, what
//! it shows, what its scripts do, what it says. Facts; [`crate::classify`]
//! weighs them.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use crate::declared::{Declared, declared};
use crate::html::{Piece, Tag, pieces, unescape};
use crate::leads::{Lead, Named, Target};
use crate::script::{self, Effect};
use crate::sentences::{self, Said, Says, label, normalised, said};
use crate::text::{Sight, collapsed, is_void, visible_text};

/// Bytes of a page that are read.
const READ: usize = 2 << 20;
/// Controls that are kept.
const CONTROLS: usize = 2000;
/// Controls whose label is being collected at one time.
const OPEN_CONTROLS: usize = 6;
/// Bytes of scripts that are followed.
const SCRIPTED: usize = 512 << 10;
/// `onclick` attributes that are tried.
const CLICKED: usize = 24;
/// A page with no more visible characters is drawn by its scripts.
const DRAWN_BY_SCRIPT: usize = 24;
/// On a page with more visible characters, only what stands first counts.
const LONG: usize = 3000;

/// Something a visitor can click.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    /// The attribute that leads on, or the element.
    pub(crate) datum: String,
    pub(crate) label: String,
    pub(crate) says: Option<Says>,
    pub(crate) lead: Option<Lead>,
    /// As written; none where only a script knows.
    pub(crate) address: Option<String>,
    pub(crate) visible: bool,
    pub(crate) disabled: bool,
    form: Option<usize>,
    is_submit: bool,
    onclick: Option<String>,
}

/// Everything of a page that classification asks for.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) title: Option<String>,
    /// What a visitor reads, in lines.
    pub(crate) text: String,
    pub(crate) characters: usize,
    pub(crate) said: Vec<Said>,
    pub(crate) controls: Vec<Control>,
    /// The visible line that names the target.
    pub(crate) named: Option<(Named, String)>,
    /// Inputs that show the target.
    pub(crate) inputs: Vec<String>,
    /// Attributes and scripts that copy the target.
    pub(crate) copies: Vec<String>,
    /// A text that only an app reads, out of the clipboard.
    pub(crate) password_text: Option<String>,
    /// A script that, on a click, leads to the target.
    pub(crate) script_leads: Vec<(String, String)>,
    /// The target as a literal of a script.
    pub(crate) in_script: Option<String>,
    pub(crate) password: bool,
    pub(crate) captcha: Option<String>,
    pub(crate) app_links: Vec<String>,
    pub(crate) declared: Option<Declared>,
    /// A frame that shows the target.
    pub(crate) framed: Option<String>,
    /// What is said stands in scripts, not in visible text.
    pub(crate) drawn_by_script: bool,
    /// Nothing at all that a visitor could see.
    pub(crate) is_empty: bool,
}

static CAPTCHA: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)g-recaptcha|recaptcha/(?:api|enterprise)|h-captcha|hcaptcha\.com|cf-turnstile|challenges\.cloudflare\.com|cf[-_]chl|geetest|aliyuncaptcha|awsc\.js|nc_1_n1z|tcaptcha|tencentcaptcha|captcha\.qq\.com|px-captcha|datadome|_incapsula_resource|arkoselabs|funcaptcha|secsdk-captcha|/_sec/cp_challenge|(?:id|class|name|action)\s*=\s*["']?[^"'>\s]{0,40}captcha|yidun|vaptcha|slidercaptcha|x5sec|punish\?"#,
    )
    .ok()
});

/// A password text as shops make them, for links that a messenger would not
/// open: letters and digits between two marks of one kind. Source: texts quoted
/// in public posts, 2015-2026.
static PASSWORD_TEXT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"([￥¥€₤$₳₴¢₰£!！])(?:[A-Z]{2}[0-9]{4} ?)?([0-9A-Za-z]{8,14})([￥¥€₤$₳₴¢₰£!！])")
        .ok()
});

fn password_text(text: &str) -> Option<String> {
    let found = PASSWORD_TEXT.as_ref()?.captures_iter(text).find(|found| {
        let part = |n| found.get(n).map_or("", |part| part.as_str());
        let is_mixed = part(2).bytes().any(|b| b.is_ascii_digit())
            && part(2).bytes().any(|b| b.is_ascii_alphabetic());
        is_mixed && part(1) == part(3)
    })?;
    found.get(0).map(|whole| whole.as_str().to_owned())
}

static APP_ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(?:intent:|market:|itms|https?://(?:apps\.apple\.com|itunes\.apple\.com|play\.google\.com/store/apps|a\.app\.qq\.com|sj\.qq\.com|android\.myapp\.com|appgallery\.)|[^?#]+\.(?:apk|ipa)(?:[?#]|$))",
    )
    .ok()
});

/// Whether the address starts or gets an app.
pub(crate) fn is_app_address(written: &str) -> bool {
    let scheme = written.split(':').next().unwrap_or_default();
    let has_scheme = scheme.len() < written.len()
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let is_other_scheme = has_scheme
        && !scheme.contains('.')
        && !matches!(
            scheme.to_ascii_lowercase().as_str(),
            "http"
                | "https"
                | "javascript"
                | "mailto"
                | "tel"
                | "data"
                | "about"
                | "blob"
                | "file"
                | "sms"
        );
    let matches = APP_ADDRESS
        .as_ref()
        .is_some_and(|regex| regex.is_match(written));
    matches || is_other_scheme && written.contains("://")
}

impl Facts {
    /// Reads the page at `here` with regard to `target`.
    pub(crate) fn of(html: &str, here: &Url, target: &Url) -> Self {
        let html = html.get(..floor_char(html, READ)).unwrap_or(html);
        let leads = Target::new(target, here);
        let mut reader = Reader::new(&leads, html);
        for piece in pieces(html) {
            reader.step(&piece);
        }
        let text = visible_text(html);
        let characters = text.chars().filter(|c| !c.is_whitespace()).count();
        let mut facts = reader.finish(here);
        facts.is_empty = characters == 0 && !reader_sees_media(html);
        facts.characters = characters;
        facts.captcha = CAPTCHA
            .as_ref()
            .and_then(|regex| regex.find(html))
            .map(|found| found.as_str().to_owned());
        facts.read_text(text, &leads);
        facts
    }

    fn read_text(&mut self, text: String, leads: &Target<'_>) {
        let drawn = std::mem::take(&mut self.text);
        let text = if self.drawn_by_script && self.is_bare() {
            format!("{text}\n{drawn}")
        } else {
            self.drawn_by_script = false;
            text
        };
        let line = text
            .lines()
            .filter_map(|line| leads.named_in(line).map(|named| (named, line.to_owned())))
            .max_by_key(|(named, _)| *named);
        self.named = match (line, self.named.take()) {
            (Some(line), Some(by_script)) if by_script.0 > line.0 => Some(by_script),
            (None, by_script) => by_script,
            (line, _) => line,
        };
        self.said = if self.characters > LONG {
            let title = self.title.clone().unwrap_or_default();
            let start = text.get(..floor_char(&text, 400)).unwrap_or_default();
            said(&normalised(&format!("{title}\n{start}")))
        } else {
            let title = self.title.clone().unwrap_or_default();
            said(&normalised(&format!("{text}\n{title}")))
        };
        self.password_text = password_text(&text);
        self.text = text;
    }

    /// The first sentence of a kind.
    pub(crate) fn says(&self, says: Says) -> Option<&Said> {
        self.said.iter().find(|said| said.says == says)
    }
}

/// Pictures, frames and the like: a page without words may still show something.
fn reader_sees_media(html: &str) -> bool {
    pieces(html).any(|piece| match piece {
        Piece::Open(tag) => matches!(
            tag.name.as_ref(),
            "img" | "canvas" | "video" | "audio" | "object" | "embed" | "svg" | "input" | "button"
        ),
        Piece::Raw(tag, text) => {
            tag.name == "iframe"
                || tag.name == "script" && (!text.trim().is_empty() || tag.get("src").is_some())
        }
        _ => false,
    })
}

/// One `<form>`.
#[derive(Debug, Default)]
struct Form {
    lead: Option<Lead>,
    datum: Option<String>,
    address: Option<String>,
    has_password: bool,
}

struct Reader<'t> {
    html: &'t str,
    leads: &'t Target<'t>,
    facts: Facts,
    sight: Sight,
    open: Vec<(usize, String)>,
    forms: Vec<Form>,
    form: Option<usize>,
    scripts: Vec<String>,
    data_scripts: Vec<String>,
    script_bytes: usize,
    copy_script: bool,
    last_open: String,
}

impl<'t> Reader<'t> {
    fn new(leads: &'t Target<'t>, html: &'t str) -> Self {
        Self {
            html,
            leads,
            facts: Facts::default(),
            sight: Sight::default(),
            open: Vec::new(),
            forms: Vec::new(),
            form: None,
            scripts: Vec::new(),
            data_scripts: Vec::new(),
            script_bytes: 0,
            copy_script: false,
            last_open: String::new(),
        }
    }

    fn step(&mut self, piece: &Piece<'_>) {
        let was_open = self.sight.is_open();
        self.sight.step(piece);
        match piece {
            Piece::Text(text) if self.sight.is_open() => self.label_text(text),
            Piece::Open(tag) => self.element(tag, was_open),
            Piece::Close(name) => self.close(name),
            Piece::Raw(tag, text) => self.raw(tag, text),
            Piece::Text(_) => {}
        }
    }

    fn label_text(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let text = unescape(text);
        let may_be_drawn = matches!(
            self.last_open.as_str(),
            "div" | "span" | "li" | "label" | "td" | "i" | "b"
        );
        if self.open.is_empty() && may_be_drawn && sentences::is_continue_label(&text) {
            self.push_drawn(format!("<{}>", self.last_open), &text);
        }
        for (index, _) in &self.open {
            if let Some(control) = self.facts.controls.get_mut(*index)
                && control.label.len() < 300
            {
                if !control.label.is_empty() {
                    control.label.push(' ');
                }
                control
                    .label
                    .push_str(text.get(..floor_char(&text, 300)).unwrap_or_default());
            }
        }
    }

    /// A control that is none by its markup.
    fn push_drawn(&mut self, datum: String, label: &str) {
        if self.facts.controls.len() < CONTROLS {
            self.facts.controls.push(Control {
                datum,
                label: label.to_owned(),
                says: Some(Says::ContinueLabel),
                lead: None,
                address: None,
                visible: true,
                disabled: false,
                form: None,
                is_submit: false,
                onclick: None,
            });
        }
    }

    fn close(&mut self, name: &str) {
        if name == "form" {
            self.form = None;
        }
        if let Some(at) = self.open.iter().rposition(|(_, open)| open == name) {
            self.open.truncate(at);
        }
    }

    fn raw(&mut self, tag: &Tag<'_>, text: &str) {
        match tag.name.as_ref() {
            "title" if self.facts.title.is_none() => {
                let title = collapsed(&unescape(text));
                self.facts.title = (!title.is_empty()).then_some(title);
            }
            "textarea" if self.sight.is_open() => {
                let text = unescape(text);
                if self.leads.lead(&text).is_some_and(|lead| lead > Lead::Site) {
                    self.facts.inputs.push(format!("textarea: {}", text.trim()));
                }
            }
            "script" => self.script(tag, text),
            "iframe" => {
                let src = tag.get("src").unwrap_or_default();
                if self.sight.is_open() && self.leads.lead(&src) == Some(Lead::Target) {
                    self.facts.framed = Some(src.into_owned());
                }
            }
            _ => {}
        }
    }

    fn script(&mut self, tag: &Tag<'_>, text: &str) {
        if self.script_bytes + text.len() > SCRIPTED || text.trim().is_empty() {
            return;
        }
        self.script_bytes += text.len();
        let kind = tag.get("type").unwrap_or_default().to_ascii_lowercase();
        if self.facts.declared.is_none() {
            self.facts.declared = declared(text);
        }
        let lower = text.to_ascii_lowercase();
        if lower.contains("clipboard") || lower.contains("execcommand") {
            self.copy_script = true;
        }
        if kind.is_empty() || kind.contains("javascript") || kind == "module" {
            self.scripts.push(text.to_owned());
        } else if kind.contains("json") {
            self.data_scripts.push(text.to_owned());
        }
    }

    fn element(&mut self, tag: &Tag<'_>, before: bool) {
        // A hidden void element hides nothing but itself.
        let visible = before && self.sight.is_open() && !crate::text::is_hidden(tag);
        let name = tag.name.as_ref();
        name.clone_into(&mut self.last_open);
        if matches!(
            name,
            "meta" | "link" | "img" | "base" | "source" | "html" | "head" | "param"
        ) {
            return;
        }
        match name {
            "form" => {
                self.forms.push(Form::default());
                self.form = Some(self.forms.len() - 1);
                self.form_action(tag);
                return;
            }
            "input" => self.input(tag, visible),
            "a" => self.close("a"),
            _ => {}
        }
        if self.facts.controls.len() < CONTROLS {
            self.control(tag, visible);
        }
    }

    fn form_action(&mut self, tag: &Tag<'_>) {
        let Some(action) = tag.get("action") else {
            return;
        };
        let lead = self.leads.lead(&action);
        if let Some(form) = self.forms.last_mut() {
            form.lead = lead.filter(|lead| *lead == Lead::Target);
            form.datum = Some(format!("form action={action}"));
            form.address = Some(action.into_owned());
        }
    }

    fn input(&mut self, tag: &Tag<'_>, visible: bool) {
        let kind = tag.get("type").unwrap_or_default().to_ascii_lowercase();
        let value = tag.get("value").unwrap_or_default();
        let form = self.form.and_then(|at| self.forms.get_mut(at));
        if kind == "password" && visible {
            self.facts.password = true;
            if let Some(form) = form {
                form.has_password = true;
            }
            return;
        }
        let Some(lead) = self
            .leads
            .lead_in_literal(&value)
            .filter(|lead| *lead > Lead::Site)
        else {
            return;
        };
        if kind == "hidden" {
            if let Some(form) = form {
                form.lead = Some(lead);
                let name = tag.get("name").unwrap_or_default();
                form.datum = Some(format!("input type=hidden name={name} value={value}"));
            }
        } else if visible && lead == Lead::Target {
            self.facts.inputs.push(format!("input value={value}"));
        }
    }

    fn control(&mut self, tag: &Tag<'_>, visible: bool) {
        let Some(mut control) = self.read_control(tag) else {
            return;
        };
        control.visible = visible;
        control.form = self.form;
        let index = self.facts.controls.len();
        self.facts.controls.push(control);
        if !is_void(&tag.name) && self.open.len() < OPEN_CONTROLS {
            self.open.push((index, tag.name.to_string()));
        }
    }

    /// The control that a tag is, if it is one.
    fn read_control(&mut self, tag: &Tag<'_>) -> Option<Control> {
        let name = tag.name.as_ref();
        let kind = tag.get("type").unwrap_or_default().to_ascii_lowercase();
        let is_button = name == "button"
            || name == "input" && matches!(kind.as_str(), "submit" | "button" | "image")
            || tag.get("role").is_some_and(|role| role == "button");
        let mut control = Control {
            datum: format!("<{name}>"),
            label: String::new(),
            says: None,
            lead: None,
            address: None,
            visible: true,
            disabled: false,
            form: None,
            is_submit: name == "button" && !matches!(kind.as_str(), "button" | "reset")
                || name == "input" && matches!(kind.as_str(), "submit" | "image"),
            onclick: None,
        };
        let mut is_control = is_button || matches!(name, "a" | "area");
        for (attribute, value) in tag.attributes().take(200) {
            is_control |= self.attribute(name, &attribute, &value, &mut control);
        }
        if let Some(name) = control.address.as_deref().filter(|a| is_app_address(a)) {
            self.facts.app_links.push(name.to_owned());
        }
        is_control.then_some(control)
    }

    /// Takes in one attribute; whether it alone makes its element a control.
    fn attribute(&mut self, tag: &str, name: &str, value: &str, control: &mut Control) -> bool {
        match name {
            "href" | "xlink:href" if matches!(tag, "a" | "area") => {
                self.address(name, value, control);
                false
            }
            "formaction" => {
                self.address(name, value, control);
                true
            }
            "disabled" => {
                control.disabled = true;
                false
            }
            "aria-disabled" => {
                control.disabled |= value == "true";
                false
            }
            "style" => {
                control.disabled |= value.replace(' ', "").contains("pointer-events:none");
                false
            }
            "value" | "aria-label" | "title" | "alt"
                if control.label.is_empty() && matches!(tag, "input" | "a" | "button") =>
            {
                if tag == "input" || name != "value" {
                    value.clone_into(&mut control.label);
                }
                false
            }
            "src" | "srcset" | "class" | "id" | "value" | "content" | "placeholder" | "title"
            | "aria-label" | "alt" | "name" | "cite" | "longdesc" => false,
            _ if is_handler(name) => self.handler(name, value, control),
            _ => self.data(name, value, control),
        }
    }

    fn address(&self, name: &str, value: &str, control: &mut Control) {
        let trimmed = value.trim();
        let is_script = trimmed
            .get(..11)
            .is_some_and(|start| start.eq_ignore_ascii_case("javascript:"));
        if is_script {
            let code = trimmed.get(11..).unwrap_or_default();
            let code = percent_encoding::percent_decode_str(code).decode_utf8_lossy();
            control.onclick = Some(code.into_owned());
            return;
        }
        if trimmed.is_empty() || trimmed.starts_with('#') {
            return;
        }
        control.address = Some(trimmed.to_owned());
        let lead = self.leads.lead(trimmed);
        if lead > control.lead {
            control.lead = lead;
            control.datum = format!("{name}={trimmed}");
        }
    }

    fn handler(&mut self, name: &str, value: &str, control: &mut Control) -> bool {
        if !(name.contains("click")
            || name.contains("touch")
            || name.contains("tap")
            || name.contains("mouse"))
        {
            return false;
        }
        let lower = value.to_ascii_lowercase();
        let lead = script::literals(value, 400)
            .iter()
            .filter_map(|literal| self.leads.lead_in_literal(literal))
            .max();
        if lower.contains("copy") || lower.contains("clip") {
            if lead.is_some() {
                self.facts.copies.push(format!("{name}={value}"));
            }
            control.says = Some(Says::CopyLabel);
        } else if lead > control.lead {
            control.lead = lead;
            control.datum = format!("{name}={value}");
        }
        if lower.contains("preventdefault")
            || lower.trim_end_matches(';').ends_with("return false") && lead.is_none()
        {
            control.disabled |=
                lead.is_none() && !lower.contains("location") && !lower.contains('(');
        }
        if control.onclick.is_none() {
            control.onclick = Some(value.to_owned());
        }
        true
    }

    fn data(&mut self, name: &str, value: &str, control: &mut Control) -> bool {
        if value.len() < 8 {
            return false;
        }
        let Some(lead) = self
            .leads
            .lead_in_literal(value)
            .filter(|lead| *lead > Lead::Site)
        else {
            return false;
        };
        if name.contains("clip") || name.contains("copy") {
            self.facts.copies.push(format!("{name}={value}"));
            control.says = Some(Says::CopyLabel);
        } else if Some(lead) > control.lead {
            control.lead = Some(lead);
            control.datum = format!("{name}={value}");
            control.address = Some(value.to_owned());
        }
        true
    }

    fn finish(mut self, here: &Url) -> Facts {
        self.labels();
        self.submits();
        self.follow(here);
        if self.copy_script && self.facts.in_script.is_some() && self.facts.copies.is_empty() {
            let copied = self
                .facts
                .controls
                .iter()
                .any(|c| c.says == Some(Says::CopyLabel));
            if copied {
                self.facts.copies.push("script: clipboard".to_owned());
            }
        }
        self.drawn();
        self.facts
    }

    fn labels(&mut self) {
        // A page repeats its labels; each is looked up once.
        let mut known: HashMap<String, Option<Says>> = HashMap::new();
        for control in &mut self.facts.controls {
            control.label = collapsed(&control.label);
            if control.says.is_none() {
                let said = known.entry(control.label.clone());
                control.says = *said.or_insert_with_key(|text| label(text));
            }
        }
    }

    /// A submit button leads where its form leads.
    fn submits(&mut self) {
        for control in self
            .facts
            .controls
            .iter_mut()
            .filter(|control| control.is_submit)
        {
            let Some(form) = control.form.and_then(|at| self.forms.get(at)) else {
                continue;
            };
            let is_other = form.address.as_deref().is_some_and(is_other_action)
                || matches!(control.says, Some(Says::OtherLabel | Says::CopyLabel));
            if form.has_password {
                control.says = Some(Says::LoginLabel);
            } else if !is_other && form.lead > control.lead {
                control.lead = form.lead;
                control.datum = form.datum.clone().unwrap_or_default();
            }
            if control.address.is_none() {
                control.address.clone_from(&form.address);
            }
        }
    }

    /// Runs the scripts, then clicks what can be clicked.
    fn follow(&mut self, here: &Url) {
        self.literals();
        let has_clicks = self
            .facts
            .controls
            .iter()
            .any(|control| control.onclick.is_some());
        if self.scripts.is_empty() && !has_clicks {
            return;
        }
        let mut page = script::Page::new(here, script::Elements::of(self.html));
        for source in &self.scripts {
            page.run(source);
        }
        page.wait(0.0);
        self.effects(page.effects());
        let clicks: Vec<(usize, String)> = self
            .facts
            .controls
            .iter()
            .enumerate()
            .filter(|(_, control)| control.lead < Some(Lead::Inside) && control.visible)
            .filter_map(|(at, control)| control.onclick.clone().map(|source| (at, source)))
            .take(CLICKED)
            .collect();
        for (at, source) in clicks {
            let lead = page
                .click(&source)
                .and_then(|found| self.leads.lead(&found.to).map(|lead| (lead, found.to)));
            if let (Some((lead, to)), Some(control)) = (lead, self.facts.controls.get_mut(at)) {
                control.lead = Some(lead);
                control.datum = format!("onclick={source}");
                control.address = Some(to);
            }
        }
        for found in page.clicks() {
            if self.leads.lead(&found.to) > Some(Lead::Site) {
                self.facts
                    .script_leads
                    .push((format!("click: {}", found.form), found.to));
            }
        }
        let clicked: Vec<_> = page.effects().to_vec();
        self.effects(&clicked);
    }

    fn effects(&mut self, effects: &[(Effect, String)]) {
        for (effect, text) in effects {
            match effect {
                Effect::LeadsTo if self.leads.lead(text) > Some(Lead::Site) => {
                    self.facts
                        .script_leads
                        .push(("href set by script".to_owned(), text.clone()));
                }
                Effect::Copies if self.leads.lead(text).is_some() => {
                    self.facts.copies.push(format!("script copies {text}"));
                }
                Effect::Shows => {
                    let named = self.leads.named_in(text);
                    if let Some(named) = named {
                        self.facts.named = Some((named, text.clone()));
                    }
                }
                _ => {}
            }
        }
    }

    fn literals(&mut self) {
        let sources = self.scripts.iter().chain(&self.data_scripts);
        let found = sources
            .flat_map(|source| script::literals(source, 50_000))
            .find(|literal| self.leads.lead_in_literal(literal) == Some(Lead::Target));
        self.facts.in_script = found;
    }

    /// Where scripts draw the page, their texts stand in for it.
    fn drawn(&mut self) {
        let shown = self
            .facts
            .controls
            .iter()
            .any(|control| !control.label.is_empty());
        if shown || self.facts.in_script.is_none() && self.facts.declared.is_none() {
            return;
        }
        let sources = self.scripts.iter().chain(&self.data_scripts);
        let texts: Vec<String> = sources
            .flat_map(|source| script::literals(source, 20_000))
            .filter(|literal| literal.len() > 3 && !literal.contains("://"))
            .take(2000)
            .collect();
        for text in &texts {
            if sentences::label(text) == Some(Says::ContinueLabel) && text.chars().count() > 3 {
                self.push_drawn(format!("script text {text}"), text);
            }
        }
        self.facts.drawn_by_script = true;
        self.facts.text = texts.join("\n");
    }
}

impl Facts {
    /// Whether almost nothing stands in the markup itself.
    pub(crate) fn is_bare(&self) -> bool {
        self.characters <= DRAWN_BY_SCRIPT
    }
}

/// Whether a form's address says that it reports, logs in or the like.
pub(crate) fn is_other_action(address: &str) -> bool {
    let path = address
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    [
        "report",
        "complain",
        "appeal",
        "feedback",
        "share",
        "login",
        "signin",
        "passport",
        "tousu",
        "jubao",
        "scan",
        "qrcode",
        "translate",
        "intent/",
        "help",
    ]
    .iter()
    .any(|word| path.contains(word))
}

fn is_handler(name: &str) -> bool {
    name.starts_with("on")
        || name.starts_with('@')
        || name.starts_with("v-on:")
        || name.starts_with("ng-")
        || name.starts_with("bind")
        || name.starts_with('(')
}

fn floor_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
