//! Which network addresses a destination may be reached at: public ones, and private ones only where its file says so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of network an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Routed on the public internet.
    Public,
    /// Loopback, private, carrier-grade NAT or unique-local: needs `private_network = true`.
    Private,
    /// Never a model's address: link-local (cloud metadata among them), multicast, documentation, reserved, unspecified.
    Never,
}

/// Classifies `address`. IPv6 forms that carry an IPv4 address (mapped, 6to4, NAT64, Teredo) are judged by what they carry,
/// and never better than private, so that no translation reaches what its plain form may not.
///
/// Sources: the IANA special-purpose registries (RFC 6890), RFC 6598, RFC 6052, RFC 8215, RFC 3056, RFC 4380.
pub fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(v4) => reach_v4(v4),
        IpAddr::V6(v6) => reach_v6(v6),
    }
}

/// Whether a destination may be reached at `address`.
pub fn is_allowed(address: IpAddr, private_network: bool) -> bool {
    match reach(address) {
        Reach::Public => true,
        Reach::Private => private_network,
        Reach::Never => false,
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        (10 | 127, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) => Reach::Private,
        // "This network", link-local with the metadata services, protocol assignments, documentation, 6to4 relays,
        // benchmarking, multicast and everything above.
        (0, ..)
        | (169, 254, _)
        | (192, 0, 0)
        | (192, 0, 2)
        | (192, 88, 99)
        | (198, 18..=19, _)
        | (198, 51, 100)
        | (203, 0, 113)
        | (224..=255, ..) => Reach::Never,
        // Platform virtual services of clouds on otherwise public addresses.
        (168, 63, 129) => Reach::Never,
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    if address == Ipv6Addr::LOCALHOST {
        return Reach::Private;
    }
    let segments = address.segments();
    if let Some(carried) = carried_v4(segments) {
        return match reach_v4(carried) {
            Reach::Never => Reach::Never,
            Reach::Private | Reach::Public => Reach::Private,
        };
    }
    let [first, second, ..] = segments;
    match first {
        0xfc00..=0xfdff => Reach::Private,
        // Documentation, benchmarking and ORCHID live inside global unicast.
        0x2001 if matches!(second, 0x0db8 | 0x0002 | 0x0010..=0x002f) => Reach::Never,
        0x3fff if second < 0x1000 => Reach::Never,
        0x2000..=0x3fff => Reach::Public,
        _ => Reach::Never,
    }
}

fn carried_v4([a, b, c, d, e, f, g, h]: [u16; 8]) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b, c, d, e, f) {
        // IPv4-mapped and the deprecated IPv4-compatible form.
        (0, 0, 0, 0, 0, 0xffff | 0) => Some(v4(g, h)),
        // NAT64, well-known and local-use prefixes.
        (0x64, 0xff9b, 0, 0, 0, 0) | (0x64, 0xff9b, 1, ..) => Some(v4(g, h)),
        // 6to4 carries it after the prefix, Teredo inverted at the end.
        (0x2002, ..) => Some(v4(b, c)),
        (0x2001, 0, ..) => Some(v4(!g, !h)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expected: Reach) {
        assert_eq!(reach(address.parse().unwrap()), expected, "{address}");
    }

    #[test]
    fn public_addresses_are_public() {
        for address in ["1.1.1.1", "104.18.7.192", "2606:4700::6810:7c0", "100.63.255.255", "100.128.0.1", "172.32.0.1"]
        {
            check(address, Reach::Public);
        }
    }

    #[test]
    fn private_ranges_need_the_destination_to_say_so() {
        for address in ["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd00::1"] {
            check(address, Reach::Private);
        }
    }

    #[test]
    fn metadata_and_reserved_addresses_are_never_reached() {
        for address in [
            "169.254.169.254",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "fe80::1",
            "ff02::1",
            "::",
            "2001:db8::1",
            "fec0::1",
            "168.63.129.16",
            "192.0.0.192",
        ] {
            check(address, Reach::Never);
        }
    }

    #[test]
    fn translated_forms_are_no_better_than_what_they_carry() {
        for address in ["::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "64:ff9b:1::a9fe:a9fe"] {
            check(address, Reach::Never);
        }
        for address in ["::ffff:127.0.0.1", "::ffff:8.8.8.8", "2002:7f00:1::", "64:ff9b::7f00:1", "2002:808:808::1"] {
            check(address, Reach::Private);
        }
    }
}
