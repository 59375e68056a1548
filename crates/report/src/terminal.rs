//! The matrix and the standings in a terminal.
//!
//! Readable without colour (symbol and word), in ASCII alone if asked, and
//! aligned in Chinese. Wide matrices are wrapped into blocks of columns.
//! Foreign text is made inert before it is measured, so that nothing steers
//! the terminal.

use moongate_glossary::Decision;
use unicode_width::UnicodeWidthStr;

use crate::explain::{days_from_due, decision_word, last_measured};
use crate::format::{self, Zone};
use crate::input::{Form, Handling, ReportInput, Standing};
use crate::language::{Words, count, text};
use crate::matrix::{Grid, Index, Row, Slot};
use crate::{Language, matrix};

/// How the terminal is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalOptions {
    /// Columns to fit into; below 40 is read as 40.
    pub width: usize,
    /// Whether to colour (ANSI).
    pub colour: bool,
    /// Whether symbols are ASCII only. Names and sentences are not changed.
    pub ascii: bool,
    /// In which language.
    pub language: Language,
}

impl Default for TerminalOptions {
    fn default() -> Self {
        Self {
            width: 80,
            colour: false,
            ascii: false,
            language: Language::En,
        }
    }
}

/// The matrix of every round, a legend, and the standings against the
/// deadlines, as lines that fit the width.
///
/// ```
/// use moongate_report::{ReportInput, Status, TerminalOptions, Text, terminal_matrix};
/// # let json = r#"{"format":1,"order":"o","title":{"en":"An order","zh":"命令"},
/// #  "order_text":{"en":"","zh":""},"issuer":{"en":"","zh":""},"status":"official",
/// #  "sources":[],"subjects":[],"platforms":[],"scenes":[],"destinations":[],
/// #  "obligations":[],"consequences":[],"rounds":[],"round_names":{},"reasons":{},
/// #  "cells":[],"standings":[],"replay":true,
/// #  "randomisation":{"commitment":null,"revealed_seed":null,"trials":0},
/// #  "judge_version":"1","alpha":0.01,"as_of_ms":0,"offset":"+08:00"}"#;
/// # let input: ReportInput = serde_json::from_str(json)?;
/// let shown = terminal_matrix(&input, &TerminalOptions::default());
/// assert!(shown.contains("measured no company"));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn terminal_matrix(input: &ReportInput, options: &TerminalOptions) -> String {
    let index = Index::new(input);
    let forms = forms(&index);
    let mut screen = Screen {
        words: Words::new(options.language),
        index: &index,
        zone: Zone::parse(&input.offset),
        colour: options.colour,
        ascii: options.ascii,
        width: options.width.max(40),
        usual: usual(&forms),
        lines: Vec::new(),
    };
    screen.head();
    for round in index.rounds() {
        screen.round(round);
    }
    screen.legend();
    screen.form_note(&forms);
    screen.standings();
    let mut shown = screen.lines.join("\n");
    shown.push('\n');
    shown
}

struct Screen<'a> {
    words: Words,
    index: &'a Index<'a>,
    zone: Zone,
    colour: bool,
    ascii: bool,
    width: usize,
    /// The form that is said once below the matrix instead of in every slot.
    usual: Option<Form>,
    lines: Vec<String>,
}

/// A piece of a line: what it says, and how it looks.
struct Piece {
    says: String,
    style: Style,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Bold,
    Dim,
    Good,
    Fair,
    Poor,
    Bad,
}

impl Style {
    /// The ANSI code; none for plain text.
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Bold => Some("1"),
            Self::Dim => Some("2"),
            Self::Good => Some("36"),
            Self::Fair => Some("33"),
            Self::Poor => Some("35"),
            Self::Bad => Some("31"),
        }
    }

    fn of_handling(handling: Handling) -> Self {
        match handling {
            Handling::Opened => Self::Good,
            Handling::ExtraStep | Handling::Warned => Self::Fair,
            Handling::MustCopy => Self::Poor,
            Handling::Blocked | Handling::Removed => Self::Bad,
            Handling::Mixed => Self::Plain,
            Handling::Inconclusive | Handling::NotMeasured => Self::Dim,
        }
    }

    fn of_decision(decision: Option<Decision>) -> Self {
        match decision {
            Some(Decision::Broken) => Self::Bad,
            Some(Decision::Kept) => Self::Good,
            Some(Decision::Open) | None => Self::Plain,
        }
    }
}

