//! Taking a platform's redirectors off a link, as far as the URL alone tells.
//!
//! Not for following links: a target found here is what the shim *was given*, not where
//! it leads; only opening it shows that.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::link::{is_web, without_scheme};
use crate::normal::{Normal, normal};
use crate::shim::{Does, Shim, Shims, Spelling, Target};
use crate::{base64_text, percent, urldefense};

/// More shims inside one another are refused.
pub const MAX_SHIMS: usize = 8;

/// One shim taken off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Step {
    /// Who runs the shim.
    pub operator: String,
    /// The row of the table that said so.
    pub shim: String,
    /// What it was reported to do.
    pub does: Does,
    /// What must be valid before it lets through, where anything is known.
    pub gated: Option<String>,
    /// The shim's URL.
    pub from: Url,
    /// The URL it was given.
    pub to: Url,
}

/// Where unwrapping ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The link that the shims were given.
    Target(Url),
    /// A shim whose target cannot be known from its URL.
    Opaque {
        /// Who runs it.
        operator: String,
        /// The row of the table.
        shim: String,
        /// Why the URL cannot tell.
        why: String,
    },
    /// No shim of the table: the URL is what it seems, or nobody wrote its shim down yet
    /// (see [`embedded_targets`](crate::embedded_targets)).
    NotAShim,
    /// A shim, but what it holds is no link to a web page.
    Malformed {
        /// What is wrong.
        why: String,
    },
}

/// A link with its shims taken off, outermost first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unwrapped {
    /// The shims that were taken off.
    pub steps: Vec<Step>,
    /// Where it ended.
    pub end: End,
}

impl Unwrapped {
    /// The target, where the URL tells it.
    pub fn target(&self) -> Option<&Url> {
        match &self.end {
            End::Target(url) => Some(url),
            _ => None,
        }
    }
}

/// Takes the shims of the embedded table off a URL. Always ends: at most [`MAX_SHIMS`]
/// shims are taken off, and a link that holds itself is [`End::Malformed`].
///
/// ```
/// use moongate_url::{End, unwrap};
/// let url = |text| url::Url::parse(text).unwrap();
///
/// let found = unwrap(&url("https://link.csdn.net/?target=https%3A%2F%2Fa.com%2Fb"));
/// assert_eq!(found.end, End::Target(url("https://a.com/b")));
/// assert!(matches!(unwrap(&url("https://t.co/abc")).end, End::Opaque { .. }));
/// assert_eq!(unwrap(&url("https://a.com/b")).end, End::NotAShim);
/// ```
pub fn unwrap(url: &Url) -> Unwrapped {
    unwrap_with(Shims::embedded(), url)
}

/// [`unwrap`] with a table of one's own.
pub fn unwrap_with(shims: &Shims, url: &Url) -> Unwrapped {
    let mut steps: Vec<Step> = Vec::new();
    let mut seen: HashSet<Normal> = HashSet::from([normal(url)]);
    let mut at = url.clone();
    let end = loop {
        let (row, to) = match take_off(shims, &at) {
            Taken::Nothing if steps.is_empty() => break End::NotAShim,
            Taken::Nothing => break End::Target(at),
            Taken::Stuck(end) => break end,
            Taken::Target(row, to) => (row, to),
        };
        if steps.len() == MAX_SHIMS {
            let why = format!("more than {MAX_SHIMS} shims inside one another");
            break End::Malformed { why };
        }
        let is_new = seen.insert(normal(&to));
        steps.push(step(row, at, to.clone()));
        if !is_new {
            let why = "the link holds itself".to_owned();
            break End::Malformed { why };
        }
        at = to;
    };
    Unwrapped { steps, end }
}

fn step(row: &Shim, from: Url, to: Url) -> Step {
    Step {
        operator: row.operator.clone(),
        shim: row.id.clone(),
        does: row.does,
        gated: row.gated.clone(),
        from,
        to,
    }
}

enum Taken<'a> {
    Nothing,
    Target(&'a Shim, Url),
    Stuck(End),
}

