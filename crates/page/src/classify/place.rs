//! Where the visitor ended: at the destination or short of it.

use moongate_glossary::Side;
use moongate_url::{embedded_targets, same_page};
use url::Url;

use super::{Draft, Read, way_on};
use crate::class::{Class, Confidence, DirectControl, Opening};
use crate::leads::{is_of, same_place};
use crate::same::{Sameness, same_as_direct};
use crate::sentences::Says;
use crate::visit::{HowReached, Visit};

/// Characters on a page below which a sentence speaks for the whole of it.
pub(super) const SHORT: usize = 700;

/// The class, if where the visitor ended decides it.
pub(super) fn class(opening: &Opening<'_>, read: &Read<'_>, draft: &mut Draft) -> Option<Class> {
    let place = Place::of(opening, read);
    draft.handed_over = place.handed_over;
    if let Some(class) = failed(opening, &place, draft) {
        return Some(class);
    }
    let Some(here) = &read.here else {
        draft.structure("no-hops", &opening.visit.asked);
        return Some(Class::Unknown);
    };
    if !place.at_destination {
        return None;
    }
    if place.on_platform && !place.is_page && is_between(opening, read, here) {
        draft.structure("platform-page-on-destination-site", here.as_str());
        return None;
    }
    Some(arrived(opening, read, &place, draft))
}

/// What the hops tell.
struct Place {
    /// The last address is the target, the control's last one, or of their
    /// site; or the target was asked and sent on by itself.
    at_destination: bool,
    /// The last address is the target or the control's last one.
    is_page: bool,
    /// The destination's site was asked.
    handed_over: bool,
    /// The last address is of the platform.
    on_platform: bool,
    /// The target itself was asked on the way.
    passed_target: bool,
    /// Index of the first hop at the destination.
    first: Option<usize>,
    sameness: Option<Sameness>,
}

impl Place {
    fn of(opening: &Opening<'_>, read: &Read<'_>) -> Self {
        let direct_end = opening.direct.and_then(|direct| end(direct.visit));
        let target = opening.target;
        let own = |url: &Url| is_of(url, opening.platform_sites) || is_asked_place(opening, url);
        let target_is_own = own(target);
        let is_page = |url: &Url| {
            same_page(url, target) || direct_end.as_ref().is_some_and(|end| same_page(url, end))
        };
        let at = |url: &Url| {
            is_page(url)
                || !target_is_own && same_place(url, target)
                || direct_end
                    .as_ref()
                    .is_some_and(|end| !own(end) && same_place(url, end))
        };
        let addresses: Vec<Option<Url>> = opening
            .visit
            .hops
            .iter()
            .map(|hop| Url::parse(&hop.url).ok())
            .collect();
        let first = addresses
            .iter()
            .position(|url| url.as_ref().is_some_and(at));
        let passed_target = addresses.iter().flatten().any(|url| same_page(url, target));
        let here = read.here.as_ref();
        let on_platform = here.is_some_and(own);
        let own_target_site = target_is_own && here.is_some_and(|here| same_place(here, target));
        Self {
            at_destination: here.is_some_and(at)
                || own_target_site
                || passed_target && !on_platform,
            is_page: here.is_some_and(is_page),
            handed_over: first.is_some(),
            on_platform,
            passed_target,
            first,
            sameness: opening.direct.map(|direct| {
                let ours = DirectControl {
                    visit: opening.visit,
                    body: opening.last_body,
                };
                same_as_direct(&ours, &direct)
            }),
        }
    }
}

/// Whether the address is of the site the link was asked at, and the link is
/// not the target's own address.
fn is_asked_place(opening: &Opening<'_>, url: &Url) -> bool {
    Url::parse(&opening.visit.asked)
        .is_ok_and(|asked| same_place(&asked, url) && !same_page(&asked, opening.target))
}

fn end(visit: &Visit) -> Option<Url> {
    if visit.failure.is_some() {
        return None;
    }
    Url::parse(&visit.hops.last()?.url).ok()
}

fn failed(opening: &Opening<'_>, place: &Place, draft: &mut Draft) -> Option<Class> {
    let failure = opening.visit.failure.as_ref()?;
    draft.structure("failure", &failure.message);
    draft.sure(Confidence::High);
    if place.handed_over && failure.side == Side::Target {
        draft.structure("failed-after-hand-over", format!("{:?}", failure.kind));
        return Some(Class::DestinationFailed);
    }
    Some(Class::NotMeasured { side: failure.side })
}

