//! Addresses as Windows' tables of the network hold them: a family, then what belongs to it (`SOCKADDR_IN`, `SOCKADDR_IN6`,
//! `WTS_CLIENT_ADDRESS`). <https://learn.microsoft.com/windows/win32/winsock/sockaddr-2>

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{u16_at, u32_at};

/// `AF_INET` and `AF_INET6` of Windows.
const FOUR: u16 = 2;
const SIX: u16 = 23;

/// The address in a socket's name.
pub(crate) fn address(name: &[u8]) -> Option<IpAddr> {
    match u16_at(name, 0)? {
        // A port stands before it, and of the newer kind a label of its flow.
        FOUR => Some(Ipv4Addr::from(*name.get(4..)?.first_chunk::<4>()?).into()),
        SIX => Some(Ipv6Addr::from(*name.get(8..)?.first_chunk::<16>()?).into()),
        _ => None,
    }
}

/// The address of a session's client: the family, then 20 bytes of which an address of IPv4 begins at the third and one of
/// IPv6 at the first. <https://learn.microsoft.com/windows/win32/api/wtsapi32/ns-wtsapi32-wts_client_address>
pub(crate) fn client(answer: &[u8]) -> Option<IpAddr> {
    let family = u16::try_from(u32_at(answer, 0)?).ok()?;
    let client: IpAddr = match family {
        FOUR => Ipv4Addr::from(*answer.get(6..)?.first_chunk::<4>()?).into(),
        SIX => Ipv6Addr::from(*answer.get(4..)?.first_chunk::<16>()?).into(),
        _ => return None,
    };
    (!client.is_unspecified()).then_some(client)
}

/// An address on a link, as rows of other systems have it; none where it has no bytes.
pub(crate) fn link(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    for byte in bytes {
        let colon = if text.is_empty() { "" } else { ":" };
        write!(text, "{colon}{byte:02x}").ok()?;
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_both_kinds_are_read_and_others_are_none() {
        let four = [2, 0, 0, 80, 10, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(address(&four).unwrap().to_string(), "10.0.0.5");
        let mut six = vec![23, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0x80];
        six.resize(28, 0);
        assert_eq!(address(&six).unwrap().to_string(), "fe80::");
        for cut in 0..8 {
            assert_eq!(address(&four[..cut]), None);
        }
        assert_eq!(address(&[1, 0, 0, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn a_client_is_told_by_its_address_and_a_link_by_its_bytes() {
        let mut answer = [0_u8; 24];
        answer[0] = 2;
        answer[6..10].copy_from_slice(&[203, 0, 113, 9]);
        assert_eq!(client(&answer).unwrap().to_string(), "203.0.113.9");
        answer[6..10].fill(0);
        assert_eq!(client(&answer), None, "a client that does not know its address has zeros");
        assert_eq!(link(&[0, 0x15, 0x5d]).as_deref(), Some("00:15:5d"));
        assert_eq!(link(&[]), None);
    }

    #[test]
    fn a_client_over_ipv6_has_its_address_at_the_begin_of_the_field() {
        let mut answer = [0_u8; 24];
        answer[0] = 23;
        assert_eq!(client(&answer), None);
        answer[4..8].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
        answer[19] = 9;
        assert_eq!(client(&answer).unwrap().to_string(), "2001:db8::9");
        for cut in 0..20 {
            assert_eq!(client(&answer[..cut]), None, "cut at {cut}");
        }
        answer[1] = 1;
        assert_eq!(client(&answer), None, "another family");
    }
}