fn piece(says: impl Into<String>, style: Style) -> Piece {
    Piece {
        says: says.into(),
        style,
    }
}

/// Empty columns between two columns of the matrix.
const GAP: usize = 2;
/// Lines that the head of a column should not exceed.
const MOST_HEAD_LINES: usize = 3;

/// A column of the matrix, laid out.
struct Column {
    /// Its position in the grid.
    at: usize,
    /// Its head, line by line.
    head: Vec<String>,
    /// With the gap behind it.
    width: usize,
}

/// How many columns stand in a block, so that there are as few blocks as fit.
fn most_at_once(columns: &[Column], room: usize) -> usize {
    let wide = |block: &[Column]| block.iter().map(|column| column.width).sum::<usize>();
    let fits = |most: &usize| columns.chunks(*most).all(|block| wide(block) <= room + GAP);
    let all = columns.len();
    let mut balanced = (1..=all).map(|blocks| all.div_ceil(blocks));
    balanced.find(fits).unwrap_or(1)
}

/// The forms that links were shown in, one for each slot that was seen.
fn forms(index: &Index<'_>) -> Vec<Form> {
    let mut forms = Vec::new();
    for round in index.rounds() {
        let grid = index.grid(round);
        let rows = grid.groups.iter().flat_map(|group| &group.rows);
        let seen = rows.flat_map(|row| &row.slots).filter(|slot| {
            !matches!(
                slot.handling,
                Handling::NotMeasured | Handling::Inconclusive | Handling::Removed
            )
        });
        forms.extend(seen.map(|slot| slot.form));
    }
    forms
}

/// The form that most links share; none where the form of one is not known,
/// which must not read as the usual one.
fn usual(forms: &[Form]) -> Option<Form> {
    if forms.contains(&Form::Unknown) {
        return None;
    }
    let count = |form: Form| forms.iter().filter(|other| **other == form).count();
    let most = forms.iter().copied().max_by_key(|form| count(*form))?;
    (most != Form::Removed && count(most) > 1).then_some(most)
}

fn symbol(handling: Handling, ascii: bool) -> &'static str {
    let (drawn, plain) = match handling {
        Handling::Opened => ("●", "o"),
        Handling::ExtraStep => ("◐", "+"),
        Handling::Warned => ("▲", "!"),
        Handling::MustCopy => ("◇", "c"),
        Handling::Blocked => ("✗", "x"),
        Handling::Removed => ("∅", "-"),
        Handling::Mixed => ("≈", "~"),
        Handling::Inconclusive => ("?", "?"),
        Handling::NotMeasured => ("·", "."),
    };
    if ascii { plain } else { drawn }
}

impl<'a> Screen<'a> {
    fn language(&self) -> Language {
        self.words.language
    }

