//! Wine's own libraries and programs: hundreds of PE files of a system that nobody broke into.

use std::path::Path;

use super::fired_below;

/// Where Debian's package puts them.
const SYSTEM: &str = "/usr/lib/x86_64-linux-gnu/wine";

#[test]
#[ignore = "needs Wine"]
fn nothing_matches_in_wines_system_files() {
    let (files, hits) = fired_below(Path::new(SYSTEM));
    assert!(files > 500, "{files} files are no Wine: `apt-get install wine`");
    assert!(hits.is_empty(), "{hits:#?}");
}
