//! What leave pages say, in Chinese, English and, less fully, seven other
//! languages: the table
//! `data/sentences.toml`, and finding its rows in a text.
//!
//! A row is about a kind of page, not about one company's; where a page of a
//! company is known, its row names the source. Half- and full-width
//! punctuation, quotation marks, case and spaces between Chinese characters
//! do not count.

use std::sync::LazyLock;

use serde::Deserialize;

/// What a sentence says of the page it stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Says {
    /// The visitor is about to leave the platform.
    Leaving,
    /// The target may be dangerous.
    Warned,
    /// The page will lead on by itself.
    Waiting,
    /// Copy the address.
    Copy,
    /// Open it in another browser.
    OpenBrowser,
    /// The target is refused.
    Blocked,
    /// Log in first.
    Login,
    /// Show that you are human.
    Bot,
    /// Asked too often.
    Rate,
    /// Something failed, or is not there.
    Error,
    /// Go on in an app, or get one.
    App,
    /// Label: leads on.
    ContinueLabel,
    /// Label: copies.
    CopyLabel,
    /// Label: logs in.
    LoginLabel,
    /// Label: something else (report, back, help, share).
    OtherLabel,
    /// Label: starts or gets an app.
    AppLabel,
}

#[derive(Debug, Deserialize)]
struct Table {
    says: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    what: Says,
    // Written without spaces between words, or with endings that run on.
    #[serde(default)]
    zh: Vec<String>,
    #[serde(default)]
    ja: Vec<String>,
    #[serde(default)]
    ko: Vec<String>,
    // Words apart.
    #[serde(default)]
    en: Vec<String>,
    #[serde(default)]
    de: Vec<String>,
    #[serde(default)]
    es: Vec<String>,
    #[serde(default)]
    fr: Vec<String>,
    #[serde(default)]
    pt: Vec<String>,
    #[serde(default)]
    ru: Vec<String>,
}

impl Group {
    /// Its patterns, each with whether it must stand at word boundaries.
    fn patterns(&self) -> impl Iterator<Item = (&String, bool)> {
        let anywhere = [&self.zh, &self.ja, &self.ko].into_iter().flatten();
        let apart = [&self.en, &self.de, &self.es, &self.fr, &self.pt, &self.ru];
        let apart = apart.into_iter().flatten();
        anywhere
            .map(|pattern| (pattern, false))
            .chain(apart.map(|pattern| (pattern, true)))
    }
}

/// A pattern, its `*` (up to [`GAP`] bytes of anything) taken apart.
#[derive(Debug)]
struct Sentence {
    says: Says,
    /// As in the table.
    pattern: String,
    parts: Vec<String>,
    /// Of letters that words are made of: must stand at word boundaries.
    is_words: bool,
}

/// Bytes that a `*` may stand for.
const GAP: usize = 60;
/// Bytes of a text that are looked at.
const LOOKED_AT: usize = 64 * 1024;

static TABLE: LazyLock<Vec<Sentence>> =
    LazyLock::new(|| parse(include_str!("../data/sentences.toml")).unwrap_or_default());

fn parse(text: &str) -> Result<Vec<Sentence>, toml_edit::de::Error> {
    let table: Table = toml_edit::de::from_str(text)?;
    let mut sentences = Vec::new();
    for group in table.says {
        for (pattern, is_words) in group.patterns() {
            sentences.push(Sentence {
                says: group.what,
                parts: pattern.split('*').map(normalised).collect(),
                pattern: pattern.clone(),
                is_words,
            });
        }
    }
    Ok(sentences)
}

/// A sentence of the table, found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) says: Says,
    pub(crate) pattern: &'static str,
    /// Byte offset in the normalised text.
    pub(crate) at: usize,
}

/// Everything of the table that the (already [`normalised`]) text says, each
/// pattern once; labels are not looked for.
pub(crate) fn said(text: &str) -> Vec<Said> {
    let end = floor_char(text, LOOKED_AT);
    let text = text.get(..end).unwrap_or(text);
    let table: &'static [Sentence] = &TABLE;
    let pairs = Pairs::of(text);
    table
        .iter()
        .filter(|sentence| sentence.says < Says::ContinueLabel && pairs.hold(sentence))
        .filter_map(|sentence| {
            let at = sentence.find(text)?;
            Some(Said {
                says: sentence.says,
                pattern: &sentence.pattern,
                at,
            })
        })
        .collect()
}

/// What a label says, if it is one of the table's. A label may be longer than
/// its pattern, but not a whole sentence.
pub(crate) fn label(text: &str) -> Option<Says> {
    let text = normalised(text);
    let characters = text.chars().count();
    if characters == 0 || characters > 48 {
        return None;
    }
    let table: &'static [Sentence] = &TABLE;
    // Of several, the most special one: "cancel and go back" before "go".
    let found = table
        .iter()
        .filter(|sentence| sentence.says >= Says::ContinueLabel)
        .filter(|sentence| {
            let length: usize = sentence.parts.iter().map(|part| part.chars().count()).sum();
            characters <= length * 4 + 8 && sentence.find(&text).is_some()
        })
        .max_by_key(|sentence| sentence.pattern.len());
    found.map(|sentence| sentence.says)
}

