//! What the page is that stands between the platform and the target.

use moongate_url::same_page;
use url::Url;

use super::place::SHORT;
use super::way_on::{self, Strength, WayOn};
use super::{Draft, Read};
use crate::class::{Class, Confidence, Opening, SignalKind, UserStep};
use crate::declared::DeclaredKind;
use crate::facts::is_app_address;
use crate::hand_over::hand_over;
use crate::leads::{Named, is_of, same_place};
use crate::sentences::{Says, normalised, said};
use crate::visit::HowReached;

/// The class of the page in between.
pub(super) fn class(opening: &Opening<'_>, read: &Read<'_>, draft: &mut Draft) -> Class {
    let Some(here) = read.here.clone() else {
        return Class::Unknown;
    };
    let page = Page {
        opening,
        read,
        here,
    };
    let class = page.class(draft);
    page.reason(class, draft);
    page.record_rest(draft);
    class
}

struct Page<'a, 'b> {
    opening: &'a Opening<'b>,
    read: &'a Read<'b>,
    here: Url,
}

impl Page<'_, '_> {
    fn class(&self, draft: &mut Draft) -> Class {
        self.by_status(draft)
            .or_else(|| self.by_itself(draft))
            .or_else(|| self.by_declaration(draft))
            .or_else(|| self.by_way_on(draft))
            .or_else(|| self.by_wall(draft))
            .or_else(|| self.by_copy(draft))
            .or_else(|| self.by_refusal(draft))
            .unwrap_or_else(|| self.by_place(draft))
    }

    fn is_short(&self) -> bool {
        self.read.facts.characters <= SHORT
    }

