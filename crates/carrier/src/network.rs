//! Which network addresses may be connected to. A hostile platform must not
//! steer the carrier into somebody's network, so every address is checked,
//! and the address that was checked is the one connected to.
//!
//! Pure: it resolves nothing and connects to nothing.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use moongate_url::is_private_address;

/// A host by name: `chat.example` means that host alone, `*.example` every
/// host under `example` but not `example` itself. Addresses are named as they
/// stand in a URL after parsing: `127.0.0.1`, `[::1]`.
///
/// ```
/// use moongate_carrier::HostPattern;
/// let pattern: HostPattern = "*.Example.test".parse()?;
/// assert!(pattern.matches("chat.example.test"));
/// assert!(!pattern.matches("example.test"));
/// assert!(!pattern.matches("badexample.test"));
/// # Ok::<(), moongate_carrier::BadHostPattern>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPattern {
    name: String,
    below: bool,
}

/// A text that is not a host pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no host; write a host such as `chat.example` or `*.example`")]
pub struct BadHostPattern(pub String);

impl HostPattern {
    /// Whether `host`, in lower case as it stands in a parsed URL, is meant.
    pub fn matches(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        if !self.below {
            return host == self.name;
        }
        host.strip_suffix(self.name.as_str())
            .and_then(|front| front.strip_suffix('.'))
            .is_some_and(|front| !front.is_empty())
    }
}

impl FromStr for HostPattern {
    type Err = BadHostPattern;

    fn from_str(text: &str) -> Result<Self, BadHostPattern> {
        let refuse = || BadHostPattern(text.to_owned());
        let below = text.starts_with("*.");
        let name = text.strip_prefix("*.").unwrap_or(text);
        if name.is_empty() || name.contains('*') {
            return Err(refuse());
        }
        let host = url::Host::parse(name).map_err(|_| refuse())?;
        let name = host.to_string();
        let name = name.strip_suffix('.').unwrap_or(&name).to_owned();
        if name.is_empty() || (below && !matches!(host, url::Host::Domain(_))) {
            return Err(refuse());
        }
        Ok(Self { name, below })
    }
}

/// What differs from the open internet: hosts that are reached at a stated
/// address, and hosts that may lie in private ranges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// Hosts that are not resolved but reached here (as `curl --connect-to`);
    /// the first that matches counts. Port 0 keeps the port of the URL. A
    /// private address needs its host in [`Self::allow_private`] all the same.
    pub connect_to: Vec<(HostPattern, SocketAddr)>,
    /// Hosts whose addresses may be private, loopback or otherwise special.
    pub allow_private: Vec<HostPattern>,
}

impl Network {
    /// Where `host` is reached instead of where it resolves to.
    pub(crate) fn instead(&self, host: &str, port: u16) -> Option<SocketAddr> {
        let (_, address) = self.connect_to.iter().find(|(p, _)| p.matches(host))?;
        let port = if address.port() == 0 {
            port
        } else {
            address.port()
        };
        Some(SocketAddr::new(address.ip(), port))
    }

    /// Whether `address` may be connected to for `host`.
    pub(crate) fn allows(&self, host: &str, address: IpAddr) -> bool {
        !is_private_address(address) || self.allow_private.iter().any(|p| p.matches(host))
    }
}

/// Ports that no browser opens over HTTP, since services listen there which
/// could be made to act by what a request carries.
///
/// Source: Fetch standard, "bad port".
#[rustfmt::skip]
const BAD_PORTS: [u16; 82] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
    993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697,
];

/// Whether a browser would refuse this port.
pub(crate) fn is_bad_port(port: u16) -> bool {
    port == 10080 || BAD_PORTS.binary_search(&port).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, host, expected) in [
            ("chat.example", "chat.example", true),
            ("chat.example", "chat.example.", true),
            ("chat.example", "a.chat.example", false),
            ("*.example", "a.b.example", true),
            ("*.example", "example", false),
            ("*.example", "xexample", false),
            ("*.example", ".example", false),
            ("CHAT.Example", "chat.example", true),
            ("微信.test", "xn--9nq79x.test", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("[::1]", "[::1]", true),
        ] {
            let parsed: HostPattern = pattern.parse().unwrap();
            assert_eq!(parsed.matches(host), expected, "{pattern} {host}");
        }
        for bad in [
            "",
            "*",
            "*.",
            "a.*.b",
            "a b",
            "http://a/",
            "*.127.0.0.1",
            ".",
        ] {
            assert!(bad.parse::<HostPattern>().is_err(), "{bad}");
        }
    }

    #[test]
    fn private_addresses_need_the_name() {
        let network = Network {
            connect_to: vec![
                ("*.test".parse().unwrap(), "127.0.0.1:0".parse().unwrap()),
                ("*.com".parse().unwrap(), "127.0.0.1:99".parse().unwrap()),
            ],
            allow_private: vec!["*.test".parse().unwrap()],
        };
        let loopback: IpAddr = "127.0.0.1".parse().unwrap();
        assert!(network.allows("a.test", loopback));
        assert!(!network.allows("a.com", loopback));
        assert!(network.allows("a.com", "93.184.216.34".parse().unwrap()));
        assert_eq!(network.instead("a.test", 80), "127.0.0.1:80".parse().ok());
        assert_eq!(network.instead("a.com", 80), "127.0.0.1:99".parse().ok());
        assert_eq!(network.instead("a.org", 80), None);
    }

    #[test]
    fn bad_ports_are_sorted() {
        assert!(BAD_PORTS.is_sorted());
        assert!(is_bad_port(25) && is_bad_port(6667) && !is_bad_port(443) && !is_bad_port(8080));
    }
}
