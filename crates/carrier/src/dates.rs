//! Dates as headers write them, read leniently as browsers do.
//!
//! Source: RFC 6265, section 5.1.1, whose algorithm reads the three date
//! forms of HTTP (RFC 9110, section 5.6.7) as well.

/// Seconds since 1970-01-01 UTC of a date such as
/// `Sun, 06 Nov 1994 08:49:37 GMT`; `None` if it is none.
pub(crate) fn unix_seconds(text: &str) -> Option<i64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == ':' || !c.is_ascii();
    for token in text.split(|c| !is_part(c)).filter(|t| !t.is_empty()) {
        let _ = fill(&mut time, clock_time(token))
            || fill(&mut day, number(token, 1..=2))
            || fill(&mut month, month_of(token))
            || fill(&mut year, number(token, 2..=4));
    }
    let year = match year? {
        short @ 70..=99 => short + 1900,
        short @ 0..=69 => short + 2000,
        full => full,
    };
    let (day, month, time) = (day?, month?, time?);
    ((1601..=9999).contains(&year) && (1..=31).contains(&day))
        .then(|| days_from_civil(year, month, day) * 86_400 + time)
}

/// Puts `value` into `slot` if there is one and the slot is empty.
fn fill(slot: &mut Option<i64>, value: Option<i64>) -> bool {
    let fills = slot.is_none() && value.is_some();
    if fills {
        *slot = value;
    }
    fills
}

/// The leading digits of a token, if there are as many as stated.
fn number(token: &str, digits: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let end = token
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(token.len());
    if !digits.contains(&end) {
        return None;
    }
    token.get(..end)?.parse().ok()
}

fn clock_time(token: &str) -> Option<i64> {
    let mut parts = token.splitn(3, ':');
    let (hour, minute) = (number(parts.next()?, 1..=2)?, number(parts.next()?, 1..=2)?);
    let second = number(parts.next()?, 1..=2)?;
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3600 + minute * 60 + second)
}

fn month_of(token: &str) -> Option<i64> {
    let name = token.get(..3)?.to_ascii_lowercase();
    let months = "janfebmaraprmayjunjulaugsepoctnovdec";
    let at = months.find(&name).filter(|at| at % 3 == 0)?;
    i64::try_from(at / 3 + 1).ok()
}

/// Days from 1970-01-01 to a date of the Gregorian calendar (years from 1601).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forms() {
        for (text, expected) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777)),
            ("Sun Nov  6 08:49:37 1994", Some(784_111_777)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Thu, 29 Feb 2024 00:00:00 GMT", Some(1_709_164_800)),
            ("Wed, 01-Jan-2070 00:00:01 GMT", Some(3_155_760_001)),
            ("06 Nov 1994", None),
            ("Sun, 06 Nov 1994 25:49:37 GMT", None),
            ("Sun, 32 Nov 1994 08:49:37 GMT", None),
            ("120", None),
            ("", None),
        ] {
            assert_eq!(unix_seconds(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,60}") {
            let _ = unix_seconds(&text);
        }
    }
}
