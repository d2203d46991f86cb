//! What the lists say of a file inside an archive: of its digests, and of its path there.
//!
//! In: the path inside, and the digests where all of it was unpacked. Out: hits with that path. Archives come from any
//! system, so cases are folded.

use super::{Case, Indicators};
use crate::evidence::{Content, Hit};

impl Indicators {
    /// What a file inside an archive meets, besides `hits` of the rules. Those say nothing of content that is known to
    /// be good.
    pub(crate) fn member(&self, path: &str, content: Option<&Content>, mut hits: Vec<Hit>) -> Vec<Hit> {
        if let Some(content) = content {
            hits.extend(self.content(content));
            if self.is_known_good(content) {
                hits.retain(|hit| !hit.kind.is_about_content());
            }
        }
        // The innermost archive's own: what stands before it is another file's path.
        let inside = path.rsplit('!').next().unwrap_or(path);
        let path = format!("/{}", inside.trim_start_matches(['/', '\\']));
        hits.extend(self.path(&path, Case::Folded));
        if let Some(content) = content {
            hits.extend(self.sized(&path, content.size_stored, Case::Folded));
        }
        hits
    }
}
