//! Questions to the kernel of this machine by netlink.
//!
//! In: a [`Question`]. Out: the messages of its answer, read by [`crate::formats::netlink`].

use std::io;
use std::time::Duration;

use crate::formats::netlink::{Answers, Part, Question};
use crate::sys;
use crate::sys::NetlinkPart;

/// Asks the kernel and passes on the kind and content of each message.
///
/// # Errors
/// Those of [`Answers::read`] and of the asking; [`io::ErrorKind::Interrupted`] where something may be missing from what was passed on.
pub(crate) fn ask(question: &Question, limit: Duration, take: &mut dyn FnMut(u16, &[u8])) -> io::Result<()> {
    let mut answers = Answers { number: question.kind, take, lacking: false };
    let mut read = Ok(true);
    let part = match question.part {
        Part::Routing => NetlinkPart::Routing,
        Part::Filter => NetlinkPart::Netfilter,
    };
    sys::ask_kernel(part, &question.message(), limit, &mut |answer| {
        read = answers.read(answer);
        matches!(read, Ok(true))
    })?;
    read?;
    if answers.lacking {
        return Err(io::Error::new(io::ErrorKind::Interrupted, "the table changed while it was read"));
    }
    Ok(())
}
