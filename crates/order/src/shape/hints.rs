//! "Did you mean": the nearest known word, and lists of words in a sentence.

use crate::diagnostic::visible;

/// Words named in full in a sentence; of more, only how many there are.
const MOST_NAMED: usize = 24;

/// The known word that `written` was most likely meant to be, if one is near enough: one
/// slip in three characters, whatever the case and whether `-` or `_` joins the parts; or a
/// known word with another part behind it.
///
/// ```
/// use moongate_order::shape::closest;
/// assert_eq!(closest("sujects", ["sources", "subjects"]), Some("subjects"));
/// assert_eq!(closest("Due_Date", ["due-date", "id"]), Some("due-date"));
/// assert_eq!(closest("due_date", ["id", "due"]), Some("due"));
/// assert_eq!(closest("colour", ["id", "due"]), None);
/// ```
pub fn closest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A distance takes time in the product of the lengths, and no known word is that long.
    if written.len() > 200 {
        return None;
    }
    let plain = |word: &str| word.to_lowercase().replace('_', "-");
    let written = plain(written);
    let allowed = written.chars().count().div_ceil(3);
    known
        .into_iter()
        .filter_map(|word| {
            let plain = plain(word);
            let distance = strsim::damerau_levenshtein(&written, &plain);
            let longer = written
                .strip_prefix(&plain)
                .is_some_and(|rest| rest.starts_with('-'));
            (distance <= allowed || longer).then_some((distance, word))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// The words in a sentence: "`a`", "`a` or `b`", "one of `a`, `b`, `c`".
pub fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words
        .into_iter()
        .map(|word| format!("`{}`", visible(word, 60)))
        .collect();
    match words.as_slice() {
        [] => "nothing (none is known here)".to_owned(),
        [one] => one.clone(),
        [one, other] => format!("{one} or {other}"),
        many if many.len() <= MOST_NAMED => format!("one of {}", many.join(", ")),
        many => format!(
            "one of {} and {} others",
            many.iter()
                .take(MOST_NAMED)
                .cloned()
                .collect::<Vec<_>>()
                .join(", "),
            many.len() - MOST_NAMED
        ),
    }
}

/// The remedy for an unknown word: the nearest known one, or what else can be done.
pub(crate) fn did_you_mean<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> String {
    closest(written, known).map_or_else(
        || otherwise.to_owned(),
        |word| format!("did you mean `{}`?", visible(word, 60)),
    )
}
