//! Links and texts made safe to show: nothing invisible, nothing that turns the line
//! around, no host that looks like another, no user information, nothing endless.
//!
//! Not for escaping HTML; whoever renders HTML does that. Not for opening or comparing.

use url::{Host, Url};

use crate::percent;

/// Characters that [`display_safe`] shows at most.
const MAX_SHOWN: usize = 120;

/// A URL as one line that can be shown to anyone.
///
/// User information is left out. Host names are shown in their own script when every
/// label keeps to one (or to a mixture that languages use, such as Han with kana and
/// Latin); otherwise in punycode. Han, kana and hangul in path and query are shown
/// decoded; everything else stays percent-encoded. More than 120 characters are
/// shortened in the middle; of a host, the end is what stays, for it says who is behind it.
///
/// ```
/// use moongate_url::display_safe;
/// let url = |text| url::Url::parse(text).unwrap();
/// assert_eq!(display_safe(&url("https://bank.com@evil.com/你")), "https://evil.com/你");
/// // The first letter is Cyrillic.
/// assert_eq!(display_safe(&url("https://аpple.com/")), "https://xn--pple-43d.com/");
/// ```
pub fn display_safe(url: &Url) -> String {
    display_safe_within(url, MAX_SHOWN)
}

/// [`display_safe`] with another limit, in characters; at least 24 are used.
pub fn display_safe_within(url: &Url, max_chars: usize) -> String {
    let max_chars = max_chars.max(24);
    let (head, tail) = match url.host() {
        Some(host) => {
            let port = url
                .port()
                .map_or_else(String::new, |port| format!(":{port}"));
            let room = max_chars / 2;
            let host = keep_end(&safe_host(&host), room);
            (format!("{}://{host}{port}", url.scheme()), after_host(url))
        }
        None => (format!("{}:", url.scheme()), after_host(url)),
    };
    let head = display_safe_text(&head);
    let room = max_chars.saturating_sub(head.chars().count()).max(8);
    format!("{head}{}", shorten(&display_safe_text(&tail), room))
}

/// A text as seen, made safe to show: controls, bidirectional overrides, and what is
/// invisible become `\u{…}`. Everything else is kept.
///
/// ```
/// assert_eq!(moongate_url::display_safe_text("a\u{202E}b\n"), "a\\u{202e}b\\u{a}");
/// ```
pub fn display_safe_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_unsafe(letter) {
            out.extend(letter.escape_unicode());
        } else {
            out.push(letter);
        }
    }
    out
}

/// Characters that show as nothing, or change how their neighbours show.
fn is_unsafe(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E000}'..='\u{F8FF}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{10FFFF}')
        || (letter.is_whitespace() && letter != ' ')
}

fn safe_host(host: &Host<&str>) -> String {
    let Host::Domain(ascii) = host else {
        return host.to_string();
    };
    let labels: Vec<String> = ascii
        .split('.')
        .map(|label| shown_label(label).unwrap_or_else(|| label.to_owned()))
        .collect();
    labels.join(".")
}

/// A label in its own script, where that cannot be taken for another.
fn shown_label(ascii: &str) -> Option<String> {
    if !ascii.starts_with("xn--") {
        return None;
    }
    let (unicode, outcome) = idna::domain_to_unicode(ascii);
    (outcome.is_ok() && is_plain_label(&unicode)).then_some(unicode)
}

/// Scripts that a host may be shown in; any other letter makes it punycode.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Common,
    Latin,
    Cyrillic,
    Greek,
    Han,
    Kana,
    Bopomofo,
    Hangul,
    Thai,
}

fn script(letter: char) -> Option<Script> {
    Some(match letter {
        '0'..='9' | '-' => Script::Common,
        // Latin-1 and Extended-A, without letters that pass for plain ones.
        'ı' | 'ĸ' | 'ŀ' | 'ł' | 'ŉ' | 'ſ' | 'ŋ' | 'đ' | 'ħ' | 'ŧ' | 'þ' | 'ð' => {
            return None;
        }
        'a'..='z' | 'ß'..='ö' | 'ø'..='ÿ' | 'ā'..='ž' => Script::Latin,
        'а'..='я' | 'ё' | 'є' | 'і' | 'ї' | 'ґ' => Script::Cyrillic,
        'α'..='ω' | 'ά' | 'έ' | 'ή' | 'ί' | 'ό' | 'ύ' | 'ώ' => Script::Greek,
        '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' => Script::Han,
        '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | 'ー' => Script::Kana,
        '\u{3105}'..='\u{312F}' => Script::Bopomofo,
        '\u{AC00}'..='\u{D7A3}' => Script::Hangul,
        '\u{0E01}'..='\u{0E30}' | '\u{0E32}' | '\u{0E40}'..='\u{0E46}' => Script::Thai,
        _ => return None,
    })
}

/// Unicode TR 39, "highly restrictive": one script, or Latin with the scripts of Chinese,
/// of Japanese or of Korean. Beyond it: Cyrillic and Greek made of Latin look-alikes only,
/// and strokes that pass for punctuation between Latin letters, are not plain.
fn is_plain_label(label: &str) -> bool {
    let Some(mut scripts) = label.chars().map(script).collect::<Option<Vec<_>>>() else {
        return false;
    };
    scripts.retain(|script| *script != Script::Common);
    let only = |allowed: &[Script]| scripts.iter().all(|script| allowed.contains(script));
    let has_latin = scripts.contains(&Script::Latin);
    if only(&[Script::Cyrillic]) || only(&[Script::Greek]) {
        return !label
            .chars()
            .all(|letter| passes_for_latin(letter) || letter.is_ascii());
    }
    if has_latin
        && !only(&[Script::Latin])
        && label.chars().all(|letter| {
            (script(letter) == Some(Script::Latin))
                || letter.is_ascii()
                || passes_for_punctuation(letter)
        })
    {
        return false;
    }
    [
        &[Script::Latin][..],
        &[Script::Thai],
        &[Script::Latin, Script::Han, Script::Kana],
        &[Script::Latin, Script::Han, Script::Bopomofo],
        &[Script::Latin, Script::Han, Script::Hangul],
    ]
    .iter()
    .any(|allowed| only(allowed))
}

