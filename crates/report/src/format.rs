//! How numbers, dates and foreign characters are written.
//!
//! Pure text from pure values. Not here: sentences (`language`).

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use moongate_glossary::EffectUnit;

use crate::Language;

/// `1234567` as `1,234,567`; both languages group by thousands.
pub(crate) fn integer(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number with `places` decimals, thousands apart, a true minus sign, and
/// no trailing zeros.
pub(crate) fn decimal(value: f64, places: usize) -> String {
    if !value.is_finite() {
        return infinity(value).to_owned();
    }
    let written = format!("{:.places$}", value.abs());
    let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
    let fraction = fraction.trim_end_matches('0');
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), integer);
    let sign = if value < 0.0 && (whole != "0" || !fraction.is_empty()) {
        "−"
    } else {
        ""
    };
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

fn infinity(value: f64) -> &'static str {
    if value.is_nan() {
        "–"
    } else if value > 0.0 {
        "∞"
    } else {
        "−∞"
    }
}

/// A share as per cent: `.015` as `1.5%`.
pub(crate) fn percent(share: f64) -> String {
    let places = if share.abs() < 0.001 { 4 } else { 1 };
    format!("{}%", decimal(share * 100.0, places))
}

/// Milliseconds, in seconds from one second on.
pub(crate) fn duration(milliseconds: f64, language: Language) -> String {
    let (value, unit) = if milliseconds.abs() >= 1000.0 {
        (decimal(milliseconds / 1000.0, 2), ["s", "秒"])
    } else {
        (decimal(milliseconds, 1), ["ms", "毫秒"])
    };
    match language {
        Language::En => format!("{value} {}", unit[0]),
        Language::Zh => format!("{value} {}", unit[1]),
    }
}

/// A delay against comparable links, with its sign: `+2.54 s`.
pub(crate) fn delay(milliseconds: f64, language: Language) -> String {
    let sign = if milliseconds > 0.0 { "+" } else { "" };
    format!("{sign}{}", duration(milliseconds, language))
}

/// An amount in the unit of its effect.
pub(crate) fn amount(value: f64, unit: EffectUnit, language: Language) -> String {
    match unit {
        EffectUnit::Share => percent(value),
        EffectUnit::ShareDifference => points(value, language),
        EffectUnit::Milliseconds => duration(value, language),
    }
}

/// A difference of shares, in percentage points.
pub(crate) fn points(difference: f64, language: Language) -> String {
    let value = decimal(difference * 100.0, 1);
    match language {
        Language::En => format!("{value} pp"),
        Language::Zh => format!("{value} 个百分点"),
    }
}

/// An evidence value from its natural logarithm: plain up to a hundred
/// thousand, as a power of ten beyond (a number of 300 digits is written as
/// easily as one of three).
pub(crate) fn evidence(log_e: f64) -> String {
    if !log_e.is_finite() {
        return match infinity(log_e) {
            "−∞" => "0".to_owned(),
            other => other.to_owned(),
        };
    }
    let log10 = log_e / std::f64::consts::LN_10;
    if (-2.0..5.0).contains(&log10) {
        let value = log_e.exp();
        return decimal(
            value,
            if value < 1.0 {
                3
            } else {
                usize::from(value < 100.0)
            },
        );
    }
    let mut exponent = log10.floor();
    let mut mantissa = 10_f64.powf(log10 - exponent);
    if mantissa >= 9.95 {
        mantissa = 1.0;
        exponent += 1.0;
    }
    format!(
        "{} × 10{}",
        decimal(mantissa, 1),
        superscript(exponent as i64)
    )
}

/// A whole number in superscript digits.
pub(crate) fn superscript(value: i64) -> String {
    value
        .to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            other => other
                .to_digit(10)
                .and_then(|digit| char::from_u32(0x2070 + digit))
                .unwrap_or(other),
        })
        .collect()
}

/// The offset instants are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Zone(Offset);

impl Zone {
    /// From a text such as `+08:00`; UTC where it is none.
    pub(crate) fn parse(text: &str) -> Self {
        Self(offset_seconds(text).map_or(Offset::UTC, |seconds| {
            Offset::from_seconds(seconds).unwrap_or(Offset::UTC)
        }))
    }

    fn at(self, ms: i64) -> Option<DateTime> {
        let instant = Timestamp::from_millisecond(ms).ok()?;
        Some(self.0.to_datetime(instant))
    }