/// Whether a text that is no control is plainly the label of one: a pattern
/// of some length and hardly anything else.
pub(crate) fn is_continue_label(text: &str) -> bool {
    let text = normalised(text);
    let characters = text.chars().count();
    let table: &'static [Sentence] = &TABLE;
    (4..=32).contains(&characters)
        && label(&text) == Some(Says::ContinueLabel)
        && table.iter().any(|sentence| {
            let length: usize = sentence.parts.iter().map(|part| part.chars().count()).sum();
            let is_long = length >= if sentence.is_words { 8 } else { 4 };
            sentence.says == Says::ContinueLabel
                && is_long
                && characters <= length + 3
                && sentence.find(&text).is_some()
        })
}

/// The pairs of neighbouring bytes in a text: most sentences of the table have
/// one that the text has not, and need not be looked for.
struct Pairs(Box<[u64; 1024]>);

impl Pairs {
    fn of(text: &str) -> Self {
        let mut pairs = Box::new([0; 1024]);
        for pair in text.as_bytes().windows(2) {
            let (word, bit) = Self::place(pair);
            if let Some(word) = pairs.get_mut(word) {
                *word |= bit;
            }
        }
        Self(pairs)
    }

    fn hold(&self, sentence: &Sentence) -> bool {
        let mut pairs = sentence
            .parts
            .iter()
            .flat_map(|part| part.as_bytes().windows(2));
        pairs.all(|pair| {
            let (word, bit) = Self::place(pair);
            self.0.get(word).is_some_and(|word| word & bit != 0)
        })
    }

    fn place(pair: &[u8]) -> (usize, u64) {
        let [a, b] = pair else { return (0, 0) };
        let number = usize::from(*a) << 8 | usize::from(*b);
        (number >> 6, 1 << (number & 63))
    }
}

impl Sentence {
    fn find(&self, text: &str) -> Option<usize> {
        let first = self.parts.first().filter(|part| !part.is_empty())?;
        let mut from = 0;
        while let Some(offset) = text.get(from..)?.find(first.as_str()) {
            let at = from + offset;
            if let Some(end) = self.rest_after(text, at + first.len())
                && (!self.is_words || is_word_boundary(text, at, end))
            {
                return Some(at);
            }
            from = at + first.len();
        }
        None
    }

    /// Where the pattern ends whose first part ends at `at`.
    fn rest_after(&self, text: &str, at: usize) -> Option<usize> {
        let mut end = at;
        for part in self.parts.iter().skip(1) {
            let window_end = floor_char(text, end + GAP + part.len());
            let offset = text.get(end..window_end)?.find(part.as_str())?;
            end += offset + part.len();
        }
        Some(end)
    }
}

fn is_word_boundary(text: &str, from: usize, end: usize) -> bool {
    let before = text.get(..from).and_then(|text| text.chars().next_back());
    let after = text.get(end..).and_then(|text| text.chars().next());
    // Characters of languages that part no words are boundaries.
    let is_letter = |c: char| c.is_alphanumeric() && c < '\u{2e80}';
    !before.is_some_and(is_letter) && !after.is_some_and(is_letter)
}

fn floor_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A text in the form in which sentences are compared: lower case, one width,
/// simple quotes, white space collapsed and none beside Chinese characters.
/// Traditional characters of the table's vocabulary are made simplified.
pub(crate) fn normalised(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    let mut last = ' ';
    for c in text.chars() {
        let c = narrow(c);
        if c.is_whitespace() {
            gap = true;
            continue;
        }
        if matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}') {
            continue;
        }
        if gap && !out.is_empty() && !is_wide(last) && !is_wide(c) {
            out.push(' ');
        }
        gap = false;
        last = c;
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else {
            out.extend(c.to_lowercase());
        }
    }
    out
}

fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
        || matches!(c, ',' | ';' | ':' | '!' | '?' | '"')
}

fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' => ' ',
        '。' | '…' => '.',
        '、' => ',',
        '「' | '」' | '『' | '』' | '“' | '”' | '《' | '》' => '"',
        '‘' | '’' => '\'',
        _ => TRADITIONAL
            .iter()
            .find(|(traditional, _)| *traditional == c)
            .map_or(c, |(_, simplified)| *simplified),
    }
}

