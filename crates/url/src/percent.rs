//! Percent-encoding: one spelling for each octet, and decoding that never guesses.
//!
//! Not for form encoding (`+` as a space); `url` does that where it belongs.

use percent_encoding::percent_decode_str;

/// RFC 3986 §2.3: characters that mean the same whether encoded or not.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn hex_value(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|digit| digit as u8)
}

fn push_encoded(out: &mut String, byte: u8) {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    out.push('%');
    for nibble in [byte >> 4, byte & 15] {
        out.extend(HEX.get(usize::from(nibble)));
    }
}

/// Normalises a part of a URL by RFC 3986 §6.2.2: unreserved characters decoded, hex
/// digits in upper case, everything that may not stand in a URL encoded. A `%` that
/// starts no escape becomes `%25`: were it left, decoding its neighbours could make an
/// escape out of it, and the form would not be stable.
pub(crate) fn normalise(part: &str) -> String {
    let bytes = part.as_bytes();
    let mut out = String::with_capacity(part.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte == b'%' {
            match escape_at(bytes, at) {
                Some(value) => {
                    at += 2;
                    if is_unreserved(value) {
                        out.push(value as char);
                    } else {
                        push_encoded(&mut out, value);
                    }
                }
                None => out.push_str("%25"),
            }
        } else if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'`') {
            out.push(byte as char);
        } else {
            push_encoded(&mut out, byte);
        }
    }
    out
}

fn escape_at(bytes: &[u8], at: usize) -> Option<u8> {
    let high = hex_value(*bytes.get(at)?)?;
    let low = hex_value(*bytes.get(at + 1)?)?;
    Some(high << 4 | low)
}

/// Decodes once. `None` where nothing was encoded or the octets are not UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    (decoded != text).then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling() {
        for (input, expected) in [
            ("/%7euser", "/~user"),
            ("/%e4%bd%A0", "/%E4%BD%A0"),
            ("/a%2fb", "/a%2Fb"),
            ("/100%", "/100%25"),
            ("/%%37E", "/%257E"),
            ("/%zz", "/%25zz"),
            ("/你", "/%E4%BD%A0"),
            ("/a|b", "/a|b"),
            ("/%41", "/A"),
        ] {
            assert_eq!(normalise(input), expected, "{input}");
            assert_eq!(normalise(expected), expected, "{input} is not stable");
        }
    }

    #[test]
    fn decoding_does_not_guess() {
        assert_eq!(decode("abc"), None);
        assert_eq!(decode("%ff"), None);
        assert_eq!(decode("%3A").as_deref(), Some(":"));
    }
}
