//! Which IP addresses a prober must not be sent to: everything that is not a host on the
//! public internet. A hostile page must not steer a request into somebody's network.
//!
//! Source: the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC 8190)
//! and the multicast and IPv6 unicast allocations. Where a registry calls a block globally
//! reachable though no web server can stand there (anycast of the nearest router in
//! `192.0.0.0/24` and `2001::/23`, identifiers that are no locators), it is refused all the
//! same. IPv4 addresses inside IPv6 ones are judged as IPv4.
//!
//! Not for resolving names. Network-specific NAT64 prefixes (RFC 6052) cannot be known
//! from an address; whoever runs one must refuse it by name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// A block of addresses that is refused, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpecialBlock {
    /// The block in CIDR notation.
    pub cidr: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Where it is defined.
    pub source: &'static str,
}

type V4Row = ([u8; 4], u32, SpecialBlock);
type V6Row = ([u16; 8], u32, SpecialBlock);

const fn block(cidr: &'static str, name: &'static str, source: &'static str) -> SpecialBlock {
    SpecialBlock { cidr, name, source }
}

/// More specific rows first.
const V4: &[V4Row] = &[
    (
        [0, 0, 0, 0],
        8,
        block("0.0.0.0/8", "this network", "RFC 791 §3.2"),
    ),
    (
        [10, 0, 0, 0],
        8,
        block("10.0.0.0/8", "private use", "RFC 1918"),
    ),
    (
        [100, 64, 0, 0],
        10,
        block(
            "100.64.0.0/10",
            "shared address space (carrier-grade NAT)",
            "RFC 6598",
        ),
    ),
    (
        [127, 0, 0, 0],
        8,
        block("127.0.0.0/8", "loopback", "RFC 1122 §3.2.1.3"),
    ),
    (
        [169, 254, 0, 0],
        16,
        block("169.254.0.0/16", "link local", "RFC 3927"),
    ),
    (
        [172, 16, 0, 0],
        12,
        block("172.16.0.0/12", "private use", "RFC 1918"),
    ),
    (
        [192, 0, 0, 0],
        24,
        block("192.0.0.0/24", "IETF protocol assignments", "RFC 6890 §2.1"),
    ),
    (
        [192, 0, 2, 0],
        24,
        block("192.0.2.0/24", "documentation", "RFC 5737"),
    ),
    (
        [192, 88, 99, 0],
        24,
        block(
            "192.88.99.0/24",
            "6to4 relay anycast (deprecated)",
            "RFC 7526",
        ),
    ),
    (
        [192, 168, 0, 0],
        16,
        block("192.168.0.0/16", "private use", "RFC 1918"),
    ),
    (
        [198, 18, 0, 0],
        15,
        block("198.18.0.0/15", "benchmarking", "RFC 2544"),
    ),
    (
        [198, 51, 100, 0],
        24,
        block("198.51.100.0/24", "documentation", "RFC 5737"),
    ),
    (
        [203, 0, 113, 0],
        24,
        block("203.0.113.0/24", "documentation", "RFC 5737"),
    ),
    (
        [224, 0, 0, 0],
        4,
        block("224.0.0.0/4", "multicast", "RFC 5771"),
    ),
    (
        [255, 255, 255, 255],
        32,
        block("255.255.255.255/32", "limited broadcast", "RFC 8190"),
    ),
    (
        [240, 0, 0, 0],
        4,
        block("240.0.0.0/4", "reserved", "RFC 1112 §4"),
    ),
];

