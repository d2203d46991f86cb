//! What Linux tells of its links and neighbours by netlink alone (rtnetlink(7)): the questions, and what is read out of the answers.
//!
//! In: bytes of messages, as a machine has them whose lower bytes come first. Out: what they tell. A message whose length does not
//! fit, or that answers another question, ends the reading with an error; what was read until then stands.

use std::fmt::Write as _;
use std::io;
use std::net::{IpAddr, Ipv6Addr};

use super::super::bytes::{u16_at, u32_at};

/// Bytes of a message's head, and of what stands before the attributes of a link and of a neighbour.
const HEAD: usize = 16;
const LINK: usize = 16;
const NEIGHBOUR: usize = 12;

/// Kinds of messages (`NLMSG_ERROR`, `NLMSG_DONE`, `RTM_NEWLINK`, `RTM_NEWNEIGH`).
const ERROR: u16 = 2;
const DONE: u16 = 3;
const NEW_LINK: u16 = 16;
const NEW_NEIGHBOUR: u16 = 28;

/// A question for a whole table (`NLM_F_REQUEST`, `NLM_F_DUMP`); and in an answer, that the table changed meanwhile
/// (`NLM_F_DUMP_INTR`).
const WHOLE_TABLE: u16 = 0x301;
const CHANGED: u16 = 0x10;

/// The family of IPv6.
const INET_6: u8 = 10;

/// States of a neighbour that `ip neigh` leaves out as well: none asked for, and none needed (`NUD_NOARP`); and set by hand.
const NOT_ASKED: u16 = 0x40;
const PERMANENT: u16 = 0x80;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// All links (`RTM_GETLINK`).
    Links,
    /// All neighbours of IPv6 (`RTM_GETNEIGH`).
    Neighbours,
}

impl Question {
    /// The kind of its message, which is its number too.
    const fn number(self) -> u8 {
        match self {
            Self::Links => 18,
            Self::Neighbours => 30,
        }
    }
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A link.
    Link {
        /// Its number.
        index: u32,
        /// Its name.
        name: String,
    },
    /// A machine beside this one.
    Neighbour {
        /// Its address.
        address: IpAddr,
        /// Its address on the link; zeros where nobody answered.
        link: String,
        /// The number of the link.
        index: u32,
        /// Whether it was set by hand and stays.
        permanent: bool,
    },
}

/// The bytes of a question. Its kind is its number too, by which the answers are known.
#[must_use]
pub fn question(what: Question) -> Vec<u8> {
    let body = match what {
        Question::Links => LINK,
        Question::Neighbours => NEIGHBOUR,
    };
    let length = HEAD.saturating_add(body);
    let mut bytes = u32::try_from(length).unwrap_or_default().to_le_bytes().to_vec();
    bytes.extend(u16::from(what.number()).to_le_bytes());
    bytes.extend(WHOLE_TABLE.to_le_bytes());
    bytes.extend(u32::from(what.number()).to_le_bytes());
    bytes.extend([0; 4]);
    bytes.push(if what == Question::Neighbours { INET_6 } else { 0 });
    bytes.resize(length, 0);
    bytes
}

/// Reads the messages of one answer; gives whether more are to come.
///
/// # Errors
/// The kernel's own; [`io::ErrorKind::InvalidData`] where a message has not the form; [`io::ErrorKind::Interrupted`] where the
/// table changed while it was told.
pub fn read(mut answer: &[u8], what: Question, all: &mut Vec<Told>) -> io::Result<bool> {
    let bad = || io::Error::new(io::ErrorKind::InvalidData, "a message of netlink has not its form");
    while !answer.is_empty() {
        let length = u32_at(answer, 0).and_then(|length| usize::try_from(length).ok()).ok_or_else(bad)?;
        let message = answer.get(..length).filter(|message| message.len() >= HEAD).ok_or_else(bad)?;
        answer = answer.get(length.next_multiple_of(4)..).unwrap_or_default();
        let (kind, flags) = (u16_at(message, 4).unwrap_or_default(), u16_at(message, 6).unwrap_or_default());
        if u32_at(message, 8) != Some(u32::from(what.number())) {
            return Err(bad());
        }
        if flags & CHANGED != 0 {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "the table changed while it was told"));
        }
        let body = message.get(HEAD..).unwrap_or_default();
        match kind {
            DONE => return Ok(false),
            ERROR => {
                // The number of the error, negative.
                let number = u32_at(body, 0).map(|number| i32::from_le_bytes(number.to_le_bytes()));
                return Err(io::Error::from_raw_os_error(number.unwrap_or_default().saturating_neg()));
            }
            NEW_LINK => all.extend(link(body)),
            NEW_NEIGHBOUR => all.extend(neighbour(body)),
            _ => {}
        }
    }
    Ok(true)
}

fn link(body: &[u8]) -> Option<Told> {
    let name = attribute(body.get(LINK..)?, 3)?;
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    Some(Told::Link { index: u32_at(body, 4)?, name: String::from_utf8_lossy(name).into_owned() })
}

