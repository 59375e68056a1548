//! The two languages, and every sentence in them.
//!
//! Sentences live in `locales/*/report.ftl` (Fluent) and nowhere else; code
//! names them by id. Not here: how a number or a date is written
//! (`format`), and what is said when (`explain`).

use std::borrow::Cow;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use serde::{Deserialize, Serialize};
use unic_langid::LanguageIdentifier;

use crate::format;

/// The sources of all sentences.
pub(crate) const SOURCES: [(Language, &str); 2] = [
    (Language::En, include_str!("../locales/en/report.ftl")),
    (Language::Zh, include_str!("../locales/zh-Hans/report.ftl")),
];

/// A language of the report.
///
/// ```
/// use moongate_report::Language;
/// assert_eq!(Language::from_tag("zh-CN"), Some(Language::Zh));
/// assert_eq!(Language::from_tag("fr"), None);
/// ```
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    En,
    /// Simplified Chinese.
    #[serde(rename = "zh-Hans")]
    Zh,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-Hans",
        }
    }

    /// The name of its folder in the site.
    pub fn folder(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// Its name in itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Zh => "简体中文",
        }
    }

    /// The language of a tag such as `en`, `en-GB`, `zh`, `zh-CN` or
    /// `zh_CN.UTF-8`; none for other languages.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_', '.']).next() {
            Some("en" | "EN") => Some(Self::En),
            Some("zh" | "ZH") => Some(Self::Zh),
            _ => None,
        }
    }

    fn identifier(self) -> LanguageIdentifier {
        // Both tags are well-formed; the default stands for no language.
        self.tag().parse().unwrap_or_default()
    }
}

/// All sentences of one language.
pub(crate) struct Words {
    /// Which language.
    pub(crate) language: Language,
    bundle: FluentBundle<FluentResource>,
}

/// The arguments of a sentence.
pub(crate) type Args<'a> = [(&'static str, FluentValue<'a>)];

impl Words {
    /// The sentences of `language`.
    pub(crate) fn new(language: Language) -> Self {
        let mut bundle = FluentBundle::new(vec![language.identifier()]);
        // Marks that isolate direction would be counted as letters in a
        // terminal; foreign text is isolated where it is printed instead.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(grouped));
        for (of, source) in SOURCES {
            if of == language {
                // A test holds that both files are free of mistakes; were one
                // not, its sound messages would still be used.
                let resource = FluentResource::try_new(source.to_owned())
                    .unwrap_or_else(|(partial, _)| partial);
                bundle.add_resource_overriding(resource);
            }
        }
        Self { language, bundle }
    }

    /// The sentence `id`.
    pub(crate) fn say(&self, id: &str) -> String {
        self.with(id, &[])
    }

    /// The sentence `id` with its arguments. A sentence that does not exist
    /// is shown as its id in brackets; tests look for those.
    pub(crate) fn with(&self, id: &str, args: &Args<'_>) -> String {
        self.lookup(id, args).unwrap_or_else(|| format!("[[{id}]]"))
    }

    /// The sentence `id`, if there is one.
    pub(crate) fn lookup(&self, id: &str, args: &Args<'_>) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        let mut given = FluentArgs::with_capacity(args.len());
        for (name, value) in args {
            given.set(*name, value.clone());
        }
        let mut errors = Vec::new();
        let said = self
            .bundle
            .format_pattern(pattern, Some(&given), &mut errors);
        Some(if errors.is_empty() {
            said.into_owned()
        } else {
            format!("[[{id}: {said}]]")
        })
    }
}

/// Whole numbers inside sentences are written with their thousands apart.
fn grouped<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    match value {
        FluentValue::Number(number) if number.value.fract() == 0.0 && number.value >= 0.0 => {
            Some(format::integer(number.value as u64))
        }
        _ => None,
    }
}

/// A value that keeps borrowed text borrowed.
pub(crate) fn text<'a>(value: impl Into<Cow<'a, str>>) -> FluentValue<'a> {
    FluentValue::String(value.into())
}

/// A count.
pub(crate) fn count<'a>(value: u64) -> FluentValue<'a> {
    FluentValue::from(value)
}