/// Whether a page of the destination's own site is one that stands before the
/// destination: a redirector hosted by it.
fn is_between(opening: &Opening<'_>, read: &Read<'_>, here: &Url) -> bool {
    let carries = embedded_targets(here)
        .iter()
        .any(|found| same_page(&found.url, opening.target));
    carries
        || read.facts.declared.is_some()
        || way_on::find(&read.facts, here).is_some()
        || same_page(
            here,
            &Url::parse(&opening.visit.asked).unwrap_or_else(|_| here.clone()),
        )
        || read.status >= 400
        || read.facts.characters < SHORT
}

fn arrived(opening: &Opening<'_>, read: &Read<'_>, place: &Place, draft: &mut Draft) -> Class {
    let address = read.here.as_ref().map_or("", Url::as_str);
    draft.handed_over = true;
    if read.status >= 400 {
        draft.status("destination-status", read.status.to_string());
        draft.sure(Confidence::High);
        return Class::DestinationFailed;
    }
    let same = place.sameness.filter(|sameness| sameness.same);
    if let Some(walled) = wall(read, same.is_some() || opening.direct.is_none()) {
        draft.structure("destination-wall", walled);
        draft.sure(Confidence::Medium);
        return Class::DestinationFailed;
    }
    if let Some(sameness) = same {
        draft.structure("same-page-as-direct", grounds(&sameness));
        draft.sure(Confidence::High);
        return in_time(opening, place, draft);
    }
    if let Some(direct) = opening.direct {
        return unlike(opening, &direct, read, place, draft);
    }
    if place.is_page || place.passed_target {
        draft.structure("target-address-reached", address);
        draft.sure(Confidence::Medium);
        return in_time(opening, place, draft);
    }
    draft.structure("target-site-reached", address);
    draft.sure(Confidence::Low);
    Class::Unknown
}

/// At the destination's site, but not where or what the control saw.
fn unlike(
    opening: &Opening<'_>,
    direct: &DirectControl<'_>,
    read: &Read<'_>,
    place: &Place,
    draft: &mut Draft,
) -> Class {
    let address = read.here.as_ref().map_or("", Url::as_str);
    let control = direct
        .visit
        .hops
        .last()
        .and_then(|hop| hop.status)
        .unwrap_or_default();
    let failed = direct.visit.failure.is_some() || control >= 400;
    if failed {
        draft.structure("direct-control-failed", control.to_string());
    }
    if place.is_page || place.passed_target {
        draft.structure("target-address-reached", address);
        draft.sure(Confidence::Medium);
        return in_time(opening, place, draft);
    }
    draft.structure("differs-from-direct", address);
    if failed || read.facts.password {
        return Class::DestinationFailed;
    }
    Class::Unknown
}

fn grounds(sameness: &Sameness) -> String {
    let mut grounds = Vec::new();
    if sameness.same_address {
        grounds.push("same address".to_owned());
    }
    if sameness.same_bytes {
        grounds.push("same bytes".to_owned());
    }
    if sameness.same_title {
        grounds.push("same title".to_owned());
    }
    if let Some(share) = sameness.likeness {
        grounds.push(format!("likeness {share:.2}"));
    }
    grounds.join(", ")
}

/// A wall or an error of the destination's own that fills the page.
fn wall(read: &Read<'_>, comparable: bool) -> Option<String> {
    let facts = &read.facts;
    if !comparable || facts.characters > SHORT {
        return None;
    }
    let bot = facts.says(Says::Bot).map(|said| said.pattern.to_owned());
    if let (Some(captcha), Some(_)) = (&facts.captcha, &bot) {
        return Some(captcha.clone());
    }
    let title = facts
        .title
        .as_deref()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    let is_error = title.starts_with("404")
        || title.starts_with("not found")
        || title.starts_with("page not found")
        || title.starts_with("502")
        || title.starts_with("503");
    is_error.then_some(title)
}

/// Reached, at once or after a wait that a page on the way announced.
fn in_time(opening: &Opening<'_>, place: &Place, draft: &mut Draft) -> Class {
    let until = place
        .first
        .map_or(opening.visit.hops.len(), |first| first + 1);
    let mut after_s = 0.0;
    for hop in opening.visit.hops.iter().take(until) {
        let (delay, what) = match &hop.how {
            HowReached::RefreshHeader { delay_s } => (*delay_s, "refresh header"),
            HowReached::MetaRefresh { delay_s } => (*delay_s, "meta refresh"),
            HowReached::Script { form, delay_s } => (*delay_s, form.as_str()),
            HowReached::Asked | HowReached::Location { .. } => continue,
        };
        draft.structure("hop", format!("{what} after {delay} s to {}", hop.url));
        after_s += delay;
    }
    if after_s >= 1.0 {
        Class::TimedHop { after_s }
    } else {
        Class::Reached
    }
}
