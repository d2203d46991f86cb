//! Netlink (netlink(7)): the request for a whole kernel table, and the messages of the reply.
//!
//! In: bytes, little-endian. Out: the content of each message, which `routing.rs` and `filter.rs` read. A malformed
//! message is an error; the messages before it are kept. Where the table changed while the kernel listed it, or a
//! reply was lost, reading continues, and the result is marked as incomplete.

mod action;
pub mod filter;
mod nf_tables;
mod payload;
pub mod routing;
pub mod statement;
pub(crate) mod value;

use std::io;

use crate::evidence::bytes::{u16_at, u32_at};

/// Bytes of a message header.
const HEAD: usize = 16;

/// Control messages: an error, the end, and lost replies (`NLMSG_ERROR`, `NLMSG_DONE`, `NLMSG_OVERRUN`).
const ERROR: u16 = 2;
const DONE: u16 = 3;
const OVERRUN: u16 = 4;

/// Flags: request a whole table (`NLM_F_REQUEST`, `NLM_F_DUMP`); in a reply, the table changed meanwhile
/// (`NLM_F_DUMP_INTR`).
const WHOLE_TABLE: u16 = 0x301;
const CHANGED: u16 = 0x10;

/// Mask of an attribute's type, without its format flags (`NLA_F_NESTED`, `NLA_F_NET_BYTEORDER`).
const KIND: u16 = 0x3fff;

/// The part of the kernel that gets a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Links, addresses, neighbours (`NETLINK_ROUTE`).
    Routing,
    /// Packet filters (`NETLINK_NETFILTER`).
    Filter,
}

/// A request. Its type is its sequence number as well, which the replies repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The part of the kernel that gets it.
    pub part: Part,
    /// Type and sequence number.
    pub kind: u16,
    /// Content after the header.
    pub body: Vec<u8>,
}

impl Question {
    /// Returns the message.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let length = u32::try_from(HEAD.saturating_add(self.body.len())).unwrap_or_default();
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend(self.kind.to_le_bytes());
        bytes.extend(WHOLE_TABLE.to_le_bytes());
        bytes.extend(u32::from(self.kind).to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(&self.body);
        bytes
    }
}

/// The reader of the replies to one request.
pub struct Answers<'a> {
    /// Sequence number of the request.
    pub number: u16,
    /// Called with the type and the content of each message.
    pub take: &'a mut dyn FnMut(u16, &[u8]),
    /// Whether the table changed meanwhile, or replies were lost.
    pub lacking: bool,
}

impl Answers<'_> {
    /// Reads the messages of one reply, and returns whether more are to come. Replies to other requests are skipped.
    ///
    /// # Errors
    ///
    /// The kernel's error; [`io::ErrorKind::InvalidData`] for a malformed message.
    pub fn read(&mut self, mut answer: &[u8]) -> io::Result<bool> {
        let bad = || io::Error::new(io::ErrorKind::InvalidData, "a netlink message is malformed");
        while !answer.is_empty() {
            let length = u32_at(answer, 0).and_then(|length| usize::try_from(length).ok()).ok_or_else(bad)?;
            let message = answer.get(..length).ok_or_else(bad)?;
            let body = message.get(HEAD..).ok_or_else(bad)?;
            answer = answer.get(length.next_multiple_of(4)..).unwrap_or_default();
            let (kind, flags) =
                (u16_at(message, 4).unwrap_or_default(), u16_at(message, 6).unwrap_or_default());
            if u32_at(message, 8) != Some(self.number.into()) {
                continue;
            }
            self.lacking |= flags & CHANGED != 0 || kind == OVERRUN;
            if kind == ERROR || kind == DONE {
                // A negative error number; 0 for success.
                let number = u32_at(body, 0).unwrap_or_default().cast_signed();
                if number < 0 {
                    return Err(io::Error::from_raw_os_error(number.saturating_neg()));
                }
                return Ok(false);
            }
            (self.take)(kind, body);
        }
        Ok(true)
    }
}

/// Returns the attributes in some bytes, by type and content; a malformed one ends them.
pub(crate) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(bytes, 0)?);
        let content = bytes.get(4..length)?;
        let kind = u16_at(bytes, 2)? & KIND;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, content))
    })
}

/// Returns the content of the first attribute of a type.
pub(crate) fn attribute(bytes: &[u8], kind: u16) -> Option<&[u8]> {
    attributes(bytes).find_map(|(found, content)| (found == kind).then_some(content))
}