/// Lower-case Cyrillic and Greek that a Latin word can be written with.
fn passes_for_latin(letter: char) -> bool {
    "асԁеһіјӏоԛрѕԝхупгьъαγικνορτυχω".contains(letter)
}

fn passes_for_punctuation(letter: char) -> bool {
    "ノソゾンー一丨丶丿亅工口ニ二トロハへべぺヘベペ".contains(letter)
}

/// Path, query and fragment, with Han, kana and hangul readable.
fn after_host(url: &Url) -> String {
    let mut out = readable(url.path());
    if let Some(query) = url.query() {
        out.push('?');
        out.push_str(&readable(query));
    }
    if let Some(fragment) = url.fragment() {
        out.push('#');
        out.push_str(&readable(fragment));
    }
    out
}

fn readable(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    let mut rest = part;
    while let Some(at) = rest.find('%') {
        let (before, escaped) = rest.split_at(at);
        out.push_str(before);
        let (shown, used) = readable_escape(escaped);
        out.push_str(&shown);
        rest = escaped.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Shows one character that was percent-encoded as three octets, if it is of East Asia;
/// else the `%` as it stands.
fn readable_escape(escaped: &str) -> (String, usize) {
    let decoded = escaped.get(..9).and_then(percent::decode).filter(|text| {
        let mut letters = text.chars();
        matches!(
            (letters.next().and_then(script), letters.next()),
            (Some(Script::Han | Script::Kana | Script::Hangul), None)
        )
    });
    decoded.map_or_else(|| ("%".to_owned(), 1), |text| (text, 9))
}

fn keep_end(text: &str, max_chars: usize) -> String {
    let count = text.chars().count();
    if count <= max_chars {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(count - max_chars + 1).collect();
    format!("…{kept}")
}

fn shorten(text: &str, max_chars: usize) -> String {
    let count = text.chars().count();
    if count <= max_chars {
        return text.to_owned();
    }
    let tail = (max_chars - 1) / 3;
    let head = max_chars - 1 - tail;
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - tail).collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        display_safe(&Url::parse(text).unwrap())
    }

    #[test]
    fn hosts_in_their_own_script_or_in_punycode() {
        for text in [
            "https://中国移动.cn/",
            "https://中国mobile.com/",
            "https://münchen.de/",
            "https://пример.com/",
            "https://한국.kr/",
            "https://ドメイン.jp/",
            "http://127.0.0.1/",
            "http://[::1]:8080/",
        ] {
            assert_eq!(shown(text), text);
        }
        for text in [
            "https://аpple.com/",
            "https://аррӏе.com/",
            "https://раурау.com/",
            "https://taobaoノitem.com/",
            "https://googlе.com/",
            "https://ηike.com/",
            "https://paypał.com/",
            "https://مثال.com/",
        ] {
            let found = shown(text);
            let hidden = found.starts_with("https://xn--") && found.is_ascii();
            assert!(hidden, "{text}: {found}");
        }
    }

    #[test]
    fn nobody_is_named_and_nothing_is_hidden() {
        assert_eq!(shown("https://me:secret@a.com/"), "https://a.com/");
        assert_eq!(
            shown("https://a.com/%E2%80%AEgpj.exe"),
            "https://a.com/%E2%80%AEgpj.exe"
        );
        assert_eq!(shown("https://a.com/\u{202E}x"), "https://a.com/%E2%80%AEx");
        assert_eq!(shown("https://a.com/%0A%00"), "https://a.com/%0A%00");
        assert_eq!(
            shown("https://a.com/%E4%BD%A0%E5%A5%BD?q=%E4%BD%A0&r=%2F"),
            "https://a.com/你好?q=你&r=%2F"
        );
        assert_eq!(shown("https://a.com/%E4%BD"), "https://a.com/%E4%BD");
    }

    #[test]
    fn long_ones_keep_who_is_behind_them() {
        let host = format!("https://www.taobao.com.{}evil.com/", "a.".repeat(100));
        let found = shown(&host);
        assert!(
            found.contains("evil.com/") && found.contains('…'),
            "{found}"
        );
        assert!(!found.contains("taobao"), "{found}");
        let path = format!("https://a.com/{}?end=1", "b".repeat(500));
        let found = shown(&path);
        assert_eq!(found.chars().count(), MAX_SHOWN, "{found}");
        assert!(
            found.starts_with("https://a.com/bbb") && found.ends_with("b?end=1"),
            "{found}"
        );
    }

    proptest! {
        #[test]
        fn never_shows_what_cannot_be_seen(text in prop_oneof!["https?://\\PC{1,30}/\\PC{0,60}", "[a-z]{1,5}:(?s).{0,60}", "(?s)https://a\\.com/.{0,300}"]) {
            if let Ok(url) = Url::parse(&text) {
                let shown = display_safe(&url);
                prop_assert!(!shown.chars().any(is_unsafe), "{shown:?}");
                prop_assert!(shown.chars().count() <= MAX_SHOWN + 16, "{shown}");
            }
            prop_assert!(!display_safe_text(&text).chars().any(is_unsafe));
        }
    }
}
