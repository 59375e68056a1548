//! Links: as seen, parsed, in normal form, and safe to display; and what a platform's
//! redirector hides behind the link it shows.
//!
//! A link has four forms, and each is for one use:
//!
//! | form | type | for |
//! |---|---|---|
//! | as seen | [`Link::as_seen`] | evidence: the exact text |
//! | parsed | [`url::Url`] | opening it, by the WHATWG URL standard |
//! | normal | [`Normal`] | asking whether two links name the same page |
//! | safe to display | [`display_safe`] | showing it to a person |
//!
//! Not for this crate: opening anything (no I/O here), reading pages, knowing clauses.
//!
//! ```
//! use moongate_url::{End, Link, unwrap};
//!
//! let seen = Link::parse("https://link.zhihu.com/?target=https%3A%2F%2Fwww.douyin.com%2F")?;
//! let found = unwrap(seen.parsed());
//! assert!(matches!(found.end, End::Target(t) if t.as_str() == "https://www.douyin.com/"));
//! # Ok::<(), moongate_url::NotALink>(())
//! ```

mod address;
mod base64_text;
mod display;
mod embedded;
mod link;
mod normal;
mod percent;
mod shim;
mod site;
mod template;
mod text;
mod tracking;
mod unwrap;
mod urldefense;

pub use address::{SpecialBlock, is_private_address, literal_address, special_block};
pub use display::{display_safe, display_safe_text, display_safe_within};
pub use embedded::{Embedded, Encoding, Place, embedded_targets};
pub use link::{Link, MAX_LINK_BYTES, NotALink};
pub use normal::{Normal, PageComparison, compare_pages, normal, same_page};
pub use shim::{Confidence, Does, Shim, ShimDataError, Shims};
pub use site::{registrable_domain, same_site};
pub use template::{BadTemplate, fill_template};
pub use text::{FoundLink, links_in_text};
pub use tracking::{TrackingParameter, is_tracking, tracking_parameters};
pub use unwrap::{End, MAX_SHIMS, Step, Unwrapped, unwrap, unwrap_with};
