//! JUDGE: bytes and facts become hits.
