//! Whether an address, a text or a piece of script leads to the target.

use std::cell::Cell;

use moongate_url::{embedded_targets, registrable_domain, same_page, unwrap};
use url::Url;

/// Addresses that are compared in full for one page.
const COMPARED: usize = 4000;

/// How an address relates to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lead {
    /// Carries the target inside, as a redirector does.
    Inside,
    /// A page of the target's site.
    Site,
    /// The target itself.
    Target,
}

/// The target, ready for many comparisons.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    pub(crate) url: &'a Url,
    /// The page the addresses stand on.
    here: &'a Url,
    host: String,
    /// The address as a page may print it, lower case: with scheme, without,
    /// percent-decoded.
    spellings: Vec<String>,
    left: Cell<usize>,
}

impl<'a> Target<'a> {
    pub(crate) fn new(url: &'a Url, here: &'a Url) -> Self {
        Self {
            url,
            here,
            host: bare_host(url),
            spellings: spellings(url),
            left: Cell::new(COMPARED),
        }
    }

    /// How `written`, an address on the page, leads to the target.
    pub(crate) fn lead(&self, written: &str) -> Option<Lead> {
        let written = written.trim();
        if written.is_empty() || written.len() > 16 * 1024 || written.starts_with('#') {
            return None;
        }
        self.spend()?;
        let to = self.here.join(written).ok()?;
        if !matches!(to.scheme(), "http" | "https") {
            return None;
        }
        if same_page(&to, self.url) {
            return Some(Lead::Target);
        }
        if self.is_inside(&to) {
            return Some(Lead::Inside);
        }
        (same_place(&to, self.url) && !same_place(self.here, self.url)).then_some(Lead::Site)
    }

    fn spend(&self) -> Option<()> {
        let left = self.left.get().checked_sub(1)?;
        self.left.set(left);
        Some(())
    }

    fn is_inside(&self, to: &Url) -> bool {
        // Short addresses hold no other one.
        if to.as_str().len() < self.host.len() + 12 {
            return false;
        }
        let known = unwrap(to);
        known
            .target()
            .is_some_and(|found| same_page(found, self.url))
            || embedded_targets(to).iter().any(|found| {
                same_page(&found.url, self.url)
                    || embedded_targets(&found.url)
                        .iter()
                        .any(|inner| same_page(&inner.url, self.url))
            })
            || schemeless_value(to, self.url)
    }

    /// How a text of a script leads to the target: an address, base64, or
    /// percent-encoded.
    pub(crate) fn lead_in_literal(&self, literal: &str) -> Option<Lead> {
        if literal.len() < 4 {
            return None;
        }
        let lower = literal.to_ascii_lowercase();
        if lower.starts_with("http") || lower.starts_with("//") {
            let decoded = percent_encoding::percent_decode_str(literal).decode_utf8_lossy();
            return self.lead(literal).or_else(|| self.lead(&decoded));
        }
        let is_base64 = lower.starts_with("ahr0c") || lower.starts_with("ahr0");
        if is_base64 {
            let holder =
                Url::parse_with_params("https://holder.invalid/", [("u", literal)]).ok()?;
            self.spend()?;
            return self.is_inside(&holder).then_some(Lead::Target);
        }
        // Code in an attribute, or a relative redirector.
        (lower.contains(&self.host) && literal.contains('?'))
            .then(|| self.lead(literal))
            .flatten()
    }

    /// How a visible text names the target.
    pub(crate) fn named_in(&self, text: &str) -> Option<Named> {
        let text = text.to_lowercase();
        if !text.contains(&self.host) {
            return None;
        }
        let flat: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let full = self
            .spellings
            .iter()
            .any(|spelling| text.contains(spelling) || flat.contains(spelling));
        Some(if full || self.is_cut_short(&text) {
            Named::Address
        } else {
            Named::Host
        })
    }

    /// `shop.example/item…`: the address cut short by the page.
    fn is_cut_short(&self, text: &str) -> bool {
        let Some(spelling) = self.spellings.last() else {
            return false;
        };
        text.match_indices(self.host.as_str())
            .take(16)
            .any(|(at, _)| {
                let rest = text.get(at..).unwrap_or_default();
                let end = rest
                    .find(|c: char| c.is_whitespace() || matches!(c, '…' | '<' | '"'))
                    .unwrap_or(rest.len());
                let shown = rest.get(..end).unwrap_or_default().trim_end_matches('.');
                let is_cut = rest
                    .get(shown.len()..)
                    .is_some_and(|after| after.starts_with('…') || after.starts_with("..."));
                is_cut && shown.len() > self.host.len() + 1 && spelling.starts_with(shown)
            })
    }
}

/// What of the target a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Named {
    /// Only the host.
    Host,
    /// The whole address, or one cut short visibly.
    Address,
}

fn bare_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().to_lowercase();
    host.strip_prefix("www.")
        .map_or(host.clone(), str::to_owned)
}

/// With the scheme first, the shortest last.
fn spellings(url: &Url) -> Vec<String> {
    let full = url.as_str().to_lowercase();
    let decoded = percent_encoding::percent_decode_str(&full)
        .decode_utf8_lossy()
        .into_owned();
    let mut found = Vec::new();
    for text in [full, decoded] {
        let bare = text
            .split_once("://")
            .map_or(text.as_str(), |(_, rest)| rest);
        let bare = bare.strip_prefix("www.").unwrap_or(bare);
        let bare = bare.trim_end_matches('/').to_owned();
        found.push(bare);
    }
    found.reverse();
    found
}

/// `?to=shop.example/item`: the target without its scheme as a whole value.
fn schemeless_value(url: &Url, target: &Url) -> bool {
    let Some(bare) = spellings(target).pop() else {
        return false;
    };
    url.query_pairs().take(64).any(|(_, value)| {
        let value = value.to_lowercase();
        let value = value.trim_start_matches("www.").trim_end_matches('/');
        value == bare
    })
}

/// Whether two addresses are of one site; hosts that have none (addresses in
/// digits, `localhost`) must agree with their port.
pub(crate) fn same_place(a: &Url, b: &Url) -> bool {
    match (registrable_domain(a), registrable_domain(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => {
            a.host_str() == b.host_str() && a.port_or_known_default() == b.port_or_known_default()
        }
        _ => false,
    }
}

/// Whether the address is of one of the sites: registrable domains or hosts,
/// with or without a port.
pub(crate) fn is_of(url: &Url, sites: &[String]) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let with_port = url.port().map(|port| format!("{host}:{port}"));
    sites.iter().any(|site| {
        let site = site.trim().trim_start_matches("*.").trim_end_matches('/');
        let site = site.split_once("://").map_or(site, |(_, rest)| rest);
        host == site
            || with_port.as_deref() == Some(site)
            || host
                .strip_suffix(site)
                .is_some_and(|before| before.ends_with('.'))
    })
}