    /// How the offset is named: `UTC+8`, `UTC`, `UTC−3:30`.
    pub(crate) fn name(self) -> String {
        let minutes = self.0.seconds() / 60;
        let sign = match minutes.signum() {
            0 => return "UTC".to_owned(),
            1 => '+',
            _ => '−',
        };
        let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
        if rest == 0 {
            format!("UTC{sign}{hours}")
        } else {
            format!("UTC{sign}{hours}:{rest:02}")
        }
    }

    /// A day: `17 September 2021`, `2021年9月17日`.
    pub(crate) fn date(self, ms: i64, language: Language) -> String {
        self.at(ms).map_or_else(unknown, |at| day(at, language))
    }

    /// The day of a deadline. One at midnight is the end of the day before,
    /// and that is the day people know it by.
    pub(crate) fn deadline(self, ms: i64, language: Language) -> String {
        self.date(if self.is_midnight(ms) { ms - 1 } else { ms }, language)
    }

    /// A deadline to the minute: midnight is `24:00` of the day before.
    pub(crate) fn deadline_instant(self, ms: i64, language: Language) -> String {
        if !self.is_midnight(ms) {
            return self.instant(ms, language);
        }
        let day = self.deadline(ms, language);
        match language {
            Language::En => format!("{day}, 24:00 ({})", self.name()),
            Language::Zh => format!("{day} 24:00（{}）", self.name()),
        }
    }

    fn is_midnight(self, ms: i64) -> bool {
        self.at(ms)
            .is_some_and(|at| at.time() == jiff::civil::Time::midnight())
    }

    /// A day and the time of day, without the offset.
    pub(crate) fn date_time(self, ms: i64, language: Language) -> String {
        self.at(ms).map_or_else(unknown, |at| {
            let time = format!("{:02}:{:02}", at.hour(), at.minute());
            match language {
                Language::En => format!("{}, {time}", day(at, language)),
                Language::Zh => format!("{} {time}", day(at, language)),
            }
        })
    }

    /// The same with the offset, for where it stands alone.
    pub(crate) fn instant(self, ms: i64, language: Language) -> String {
        match language {
            Language::En => format!("{} ({})", self.date_time(ms, language), self.name()),
            Language::Zh => format!("{}（{}）", self.date_time(ms, language), self.name()),
        }
    }

    /// For machines: RFC 3339 in the offset.
    pub(crate) fn machine(self, ms: i64) -> String {
        let Some(at) = self.at(ms) else {
            return String::new();
        };
        let minutes = self.0.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        format!(
            "{at:.0}{sign}{:02}:{:02}",
            minutes.abs() / 60,
            minutes.abs() % 60
        )
    }

    /// Short, for the ticks of an axis whose steps are `step_ms` wide.
    pub(crate) fn tick(self, ms: i64, step_ms: i64) -> String {
        self.at(ms).map_or_else(unknown, |at| {
            if step_ms < 60_000 {
                format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
            } else if step_ms < 86_400_000 {
                format!("{:02}:{:02}", at.hour(), at.minute())
            } else {
                format!("{}-{:02}-{:02}", at.year(), at.month(), at.day())
            }
        })
    }

    /// The offset in milliseconds, for ticks at round hours.
    pub(crate) fn offset_ms(self) -> i64 {
        i64::from(self.0.seconds()) * 1000
    }
}

fn unknown() -> String {
    "–".to_owned()
}

