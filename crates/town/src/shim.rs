//! Redirectors: the address under which a platform shows a foreign link, and
//! how the platform reads it back when it is clicked.
//!
//! The shapes follow those of the real platforms (hosts ending in `.test`).
//! Most carry the target in a parameter and need no memory; a short link is a
//! slug that means a message, and is forgotten with it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::address::{encode, value};

/// The family of a platform's redirector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shim {
    /// `/cgi-bin/mmspamsupport-bin/newredirectconfirmcgi?…&url=`
    WeChat,
    /// `/middlem.html?pfurl=` on `c.<id>.test`
    Qq,
    /// A slug on `t.<id>.test`
    Weibo,
    /// `/?aid=1128&…&scene=im&target=` on `link.<id>.test`
    Douyin,
    /// `/jump?target=` on `link.<id>.test`
    Taobao,
    /// `/out?to=`
    Plain,
    /// A slug under `/l/`
    Slug,
}

/// What a message's link must say when it is clicked: moment, scene and the
/// message's own key. Packed into one opaque parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Position of the moment in the plan.
    pub moment: u32,
    /// Position of the scene among the platform's.
    pub scene: u32,
    /// The message's key, which its draws hang on.
    pub key: u64,
}

/// What was clicked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clicked {
    /// A link that carries its target; the origin where it has one.
    Target {
        /// The target.
        target: String,
        /// Where it stood. None for an address that was filled in by hand.
        origin: Option<Origin>,
    },
    /// A slug: room and message.
    Slug {
        /// Position of the room among all rooms of the town.
        room: u32,
        /// The message in it.
        message: u64,
    },
}

impl Origin {
    fn pack(self) -> String {
        let mut bytes = Vec::with_capacity(16);
        bytes.extend_from_slice(&self.key.to_be_bytes());
        bytes.extend_from_slice(&self.moment.to_be_bytes());
        bytes.extend_from_slice(&self.scene.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn unpack(text: &str) -> Option<Self> {
        let bytes: [u8; 16] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let all = u128::from_be_bytes(bytes);
        Some(Self {
            key: (all >> 64) as u64,
            moment: (all >> 32) as u32,
            scene: all as u32,
        })
    }
}

impl Shim {
    /// All families with their words.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::WeChat, "wechat"),
        (Self::Qq, "qq"),
        (Self::Weibo, "weibo"),
        (Self::Douyin, "douyin"),
        (Self::Taobao, "taobao"),
        (Self::Plain, "plain"),
        (Self::Slug, "slug"),
    ];

    /// The family of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, w)| *w == word)
            .map(|(s, _)| s)
    }

    /// The host of the redirector of the platform `id`.
    pub fn host(self, id: &str) -> String {
        match self {
            Self::WeChat | Self::Plain | Self::Slug => format!("{id}.test"),
            Self::Qq => format!("c.{id}.test"),
            Self::Weibo => format!("t.{id}.test"),
            Self::Douyin | Self::Taobao => format!("link.{id}.test"),
        }
    }

    /// The address shown for a link to `target` in the message `message` of
    /// the room `room`.
    pub fn mint(
        self,
        id: &str,
        target: &str,
        origin: Origin,
        (room, message): (u32, u64),
    ) -> String {
        let host = self.host(id);
        let (url, key) = (encode(target), origin.pack());
        match self {
            Self::WeChat => format!(
                "http://{host}/cgi-bin/mmspamsupport-bin/newredirectconfirmcgi?main_type=2\
                 &evil_type=0&source=2&url={url}&exportkey={key}&wechat_real_lang=zh_CN"
            ),
            Self::Qq => format!(
                "http://{host}/middlem.html?pfurl={url}&pfuin=10001&pfto=qq.msg&type=1&k={key}"
            ),
            Self::Douyin => format!(
                "http://{host}/?aid=1128&lang=zh&scene=im&jumper_version=1&target={url}&k={key}"
            ),
            Self::Taobao => format!("http://{host}/jump?target={url}&k={key}"),
            Self::Plain => format!("http://{host}/out?to={url}&k={key}"),
            Self::Weibo => format!("http://{host}/{}", slug(room, message)),
            Self::Slug => format!("http://{host}/l/{}", slug(room, message)),
        }
    }