/// More specific rows first; the last refuses what is allocated to nobody.
const V6: &[V6Row] = &[
    ([0; 8], 128, block("::/128", "unspecified", "RFC 4291")),
    (
        [0, 0, 0, 0, 0, 0, 0, 1],
        128,
        block("::1/128", "loopback", "RFC 4291"),
    ),
    (
        [0; 8],
        96,
        block("::/96", "IPv4-compatible (deprecated)", "RFC 4291 §2.5.5.1"),
    ),
    (
        [0x64, 0xff9b, 1, 0, 0, 0, 0, 0],
        48,
        block("64:ff9b:1::/48", "local-use NAT64", "RFC 8215"),
    ),
    (
        [0x100, 0, 0, 0, 0, 0, 0, 0],
        64,
        block("100::/64", "discard only", "RFC 6666"),
    ),
    (
        [0x100, 0, 0, 1, 0, 0, 0, 0],
        64,
        block("100:0:0:1::/64", "dummy prefix", "RFC 9780"),
    ),
    (
        [0x2001, 0, 0, 0, 0, 0, 0, 0],
        32,
        block("2001::/32", "Teredo", "RFC 4380"),
    ),
    (
        [0x2001, 2, 0, 0, 0, 0, 0, 0],
        48,
        block("2001:2::/48", "benchmarking", "RFC 5180"),
    ),
    (
        [0x2001, 0, 0, 0, 0, 0, 0, 0],
        23,
        block("2001::/23", "IETF protocol assignments", "RFC 2928"),
    ),
    (
        [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0],
        32,
        block("2001:db8::/32", "documentation", "RFC 3849"),
    ),
    (
        [0x3fff, 0, 0, 0, 0, 0, 0, 0],
        20,
        block("3fff::/20", "documentation", "RFC 9637"),
    ),
    (
        [0x5f00, 0, 0, 0, 0, 0, 0, 0],
        16,
        block("5f00::/16", "segment routing identifiers", "RFC 9602"),
    ),
    (
        [0xfc00, 0, 0, 0, 0, 0, 0, 0],
        7,
        block("fc00::/7", "unique local", "RFC 4193"),
    ),
    (
        [0xfe80, 0, 0, 0, 0, 0, 0, 0],
        10,
        block("fe80::/10", "link local", "RFC 4291"),
    ),
    (
        [0xfec0, 0, 0, 0, 0, 0, 0, 0],
        10,
        block("fec0::/10", "site local (deprecated)", "RFC 3879"),
    ),
    (
        [0xff00, 0, 0, 0, 0, 0, 0, 0],
        8,
        block("ff00::/8", "multicast", "RFC 4291"),
    ),
];

const GLOBAL_UNICAST: ([u16; 8], u32) = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

const UNALLOCATED: SpecialBlock = block(
    "::/0",
    "outside the global unicast block 2000::/3",
    "IANA IPv6 address space",
);

/// The block for which an address is refused; `None` for hosts on the public internet.
pub fn special_block(address: IpAddr) -> Option<SpecialBlock> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(inner) => special_v4(inner),
            None => special_v6(address),
        },
    }
}

/// Whether an address is anything else than a host on the public internet: loopback,
/// private, link-local, shared, unique local, multicast, unspecified, documentation,
/// benchmarking, broadcast, reserved, unallocated, or an IPv6 address that carries such an
/// IPv4 one (IPv4-mapped, 6to4, NAT64).
///
/// ```
/// use moongate_url::is_private_address;
/// assert!(is_private_address("192.168.1.1".parse().unwrap()));
/// assert!(is_private_address("::ffff:127.0.0.1".parse().unwrap()));
/// assert!(!is_private_address("1.1.1.1".parse().unwrap()));
/// ```
pub fn is_private_address(address: IpAddr) -> bool {
    special_block(address).is_some()
}

/// The address that a URL names as its host. The URL standard reads `127.1`, `0x7f.1`
/// and `2130706433` as IPv4, so this must be asked of the parsed URL, never of its text.
pub fn literal_address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

fn special_v4(address: Ipv4Addr) -> Option<SpecialBlock> {
    let bits = u32::from(address);
    V4.iter()
        .find(|(base, length, _)| (bits ^ u32::from_be_bytes(*base)) & mask32(*length) == 0)
        .map(|row| row.2)
}

fn special_v6(address: Ipv6Addr) -> Option<SpecialBlock> {
    V6.iter()
        .find(|(base, length, _)| is_within(address, *base, *length))
        .map(|row| row.2)
        .or_else(|| {
            (!is_within(address, GLOBAL_UNICAST.0, GLOBAL_UNICAST.1)).then_some(UNALLOCATED)
        })
}

