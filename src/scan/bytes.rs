//! Content that is held against rules, shared: a scan that does not come to its end is left behind with it, and nobody
//! else waits for it.
//!
//! In: what was read of an item. Out: the same bytes for whoever needs them. Sharing copies nothing.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Whoever counts the memory that content takes; kept as long as the content is.
pub trait MemoryAccount: Send + Sync {
    /// Hears that a scan was left behind with the content: it is held until that scan ends, which may be never.
    fn left_behind(&self);
}

/// Bytes of an item, from its beginning on. A clone shares them.
#[derive(Clone)]
pub struct Bytes {
    buffer: Arc<Vec<u8>>,
    length: usize,
    account: Option<Arc<dyn MemoryAccount>>,
}

impl Bytes {
    /// The first `length` bytes of a buffer, or all of it where it is shorter.
    #[must_use]
    pub fn beginning(buffer: &Arc<Vec<u8>>, length: usize) -> Self {
        Self { buffer: Arc::clone(buffer), length: length.min(buffer.len()), account: None }
    }

    /// The same, on somebody's account.
    #[must_use]
    pub fn on(self, account: Arc<impl MemoryAccount + 'static>) -> Self {
        Self { account: Some(account), ..self }
    }

    /// The first `length` of these bytes.
    pub(super) fn first(&self, length: usize) -> Self {
        Self { length: length.min(self.length), ..self.clone() }
    }

    /// Says that a scan was left behind with them.
    pub(super) fn left_behind(&self) {
        if let Some(account) = &self.account {
            account.left_behind();
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        let length = bytes.len();
        Self { buffer: Arc::new(bytes), length, account: None }
    }
}

impl From<&[u8]> for Bytes {
    /// Copies: for what is small, or borrowed anyway.
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl<const N: usize> From<&[u8; N]> for Bytes {
    fn from(bytes: &[u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

impl From<&Self> for Bytes {
    fn from(bytes: &Self) -> Self {
        bytes.clone()
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bytes").field("length", &self.length).finish_non_exhaustive()
    }
}