    fn blank(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    /// A paragraph, wrapped.
    fn say(&mut self, says: &str, style: Style) {
        for line in wrapped(&format::inert(says), self.width) {
            let line = self.styled(&piece(line, style), 0);
            self.lines.push(line);
        }
    }

    fn styled(&self, piece: &Piece, width: usize) -> String {
        let fill = " ".repeat(width.saturating_sub(piece.says.width()));
        match piece.style.code() {
            Some(code) if self.colour && !piece.says.is_empty() => {
                format!("\u{1b}[{code}m{}\u{1b}[0m{fill}", piece.says)
            }
            _ => format!("{}{fill}", piece.says),
        }
    }

    /// Pieces side by side, each in its column.
    fn row(&mut self, pieces: &[(Piece, usize)]) {
        let mut line = String::new();
        for (piece, width) in pieces {
            line.push_str(&self.styled(piece, *width));
        }
        self.lines.push(line.trim_end().to_owned());
    }

    fn rule(&mut self) {
        let line = if self.ascii { "-" } else { "─" };
        let rule = line.repeat(self.width);
        self.lines.push(self.styled(&piece(rule, Style::Dim), 0));
    }

    fn head(&mut self) {
        let input = self.index.input;
        self.say(input.title.pick(self.language()), Style::Bold);
        if input.replay {
            let banner = self.words.say("replay-banner");
            self.say(&banner, Style::Fair);
        }
        let status = self
            .words
            .say(&format!("status-{}-sentence", input.status.word()));
        self.say(&status, Style::Dim);
    }

    fn round(&mut self, round: &'a str) {
        let grid = self.index.grid(round);
        if grid.columns.is_empty() {
            return;
        }
        self.blank();
        self.rule();
        let name = self.index.round_name(round, self.language());
        self.say(name, Style::Bold);
        if let Some(given) = self.index.round(round) {
            let at = self.zone.instant(given.as_of_ms, self.language());
            let as_of = self.words.with("as-of", &[("at", text(at))]);
            self.say(&as_of, Style::Dim);
        }
        if grid.is_list() {
            self.list(&grid);
        } else {
            self.blocks(&grid);
        }
    }

    /// The matrix in as few blocks of columns as fit, of about equal length,
    /// its heads on as few lines as that allows.
    fn blocks(&mut self, grid: &Grid<'a>) {
        let label = self.label_width(grid);
        let room = self.width - label;
        let layouts = (1..=MOST_HEAD_LINES).map(|lines| {
            let columns = 0..grid.columns.len();
            let columns = columns.filter_map(|at| self.column(grid, at, room, lines));
            let columns: Vec<Column> = columns.collect();
            (most_at_once(&columns, room), columns)
        });
        // Of several with the same number, `max_by_key` takes the last: the
        // one with the lowest heads.
        let Some((at_once, columns)) = layouts.rev().max_by_key(|(at_once, _)| *at_once) else {
            return;
        };
        for block in columns.chunks(at_once) {
            self.blank();
            self.block(grid, block, label);
        }
    }

    /// Many destinations in few places: destinations one below the other, the
    /// gravest decision first, in as many columns as fit.
    fn list(&mut self, grid: &Grid<'a>) {
        let order = grid.gravest_first();
        let names = grid.columns.iter().map(|id| self.destination(id).width());
        let label = (names.max().unwrap_or(0) + 2).min(self.width / 2);
        let column = label + self.slot_width(grid) + 3;
        let across = (self.width / column).max(1);
        let down = order.len().div_ceil(across);
        for group in &grid.groups {
            for row in &group.rows {
                let language = self.language();
                let platform = self.index.platform(group.platform, language);
                let head = format!("{platform} · {}", self.index.scene(row.scene, language));
                self.blank();
                self.say(&head, Style::Bold);
                for line in 0..down {
                    let mut pieces = Vec::new();
                    for at in order.iter().skip(line).step_by(down) {
                        pieces.extend(self.entry(grid, row, *at, label, column));
                    }
                    self.row(&pieces);
                }
            }
        }
    }

    fn entry(
        &self,
        grid: &Grid<'a>,
        row: &Row<'a>,
        at: usize,
        label: usize,
        column: usize,
    ) -> Vec<(Piece, usize)> {
        let Some((id, slot)) = grid.columns.get(at).zip(row.slots.get(at)) else {
            return Vec::new();
        };
        let name = piece(cut(&self.destination(id), label - 1), Style::Plain);
        let (seen, mark) = (self.slot(slot), self.mark(slot));
        let used = seen.says.width() + 1;
        let rest = column.saturating_sub(label + used);
        vec![(name, label), (seen, used), (mark, rest)]
    }

    /// The widest slot with its mark.
    fn slot_width(&self, grid: &Grid<'a>) -> usize {
        let rows = grid.groups.iter().flat_map(|group| &group.rows);
        let slots = rows.flat_map(|row| &row.slots);
        slots
            .map(|slot| self.slot(slot).says.width() + 1 + self.mark(slot).says.width())
            .max()
            .unwrap_or(0)
    }

    fn scene(&self, id: &'a str) -> String {
        format::inert(self.index.scene(id, self.language()))
    }

    /// Scenes stand indented under their platform.
    fn label_width(&self, grid: &Grid<'a>) -> usize {
        let rows = grid.groups.iter().flat_map(|group| &group.rows);
        let widest = rows.map(|row| self.scene(row.scene).width()).max();
        (widest.unwrap_or(0) + 4).min(self.width / 2)
    }

    /// A column that is as narrow as its slots, and its head on about so many
    /// lines, allow.
    fn column(&self, grid: &Grid<'a>, at: usize, most: usize, lines: usize) -> Option<Column> {
        let name = self.destination(grid.columns.get(at)?);
        let rows = grid.groups.iter().flat_map(|group| &group.rows);
        let slots = rows.filter_map(|row| row.slots.get(at));
        let slots =
            slots.map(|slot| self.slot(slot).says.width() + 1 + self.mark(slot).says.width());
        let words = unbreakable(&name)
            .into_iter()
            .map(|word| word.trim_end().width());
        let least = name.width().div_ceil(lines);
        let width = slots.chain(words).max().unwrap_or(0).max(least);
        let width = width.min(most.saturating_sub(GAP));
        Some(Column {
            at,
            head: wrapped(&name, width.max(2)),
            width: width + GAP,
        })
    }

    fn destination(&self, id: &'a str) -> String {
        format::inert(self.index.destination(id, self.language()))
    }

    /// Symbol, word and form.
    fn slot(&self, slot: &Slot<'_>) -> Piece {
        let handling = slot.handling;
        let mut says = symbol(handling, self.ascii).to_owned();
        if handling != Handling::NotMeasured {
            says.push(' ');
            says.push_str(
                &self
                    .words
                    .say(&format!("handling-{}-short", handling.word())),
            );
        }
        let said_below = self.usual == Some(slot.form);
        if !said_below && !matches!(slot.form, Form::Unknown | Form::Removed) {
            says.push(' ');
            says.push_str(&self.words.say(&format!("form-{}-short", slot.form.word())));
        }
        if let Some(delay) = slot.delay_ms {
            says.push(' ');
            says.push_str(&format::delay(delay, self.language()));
        }
        piece(says, Style::of_handling(handling))
    }

    /// The letter of the gravest decision.
    fn mark(&self, slot: &Slot<'_>) -> Piece {
        let says = match slot.decision {
            None => String::new(),
            decision => self.words.say(&format!("mark-{}", decision_word(decision))),
        };
        piece(says, Style::of_decision(slot.decision))
    }

    /// Some columns, with the rows that hold something in them.
    fn block(&mut self, grid: &Grid<'a>, columns: &[Column], label: usize) {
        let tallest = columns.iter().map(|column| column.head.len()).max();
        let tallest = tallest.unwrap_or(0);
        for line in 0..tallest {
            let corner = if line + 1 == tallest {
                self.words.say("matrix-corner-short")
            } else {
                String::new()
            };
            let mut head = vec![(piece(corner, Style::Dim), label)];
            for column in columns {
                // Heads stand on the matrix, whatever their height.
                let nth = (line + column.head.len()).checked_sub(tallest);
                let says = nth.and_then(|nth| column.head.get(nth)).cloned();
                head.push((piece(says.unwrap_or_default(), Style::Bold), column.width));
            }
            self.row(&head);
        }
        for group in &grid.groups {
            let measured = |row: &&Row<'_>| {
                let mut slots = columns.iter().filter_map(|column| row.slots.get(column.at));
                slots.any(|slot| slot.handling != Handling::NotMeasured || slot.decision.is_some())
            };
            let rows: Vec<&Row<'a>> = group.rows.iter().filter(measured).collect();
            if rows.is_empty() {
                continue;
            }
            let name = format::inert(self.index.platform(group.platform, self.language()));
            self.row(&[(piece(cut(&name, self.width), Style::Bold), 0)]);
            for row in rows {
                self.block_row(row, columns, label);
            }
        }
    }

