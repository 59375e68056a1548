//! Writes a made-up report as a site into a folder, and shows its matrix:
//! `cargo run -p moongate-report --example sample -- target/sample-report`

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::io::Write as _;
use std::path::Path;

use moongate_report::{Language, TerminalOptions, render_site, terminal_matrix};

fn main() -> std::io::Result<()> {
    let folder = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "target/sample-report".to_owned());
    let input = sample::sample();
    for file in render_site(&input, &Language::ALL) {
        let path = Path::new(&folder).join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &file.bytes)?;
    }
    for file in render_site(&sample::imported(), &Language::ALL) {
        let path = Path::new(&folder).join("imported").join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &file.bytes)?;
    }
    let options = TerminalOptions {
        colour: true,
        ..TerminalOptions::default()
    };
    write!(std::io::stdout(), "{}", terminal_matrix(&input, &options))?;
    writeln!(std::io::stdout(), "{folder}/index.html")
}
