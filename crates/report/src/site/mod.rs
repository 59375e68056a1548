//! The report as a web site: plain files, no script, nothing foreign, nothing
//! loaded from elsewhere.
//!
//! The first language stands at the root, each other one in a folder of its
//! own with the same pages. Every page carries its style, so that a single
//! page can be handed on.

mod cell;
mod frame;
mod grid;
mod icon;
mod method;
mod overview;

use crate::format::Zone;
use crate::input::ReportInput;
use crate::language::Words;
use crate::matrix::Index;
use crate::{Language, tables};

/// One file of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteFile {
    /// Its path inside the site's folder, with `/` between folders; ASCII
    /// without anything that a file system or a URL treats specially.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What every page of one language is drawn with.
struct Site<'a> {
    index: &'a Index<'a>,
    words: Words,
    zone: Zone,
    languages: &'a [Language],
    tables: &'a [(&'static str, usize)],
}

impl<'a> Site<'a> {
    fn input(&self) -> &'a ReportInput {
        self.index.input
    }

    fn language(&self) -> Language {
        self.words.language
    }

    /// The folder of a language, empty for the first.
    fn folder(&self, language: Language) -> String {
        if self.languages.first() == Some(&language) {
            String::new()
        } else {
            format!("{}/", language.folder())
        }
    }
}

/// The whole site: pages in every language of `languages` (English where that
/// is empty), and the tables.
///
/// The same input gives the same bytes.
pub fn render_site(input: &ReportInput, languages: &[Language]) -> Vec<SiteFile> {
    let languages = once_each(languages);
    let index = Index::new(input);
    let tables = tables(input);
    let sizes: Vec<(&'static str, usize)> = tables
        .all
        .iter()
        .map(|table| (table.name, table.rows.len()))
        .collect();
    let mut files = Vec::new();
    for &language in &languages {
        let site = Site {
            index: &index,
            words: Words::new(language),
            zone: Zone::parse(&input.offset),
            languages: &languages,
            tables: &sizes,
        };
        pages(&site, &mut files);
    }
    for table in &tables.all {
        for (ending, text) in [("csv", table.csv()), ("json", table.json())] {
            files.push(SiteFile {
                path: format!("tables/{}.{ending}", table.name),
                bytes: text.into_bytes(),
            });
        }
    }
    files
}

fn pages(site: &Site<'_>, files: &mut Vec<SiteFile>) {
    let folder = site.folder(site.language());
    let mut add = |page: &frame::Page| {
        files.push(SiteFile {
            path: format!("{folder}{}", page.path),
            bytes: site.page(page).into_bytes(),
        });
    };
    add(&site.overview());
    add(&site.method());
    for (at, view) in site.input().cells.iter().enumerate() {
        add(&site.cell_page(at, view));
    }
}

fn once_each(languages: &[Language]) -> Vec<Language> {
    let mut unique = Vec::new();
    for language in languages {
        if !unique.contains(language) {
            unique.push(*language);
        }
    }
    if unique.is_empty() {
        unique.push(Language::default());
    }
    unique
}