    fn block_row(&mut self, row: &Row<'a>, columns: &[Column], label: usize) {
        let scene = format!("  {}", cut(&self.scene(row.scene), label - 3));
        let mut pieces = vec![(piece(scene, Style::Plain), label)];
        for column in columns {
            let Some(slot) = row.slots.get(column.at) else {
                continue;
            };
            let (seen, mark) = (self.slot(slot), self.mark(slot));
            let used = seen.says.width() + 1;
            pieces.push((seen, used));
            pieces.push((mark, column.width.saturating_sub(used)));
        }
        self.row(&pieces);
    }

    fn legend(&mut self) {
        self.blank();
        self.rule();
        let handlings = Handling::ALL.map(|handling| {
            format!(
                "{} {}",
                symbol(handling, self.ascii),
                self.words.say(&format!("handling-{}", handling.word()))
            )
        });
        let marks = ["broken", "kept", "open"].map(|word| {
            format!(
                "{} {}",
                self.words.say(&format!("mark-{word}")),
                self.words.say(&format!("legend-{word}"))
            )
        });
        for entries in [&handlings[..], &marks[..]] {
            self.flow(entries);
        }
    }

    /// The form that the slots do not name.
    fn form_note(&mut self, forms: &[Form]) {
        let Some(usual) = self.usual else {
            return;
        };
        let id = if forms.iter().all(|form| *form == usual) {
            "form-of-all"
        } else {
            "form-of-most"
        };
        let form = self.words.say(&format!("form-{}", usual.word()));
        let said = self.words.with(id, &[("form", text(form))]);
        self.say(&said, Style::Dim);
    }

