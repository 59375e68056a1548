//! Whether two openings ended at the same page.
//!
//! Pages carry times, nonces and advertisements; two copies of one page are
//! seldom equal. Compared are the final address, the digest, the title and
//! the visible words with their digits left out.

use std::collections::HashSet;

use moongate_url::same_page;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::class::DirectControl;
use crate::leads::same_place;
use crate::text::{decode_text, title, visible_text};

/// Pieces of text compared at most.
const SHINGLES: usize = 20_000;
/// Characters in a piece.
const WIDTH: usize = 8;

/// How two openings compare.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sameness {
    /// They ended at the same page.
    pub same: bool,
    /// The final addresses name the same page.
    pub same_address: bool,
    /// The final addresses are of the same site.
    pub same_site: bool,
    /// The bodies are equal.
    pub same_bytes: bool,
    /// The titles are equal and not empty.
    pub same_title: bool,
    /// Share of pieces of visible text in common, 0 to 1; none where a body
    /// is missing or has no text.
    pub likeness: Option<f64>,
}

/// Compares where two openings ended.
///
/// The same page is: the same final address with statuses that do not
/// contradict (both below 400 or both not), or the same site with alike
/// content. Alike content at another site is no sameness: a platform's copy
/// of a page is not the page.
pub fn same_as_direct(a: &DirectControl<'_>, b: &DirectControl<'_>) -> Sameness {
    let (left, right) = (Landing::of(a), Landing::of(b));
    let addresses = left.address.as_ref().zip(right.address.as_ref());
    let same_address = addresses.is_some_and(|(a, b)| same_page(a, b));
    let same_site = addresses.is_some_and(|(a, b)| same_place(a, b));
    let same_bytes = match (left.digest, right.digest) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    };
    let same_title = left.title.is_some() && left.title == right.title;
    let likeness = left
        .text
        .as_deref()
        .zip(right.text.as_deref())
        .and_then(|(a, b)| likeness(a, b));
    let alike = same_bytes
        || same_title && likeness.is_none_or(|share| share >= 0.3)
        || likeness.is_some_and(|share| share >= 0.6);
    let agree = left.is_error == right.is_error;
    Sameness {
        same: agree && (same_address || same_site && alike),
        same_address,
        same_site,
        same_bytes,
        same_title,
        likeness,
    }
}

struct Landing {
    address: Option<Url>,
    digest: Option<moongate_glossary::Digest>,
    title: Option<String>,
    text: Option<String>,
    is_error: bool,
}

impl Landing {
    fn of(landing: &DirectControl<'_>) -> Self {
        let last = landing.visit.hops.last();
        let html = landing.body.map(|body| {
            let headers = last.map_or(&[][..], |hop| &hop.headers);
            decode_text(headers, body).0
        });
        Self {
            address: last.and_then(|hop| Url::parse(&hop.url).ok()),
            digest: last
                .and_then(|hop| hop.body.as_ref())
                .filter(|body| body.length > 0)
                .map(|body| body.digest),
            title: html.as_deref().and_then(title),
            text: html.as_deref().map(visible_text),
            is_error: last
                .and_then(|hop| hop.status)
                .is_none_or(|status| status >= 400),
        }
    }
}

/// Jaccard index of the pieces of two texts.
fn likeness(a: &str, b: &str) -> Option<f64> {
    let (a, b) = (shingles(a), shingles(b));
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let common = a.intersection(&b).count() as f64;
    Some(common / (a.len() + b.len()) as f64 / (1.0 - common / (a.len() + b.len()) as f64))
}

fn shingles(text: &str) -> HashSet<u64> {
    let plain: Vec<char> = text
        .chars()
        .filter(|c| c.is_alphabetic())
        .take(SHINGLES)
        .collect();
    let hash = |window: &[char]| {
        window.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, c| {
            (hash ^ u64::from(u32::from(*c))).wrapping_mul(0x0100_0000_01b3)
        })
    };
    if plain.len() < WIDTH && !plain.is_empty() {
        return HashSet::from([hash(&plain)]);
    }
    plain.windows(WIDTH).map(hash).collect()
}
