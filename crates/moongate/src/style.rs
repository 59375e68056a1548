//! The few colours of the program. `anstream` takes them out where they are
//! not understood.

use std::io::Write as _;

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

/// Writes to standard output. If that cannot be written to, the program ends:
/// quietly where the reader has gone, and otherwise saying why.
pub(crate) fn say(text: &str) {
    let mut out = anstream::stdout();
    let Err(problem) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) else {
        return;
    };
    if problem.kind() == std::io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    anstream::eprintln!("{}: standard output: {problem}", error("error"));
    std::process::exit(1);
}