    /// Entries one after the other, broken between entries only.
    fn flow(&mut self, entries: &[String]) {
        let mut line = String::new();
        for entry in entries {
            if !line.is_empty() && line.width() + 3 + entry.width() > self.width {
                self.say(&std::mem::take(&mut line), Style::Dim);
            }
            if !line.is_empty() {
                line.push_str("   ");
            }
            line.push_str(entry);
        }
        self.say(&line, Style::Dim);
    }

    fn standings(&mut self) {
        let lines = self.index.standings();
        if lines.is_empty() {
            return;
        }
        self.blank();
        let language = self.language();
        let title = self.words.with(
            "standings-title-as-of",
            &[(
                "at",
                text(self.zone.instant(self.index.input.as_of_ms, language)),
            )],
        );
        self.say(&title, Style::Bold);
        let heads = ["subject", "state", "cells-short", "due"]
            .map(|id| piece(self.words.say(&format!("column-{id}")), Style::Dim));
        let mut rows: Vec<[Piece; 4]> = vec![heads];
        rows.extend(lines.iter().map(|line| self.standing(line)));
        let mut widths = [0_usize; 4];
        for row in &rows {
            for (width, piece) in widths.iter_mut().zip(row) {
                *width = (*width).max(piece.says.width() + 2);
            }
        }
        widths[0] = widths[0].min(self.width / 3);
        for (at, row) in rows.into_iter().enumerate() {
            let cells: Vec<(Piece, usize)> = row.into_iter().zip(widths).collect();
            self.standing_row(cells);
            if let Some(line) = at.checked_sub(1).and_then(|at| lines.get(at)) {
                self.standing_note(line.latest);
            }
        }
        self.blank();
    }

    /// Which obligation a standing is on, and when it was last measured,
    /// where that needs saying.
    fn standing_note(&mut self, standing: &'a Standing) {
        if self.index.input.obligations.len() > 1 {
            let name = self
                .index
                .obligation_name(&standing.obligation, self.language());
            self.say(&format!("  {name}"), Style::Dim);
        }
        let now_ms = self.index.input.as_of_ms;
        if let Some(says) = last_measured(&self.words, self.zone, standing, now_ms) {
            self.say(&format!("  {says}"), Style::Dim);
        }
    }

    /// A line of standings; what does not fit goes below, indented.
    fn standing_row(&mut self, mut cells: Vec<(Piece, usize)>) {
        let whole: usize = cells.iter().map(|(_, width)| width).sum();
        let below = if whole > self.width + 2 {
            cells.pop()
        } else {
            None
        };
        if let Some((first, width)) = cells.first_mut() {
            first.says = cut(&first.says, width.saturating_sub(2));
        }
        self.row(&cells);
        if let Some((rest, _)) = below {
            self.say(&format!("    {}", rest.says), rest.style);
        }
    }

    fn standing(&self, line: &matrix::StandingLine<'a>) -> [Piece; 4] {
        let language = self.language();
        let standing = line.latest;
        let name = format::inert(self.index.subject(&standing.subject, language));
        let word = decision_word(Some(standing.state));
        let state = format!(
            "{} {}",
            self.words.say(&format!("mark-{word}")),
            self.words.say(&format!("decision-{word}"))
        );
        let cells = if standing.is_unmeasured() {
            self.words.say("cells-none")
        } else {
            self.words.with(
                "cells-counted-short",
                &[
                    ("broken", count(standing.broken_cells)),
                    ("kept", count(standing.kept_cells)),
                    ("open", count(standing.open_cells)),
                ],
            )
        };
        let now_ms = self.index.input.as_of_ms;
        let due = format!(
            "{} · {}",
            self.zone.deadline(standing.due_ms, language),
            days_from_due(&self.words, standing.due_ms, now_ms)
        );
        [
            piece(name, Style::Bold),
            piece(state, Style::of_decision(Some(standing.state))),
            piece(cells, Style::Plain),
            piece(due, Style::Plain),
        ]
    }
}