fn neighbour(body: &[u8]) -> Option<Told> {
    let state = u16_at(body, 8)?;
    let attributes = body.get(NEIGHBOUR..)?;
    if body.first() != Some(&INET_6) || state & !NOT_ASKED == 0 {
        return None;
    }
    let address = <[u8; 16]>::try_from(attribute(attributes, 1)?).ok()?;
    let bytes = attribute(attributes, 2).filter(|bytes| (1..=32).contains(&bytes.len())).unwrap_or(&[0; 6]);
    let mut link = String::new();
    for byte in bytes {
        let _ = write!(link, "{}{byte:02x}", if link.is_empty() { "" } else { ":" });
    }
    Some(Told::Neighbour {
        address: Ipv6Addr::from(address).into(),
        link,
        index: u32_at(body, 4)?,
        permanent: state & PERMANENT != 0,
    })
}

/// The content of the first attribute of a kind.
fn attribute(mut attributes: &[u8], kind: u16) -> Option<&[u8]> {
    loop {
        let length = usize::from(u16_at(attributes, 0)?);
        let content = attributes.get(4..length)?;
        if u16_at(attributes, 2)? == kind {
            return Some(content);
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(HEAD + body.len()).unwrap().to_le_bytes().to_vec();
        bytes.extend([kind, flags].iter().flat_map(|word| word.to_le_bytes()));
        bytes.extend([sequence, 77].iter().flat_map(|word| word.to_le_bytes()));
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn with(kind: u16, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + content.len()).unwrap();
        let mut bytes = [length.to_le_bytes(), kind.to_le_bytes()].concat();
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    /// A neighbour on link 3, in a state.
    fn beside(state: u8, link: &[u8]) -> Vec<u8> {
        let mut address = [0; 16];
        (address[0], address[15]) = (0xfd, 9);
        let head = [INET_6, 0, 0, 0, 3, 0, 0, 0, state, 0, 0, 1];
        message(
            NEW_NEIGHBOUR,
            2,
            30,
            &[&head[..], &with(9, b"before"), &with(1, &address), &with(2, link)].concat(),
        )
    }

    fn told(answer: &[u8], what: Question) -> (io::Result<bool>, Vec<Told>) {
        let mut all = Vec::new();
        (read(answer, what, &mut all), all)
    }

    fn neighbour(link: &str, permanent: bool) -> Told {
        let address = "fd00::9".parse().unwrap();
        Told::Neighbour { address, link: link.to_owned(), index: 3, permanent }
    }

    #[test]
    fn links_and_neighbours_are_read_until_the_end_is_told() {
        let link = [&[0, 0, 1, 0, 3, 0, 0, 0][..], &[0; 8], &with(3, b"eth0\0")].concat();
        let (more, all) = told(&message(NEW_LINK, 2, 18, &link), Question::Links);
        assert!(more.unwrap());
        assert_eq!(all, [Told::Link { index: 3, name: "eth0".to_owned() }]);
        let answer = [
            beside(0x80, &[2, 0, 0, 0, 0, 0x19]),
            beside(0x20, b""),
            beside(NOT_ASKED.to_le_bytes()[0], &[1; 6]),
            beside(0, &[1; 6]),
            message(DONE, 2, 30, &[0; 4]),
            beside(2, &[7; 6]),
        ];
        let (more, all) = told(&answer.concat(), Question::Neighbours);
        assert!(!more.unwrap());
        assert_eq!(all, [neighbour("02:00:00:00:00:19", true), neighbour("00:00:00:00:00:00", false)]);
        assert_eq!(question(Question::Links).len(), 32);
        let asked = question(Question::Neighbours);
        assert_eq!((asked.len(), asked[0], asked[16]), (28, 28, INET_6));
    }

    #[test]
    fn what_has_not_the_form_ends_it_and_what_came_before_stands() {
        let good = beside(2, &[7; 6]);
        let mut long = good.clone();
        long[0] = 200;
        let mut short = good.clone();
        short[0] = 15;
        let refused = message(ERROR, 0, 30, &(-95_i32).to_le_bytes());
        for (bad, kind) in [
            (long, io::ErrorKind::InvalidData),
            (short, io::ErrorKind::InvalidData),
            (vec![1, 2, 3], io::ErrorKind::InvalidData),
            (message(NEW_NEIGHBOUR, 2, 31, &[0; 40]), io::ErrorKind::InvalidData),
            (message(NEW_NEIGHBOUR, CHANGED, 30, &[0; 40]), io::ErrorKind::Interrupted),
            (refused, io::Error::from_raw_os_error(95).kind()),
        ] {
            let (read, all) = told(&[good.clone(), bad].concat(), Question::Neighbours);
            assert_eq!(read.unwrap_err().kind(), kind);
            assert_eq!(all, [neighbour("07:07:07:07:07:07", false)]);
        }
        // An attribute that has no room for itself, or more than there is.
        for length in [0, 3, 200] {
            let mut cut = good.clone();
            cut[HEAD + NEIGHBOUR] = length;
            assert_eq!(told(&cut, Question::Neighbours).1, []);
        }
    }
}