/// Takes one shim off: the first row that fits decides, save that a row which finds no
/// target leaves the word to the rows after it.
fn take_off<'a>(shims: &'a Shims, url: &Url) -> Taken<'a> {
    let mut stuck = None;
    for row in shims.matching(url) {
        if let Target::Opaque { why } = &row.target {
            return Taken::Stuck(End::Opaque {
                operator: row.operator.clone(),
                shim: row.id.clone(),
                why: why.clone(),
            });
        }
        match target_of(row, url) {
            Ok(target) => return Taken::Target(row, target),
            Err(why) => {
                let why = format!("{} ({}): {why}", row.operator, row.id);
                stuck.get_or_insert(End::Malformed { why });
            }
        }
    }
    stuck.map_or(Taken::Nothing, Taken::Stuck)
}

fn target_of(row: &Shim, url: &Url) -> Result<Url, String> {
    let (text, scheme_less) = match &row.target {
        Target::Query {
            names,
            encoding,
            prefix,
            scheme_less,
        } => {
            let value = parameter(url, names)?;
            let value = value
                .strip_prefix(prefix.as_str())
                .ok_or_else(|| format!("the target lacks its marker `{prefix}`"))?;
            (spelled_out(value, *encoding)?, *scheme_less)
        }
        Target::WholeQuery {} => {
            let query = url.query().filter(|query| !query.is_empty());
            (query.ok_or("there is no query")?.to_owned(), false)
        }
        Target::Path { after, encoding } => (after_path(url, after, *encoding)?, false),
        Target::Fragment { encoding } => {
            let fragment = url.fragment().ok_or("there is no fragment")?;
            (spelled_out(fragment, *encoding)?, false)
        }
        Target::UrldefenseV2 { names } => {
            let value = parameter(url, names)?;
            (
                urldefense::v2(&value).ok_or("the target does not decode")?,
                false,
            )
        }
        Target::UrldefenseV3 {} => {
            let text = urldefense::v3(url.as_str());
            (text.ok_or("the target does not decode")?, false)
        }
        Target::Opaque { why } => return Err(why.clone()),
    };
    read_target(url, &text, scheme_less)
}

fn parameter(url: &Url, names: &[String]) -> Result<String, String> {
    names
        .iter()
        .find_map(|name| {
            url.query_pairs()
                .find(|(key, value)| key == name.as_str() && !value.is_empty())
        })
        .map(|(_, value)| value.into_owned())
        .ok_or_else(|| {
            format!(
                "the parameter `{}` is missing or empty",
                names.join("` or `")
            )
        })
}

/// What stands after a part of the path, to the end of the URL: an unencoded target
/// brings its own query and fragment.
fn after_path(url: &Url, after: &str, encoding: Spelling) -> Result<String, String> {
    let whole = url.as_str();
    let path_at = whole
        .find("://")
        .and_then(|at| whole.get(at + 3..))
        .and_then(|rest| rest.find('/').and_then(|at| rest.get(at..)));
    let text = path_at
        .and_then(|path| path.strip_prefix(after))
        .filter(|text| !text.is_empty())
        .ok_or_else(|| format!("nothing stands after `{after}`"))?;
    spelled_out(text, encoding)
}

fn spelled_out(value: &str, encoding: Spelling) -> Result<String, String> {
    match encoding {
        Spelling::Plain => Ok(value.to_owned()),
        Spelling::PercentTwice => Ok(percent::decode(value).unwrap_or_else(|| value.to_owned())),
        Spelling::Base64 | Spelling::Base64url => base64_text::decode(value)
            .ok_or_else(|| "the target is not base64 of a text".to_owned()),
    }
}

