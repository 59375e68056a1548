//! Text in base64, as leniently as platforms read it.
//!
//! Not for writing base64; templates do that.

use base64::Engine as _;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

const fn lenient(alphabet: &base64::alphabet::Alphabet) -> GeneralPurpose {
    GeneralPurpose::new(
        alphabet,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    )
}

const STANDARD: GeneralPurpose = lenient(&base64::alphabet::STANDARD);
const URL_SAFE: GeneralPurpose = lenient(&base64::alphabet::URL_SAFE);

/// Decodes either alphabet, padded or not; a `+` that form decoding made a space is read
/// as the `+` it was.
pub(crate) fn decode(value: &str) -> Option<String> {
    let value = value.trim().replace(' ', "+");
    let octets = STANDARD
        .decode(&value)
        .or_else(|_| URL_SAFE.decode(&value))
        .ok()?;
    String::from_utf8(octets).ok()
}
