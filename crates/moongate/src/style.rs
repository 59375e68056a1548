//! The few colours of the program. `anstream` takes them out where they are
//! not understood.

use anstyle::{AnsiColor, Style};

fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Of an error.
pub(crate) fn error(text: &str) -> String {
    styled(AnsiColor::Red.on_default().bold(), text)
}

/// Of a heading.
pub(crate) fn heading(text: &str) -> String {
    styled(Style::new().bold(), text)
}

/// Of what is beside the point.
pub(crate) fn faint(text: &str) -> String {
    styled(Style::new().dimmed(), text)
}
