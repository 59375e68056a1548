//! JavaScript cut into tokens, with the partner of every bracket.
//!
//! Enough of the language to read the redirects of leave pages; not a
//! JavaScript parser.

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name or keyword.
    Name(String),
    /// A string, escapes read.
    Text(String),
    /// A number.
    Number(f64),
    /// A regular expression literal, without its slashes and flags.
    Pattern(String),
    /// An operator or bracket.
    Mark(&'static str),
}

/// A script as tokens.
#[derive(Debug, Default)]
pub(super) struct Unit {
    pub(super) tokens: Vec<Token>,
    /// For a token that opens a bracket, the index of the one that closes it;
    /// for others, their own index. Unclosed ones point at the end.
    pub(super) partner: Vec<usize>,
}

/// Longest first.
const MARKS: &[&str] = &[
    ">>>=", "===", "!==", "**=", "<<=", ">>=", ">>>", "...", "&&=", "||=", "??=", "=>", "==", "!=",
    "<=", ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=",
    "**", "<<", ">>", "{", "}", "(", ")", "[", "]", ".", ";", ",", "<", ">", "+", "-", "*", "/",
    "%", "&", "|", "^", "!", "~", "?", ":", "=", "@", "#",
];

impl Unit {
    /// Cuts `source`, at most `cap` tokens of it.
    pub(super) fn new(source: &str, cap: usize) -> Self {
        let mut lexer = Lexer {
            source,
            at: 0,
            tokens: Vec::new(),
        };
        while lexer.tokens.len() < cap && lexer.step() {}
        let partner = partners(&lexer.tokens);
        Self {
            tokens: lexer.tokens,
            partner,
        }
    }
}

fn partners(tokens: &[Token]) -> Vec<usize> {
    let mut partner: Vec<usize> = (0..tokens.len()).collect();
    let mut open: Vec<usize> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark("(" | "[" | "{") => {
                open.push(at);
                if let Some(slot) = partner.get_mut(at) {
                    *slot = tokens.len();
                }
            }
            Token::Mark(")" | "]" | "}") => {
                if let Some(slot) = open.pop().and_then(|from| partner.get_mut(from)) {
                    *slot = at;
                }
            }
            _ => {}
        }
    }
    partner
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// Reads one token or gap; false at the end.
    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return false;
        };
        if first.is_whitespace() || first == '\u{feff}' {
            self.at += first.len_utf8();
        } else if rest.starts_with("//") || rest.starts_with("<!--") {
            self.at += rest.find(['\n', '\r', '\u{2028}']).unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            self.at += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if matches!(first, '"' | '\'') {
            self.text(first);
        } else if first == '`' {
            self.template();
        } else if first.is_ascii_digit() {
            self.number();
        } else if first.is_alphanumeric() || matches!(first, '_' | '$' | '\\') {
            let length = rest
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '\\')))
                .unwrap_or(rest.len());
            let name = rest.get(..length).unwrap_or_default().to_owned();
            self.at += length;
            self.tokens.push(Token::Name(name));
        } else if first == '/' && self.pattern_may_start() {
            self.pattern();
        } else {
            self.mark(first);
        }
        true
    }

    fn mark(&mut self, first: char) {
        let rest = self.rest();
        match MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            Some(mark) => {
                self.at += mark.len();
                self.tokens.push(Token::Mark(mark));
            }
            None => self.at += first.len_utf8(),
        }
    }

    fn number(&mut self) {
        let rest = self.rest();
        let length = rest
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'))
            .count();
        let digits = rest.get(..length).unwrap_or_default().replace('_', "");
        let value = match digits.get(..2) {
            Some("0x" | "0X") => u32::from_str_radix(digits.get(2..).unwrap_or_default(), 16)
                .map_or(f64::NAN, f64::from),
            _ => digits.parse().unwrap_or(f64::NAN),
        };
        self.at += length;
        self.tokens.push(Token::Number(value));
    }

    fn text(&mut self, quote: char) {
        self.at += 1;
        let (text, length) = quoted(self.rest(), quote);
        self.at += length;
        self.tokens.push(Token::Text(text));
    }

    /// A template is read as the sum of its parts: `a${b}` as `("a"+b+"")`.
    fn template(&mut self) {
        self.at += 1;
        self.tokens.push(Token::Mark("("));
        loop {
            let (text, length) = quoted(self.rest(), '`');
            self.at += length;
            self.tokens.push(Token::Text(text));
            let Some(hole) = self.rest().strip_prefix("${") else {
                break;
            };
            let inside = hole.split('}').next().unwrap_or_default().to_owned();
            self.at += 2 + inside.len() + 1;
            let mut inner = Lexer {
                source: &inside,
                at: 0,
                tokens: Vec::new(),
            };
            // A template inside a template is not read.
            while !inner.rest().starts_with('`') && inner.step() {}
            self.tokens.push(Token::Mark("+"));
            self.tokens.push(Token::Mark("("));
            self.tokens.append(&mut inner.tokens);
            self.tokens.push(Token::Mark(")"));
            self.tokens.push(Token::Mark("+"));
        }
        self.tokens.push(Token::Mark(")"));
    }

    /// Whether a slash here begins a pattern rather than divides.
    fn pattern_may_start(&self) -> bool {
        match self.tokens.last() {
            None => true,
            Some(Token::Name(name)) => matches!(
                name.as_str(),
                "return" | "typeof" | "case" | "in" | "of" | "delete" | "void" | "else" | "do"
            ),
            Some(Token::Mark(mark)) => !matches!(*mark, ")" | "]" | "}" | "++" | "--"),
            Some(_) => false,
        }
    }

    fn pattern(&mut self) {
        let rest = self.rest();
        let mut class = false;
        let mut escaped = false;
        for (at, byte) in rest.bytes().enumerate().skip(1) {
            match byte {
                b'\n' | b'\r' => break,
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => {
                    let pattern = rest.get(1..at).unwrap_or_default().to_owned();
                    let flags = rest
                        .bytes()
                        .skip(at + 1)
                        .take_while(u8::is_ascii_alphabetic)
                        .count();
                    self.at += at + 1 + flags;
                    self.tokens.push(Token::Pattern(pattern));
                    return;
                }
                _ => {}
            }
        }
        self.mark('/');
    }
}

