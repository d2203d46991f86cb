//! Reads links and neighbours, as Linux reports them by netlink (rtnetlink(7)).
//!
//! In: the content of a message. Out: the number and name of a link; a neighbour on the network. The requests are
//! made here as well.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv6Addr};

use super::{Part, Question, attribute, text};
use crate::evidence::bytes::{u16_at, u32_at};

/// Bytes before the attributes of a link and of a neighbour.
const LINK: usize = 16;
const NEIGHBOUR: usize = 12;

/// Requests and messages (`RTM_GETLINK`, `RTM_NEWLINK`, `RTM_GETNEIGH`, `RTM_NEWNEIGH`).
const GET_LINK: u16 = 18;
const NEW_LINK: u16 = 16;
const GET_NEIGHBOUR: u16 = 30;
const NEW_NEIGHBOUR: u16 = 28;

/// The family of IPv6.
const INET_6: u8 = 10;

/// States of a neighbour (`NUD_NOARP`, `NUD_PERMANENT`): no resolution needed, and set manually.
const NOT_ASKED: u16 = 0x40;
const PERMANENT: u16 = 0x80;

/// Flag of an entry that another program added, in any state (`NTF_EXT_LEARNED`).
const LEARNED: u8 = 0x10;

/// Maximum bytes of a link-layer address (`MAX_ADDR_LEN`).
const MAX_LINK: usize = 32;

/// A neighbour on the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// IP address.
    pub address: IpAddr,
    /// Link-layer address; zeros where nobody answered.
    pub link: String,
    /// Number of the link.
    pub index: u32,
    /// Whether it was set manually and is permanent.
    pub permanent: bool,
}

/// Makes the request for all links.
#[must_use]
pub fn links() -> Question {
    Question { part: Part::Routing, kind: GET_LINK, body: vec![0; LINK] }
}

/// Makes the request for all IPv6 neighbours.
#[must_use]
pub fn neighbours() -> Question {
    let mut body = vec![0; NEIGHBOUR];
    body.splice(..1, [INET_6]);
    Question { part: Part::Routing, kind: GET_NEIGHBOUR, body }
}

/// Reads a link: its number and name.
#[must_use]
pub fn link(kind: u16, body: &[u8]) -> Option<(u32, String)> {
    let name = attribute(body.get(LINK..).filter(|_| kind == NEW_LINK)?, 3)?;
    Some((u32_at(body, 4)?, String::from_utf8_lossy(text(name)).into_owned()))
}

/// Reads an IPv6 neighbour. Those that `ip -6 neigh` hides are left out: unresolved entries, and those that need no
/// resolution, unless another program added them.
#[must_use]
pub fn neighbour(kind: u16, body: &[u8]) -> Option<Neighbour> {
    let (state, flags) = (u16_at(body, 8)?, *body.get(10)?);
    let attributes = body.get(NEIGHBOUR..)?;
    let resolved = state & !NOT_ASKED != 0 || flags & LEARNED != 0;
    if kind != NEW_NEIGHBOUR || body.first() != Some(&INET_6) || !resolved {
        return None;
    }
    let address = <[u8; 16]>::try_from(attribute(attributes, 1)?).ok()?;
    let bytes = attribute(attributes, 2).filter(|bytes| !bytes.is_empty()).unwrap_or(&[0; 6]);
    let mut link = String::new();
    for byte in bytes.iter().take(MAX_LINK) {
        let _ = write!(link, "{}{byte:02x}", if link.is_empty() { "" } else { ":" });
    }
    Some(Neighbour {
        address: Ipv6Addr::from(address).into(),
        link,
        index: u32_at(body, 4)?,
        permanent: state & PERMANENT != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::netlink::tests::with;

    /// Makes a neighbour on link 3, in a state.
    fn neighbour_in(state: u8, flags: u8, link: &[u8]) -> Vec<u8> {
        let mut address = [0; 16];
        (address[0], address[15]) = (0xfd, 9);
        let head = [INET_6, 0, 0, 0, 3, 0, 0, 0, state, 0, flags, 1];
        [&head[..], &with(9, b"before"), &with(1, &address), &with(2, link)].concat()
    }

    fn expected(link: &str, permanent: bool) -> Neighbour {
        let address = "fd00::9".parse().unwrap();
        Neighbour { address, link: link.to_owned(), index: 3, permanent }
    }

    #[test]
    fn links_and_neighbours_are_read() {
        let body = [&[0, 0, 1, 0, 3, 0, 0, 0][..], &[0; 8], &with(3, b"eth0\0")].concat();
        assert_eq!(link(NEW_LINK, &body), Some((3, "eth0".to_owned())));
        assert_eq!(link(17, &body), None);
        let read = |body: &[u8]| neighbour(NEW_NEIGHBOUR, body);
        assert_eq!(
            read(&neighbour_in(0x80, 0, &[2, 0, 0, 0, 0, 0x19])),
            Some(expected("02:00:00:00:00:19", true))
        );
        assert_eq!(read(&neighbour_in(0x20, 0, b"")), Some(expected("00:00:00:00:00:00", false)));
        assert_eq!(neighbour(29, &neighbour_in(0x20, 0, b"")), None);
        let long = read(&neighbour_in(2, 0, &[7; 40])).unwrap();
        assert_eq!(long.link.len(), 3 * MAX_LINK - 1);
        let mut four = neighbour_in(2, 0, &[7; 6]);
        four[0] = 2;
        assert_eq!(read(&four), None);
    }

    #[test]
    fn unresolved_neighbours_are_left_out_except_those_learned_externally() {
        let read = |state, flags| neighbour(NEW_NEIGHBOUR, &neighbour_in(state, flags, &[1; 6]));
        assert_eq!((read(0x40, 0), read(0, 0)), (None, None));
        let one = Some(expected("01:01:01:01:01:01", false));
        assert_eq!((read(0x40, LEARNED), read(0, LEARNED)), (one.clone(), one));
    }
}