    /// An address into which a target may be filled by hand, with `{url}` in
    /// its place; none for slugs.
    pub fn template(self, id: &str) -> Option<String> {
        let host = self.host(id);
        match self {
            Self::WeChat => Some(format!(
                "http://{host}/cgi-bin/mmspamsupport-bin/newredirectconfirmcgi?main_type=2\
                 &evil_type=0&source=2&url={{url}}"
            )),
            Self::Qq => Some(format!("http://{host}/middlem.html?pfurl={{url}}")),
            Self::Douyin => Some(format!(
                "http://{host}/?aid=1128&lang=zh&scene=im&jumper_version=1&target={{url}}"
            )),
            Self::Taobao => Some(format!("http://{host}/jump?target={{url}}")),
            Self::Plain => Some(format!("http://{host}/out?to={{url}}")),
            Self::Weibo | Self::Slug => None,
        }
    }

    /// Reads a request to the redirector's host; none if it is not one of the
    /// redirector's own.
    pub fn read(self, path: &str, query: &str) -> Option<Clicked> {
        let (at, parameter, key) = match self {
            Self::WeChat => (
                "/cgi-bin/mmspamsupport-bin/newredirectconfirmcgi",
                "url",
                "exportkey",
            ),
            Self::Qq => ("/middlem.html", "pfurl", "k"),
            Self::Douyin => ("/", "target", "k"),
            Self::Taobao => ("/jump", "target", "k"),
            Self::Plain => ("/out", "to", "k"),
            Self::Weibo => return read_slug(path.strip_prefix('/')?),
            Self::Slug => return read_slug(path.strip_prefix("/l/")?),
        };
        if path != at {
            return None;
        }
        Some(Clicked::Target {
            target: value(query, parameter)?,
            origin: value(query, key).and_then(|key| Origin::unpack(&key)),
        })
    }
}

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An odd number: multiplying by it shuffles all 64-bit numbers.
const SHUFFLE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Its inverse modulo 2^64, by Newton's iteration.
const UNSHUFFLE: u64 = {
    let mut inverse = SHUFFLE;
    let mut round = 0;
    while round < 6 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(SHUFFLE.wrapping_mul(inverse)));
        round += 1;
    }
    inverse
};

/// Bits of a slug that count messages; the rest counts rooms.
const MESSAGE_BITS: u32 = 44;

fn slug(room: u32, message: u64) -> String {
    let mut rest = (u64::from(room) << MESSAGE_BITS | message).wrapping_mul(SHUFFLE);
    let mut text = String::with_capacity(11);
    for _ in 0..11 {
        let digit = DIGITS.get((rest % 62) as usize).copied().unwrap_or(b'0');
        text.push(char::from(digit));
        rest /= 62;
    }
    text
}

fn read_slug(text: &str) -> Option<Clicked> {
    if text.len() != 11 {
        return None;
    }
    let mut number: u64 = 0;
    for byte in text.bytes().rev() {
        let digit = DIGITS.iter().position(|d| *d == byte)? as u64;
        number = number.checked_mul(62)?.checked_add(digit)?;
    }
    let number = number.wrapping_mul(UNSHUFFLE);
    Some(Clicked::Slug {
        room: (number >> MESSAGE_BITS) as u32,
        message: number & ((1 << MESSAGE_BITS) - 1),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_minted_is_read_back(
            key: u64, moment: u32, scene: u32, room in 0_u32..1_000_000,
            message in 0_u64..(1 << 44), target in "http://[a-z]{1,9}\\.test/[ -~]{0,30}",
        ) {
            let origin = Origin { moment, scene, key };
            for (shim, _) in Shim::ALL {
                let address = shim.mint("p", &target, origin, (room, message));
                prop_assert_eq!(crate::address::host(&address), shim.host("p"));
                let rest = &address["http://".len() + shim.host("p").len()..];
                let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
                let clicked = shim.read(path, query).expect("its own link");
                match clicked {
                    Clicked::Target { target: t, origin: o } => {
                        prop_assert_eq!(&t, &target);
                        prop_assert_eq!(o, Some(origin));
                    }
                    Clicked::Slug { room: r, message: m } => {
                        prop_assert_eq!((r, m), (room, message));
                    }
                }
            }
        }

        #[test]
        fn strangers_do_not_panic(path in "/[!-~]{0,20}", query in "[!-~]{0,40}") {
            for (shim, _) in Shim::ALL {
                let _ = shim.read(&path, &query);
            }
        }
    }
}
