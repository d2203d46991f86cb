//! Runs before the program is compiled: deflates `playbooks/` and `rules/`, which are text and would be a fortieth of it.
//!
//! In: the two folders. Out: `playbooks.deflate` and `rules.deflate` in cargo's folder for such files: one stream of raw
//! deflate each, that holds of every file its path and its content, each behind its length in 4 bytes, least first.
//! `mod.rs` beside this reads them.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;

#[allow(clippy::print_stdout, reason = "how a build script talks to cargo")]
fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).ok_or_else(|| format!("no {name}"));
    let (root, out) = (variable("CARGO_MANIFEST_DIR")?, variable("OUT_DIR")?);
    for folder in ["playbooks", "rules"] {
        println!("cargo::rerun-if-changed={folder}");
        let top = root.join(folder);
        let mut paths = Vec::new();
        walk(&top, &mut paths)?;
        paths.sort();
        let mut stream = DeflateEncoder::new(Vec::new(), Compression::best());
        for path in paths {
            let name = path.strip_prefix(&top)?.to_str().ok_or("a name that is no text")?.replace('\\', "/");
            for bytes in [name.as_bytes(), &std::fs::read(&path)?] {
                stream.write_all(&u32::try_from(bytes.len())?.to_le_bytes())?;
                stream.write_all(bytes)?;
            }
        }
        write(&out.join(folder).with_extension("deflate"), &stream.finish()?)?;
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "on the machine that builds, into cargo's own folder")]
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::write(path, bytes)
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), paths)?;
        } else {
            paths.push(entry.path());
        }
    }
    Ok(())
}
