//! The list of checks. Adding a check touches its own folder and this list.

use moongate_check::Check;
use moongate_check_links::Links;
use moongate_order::Vocabulary;

/// Every check, in the order in which they are shown.
pub const ALL: [&dyn Check; 1] = [&Links];

/// What an order may say: the words of every check.
///
/// ```
/// let vocabulary = moongate_checks::vocabulary();
/// assert!(vocabulary.check("links").is_some());
/// ```
pub fn vocabulary() -> Vocabulary {
    Vocabulary {
        checks: ALL.iter().map(|check| check.words()).collect(),
    }
}
