//! Systems of which no signals are taken over: each does what it does by itself.

use std::io;

use super::OnInterruption;

#[allow(clippy::unnecessary_wraps, reason = "other systems may refuse")]
pub(super) fn on_interruption(_act: OnInterruption) -> io::Result<()> {
    Ok(())
}
