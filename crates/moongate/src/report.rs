//! `moongate report`: the site, the matrix, the tables.

use std::path::{Path, PathBuf};

use moongate_report::{
    Language, ReportInput, TerminalOptions, render_site, tables, terminal_matrix,
};

use crate::cli::{Lang, ReportArgs, ReportFormat};
use crate::failure::Failure;
use crate::measure::now_ms;
use crate::opened::open;
use crate::report_input::report_input;

/// Writes or shows the report of a case.
///
/// # Errors
/// Where the case cannot be read or the site not written.
pub(crate) fn run(args: &ReportArgs, lang: Lang) -> Result<(), Failure> {
    let input = input(&args.case.case)?;
    match args.format {
        ReportFormat::Text => show(&input, lang),
        ReportFormat::Json => outln!("{}", tables(&input).json()),
        ReportFormat::Html => {
            let folder = args
                .out
                .clone()
                .unwrap_or_else(|| args.case.case.join("report"));
            let index = write_site(&input, &folder, lang)?;
            outln!("{}", index.display());
        }
    }
    Ok(())
}

/// Writes the site of a case into its folder, and shows the matrix.
///
/// # Errors
/// Where the case cannot be read or the site not written.
pub(crate) fn write_and_show(case: &Path, lang: Lang) -> Result<(), Failure> {
    let input = input(case)?;
    let index = write_site(&input, &case.join("report"), lang)?;
    show(&input, lang);
    outln!("\n{}", crate::style::heading(&index.display().to_string()));
    Ok(())
}

fn input(case: &Path) -> Result<ReportInput, Failure> {
    let opened = open(case, false)?;
    let sitting = opened.judge(moongate_runner::Keep::Everything)?;
    Ok(report_input(&opened, &sitting, now_ms()))
}

fn language(lang: Lang) -> Language {
    match lang {
        Lang::En => Language::En,
        Lang::Zh => Language::Zh,
    }
}

fn show(input: &ReportInput, lang: Lang) {
    let width = terminal_width().unwrap_or(80);
    let options = TerminalOptions {
        width,
        colour: true,
        ascii: false,
        language: language(lang),
    };
    out!("{}", terminal_matrix(input, &options));
}

fn terminal_width() -> Option<usize> {
    #[expect(clippy::disallowed_methods, reason = "the rim: the terminal's width")]
    let columns = std::env::var("COLUMNS").ok()?;
    columns
        .parse()
        .ok()
        .filter(|width| (40..=400).contains(width))
}

/// Writes beside, then puts in place: a reader never sees half a site.
fn write_site(input: &ReportInput, folder: &Path, lang: Lang) -> Result<PathBuf, Failure> {
    let first = language(lang);
    let mut languages = vec![first];
    languages.extend(Language::ALL.into_iter().filter(|other| *other != first));
    hold_replaceable(folder)?;
    let parent = folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let doing = || format!("writing the report into {}", folder.display());
    std::fs::create_dir_all(parent).map_err(Failure::machine(doing()))?;
    let beside = tempfile::Builder::new()
        .prefix(".report-")
        .tempdir_in(parent)
        .map_err(Failure::machine(doing()))?;
    for file in render_site(input, &languages) {
        let path = beside.path().join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(Failure::machine(doing()))?;
        }
        std::fs::write(&path, &file.bytes).map_err(Failure::machine(doing()))?;
    }
    std::fs::write(beside.path().join(MARK), MARK_SAYS).map_err(Failure::machine(doing()))?;
    replace(beside, folder).map_err(Failure::machine(doing()))?;
    Ok(folder.join("index.html"))
}

/// Names a folder as a report that may be replaced by a newer one.
const MARK: &str = ".moongate-report";
const MARK_SAYS: &str = "This folder is a report of Moongate; a newer report replaces it whole.\n";

/// Only an earlier report is ever replaced.
fn hold_replaceable(folder: &Path) -> Result<(), Failure> {
    let Ok(mut entries) = std::fs::read_dir(folder) else {
        if folder.exists() {
            return Err(Failure::unusable(
                format!("{}: is a file", folder.display()),
                "name a folder with --out",
            ));
        }
        return Ok(());
    };
    if entries.next().is_none() || folder.join(MARK).exists() {
        return Ok(());
    }
    Err(Failure::unusable(
        format!("{}: holds something that is not a report", folder.display()),
        "name a new or empty folder with --out",
    ))
}

fn replace(beside: tempfile::TempDir, folder: &Path) -> std::io::Result<()> {
    let written = beside.keep();
    // Temporary folders are private; a report is there to be read.
    make_readable(&written)?;
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::rename(written, folder)
}

#[cfg(unix)]
fn make_readable(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_readable(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}