/// Traditional characters that occur in the table's vocabulary.
const TRADITIONAL: &[(char, char)] = &[
    ('開', '开'),
    ('離', '离'),
    ('繼', '继'),
    ('續', '续'),
    ('訪', '访'),
    ('問', '问'),
    ('瀏', '浏'),
    ('覽', '览'),
    ('連', '连'),
    ('結', '结'),
    ('網', '网'),
    ('頁', '页'),
    ('險', '险'),
    ('將', '将'),
    ('複', '复'),
    ('製', '制'),
    ('無', '无'),
    ('違', '违'),
    ('規', '规'),
    ('驗', '验'),
    ('證', '证'),
    ('登', '登'),
    ('錄', '录'),
    ('請', '请'),
    ('請', '请'),
    ('頻', '频'),
    ('過', '过'),
    ('後', '后'),
    ('試', '试'),
    ('確', '确'),
    ('認', '认'),
    ('轉', '转'),
    ('跳', '跳'),
    ('鏈', '链'),
    ('誘', '诱'),
    ('導', '导'),
    ('舉', '举'),
    ('報', '报'),
    ('註', '注'),
    ('檢', '检'),
    ('測', '测'),
    ('風', '风'),
    ('點', '点'),
    ('擊', '击'),
    ('關', '关'),
    ('閉', '闭'),
    ('應', '应'),
    ('載', '载'),
    ('錯', '错'),
    ('誤', '误'),
    ('禁', '禁'),
    ('們', '们'),
    ('您', '您'),
    ('這', '这'),
    ('個', '个'),
    ('屬', '属'),
    ('於', '于'),
    ('與', '与'),
    ('為', '为'),
    ('時', '时'),
    ('機', '机'),
    ('動', '动'),
    ('長', '长'),
    ('貼', '贴'),
    ('內', '内'),
    ('來', '来'),
    ('說', '说'),
    ('選', '选'),
    ('擇', '择'),
    ('護', '护'),
    ('帳', '帐'),
    ('號', '号'),
    ('產', '产'),
    ('財', '财'),
    ('會', '会'),
    ('對', '对'),
    ('發', '发'),
    ('現', '现'),
    ('當', '当'),
    ('儲', '储'),
    ('處', '处'),
    ('異', '异'),
    ('據', '据'),
    ('簡', '简'),
    ('體', '体'),
    ('總', '总'),
    ('統', '统'),
    ('權', '权'),
    ('電', '电'),
    ('腦', '脑'),
    ('稍', '稍'),
    ('輸', '输'),
    ('滑', '滑'),
    ('塊', '块'),
    ('條', '条'),
    ('進', '进'),
    ('係', '系'),
    ('並', '并'),
    ('騙', '骗'),
    ('詐', '诈'),
    ('釣', '钓'),
    ('魚', '鱼'),
    ('惡', '恶'),
    ('從', '从'),
    ('裡', '里'),
    ('麼', '么'),
    ('執', '执'),
    ('幾', '几'),
    ('終', '终'),
    ('絕', '绝'),
    ('攔', '拦'),
    ('審', '审'),
    ('務', '务'),
    ('維', '维'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        let sentences = parse(include_str!("../data/sentences.toml")).unwrap();
        assert!(sentences.len() > 200, "{}", sentences.len());
        assert!(
            sentences
                .iter()
                .all(|sentence| sentence.parts.iter().all(|part| !part.is_empty()))
        );
    }

    #[test]
    fn no_sentence_is_passed_over_unseen() {
        for sentence in TABLE.iter() {
            let text = sentence.parts.join(" ");
            assert!(Pairs::of(&text).hold(sentence), "{}", sentence.pattern);
            assert_eq!(sentence.find(&text), Some(0), "{}", sentence.pattern);
        }
        assert!(!TABLE.iter().any(|it| Pairs::of("qqq zzz").hold(it)));
    }

    fn says(text: &str) -> Vec<Says> {
        let mut found: Vec<_> = said(&normalised(text))
            .iter()
            .map(|said| said.says)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn width_and_script_of_the_characters_do_not_count() {
        for text in [
            "如需浏览，请长按网址复制后使用浏览器访问",
            "如需浏览,请长按网址复制后使用浏览器访问",
            "如需瀏覽，請長按網址複製後使用瀏覽器訪問",
            "如需 浏览 ，请长按 网址复制后 使用浏览器 访问",
        ] {
            let found = says(text);
            assert!(found.contains(&Says::Copy), "{text}: {found:?}");
        }
    }

    #[test]
    fn labels_are_short_and_the_most_special_one_counts() {
        let table = [
            ("继续访问", Some(Says::ContinueLabel)),
            ("仍要访问 >", Some(Says::ContinueLabel)),
            ("繼續前往", Some(Says::ContinueLabel)),
            ("Continue", Some(Says::ContinueLabel)),
            ("CONTINUE TO SITE", Some(Says::ContinueLabel)),
            ("复制链接", Some(Says::CopyLabel)),
            ("Copy link", Some(Says::CopyLabel)),
            ("Continue with Google", Some(Says::LoginLabel)),
            ("返回上一页", Some(Says::OtherLabel)),
            ("discontinued", None),
            (
                "We continue to see strong demand for our products across all regions",
                None,
            ),
        ];
        for (text, expected) in table {
            assert_eq!(label(text), expected, "{text}");
        }
    }
}