/// Returns the text up to its terminator.
pub(crate) fn text(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn message(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(HEAD + body.len()).unwrap().to_le_bytes().to_vec();
        bytes.extend([kind, flags].iter().flat_map(|word| word.to_le_bytes()));
        bytes.extend([sequence, 77].iter().flat_map(|word| word.to_le_bytes()));
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    pub(crate) fn with(kind: u16, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + content.len()).unwrap();
        let mut bytes = [length.to_le_bytes(), kind.to_le_bytes()].concat();
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    type Contents = Vec<(u16, Vec<u8>)>;

    /// Reads a reply to request 30: whether more is to come, whether something is missing, and the contents.
    fn read(answer: &[u8]) -> (io::Result<bool>, bool, Contents) {
        let mut all = Vec::new();
        let mut take = |kind, body: &[u8]| all.push((kind, body.to_vec()));
        let mut answers = Answers { number: 30, take: &mut take, lacking: false };
        let read = answers.read(answer);
        let lacking = answers.lacking;
        (read, lacking, all)
    }

    #[test]
    fn messages_are_read_up_to_the_end_message() {
        let (one, two) = (message(28, 2, 30, &[1; 5]), message(28, 2, 30, &[2; 4]));
        let (more, lacking, all) = read(&one);
        assert!(more.unwrap() && !lacking);
        assert_eq!(all, [(28, vec![1; 5])]);
        let others = message(28, 2, 31, &[3; 4]);
        let end = message(DONE, 2, 30, &[0; 4]);
        let (more, lacking, all) = read(&[&others[..], &one, &two, &end, &one].concat());
        assert!(!more.unwrap() && !lacking);
        assert_eq!(all, [(28, vec![1; 5]), (28, vec![2; 4])]);
        let question = Question { part: Part::Routing, kind: 30, body: vec![10; 12] };
        assert_eq!(question.message().get(..8), Some(&[28, 0, 0, 0, 30, 0, 1, 3][..]));
        assert_eq!(question.message().len(), 28);
    }

    #[test]
    fn after_a_change_or_lost_replies_reading_continues_and_is_incomplete() {
        let good = message(28, 2, 30, &[1; 4]);
        for bad in [message(28, 2 | CHANGED, 30, &[1; 4]), message(OVERRUN, 0, 30, &[0; 4])] {
            let (more, lacking, all) = read(&[good.clone(), bad, good.clone()].concat());
            assert!(more.unwrap() && lacking);
            assert_eq!(all.first(), all.last());
            assert!(all.len() >= 3);
        }
        let (more, lacking, _) = read(&message(DONE, 2 | CHANGED, 30, &[0; 4]));
        assert!(!more.unwrap() && lacking);
    }

    #[test]
    fn a_malformed_or_failed_message_ends_the_reading_and_earlier_ones_are_kept() {
        let good = message(28, 2, 30, &[1; 4]);
        let mut long = good.clone();
        long[0] = 200;
        let mut short = good.clone();
        short[0] = 15;
        let failed = |number: i32| io::Error::from_raw_os_error(number).kind();
        for (bad, kind) in [
            (long, io::ErrorKind::InvalidData),
            (short, io::ErrorKind::InvalidData),
            (vec![1, 2, 3], io::ErrorKind::InvalidData),
            (message(ERROR, 0, 30, &(-1_i32).to_le_bytes()), failed(1)),
            // How a dump reports that it could not be completed.
            (message(DONE, 2, 30, &(-12_i32).to_le_bytes()), failed(12)),
        ] {
            let (read, _, all) = read(&[good.clone(), bad].concat());
            assert_eq!(read.unwrap_err().kind(), kind);
            assert_eq!(all, [(28, vec![1; 4])]);
        }
    }

    #[test]
    fn an_attribute_beyond_the_end_is_ignored_and_ends_the_list() {
        let mut bytes = [with(0x8001, b"a"), with(2, b"bcd")].concat();
        assert_eq!(attributes(&bytes).collect::<Vec<_>>(), [(1, &b"a"[..]), (2, b"bcd")]);
        assert_eq!((attribute(&bytes, 2), attribute(&bytes, 3)), (Some(&b"bcd"[..]), None));
        for length in [0, 3, 200] {
            bytes[8] = length;
            assert_eq!(attributes(&bytes).count(), 1);
        }
    }
}