fn is_within(address: Ipv6Addr, base: [u16; 8], length: u32) -> bool {
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
    (u128::from(address) ^ u128::from(Ipv6Addr::from(base))) & mask == 0
}

fn mask32(length: u32) -> u32 {
    u32::MAX.checked_shl(32 - length).unwrap_or(0)
}

/// The IPv4 address that an IPv6 one stands for: IPv4-mapped (`::ffff:0:0/96`),
/// IPv4-translated (`::ffff:0:0:0/96`, RFC 2765), NAT64 (`64:ff9b::/96`, RFC 6052),
/// 6to4 (`2002::/16`, RFC 3056).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let ([0, 0, 0, 0, 0, 0xffff, high, low]
    | [0, 0, 0, 0, 0xffff, 0, high, low]
    | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
    | [0x2002, high, low, ..]) = address.segments()
    else {
        return None;
    };
    Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// First address, last address, and the public neighbours of each IPv4 block.
    #[test]
    #[allow(clippy::too_many_lines, reason = "a table")]
    fn v4_blocks_to_their_edges() {
        for (cidr, first, last, before, after) in [
            ("0.0.0.0/8", "0.0.0.0", "0.255.255.255", "", "1.0.0.0"),
            (
                "10.0.0.0/8",
                "10.0.0.0",
                "10.255.255.255",
                "9.255.255.255",
                "11.0.0.0",
            ),
            (
                "100.64.0.0/10",
                "100.64.0.0",
                "100.127.255.255",
                "100.63.255.255",
                "100.128.0.0",
            ),
            (
                "127.0.0.0/8",
                "127.0.0.0",
                "127.255.255.255",
                "126.255.255.255",
                "128.0.0.0",
            ),
            (
                "169.254.0.0/16",
                "169.254.0.0",
                "169.254.255.255",
                "169.253.255.255",
                "169.255.0.0",
            ),
            (
                "172.16.0.0/12",
                "172.16.0.0",
                "172.31.255.255",
                "172.15.255.255",
                "172.32.0.0",
            ),
            (
                "192.0.0.0/24",
                "192.0.0.0",
                "192.0.0.255",
                "191.255.255.255",
                "192.0.1.0",
            ),
            (
                "192.0.2.0/24",
                "192.0.2.0",
                "192.0.2.255",
                "192.0.1.255",
                "192.0.3.0",
            ),
            (
                "192.88.99.0/24",
                "192.88.99.0",
                "192.88.99.255",
                "192.88.98.255",
                "192.88.100.0",
            ),
            (
                "192.168.0.0/16",
                "192.168.0.0",
                "192.168.255.255",
                "192.167.255.255",
                "192.169.0.0",
            ),
            (
                "198.18.0.0/15",
                "198.18.0.0",
                "198.19.255.255",
                "198.17.255.255",
                "198.20.0.0",
            ),
            (
                "198.51.100.0/24",
                "198.51.100.0",
                "198.51.100.255",
                "198.51.99.255",
                "198.51.101.0",
            ),
            (
                "203.0.113.0/24",
                "203.0.113.0",
                "203.0.113.255",
                "203.0.112.255",
                "203.0.114.0",
            ),
            (
                "224.0.0.0/4",
                "224.0.0.0",
                "239.255.255.255",
                "223.255.255.255",
                "",
            ),
            ("240.0.0.0/4", "240.0.0.0", "255.255.255.254", "", ""),
            (
                "255.255.255.255/32",
                "255.255.255.255",
                "255.255.255.255",
                "",
                "",
            ),
        ] {
            for inside in [first, last] {
                assert_eq!(special_block(at(inside)).unwrap().cidr, cidr, "{inside}");
            }
            for outside in [before, after].iter().filter(|text| !text.is_empty()) {
                assert!(!is_private_address(at(outside)), "{outside}");
            }
        }
    }

    #[test]
    #[allow(clippy::too_many_lines, reason = "a table")]
    fn v6_blocks_to_their_edges() {
        for (cidr, first, last) in [
            ("::/128", "::", "::"),
            ("::1/128", "::1", "::1"),
            ("::/96", "::2", "::ffff:ffff"),
            (
                "64:ff9b:1::/48",
                "64:ff9b:1::",
                "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
            ),
            ("100::/64", "100::", "100::ffff:ffff:ffff:ffff"),
            (
                "100:0:0:1::/64",
                "100:0:0:1::",
                "100:0:0:1:ffff:ffff:ffff:ffff",
            ),
            (
                "2001::/32",
                "2001::",
                "2001:0:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
            (
                "2001:2::/48",
                "2001:2::",
                "2001:2:0:ffff:ffff:ffff:ffff:ffff",
            ),
            (
                "2001::/23",
                "2001:1::",
                "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
            (
                "2001:db8::/32",
                "2001:db8::",
                "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
            (
                "3fff::/20",
                "3fff::",
                "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
            (
                "5f00::/16",
                "5f00::",
                "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
            (
                "fc00::/7",
                "fc00::",
                "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
            (
                "fe80::/10",
                "fe80::",
                "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
            (
                "fec0::/10",
                "fec0::",
                "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
            (
                "ff00::/8",
                "ff00::",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
            ("::/0", "200::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("::/0", "4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ] {
            for inside in [first, last] {
                assert_eq!(special_block(at(inside)).unwrap().cidr, cidr, "{inside}");
            }
        }
        for public in [
            "2000::",
            "2001:200::",
            "2001:db7:ffff::",
            "2001:db9::",
            "2400:3200::1",
            "2606:4700::1111",
            "2620:4f:8000::1",
            "2a00::",
            "3ffe:ffff::",
            "3fff:1000::",
        ] {
            assert!(!is_private_address(at(public)), "{public}");
        }
    }

    #[test]
    fn v4_inside_v6_is_judged_as_v4() {
        for (prefix, suffix) in [("::ffff:", ""), ("::ffff:0:", ""), ("64:ff9b::", "")] {
            for (inner, private) in [
                ("127.0.0.1", true),
                ("10.1.2.3", true),
                ("169.254.169.254", true),
                ("8.8.8.8", false),
            ] {
                let text = format!("{prefix}{inner}{suffix}");
                assert_eq!(is_private_address(at(&text)), private, "{text}");
            }
        }
        assert!(is_private_address(at("2002:7f00:1::1")));
        assert!(is_private_address(at("2002:c0a8:101::1")));
        assert!(!is_private_address(at("2002:808:808::1")));
    }

    #[test]
    fn every_spelling_of_a_loopback_host_is_seen() {
        for text in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://0x7f.1/",
            "http://0x7f000001/",
            "http://2130706433/",
            "http://017700000001/",
            "http://0177.0.0.1/",
            "http://127.0.0.1./",
            "http://１２７.0.0.1/",
            "http://127。0。0。1/",
            "http://%31%32%37.1/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://0/",
            "http://[::]/",
            "http://user@127.1:80/",
        ] {
            let url = Url::parse(text).unwrap();
            let address =
                literal_address(&url).unwrap_or_else(|| panic!("{text} names no address"));
            assert!(is_private_address(address), "{text}");
        }
        assert_eq!(
            literal_address(&Url::parse("http://127.0.0.1.example.com/").unwrap()),
            None
        );
    }

    proptest! {
        /// What the standard library can tell must be refused as well.
        #[test]
        fn agrees_with_the_standard_library(bits: u32, wide: u128) {
            let v4 = Ipv4Addr::from(bits);
            if v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified() {
                prop_assert!(is_private_address(v4.into()));
            }
            prop_assert_eq!(is_private_address(v4.into()), is_private_address(v4.to_ipv6_mapped().into()));
            let v6 = Ipv6Addr::from(wide);
            if v6.is_multicast() || v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local() {
                prop_assert!(is_private_address(v6.into()));
            }
        }
    }
}
