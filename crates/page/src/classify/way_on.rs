//! The way on that a page offers: what a visitor can click to get to the
//! target.

use moongate_url::same_page;
use url::Url;

use crate::facts::{Control, Facts, is_app_address, is_other_action};
use crate::leads::{Lead, same_place};
use crate::sentences::Says;

/// How sure it is that the way leads to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Labelled to lead on; where to is hidden in a script.
    Opaque,
    /// Leads to the target's site or to an address that carries the target.
    Likely,
    /// Leads to the target.
    Certain,
}

/// A way on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WayOn {
    pub(super) strength: Strength,
    pub(super) code: &'static str,
    pub(super) datum: String,
    pub(super) to: Option<String>,
}

/// The best way on that the page offers.
pub(super) fn find(facts: &Facts, here: &Url) -> Option<WayOn> {
    let by_control = facts
        .controls
        .iter()
        .filter(|control| control.visible && !control.disabled)
        .filter_map(|control| of_control(control, facts, here));
    let by_script = facts.script_leads.iter().map(|(how, to)| WayOn {
        strength: Strength::Certain,
        code: "script-leads-to-target",
        datum: how.clone(),
        to: Some(to.clone()),
    });
    by_control.chain(by_script).reduce(|best, other| {
        if other.strength > best.strength {
            other
        } else {
            best
        }
    })
}

fn of_control(control: &Control, facts: &Facts, here: &Url) -> Option<WayOn> {
    let leads_on = control.says == Some(Says::ContinueLabel);
    let is_other = matches!(
        control.says,
        Some(Says::OtherLabel | Says::CopyLabel | Says::LoginLabel | Says::AppLabel)
    );
    let datum = format!("{} \u{201c}{}\u{201d}", control.datum, control.label);
    let (strength, code) = match control.lead {
        Some(Lead::Target) if control.says != Some(Says::CopyLabel) => {
            (Strength::Certain, "control-leads-to-target")
        }
        Some(Lead::Inside) if !is_other && carries_on(control, leads_on, here) => {
            (Strength::Likely, "control-carries-target")
        }
        Some(Lead::Site) if leads_on => (Strength::Likely, "control-leads-to-target-site"),
        None if leads_on && !is_other && is_opaque(control, facts, here) => {
            (Strength::Opaque, "continue-control")
        }
        _ => return None,
    };
    let to = control.address.clone().filter(|_| control.lead.is_some());
    Some(WayOn {
        strength,
        code,
        datum,
        to,
    })
}

/// Whether an address that carries the target inside may lead on, rather than
/// report it, share it or show this page in another language.
fn carries_on(control: &Control, leads_on: bool, here: &Url) -> bool {
    let Some(to) = control
        .address
        .as_deref()
        .and_then(|address| here.join(address).ok())
    else {
        return leads_on;
    };
    if is_other_action(to.path()) || same_page(&to, here) {
        return false;
    }
    leads_on || same_place(&to, here) && to.path() != here.path()
}

/// Whether a control that is labelled to lead on may do so by a script or by
/// a token that cannot be read.
fn is_opaque(control: &Control, facts: &Facts, here: &Url) -> bool {
    let context = facts.says(Says::Leaving).is_some()
        || facts.says(Says::Warned).is_some()
        || facts.named.is_some()
        || facts.in_script.is_some();
    if !context || facts.password {
        return false;
    }
    match &control.address {
        None => true,
        Some(address) if is_app_address(address) => false,
        Some(address) => here
            .join(address)
            .is_ok_and(|to| same_place(&to, here) && to.path() != "/" && !same_page(&to, here)),
    }
}
