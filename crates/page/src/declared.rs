//! What a platform's page declares to its own script about a link:
//! `var cgiData = {"type":"gray", …}` and its relatives.

use std::sync::LazyLock;

use regex::Regex;

use crate::html::unescape;
use crate::script;

/// What the page is, by its own declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeclaredKind {
    /// Ask, then lead on.
    Gray,
    /// Refuse.
    Block,
    /// Show the address only.
    Empty,
}

/// A declaration that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) kind: DeclaredKind,
    /// As it stands on the page.
    pub(crate) written: String,
    pub(crate) title: Option<String>,
    pub(crate) desc: Option<String>,
    /// Of the page and of its buttons: name, if any, and address.
    pub(crate) addresses: Vec<(Option<String>, String)>,
}

static OBJECT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)cgi_?data["']?\s*[=:]\s*(?:JSON\.parse\(\s*)?["'`]?\{"#).ok()
});
static KIND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:^|[{,\s"'])["']?type["']?\s*:\s*["'](gray|grey|block|empty)["']"#).ok()
});

/// Bytes of a declaration.
const LONGEST: usize = 32 * 1024;

/// The declaration in a script, if there is one.
///
/// Read with patience: quotes of either sort or none, escaped for a script or
/// for HTML, as an object or as a string of JSON.
pub(crate) fn declared(source: &str) -> Option<Declared> {
    let object = OBJECT.as_ref()?;
    let start = object.find(source)?.end() - 1;
    let end = floor_char(source, start + LONGEST);
    let text = source.get(start..end)?;
    let text = if text.contains("&quot;") || text.contains("&#34;") || text.contains("&#x22;") {
        unescape(text).into_owned()
    } else {
        text.to_owned()
    };
    let text = if text.starts_with("{\\\"") {
        text.replace("\\\"", "\"").replace("\\\\", "\\")
    } else {
        text
    };
    let text = object_at_start(&text);
    let captures = KIND.as_ref()?.captures(text)?;
    let kind = match captures.get(1)?.as_str().to_ascii_lowercase().as_str() {
        "block" => DeclaredKind::Block,
        "empty" => DeclaredKind::Empty,
        _ => DeclaredKind::Gray,
    };
    let pairs = script::pairs(text, 4000);
    let first = |name: &str| {
        let found = pairs
            .iter()
            .find(|(key, value)| key == name && !value.trim().is_empty());
        found.map(|(_, value)| unescape(value).into_owned())
    };
    Some(Declared {
        kind,
        written: captures
            .get(0)?
            .as_str()
            .trim_matches([',', '{', ' '])
            .to_owned(),
        title: first("title"),
        desc: first("desc"),
        addresses: addresses(&pairs),
    })
}

fn addresses(pairs: &[(String, String)]) -> Vec<(Option<String>, String)> {
    let mut name = None;
    let mut found = Vec::new();
    for (key, value) in pairs {
        match key.as_str() {
            "name" | "text" => name = Some(value.clone()),
            "url" | "href" | "link" if !value.is_empty() => {
                found.push((name.take(), unescape(value).into_owned()));
            }
            _ => {}
        }
    }
    found
}

/// The text up to the brace that closes the one it begins with.
fn object_at_start(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), _) => quote = (open != c).then_some(open),
            (None, '"' | '\'') => quote = Some(c),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return text.get(..=at).unwrap_or(text);
                }
            }
            _ => {}
        }
    }
    text
}

fn floor_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_read_however_they_are_written() {
        let table = [
            r#"var cgiData = {"retcode":0,"type":"gray","title":"T","desc":"D","url":"https:\/\/a.cn\/","btns":[{"name":"继续访问","url":"https:\/\/a.cn\/"}]};"#,
            r"var cgiData={retcode:0,type:'gray',title:'T',desc:'D',url:'https://a.cn/',btns:[{name:'继续访问',url:'https://a.cn/'}]}",
            r"window.cgiData = {&quot;type&quot;:&quot;gray&quot;,&quot;title&quot;:&quot;T&quot;,&quot;desc&quot;:&quot;D&quot;,&quot;url&quot;:&quot;https://a.cn/&quot;,&quot;btns&quot;:[{&quot;name&quot;:&quot;继续访问&quot;,&quot;url&quot;:&quot;https://a.cn/&quot;}]};",
            r#"var cgiData = JSON.parse("{\"type\":\"gray\",\"title\":\"T\",\"desc\":\"D\",\"url\":\"https://a.cn/\",\"btns\":[{\"name\":\"继续访问\",\"url\":\"https://a.cn/\"}]}")"#,
            r#"var cgiData = {"type":"gray","title":"T","desc":"D","url":"https:\x2f\x2fa.cn\x2f","btns":[{"name":"继续访问","url":"https://a.cn/"}"#,
        ];
        for source in table {
            let found = declared(source).unwrap_or_else(|| panic!("{source}"));
            assert_eq!(found.kind, DeclaredKind::Gray, "{source}");
            assert_eq!(found.title.as_deref(), Some("T"), "{source}");
            assert_eq!(found.desc.as_deref(), Some("D"), "{source}");
            let addresses: Vec<_> = found
                .addresses
                .iter()
                .map(|(_, url)| url.as_str())
                .collect();
            assert_eq!(addresses, ["https://a.cn/", "https://a.cn/"], "{source}");
        }
        assert_eq!(declared(r#"var x = {"type":"block"}"#), None);
        assert_eq!(declared(r#"var cgiData = {"type":"video"}"#), None);
    }
}