/// The text up to the closing `quote` with its escapes read, and how many
/// bytes it took. A template also ends before `${`; a string, at a line end.
fn quoted(source: &str, quote: char) -> (String, usize) {
    let mut text = String::new();
    let mut characters = source.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            _ if c == quote => return (text, at + 1),
            '\n' | '\r' if quote != '`' => return (text, at),
            '$' if quote == '`' && source.get(at + 1..).is_some_and(|r| r.starts_with('{')) => {
                return (text, at);
            }
            '\\' => escape(&mut characters, &mut text),
            _ => text.push(c),
        }
    }
    (text, source.len())
}

fn escape(characters: &mut std::str::CharIndices<'_>, text: &mut String) {
    let Some((_, c)) = characters.next() else {
        return;
    };
    match c {
        'n' => text.push('\n'),
        't' => text.push('\t'),
        'r' => text.push('\r'),
        'b' | 'f' | 'v' | '0' => text.push(' '),
        '\n' | '\r' => {}
        'x' => code_unit(characters, text, 2),
        'u' => code_unit(characters, text, 4),
        other => text.push(other),
    }
}

/// `\xHH`, `\uHHHH` and `\u{H…}`.
fn code_unit(characters: &mut std::str::CharIndices<'_>, text: &mut String, digits: usize) {
    let rest = characters.as_str();
    let (hex, length) = match rest.strip_prefix('{').and_then(|r| r.split_once('}')) {
        Some((hex, _)) if hex.len() <= 6 => (hex, hex.len() + 2),
        _ => (rest.get(..digits).unwrap_or_default(), digits),
    };
    let Ok(mut code) = u32::from_str_radix(hex, 16) else {
        return;
    };
    let mut taken = length;
    if (0xd800..0xdc00).contains(&code) {
        let low = rest
            .get(taken..)
            .and_then(|r| r.strip_prefix("\\u"))
            .and_then(|r| u32::from_str_radix(r.get(..4)?, 16).ok())
            .filter(|low| (0xdc00..0xe000).contains(low));
        if let Some(low) = low {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            taken += 6;
        }
    }
    for _ in 0..taken {
        characters.next();
    }
    text.push(char::from_u32(code).unwrap_or('\u{fffd}'));
}