    fn says(&self, says: Says) -> Option<&'static str> {
        self.read.facts.says(says).map(|said| said.pattern)
    }

    /// Statuses that settle it before the page is read.
    fn by_status(&self, draft: &mut Draft) -> Option<Class> {
        let status = self.read.status;
        let challenge = self
            .read
            .header("cf-mitigated")
            .or_else(|| self.read.header("x-amzn-waf-action"));
        if let Some(value) = challenge {
            draft.status("challenge-header", value);
            draft.sure(Confidence::High);
            return Some(Class::BotWall);
        }
        if matches!(status, 999 | 566) {
            draft.status("bot-status", status.to_string());
            draft.sure(Confidence::High);
            return Some(Class::BotWall);
        }
        if status == 429 {
            draft.status(
                "status-429",
                self.read.header("retry-after").unwrap_or("429"),
            );
            draft.sure(Confidence::High);
            return Some(Class::RateLimit);
        }
        if status == 503
            && (self.read.header("retry-after").is_some() && self.says(Says::Rate).is_some())
        {
            draft.status("status-503-retry-after", "503");
            return Some(Class::RateLimit);
        }
        if status == 407 || status == 511 {
            draft.status("network-login", status.to_string());
        }
        None
    }

    /// A page that leads on by itself, kept or saved before it did.
    fn by_itself(&self, draft: &mut Draft) -> Option<Class> {
        let headers = self.read.hop.map_or(&[][..], |hop| &hop.headers);
        let over = hand_over(
            &self.here,
            self.read.status,
            headers,
            self.opening.last_body?,
        )?;
        let target = self.opening.target;
        let carried = moongate_url::embedded_targets(&over.to);
        let leads = same_place(&over.to, target) && !same_page(&over.to, &self.here)
            || carried.iter().any(|found| same_page(&found.url, target));
        if !leads {
            draft.structure("hands-over-elsewhere", over.to.as_str());
            return None;
        }
        let after_s = match over.how {
            HowReached::RefreshHeader { delay_s }
            | HowReached::MetaRefresh { delay_s }
            | HowReached::Script { delay_s, .. } => delay_s,
            HowReached::Asked | HowReached::Location { .. } => 0.0,
        };
        draft.structure(
            "hands-over-by-itself",
            format!("{:?} to {}", over.how, over.to),
        );
        draft.handed_over = true;
        draft.continue_to = Some(over.to.to_string());
        draft.sure(Confidence::Medium);
        // That the page would lead on is not that the destination was reached.
        Some(if after_s >= 1.0 {
            Class::TimedHop { after_s }
        } else {
            Class::Unknown
        })
    }

    fn by_declaration(&self, draft: &mut Draft) -> Option<Class> {
        let declared = self.read.facts.declared.as_ref()?;
        draft.signal(
            SignalKind::PlatformDeclared,
            "declared-type",
            &declared.written,
        );
        let way = self.way();
        let by_button = declared.addresses.iter().find_map(|(name, address)| {
            let leads = crate::leads::Target::new(self.opening.target, &self.here);
            let is_button = name.is_some() || declared.kind == DeclaredKind::Gray;
            let lead = leads.lead(address).filter(|_| is_button)?;
            (lead == crate::leads::Lead::Target || name.is_some()).then(|| address.clone())
        });
        draft.sure(Confidence::High);
        match (declared.kind, way) {
            (DeclaredKind::Gray, way) => {
                draft.continue_to = way.and_then(|way| way.to).or(by_button);
                if draft.continue_to.is_none() {
                    draft.structure("conflict-no-way-on-found", "gray");
                    draft.sure(Confidence::Medium);
                }
                Some(Class::LeavePage {
                    warned: self.is_warned(),
                })
            }
            (kind, Some(way)) if way.strength == Strength::Certain => {
                draft.structure("conflict-way-on", &way.datum);
                draft.sure(Confidence::Medium);
                draft.continue_to = way.to;
                draft.signal(
                    SignalKind::PlatformDeclared,
                    "declared-otherwise",
                    format!("{kind:?}"),
                );
                Some(Class::LeavePage {
                    warned: self.is_warned(),
                })
            }
            (DeclaredKind::Block, _) => Some(Class::HardBlock),
            (DeclaredKind::Empty, _) => Some(Class::CopyPage),
        }
    }

    fn way(&self) -> Option<WayOn> {
        way_on::find(&self.read.facts, &self.here)
    }

    fn is_warned(&self) -> bool {
        if self.says(Says::Warned).is_some() {
            return true;
        }
        let declared = self.read.facts.declared.as_ref();
        let texts = declared.map(|d| format!("{:?} {:?}", d.title, d.desc));
        texts.is_some_and(|texts| {
            said(&normalised(&texts))
                .iter()
                .any(|said| said.says == Says::Warned)
        })
    }

    fn by_way_on(&self, draft: &mut Draft) -> Option<Class> {
        let way = self.way()?;
        let copy = self.copy_evidence();
        // A label alone does not outweigh a page that says how else to go on.
        let doubtful = way.strength == Strength::Opaque
            && (copy.is_some()
                || self.says(Says::Blocked).is_some() && self.says(Says::Leaving).is_none());
        if doubtful || self.is_challenge().is_some() && way.strength < Strength::Certain {
            draft.structure("conflict-continue-control", &way.datum);
            return None;
        }
        draft.structure(way.code, &way.datum);
        draft.continue_to.clone_from(&way.to);
        let says_so = self.says(Says::Leaving).is_some() || self.says(Says::Warned).is_some();
        draft.sure(match way.strength {
            Strength::Certain => Confidence::High,
            Strength::Likely => Confidence::Medium,
            Strength::Opaque if says_so && !self.read.facts.drawn_by_script => Confidence::Medium,
            Strength::Opaque => Confidence::Low,
        });
        if let Some((code, datum)) = copy {
            draft.structure(&format!("conflict-{code}"), datum);
        }
        if let Some(blocked) = self.says(Says::Blocked) {
            draft.says("conflict-blocked-sentence", blocked);
        }
        Some(Class::LeavePage {
            warned: self.is_warned(),
        })
    }

    /// A check for humans that stands in the way.
    fn is_challenge(&self) -> Option<(&'static str, String)> {
        let facts = &self.read.facts;
        let refused = matches!(self.read.status, 401 | 403 | 405 | 503);
        match (&facts.captcha, self.says(Says::Bot)) {
            (Some(captcha), Some(_)) if self.is_short() || refused => {
                Some(("captcha-widget", captcha.clone()))
            }
            (Some(captcha), None) if refused || facts.characters < 120 => {
                Some(("captcha-widget", captcha.clone()))
            }
            (None, Some(_)) if self.says(Says::Rate).is_some() => None,
            (None, Some(bot)) if self.is_short() && (refused || self.is_only(Says::Bot)) => {
                Some(("bot-sentence", bot.to_owned()))
            }
            _ => None,
        }
    }

    /// Whether nothing of the page speaks of the target or of refusing it.
    fn is_only(&self, says: Says) -> bool {
        [Says::Copy, Says::OpenBrowser, Says::Blocked, Says::Leaving]
            .into_iter()
            .all(|other| other == says || self.says(other).is_none())
    }

    /// Walls that stand before any word on the link.
    fn by_wall(&self, draft: &mut Draft) -> Option<Class> {
        if let Some((code, datum)) = self.is_challenge() {
            draft.structure(code, datum);
            if let Some(bot) = self.says(Says::Bot) {
                draft.says("bot-sentence", bot);
            }
            draft.sure(Confidence::High);
            return Some(Class::BotWall);
        }
        let rate = self.says(Says::Rate).filter(|_| self.is_short());
        if let Some(rate) = rate.filter(|_| self.is_only(Says::Rate) || self.read.status == 403) {
            draft.says("rate-sentence", rate);
            draft.sure(Confidence::Medium);
            return Some(Class::RateLimit);
        }
        self.login().map(|(code, datum)| {
            draft.structure(code, datum);
            draft.sure(Confidence::Medium);
            Class::LoginWall
        })
    }

    fn login(&self) -> Option<(&'static str, String)> {
        let facts = &self.read.facts;
        if self.copy_sentence().is_some() && !facts.password {
            return None;
        }
        if self.read.status == 401 {
            return Some(("status-401", "401".to_owned()));
        }
        if facts.password && (self.is_short() || self.says(Says::Login).is_some()) {
            return Some(("password-input", "input type=password".to_owned()));
        }
        let path = self.here.path().to_ascii_lowercase();
        let host = self.here.host_str().unwrap_or_default();
        let by_address = [
            "login", "signin", "sign_in", "authwall", "passport", "/sso", "oauth",
        ]
        .iter()
        .any(|word| path.contains(word))
            || host.starts_with("passport.")
            || host.starts_with("login.")
            || host.starts_with("accounts.");
        let control = facts
            .controls
            .iter()
            .any(|c| c.visible && c.says == Some(Says::LoginLabel));
        let sentence = self.says(Says::Login);
        if by_address && (control || sentence.is_some() || facts.is_bare()) {
            return Some(("login-address", self.here.to_string()));
        }
        let sentence = sentence.filter(|_| self.is_short() && self.is_only(Says::Login))?;
        Some(("login-sentence", sentence.to_owned()))
    }

    fn copy_sentence(&self) -> Option<&'static str> {
        self.says(Says::Copy)
            .or_else(|| self.says(Says::OpenBrowser))
    }

    /// What shows that the visitor is to carry the address away themself.
    fn copy_evidence(&self) -> Option<(&'static str, String)> {
        let facts = &self.read.facts;
        if let Some(datum) = facts.copies.first() {
            return Some(("copies-target", datum.clone()));
        }
        if let Some(text) = facts.password_text.as_ref().filter(|_| self.is_short()) {
            return Some(("password-text", text.clone()));
        }
        if let Some(sentence) = self.copy_sentence() {
            return Some(("copy-sentence", sentence.to_owned()));
        }
        let copy_label = facts
            .controls
            .iter()
            .find(|control| control.visible && control.says == Some(Says::CopyLabel));
        match (copy_label, &facts.named, facts.inputs.first()) {
            (Some(control), Some((Named::Address, _)), _) | (Some(control), _, Some(_)) => {
                Some(("copy-control", control.label.clone()))
            }
            _ => None,
        }
    }

    fn by_copy(&self, draft: &mut Draft) -> Option<Class> {
        let facts = &self.read.facts;
        if self.read.status >= 500 {
            return None;
        }
        if let Some((code, datum)) = self.copy_evidence() {
            let kind = if code == "copy-sentence" {
                SignalKind::Sentence
            } else {
                SignalKind::Structural
            };
            draft.signal(kind, code, datum);
            let stands =
                matches!(facts.named, Some((Named::Address, _))) || !facts.inputs.is_empty();
            let both = stands || code == "copies-target";
            draft.sure(if both {
                Confidence::High
            } else {
                Confidence::Medium
            });
            if let Some(blocked) = self.says(Says::Blocked) {
                draft.says("conflict-blocked-sentence", blocked);
            }
            return Some(Class::CopyPage);
        }
        let refused = self.says(Says::Blocked).is_some() || self.says(Says::Error).is_some();
        let standing = match (&facts.named, facts.inputs.first()) {
            (_, Some(input)) => Some(("target-in-input", input.clone())),
            (Some((Named::Address, line)), None) => Some(("target-as-text", line.clone())),
            _ => None,
        };
        let (code, datum) =
            standing.filter(|_| !refused && self.is_short() && self.read.status < 400)?;
        draft.structure(code, datum);
        // Words that are not in the table stand beside the address: they may
        // say something else than "copy this".
        let is_bare =
            self.read.facts.text.chars().count() < self.opening.target.as_str().len() + 40;
        draft.sure(if is_bare {
            Confidence::Medium
        } else {
            Confidence::Low
        });
        Some(Class::CopyPage)
    }

    /// Refusals, errors and nothing at all.
    fn by_refusal(&self, draft: &mut Draft) -> Option<Class> {
        let facts = &self.read.facts;
        let status = self.read.status;
        let blocked = self.says(Says::Blocked).filter(|_| self.is_short());
        let is_server_error = status >= 500;
        if let Some(sentence) = blocked.filter(|_| !is_server_error) {
            draft.says("blocked-sentence", sentence);
            draft.sure(Confidence::Medium);
            if status >= 400 {
                draft.status("status", status.to_string());
            }
            return Some(Class::HardBlock);
        }
        if status == 451 {
            draft.status("status-451", "451");
            draft.sure(Confidence::High);
            return Some(Class::HardBlock);
        }
        if facts.is_empty || self.read.html.trim().is_empty() {
            draft.structure("empty-page", format!("status {status}, nothing to see"));
            draft.sure(Confidence::High);
            return Some(Class::SoftError);
        }
        if status >= 400 {
            draft.status("status", status.to_string());
            draft.sure(Confidence::High);
            return Some(Class::SoftError);
        }
        let error = self.says(Says::Error).filter(|_| self.is_short())?;
        draft.says("error-sentence", error);
        draft.sure(Confidence::Medium);
        Some(Class::SoftError)
    }

    /// Nothing on the page decides: where is the visitor?
    fn by_place(&self, draft: &mut Draft) -> Class {
        let facts = &self.read.facts;
        if let Some(frame) = &facts.framed {
            draft.structure("target-in-frame", frame);
            return Class::Unknown;
        }
        // Said of a page that is not plainly something else.
        if self.is_short() && (facts.named.is_some() || facts.in_script.is_some()) {
            if self.is_warned() {
                draft.says(
                    "warned-without-way-on",
                    self.says(Says::Warned).unwrap_or_default(),
                );
                draft.sure(Confidence::Low);
                return Class::HardBlock;
            }
            draft.structure("target-without-way-on", self.here.as_str());
            return Class::Unknown;
        }
        let app = facts.app_links.first();
        if is_app_address(self.here.as_str())
            || self.says(Says::App).is_some()
            || app.is_some() && self.is_short()
        {
            draft.structure("app-page", app.map_or(self.here.as_str(), String::as_str));
            draft.sure(Confidence::Medium);
            return Class::OtherPage;
        }
        if self.is_short()
            && self.is_warned()
            && self.says(Says::Leaving).is_none()
            && !self.has_unexplained_control()
        {
            draft.says(
                "warned-without-way-on",
                self.says(Says::Warned).unwrap_or_default(),
            );
            return Class::HardBlock;
        }
        self.elsewhere(draft)
    }

    /// A button of which neither label nor address tells what it does: it may
    /// be the way on.
    fn has_unexplained_control(&self) -> bool {
        self.read.facts.controls.iter().any(|control| {
            control.visible
                && !control.disabled
                && control.says.is_none()
                && control.address.is_none()
        })
    }

    fn elsewhere(&self, draft: &mut Draft) -> Class {
        let asked = Url::parse(&self.opening.visit.asked).ok();
        let moved = asked
            .as_ref()
            .is_some_and(|asked| !same_page(asked, &self.here));
        let on_platform = is_of(&self.here, self.opening.platform_sites)
            || asked
                .as_ref()
                .is_some_and(|asked| same_place(asked, &self.here));
        if moved && on_platform && self.read.facts.characters > 0 && self.here.path() == "/" {
            draft.structure("platform-home", self.here.as_str());
            draft.sure(Confidence::Medium);
            return Class::OtherPage;
        }
        if moved && !on_platform {
            draft.structure("other-site", self.here.as_str());
            draft.sure(Confidence::Medium);
            return Class::OtherPage;
        }
        if moved {
            draft.structure("other-platform-page", self.here.as_str());
            draft.sure(Confidence::Low);
            return Class::OtherPage;
        }
        draft.structure("nothing-recognised", self.here.as_str());
        Class::Unknown
    }

    /// The platform's own words.
    fn reason(&self, class: Class, draft: &mut Draft) {
        let facts = &self.read.facts;
        if let Some(declared) = &facts.declared {
            let words: Vec<&str> = [&declared.title, &declared.desc]
                .into_iter()
                .filter_map(|words| words.as_deref())
                .collect();
            if !words.is_empty() {
                draft.reason = Some(words.join(" "));
                return;
            }
        }
        let order = [
            Says::Blocked,
            Says::Copy,
            Says::OpenBrowser,
            Says::Warned,
            Says::Bot,
            Says::Rate,
            Says::Login,
            Says::Error,
            Says::Leaving,
            Says::Waiting,
            Says::App,
        ];
        let wanted = match class {
            Class::LeavePage { .. } | Class::TimedHop { .. } => {
                vec![Says::Warned, Says::Leaving, Says::Waiting, Says::Blocked]
            }
            Class::LoginWall => vec![Says::Login],
            Class::BotWall => vec![Says::Bot],
            Class::RateLimit => vec![Says::Rate],
            Class::SoftError => vec![Says::Error],
            Class::Unknown | Class::OtherPage => vec![Says::App],
            Class::CopyPage => vec![Says::Copy, Says::OpenBrowser, Says::Blocked],
            _ => order.to_vec(),
        };
        draft.reason = wanted.into_iter().find_map(|says| self.line(says));
    }

    /// The line of the page on which a kind of sentence stands, the longest of
    /// the short ones.
    fn line(&self, says: Says) -> Option<String> {
        self.says(says)?;
        self.read
            .facts
            .text
            .lines()
            .take(400)
            .filter(|line| line.len() < 2000)
            .filter(|line| said(&normalised(line)).iter().any(|said| said.says == says))
            .max_by_key(|line| line.chars().count().min(300))
            .map(str::to_owned)
    }

    /// Everything else that was seen, so that a reader can disagree.
    fn record_rest(&self, draft: &mut Draft) {
        let facts = &self.read.facts;
        if let Some((named, line)) = &facts.named {
            let code = match named {
                Named::Address => "target-as-text",
                Named::Host => "target-host-as-text",
            };
            if !draft.signals.iter().any(|signal| signal.code == code) {
                draft.structure(code, line);
            }
        }
        let structures = [
            ("target-in-input", facts.inputs.first()),
            ("copies-target", facts.copies.first()),
            ("target-in-script", facts.in_script.as_ref()),
            ("captcha-widget", facts.captcha.as_ref()),
            ("app-link", facts.app_links.first()),
        ];
        for (code, datum) in structures {
            if let Some(datum) = datum.filter(|_| !draft.signals.iter().any(|s| s.code == code)) {
                draft.structure(code, datum);
            }
        }
        let hidden = facts
            .controls
            .iter()
            .find(|control| !control.visible && control.lead.is_some());
        if let Some(control) = hidden {
            draft.structure("hidden-control", &control.datum);
        }
        if self.read.status >= 400 && !draft.signals.iter().any(|s| s.kind == SignalKind::Status) {
            draft.status("status", self.read.status.to_string());
        }
        for said in &facts.said {
            let code = code(said.says);
            if !draft.signals.iter().any(|signal| signal.code == code) {
                draft.says(code, said.pattern);
            }
        }
        if draft.steps.is_empty()
            && self.says(Says::OpenBrowser).is_some()
            && self.says(Says::Copy).is_none()
            && draft.continue_to.is_none()
            && facts.copies.is_empty()
            && facts.named.is_none()
        {
            // Nothing to copy on the page: the menu's "open in browser".
            let is_copy = draft
                .signals
                .first()
                .is_some_and(|signal| signal.code == "copy-sentence");
            if is_copy {
                draft.steps = vec![UserStep::OpenBrowser];
            }
        }
    }
}

fn code(says: Says) -> &'static str {
    match says {
        Says::Leaving => "leaving-sentence",
        Says::Warned => "warning-sentence",
        Says::Waiting => "waiting-sentence",
        Says::Copy | Says::OpenBrowser => "copy-sentence",
        Says::Blocked => "blocked-sentence",
        Says::Login => "login-sentence",
        Says::Bot => "bot-sentence",
        Says::Rate => "rate-sentence",
        Says::Error => "error-sentence",
        _ => "app-sentence",
    }
}
