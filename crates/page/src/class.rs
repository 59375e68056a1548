//! The words in which a classification speaks. No rules; see
//! [`crate::classify`].

use moongate_glossary::Side;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::visit::Visit;

/// One opening of a link through a platform, with what it is compared to.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// The facts of the opening.
    pub visit: &'a Visit,
    /// The body of the last hop, decompressed, if it was kept.
    pub last_body: Option<&'a [u8]>,
    /// Where the link should lead.
    pub target: &'a Url,
    /// The same target opened without the platform.
    pub direct: Option<DirectControl<'a>>,
    /// Registrable domains (or hosts) of the platform itself.
    pub platform_sites: &'a [String],
}

/// The target opened without the platform.
#[derive(Debug, Clone, Copy)]
pub struct DirectControl<'a> {
    /// The facts of that opening.
    pub visit: &'a Visit,
    /// The body of its last hop, decompressed, if it was kept.
    pub body: Option<&'a [u8]>,
}

/// What became of a link that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Class {
    /// The destination was reached, with no page in between.
    Reached,
    /// A page in between whose button or link leads on to the target.
    LeavePage {
        /// It speaks of danger.
        warned: bool,
    },
    /// A page in between that leads on by itself after a second or more.
    TimedHop {
        /// The wait, seconds.
        after_s: f64,
    },
    /// The visitor is to carry the address into another browser themself.
    CopyPage,
    /// The platform refuses.
    HardBlock,
    /// The platform wants the visitor to log in first.
    LoginWall,
    /// The platform takes the client for a machine.
    BotWall,
    /// The platform says that it was asked too often.
    RateLimit,
    /// The platform failed: an error page, or nothing at all.
    SoftError,
    /// The platform handed over, and the destination did not answer properly.
    DestinationFailed,
    /// The visitor ended at another place than the target.
    OtherPage,
    /// The opening ended early.
    NotMeasured {
        /// Whose side failed.
        side: Side,
    },
    /// The signals do not suffice.
    Unknown,
}

impl Class {
    /// Stable code in kebab-case.
    pub fn code(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::LeavePage { .. } => "leave-page",
            Self::TimedHop { .. } => "timed-hop",
            Self::CopyPage => "copy-page",
            Self::HardBlock => "hard-block",
            Self::LoginWall => "login-wall",
            Self::BotWall => "bot-wall",
            Self::RateLimit => "rate-limit",
            Self::SoftError => "soft-error",
            Self::DestinationFailed => "destination-failed",
            Self::OtherPage => "other-page",
            Self::NotMeasured { .. } => "not-measured",
            Self::Unknown => "unknown",
        }
    }
}

/// What sort of thing a signal is; structure counts before sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignalKind {
    /// How the hops or the page are built.
    Structural,
    /// What the platform's page declares to its own script.
    PlatformDeclared,
    /// A status or header.
    Status,
    /// What the page says.
    Sentence,
}

/// One datum that a classification rests on, or that speaks against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Stable code in kebab-case.
    pub code: String,
    /// Exactly what was seen: an attribute, a sentence, a status.
    pub what: String,
    /// What sort of thing it is.
    pub kind: SignalKind,
}

/// What a user would have to do to get to the target.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum UserStep {
    /// Click the button or link that leads on.
    ClickContinue,
    /// Wait.
    Wait {
        /// How long, seconds.
        seconds: f64,
    },
    /// Copy the address.
    CopyAddress,
    /// Open another browser, and the address in it.
    OpenBrowser,
    /// Log in to the platform.
    LogIn,
    /// Solve a captcha or similar.
    SolveCaptcha,
    /// There is no way that the page offers.
    Cannot,
}

/// How well a classification is founded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Sentences only, or signals that conflict.
    Low,
    /// Structure without comparison, or structure that sentences complete.
    Medium,
    /// Structure that suffices alone, or a comparison that agrees.
    High,
}

/// What became of a link, and what that rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// The class.
    pub class: Class,
    /// Everything it rests on, and what speaks against it; those that decided
    /// first.
    pub signals: Vec<Signal>,
    /// The platform's own words, cleaned, at most 300 characters.
    pub stated_reason: Option<String>,
    /// What a user would have to do.
    pub user_must: Vec<UserStep>,
    /// Where the way on leads, as the page has it.
    pub continue_to: Option<String>,
    /// The destination's site was asked, or the page leads there by itself.
    pub handed_over: bool,
    /// How well founded.
    pub confidence: Confidence,
}

impl Classification {
    /// Whether a signal of this code was seen.
    pub fn has(&self, code: &str) -> bool {
        self.signals.iter().any(|signal| signal.code == code)
    }

    /// Whether the platform answered with nothing to see.
    pub fn is_blank(&self) -> bool {
        self.has("empty-page")
    }
}
