//! The digests of a file inside an archive, which indicator lists name.

use std::io::Read;

use sha2::{Digest as _, Sha256};

use crate::evidence::{Content, Digest};
use crate::scan::indicators::{Sums, Wanted};

/// Bytes unpacked at once of what no rule sees.
const STEP: usize = 64 << 10;

/// The digests of a file of which `begun` is the beginning, or all. What comes after that is unpacked for them alone, and
/// taken from what is `left` to unpack; nothing where that does not suffice, or what comes is damaged.
pub(super) fn digests(begun: &[u8], rest: &mut impl Read, wanted: Wanted, left: &mut u64) -> Option<Content> {
    let mut under_way = UnderWay { size: 0, sha256: Sha256::new(), sums: Sums::new(wanted) };
    under_way.take(begun);
    let mut buffer = vec![0; STEP];
    loop {
        match rest.read(&mut buffer) {
            Ok(0) => return Some(under_way.finish()),
            Ok(count) => {
                let after = left.checked_sub(u64::try_from(count).unwrap_or(u64::MAX));
                *left = after.unwrap_or(0);
                after?;
                under_way.take(buffer.get(..count).unwrap_or_default());
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

struct UnderWay {
    size: u64,
    sha256: Sha256,
    sums: Sums,
}

impl UnderWay {
    fn take(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sums.update(bytes);
        self.size = self.size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    }

    fn finish(self) -> Content {
        let (md5, sha1) = self.sums.finish();
        let sha256 = Digest::from_bytes(self.sha256.finalize().into());
        Content { md5, sha1, ..Content::new(self.size, sha256) }
    }
}
