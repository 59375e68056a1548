//! Reading what people hand in: whole, decoded, and never without end.

use std::io::Read as _;
use std::path::Path;

use crate::failure::Failure;

/// Orders, links files and mappings are written by hand.
pub(crate) const LARGEST_HAND_WRITTEN: u64 = 8 << 20;
/// A table of measurements is held in memory once.
pub(crate) const LARGEST_TABLE: u64 = 512 << 20;

/// The text of a file that a person handed in.
///
/// # Errors
/// Where it cannot be read, is larger than `most_bytes`, or is not UTF-8.
pub(crate) fn read_text(path: &Path, most_bytes: u64) -> Result<String, Failure> {
    let bytes = read_bytes(path, most_bytes)?;
    Ok(moongate_order::decode(&path.display().to_string(), &bytes)?)
}

/// The bytes of a file that a person handed in.
///
/// # Errors
/// Where it cannot be read or is larger than `most_bytes`.
pub(crate) fn read_bytes(path: &Path, most_bytes: u64) -> Result<Vec<u8>, Failure> {
    let name = path.display();
    let refused = |error: std::io::Error| {
        Failure::unusable(
            format!("{name}: cannot be read: {error}"),
            "check the path and the permissions",
        )
    };
    let mut file = std::fs::File::open(path).map_err(refused)?;
    let metadata = file.metadata().map_err(refused)?;
    if metadata.is_dir() {
        return Err(Failure::unusable(
            format!("{name}: is a folder"),
            "name a file in it",
        ));
    }
    let too_large = || {
        Failure::unusable(
            format!("{name}: larger than {} MB", most_bytes >> 20),
            "split it into several files; of a table, keep the header in each",
        )
    };
    if metadata.len() > most_bytes {
        return Err(too_large());
    }
    // What grows while it is read, or is no plain file, has no length to trust.
    let mut bytes = Vec::new();
    file.by_ref()
        .take(most_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(refused)?;
    if bytes.len() as u64 > most_bytes {
        return Err(too_large());
    }
    Ok(bytes)
}

/// The name under which a file is kept in a case: its last part.
pub(crate) fn kept_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || "unnamed".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}