/// Reads the text of a target. What is still percent-encoded is decoded up to twice more:
/// wrappers wrap each other, and each encodes again.
fn read_target(shim: &Url, text: &str, scheme_less: bool) -> Result<Url, String> {
    let mut text = text.trim().to_owned();
    for _ in 0..3 {
        if let Some(rest) = text.strip_prefix("//") {
            text = format!("{}://{rest}", shim.scheme());
        }
        match Url::parse(&text) {
            Ok(url) if is_web(&url) => return Ok(url),
            Ok(url) if !scheme_less && !text.contains('%') => {
                return Err(format!(
                    "the target is a `{}:` link, not a web page",
                    url.scheme()
                ));
            }
            _ => {}
        }
        if scheme_less && let Some(url) = without_scheme(&text) {
            return Ok(url);
        }
        match percent::decode(&text) {
            Some(decoded) => text = decoded,
            None => break,
        }
    }
    Err("the target is not the address of a web page".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::fill_template;
    use proptest::prelude::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    #[allow(clippy::too_many_lines, reason = "a table")]
    fn targets_by_placement() {
        for (text, row, target) in [
            (
                "https://link.wtturl.cn/?aid=1128&lang=zh&scene=im&jumper_version=1&target=https%3A%2F%2Fitem.taobao.com%2Fitem.htm%3Fid%3D1",
                "bytedance-wtturl",
                "https://item.taobao.com/item.htm?id=1",
            ),
            (
                "https://weixin110.qq.com/cgi-bin/mmspamsupport-bin/newredirectconfirmcgi?main_type=2&evil_type=0&source=2&url=https%3A%2F%2Fwww.douyin.com",
                "weixin110-url",
                "https://www.douyin.com/",
            ),
            (
                "https://c.pc.qq.com/middlem.html?pfurl=https%3A%2F%2Fv.example.com%2F&pfto=qq.msg",
                "qq-middle",
                "https://v.example.com/",
            ),
            (
                "https://www.bing.com/ck/a?!&&p=abc&u=a1aHR0cHM6Ly9leGFtcGxlLmNvbS8&ntb=1",
                "bing-ck",
                "https://example.com/",
            ),
            (
                "https://www.pixiv.net/jump.php?https%3A%2F%2Fexample.com%2F",
                "pixiv-jump",
                "https://example.com/",
            ),
            (
                "https://www.pixiv.net/jump.php?url=https%3A%2F%2Fexample.com%2F",
                "pixiv-jump-url",
                "https://example.com/",
            ),
            (
                "https://steamcommunity.com/linkfilter/https://example.com/a?b=1#c",
                "steam-linkfilter-path",
                "https://example.com/a?b=1#c",
            ),
            (
                "https://weibo.cn/sinaurl?luicode=1&toasturl=https%3A%2F%2Fexample.com",
                "weibo-sinaurl",
                "https://example.com/",
            ),
            (
                "https://link.zhihu.com/?target=https%253A%252F%252Fexample.com%252F",
                "zhihu",
                "https://example.com/",
            ),
            (
                "https://link.zhihu.com/?target=%2F%2Fexample.com%2F",
                "zhihu",
                "https://example.com/",
            ),
            (
                "https://huaban.com/go?pin_id=1&url=weibo.com",
                "huaban-go",
                "http://weibo.com/",
            ),
            (
                "https://urldefense.com/v3/__https://example.com/a*b__;Iw!!tok$",
                "proofpoint-v3",
                "https://example.com/a#b",
            ),
            (
                "https://urldefense.proofpoint.com/v2/url?u=https-3A__example.com_a&d=x",
                "proofpoint-v2",
                "https://example.com/a",
            ),
        ] {
            let found = unwrap(&url(text));
            assert_eq!(found.end, End::Target(url(target)), "{text}");
            assert_eq!(found.steps.last().unwrap().shim, row, "{text}");
        }
    }

    #[test]
    fn what_the_url_cannot_tell() {
        for text in [
            "https://t.co/AbCdEfGhIj",
            "https://t.cn/A6x",
            "https://b23.tv/xyz",
            "https://lnkd.in/abc",
            "https://weixin110.qq.com/cgi-bin/mmspamsupport-bin/newredirectconfirmcgi?midpagecode=ab&bancode=cd",
            "https://jump2.bdimg.com/safecheck/index?url=x+Z5mMbGPAs",
            "https://link.segmentfault.com/?enc=abc%3D%3D.def",
        ] {
            assert!(
                matches!(unwrap(&url(text)).end, End::Opaque { .. }),
                "{text}"
            );
        }
    }

    #[test]
    fn malformed_is_not_a_target() {
        for text in [
            "https://link.zhihu.com/?target=",
            "https://link.zhihu.com/",
            "https://link.zhihu.com/?target=hello",
            "https://link.zhihu.com/?target=javascript%3Aalert(1)",
            "https://link.zhihu.com/?target=weixin%3A%2F%2Fdl",
            "https://link.zhihu.com/?target=weibo.com",
            "https://www.bing.com/ck/a?u=aHR0cHM6Ly9leGFtcGxlLmNvbS8",
            "https://www.bing.com/ck/a?u=a1!!!",
            "https://urldefense.com/v3/broken",
        ] {
            assert!(
                matches!(unwrap(&url(text)).end, End::Malformed { .. }),
                "{text}"
            );
        }
    }

    fn wrapped(times: usize, innermost: &str) -> Url {
        let template = "https://link.zhihu.com/?target={url}";
        (0..times).fold(url(innermost), |inner, _| {
            fill_template(template, &inner).unwrap()
        })
    }

    #[test]
    fn nested_up_to_the_cap() {
        let eight = unwrap(&wrapped(MAX_SHIMS, "https://example.com/"));
        assert_eq!(eight.steps.len(), MAX_SHIMS);
        assert_eq!(eight.end, End::Target(url("https://example.com/")));
        let nine = unwrap(&wrapped(MAX_SHIMS + 1, "https://example.com/"));
        assert_eq!(nine.steps.len(), MAX_SHIMS);
        assert!(matches!(nine.end, End::Malformed { .. }));
        let opaque = unwrap(&wrapped(2, "https://t.co/abc"));
        assert_eq!(opaque.steps.len(), 2);
        assert!(matches!(opaque.end, End::Opaque { operator, .. } if operator == "X"));
    }

    #[test]
    fn a_link_that_holds_itself_ends() {
        // A row that reads the fragment lets a URL hold an equal page: fragments drop out.
        let shims = Shims::parse(
            "[sources]\na=\"x\"\n[[shim]]\nid=\"f\"\noperator=\"o\"\nhosts=[\"f.com\"]\npaths=[\"/\"]\ndoes=\"redirect\"\nconfidence=\"reported\"\nsources=[\"a\"]\ntarget={in=\"fragment\"}\n",
        )
        .unwrap();
        let found = unwrap_with(&shims, &url("https://f.com/#https://f.com/#https://f.com/"));
        assert_eq!(
            found.end,
            End::Malformed {
                why: "the link holds itself".into()
            }
        );
        let found = unwrap_with(&shims, &url("https://f.com/#https://a.com/x#y"));
        assert_eq!(found.end, End::Target(url("https://a.com/x#y")));
    }

    #[test]
    fn serde_round_trip() {
        let found = unwrap(&wrapped(2, "https://example.com/"));
        let json = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<Unwrapped>(&json).unwrap(), found);
    }

    fn shim_urls() -> impl Strategy<Value = String> {
        let rows = Shims::embedded().rows();
        (0..rows.len(), 0usize..3, "\\PC{0,40}").prop_map(move |(at, host, tail)| {
            let row = &rows[at];
            let host = row.hosts[host % row.hosts.len()].replace('*', "www");
            let path = row.paths[0].replace('*', "");
            let needs = row.needs.join("&");
            let name = match &row.target {
                Target::Query { names, prefix, .. } => format!("{}={prefix}", names[0]),
                _ => String::new(),
            };
            format!("https://{host}{path}{tail}?{needs}&{name}{tail}")
        })
    }

    proptest! {
        #[test]
        fn unwrap_ends_on_anything(text in prop_oneof![shim_urls(), "https?://\\PC{0,60}", "\\PC{0,60}"]) {
            if let Ok(url) = Url::parse(&text) {
                let found = unwrap(&url);
                prop_assert!(found.steps.len() <= MAX_SHIMS);
                prop_assert!(found.target().is_none_or(is_web));
            }
        }

        #[test]
        fn a_filled_template_unwraps_to_its_target(
            at in 0..Shims::embedded().rows().len(),
            target in "https?://[a-z]{1,8}\\.(com|cn|org)/[ -~]{0,30}",
        ) {
            let row = &Shims::embedded().rows()[at];
            let target = url(&target);
            if let Some(template) = row.template() {
                let shim = fill_template(&template, &target).unwrap();
                let found = unwrap(&shim);
                prop_assert_eq!(&found.steps[0].shim, &row.id);
                prop_assert_eq!(&found.steps[0].to, &target);
            }
        }
    }
}
