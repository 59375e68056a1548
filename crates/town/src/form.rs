//! The form in which a chat shows a link to its recipient.

/// How a link stands in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// A picture, a title and the host, all one link.
    Card,
    /// The page's title as the link's text.
    Titled,
    /// The address itself, as a link.
    Bare,
    /// The address itself, as text that leads nowhere.
    BareText,
    /// The message stands there without the link.
    Removed,
    /// The recipient is shown no message at all.
    MessageMissing,
}

impl Form {
    /// All forms.
    pub const ALL: [Self; 6] = [
        Self::Card,
        Self::Titled,
        Self::Bare,
        Self::BareText,
        Self::Removed,
        Self::MessageMissing,
    ];

    /// The word in a town's files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Titled => "titled",
            Self::Bare => "bare",
            Self::BareText => "bare-text",
            Self::Removed => "removed",
            Self::MessageMissing => "message-missing",
        }
    }

    /// The form of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.word() == word)
    }
}