/// At most `width` columns of `says`, with a mark where it was cut.
fn cut(says: &str, width: usize) -> String {
    let says = says.replace(['\n', '\t'], " ");
    if says.width() <= width {
        return says;
    }
    let mut kept = String::new();
    for c in says.chars() {
        let mut buffer = [0_u8; 4];
        let next = kept.width() + c.encode_utf8(&mut buffer).width();
        if next >= width {
            break;
        }
        kept.push(c);
    }
    kept.push('~');
    kept
}

/// Lines of at most `width` columns: broken at spaces, or anywhere between
/// wide characters, or inside a word that is longer than a line.
fn wrapped(says: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in unbreakable(says) {
        let wide = word.trim_end().width();
        if used + wide > width && used > 0 {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0;
        }
        for c in word.chars() {
            let mut buffer = [0_u8; 4];
            let one = c.encode_utf8(&mut buffer).width();
            if used + one > width && c != ' ' {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                used = 0;
            }
            line.push(c);
            used += one;
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// Pieces between which a line may break: words with the space behind them,
/// and single wide characters with the punctuation behind them.
fn unbreakable(says: &str) -> Vec<String> {
    let says = says.replace(['\n', '\t'], " ");
    let mut pieces: Vec<String> = Vec::new();
    let mut fresh = true;
    for c in says.chars() {
        let mut buffer = [0_u8; 4];
        let wide = c.encode_utf8(&mut buffer).width() > 1;
        let closing = matches!(c, '，' | '。' | '、' | '；' | '：' | '）' | '”' | '》');
        match pieces.last_mut() {
            Some(piece) if closing || (!fresh && !wide) || c == ' ' => piece.push(c),
            _ => pieces.push(c.to_string()),
        }
        fresh = wide || c == ' ';
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(says in "\\PC{0,200}|[a-z微信，。 ]{0,300}", width in 2_usize..90) {
            for line in wrapped(&says, width) {
                prop_assert!(line.width() <= width, "{line:?}");
            }
        }

        #[test]
        fn what_is_cut_fits(says in "[a-z微信 ]{0,60}", width in 3_usize..40) {
            prop_assert!(cut(&says, width).width() <= width);
        }
    }

    #[test]
    fn a_form_is_left_out_only_where_nothing_else_can_be_meant() {
        use Form::{Bare, Card, Removed, Unknown};
        for (forms, expected) in [
            (&[Card, Card, Bare][..], Some(Card)),
            (&[Bare, Bare], Some(Bare)),
            (&[Card, Card, Unknown], None),
            (&[Removed, Removed, Card], None),
            (&[Card], None),
            (&[], None),
        ] {
            assert_eq!(usual(forms), expected, "{forms:?}");
        }
    }

    #[test]
    fn columns_stand_in_as_few_blocks_as_fit() {
        let columns = |widths: &[usize]| -> Vec<Column> {
            let one = |(at, &width): (usize, &usize)| Column {
                at,
                head: Vec::new(),
                width: width + GAP,
            };
            widths.iter().enumerate().map(one).collect()
        };
        assert_eq!(most_at_once(&columns(&[9, 9, 9]), 31), 3);
        assert_eq!(most_at_once(&columns(&[9, 9, 9]), 30), 2);
        assert_eq!(most_at_once(&columns(&[9, 9, 9, 9, 9]), 42), 3);
        assert_eq!(most_at_once(&columns(&[90, 9]), 20), 1);
        assert_eq!(most_at_once(&[], 20), 1);
    }

    #[test]
    fn every_symbol_is_one_column() {
        for handling in Handling::ALL {
            assert_eq!(symbol(handling, false).width(), 1);
            assert!(symbol(handling, true).is_ascii());
        }
    }
}