fn offset_seconds(text: &str) -> Option<i32> {
    let text = text.trim();
    if text == "Z" {
        return Some(0);
    }
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' | '−' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.trim_start_matches(['+', '-', '−']).split_once(':')?;
    let hours: i32 = hours.parse().ok()?;
    let minutes: i32 = minutes.parse().ok()?;
    ((0..=23).contains(&hours) && (0..60).contains(&minutes))
        .then_some(sign * (hours * 3600 + minutes * 60))
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn day(at: DateTime, language: Language) -> String {
    match language {
        Language::En => {
            let month = usize::try_from(at.month() - 1)
                .ok()
                .and_then(|month| MONTHS.get(month))
                .copied()
                .unwrap_or_default();
            format!("{} {month} {}", at.day(), at.year())
        }
        Language::Zh => format!("{}年{}月{}日", at.year(), at.month(), at.day()),
    }
}

/// Makes characters visible that would steer a terminal, turn the direction
/// of writing or hide: controls, direction marks, zero-width spaces. Line
/// feeds and tabs stay.
///
/// ```text
/// "evil\u{202e}gnp.exe" → "evil⟨U+202E⟩gnp.exe"
/// ```
pub(crate) fn inert(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) {
            // Writing to a String cannot fail.
            let _ = write!(safe, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

fn steers(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c,
            '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The first `most` characters of `text`, and whether anything was cut.
pub(crate) fn head(text: &str, most: usize) -> (&str, bool) {
    match text.char_indices().nth(most) {
        Some((at, _)) => (text.get(..at).unwrap_or(text), true),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(integer(0), "0");
        assert_eq!(integer(1_234_567), "1,234,567");
        assert_eq!(decimal(-0.04, 1), "0");
        assert_eq!(decimal(-1234.50, 2), "−1,234.5");
        assert_eq!(percent(0.01), "1%");
        assert_eq!(percent(0.00002), "0.002%");
        assert_eq!(duration(2543.0, Language::En), "2.54 s");
        assert_eq!(duration(37.0, Language::Zh), "37 毫秒");
        assert_eq!(points(0.5, Language::En), "50 pp");
    }

    #[test]
    fn evidence_spans_all_magnitudes() {
        assert_eq!(evidence(0.0), "1");
        assert_eq!(evidence(8.7483), "6,300");
        assert_eq!(evidence(690.8), "1 × 10³⁰⁰");
        assert_eq!(evidence(-10.0), "4.5 × 10⁻⁵");
        assert_eq!(evidence(f64::NEG_INFINITY), "0");
        assert_eq!(evidence(f64::NAN), "–");
        assert_eq!(evidence(8.0 * std::f64::consts::LN_10 - 1e-12), "1 × 10⁸");
    }

    #[test]
    fn a_deadline_at_midnight_is_the_day_that_ends_then() {
        let zone = Zone::parse("+08:00");
        // 18 September 2021, 00:00 in Beijing.
        let midnight = 1_631_894_400_000;
        assert_eq!(zone.deadline(midnight, Language::En), "17 September 2021");
        assert_eq!(
            zone.deadline_instant(midnight, Language::En),
            "17 September 2021, 24:00 (UTC+8)"
        );
        assert_eq!(
            zone.deadline_instant(midnight, Language::Zh),
            "2021年9月17日 24:00（UTC+8）"
        );
        let noon = midnight + 12 * 3_600_000;
        assert_eq!(zone.deadline(noon, Language::En), "18 September 2021");
        assert_eq!(
            zone.deadline_instant(noon, Language::En),
            "18 September 2021, 12:00 (UTC+8)"
        );
    }

    #[test]
    fn dates_follow_the_language_and_the_offset() {
        let zone = Zone::parse("+08:00");
        let ms = 1_631_894_340_000;
        assert_eq!(
            zone.instant(ms, Language::En),
            "17 September 2021, 23:59 (UTC+8)"
        );
        assert_eq!(
            zone.instant(ms, Language::Zh),
            "2021年9月17日 23:59（UTC+8）"
        );
        assert_eq!(zone.machine(ms), "2021-09-17T23:59:00+08:00");
        assert_eq!(Zone::parse("-03:30").name(), "UTC−3:30");
        assert_eq!(Zone::parse("nowhere").name(), "UTC");
        assert_eq!(zone.date(i64::MAX, Language::En), "–");
    }

    #[test]
    fn what_steers_is_made_visible() {
        assert_eq!(inert("a\u{202e}b"), "a⟨U+202E⟩b");
        assert_eq!(inert("\u{1b}[31m"), "⟨U+001B⟩[31m");
        assert_eq!(inert("微信\n\t"), "微信\n\t");
    }

    proptest! {
        #[test]
        fn nothing_that_steers_is_left(text in "\\PC*|[\\x00-\\x1f\u{200b}-\u{2069}]*") {
            prop_assert!(!inert(&text).chars().any(steers));
        }

        #[test]
        fn any_number_is_written(value: f64, ms: i64) {
            let _ = (decimal(value, 2), evidence(value), percent(value));
            let _ = (Zone::parse("+08:00").instant(ms, Language::Zh), Zone(Offset::UTC).machine(ms));
        }
    }
}
