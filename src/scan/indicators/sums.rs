//! The digests that only lists ask for: MD5 and SHA-1, from one pass.

use super::Wanted;
use crate::evidence::Sum;

/// Takes bytes in order, for the digests that are wanted.
pub(crate) struct Sums {
    md5: Option<md5::Md5>,
    sha1: Option<sha1::Sha1>,
}

impl Sums {
    /// Begins them.
    pub(crate) fn new(wanted: Wanted) -> Self {
        Self { md5: wanted.md5.then(md5::Md5::default), sha1: wanted.sha1.then(sha1::Sha1::default) }
    }

    /// Takes the next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        if let Some(md5) = &mut self.md5 {
            md5::Digest::update(md5, bytes);
        }
        if let Some(sha1) = &mut self.sha1 {
            sha1::Digest::update(sha1, bytes);
        }
    }

    /// Ends them: MD5 and SHA-1, each where it was wanted.
    pub(crate) fn finish(self) -> (Option<Sum<16>>, Option<Sum<20>>) {
        let md5 = self.md5.map(|md5| Sum::from_bytes(md5::Digest::finalize(md5).into()));
        let sha1 = self.sha1.map(|sha1| Sum::from_bytes(sha1::Digest::finalize(sha1).into()));
        (md5, sha1)
    }
}
