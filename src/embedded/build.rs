//! Runs before the program is compiled: compresses and masks the embedded playbooks and rules, and compresses the phrases
//! of errors and reasons.
//!
//! In: the files of [`selection`]. Out: `playbooks.masked` and `rules.masked` in cargo's output directory: each is
//! one stream of raw deflate under the mask of [`mask`], with the path and the content of every file, each preceded
//! by its length in 4 bytes, little-endian. `mod.rs` next to this file reads them. `phrases.deflate` has the files of
//! `src/text/phrases`, one after the other; `text` reads it.

mod mask;
mod selection;

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;

#[allow(clippy::print_stdout, reason = "how a build script communicates with cargo")]
fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).ok_or_else(|| format!("no {name}"));
    println!("cargo::rustc-env=VELDKIT_TARGET={}", std::env::var("TARGET")?);
    let (root, out) = (variable("CARGO_MANIFEST_DIR")?, variable("OUT_DIR")?);
    for (top, directories) in [("playbooks", selection::PLAYBOOKS), ("rules", selection::RULES)] {
        println!("cargo::rerun-if-changed={top}");
        let mut stream = DeflateEncoder::new(Vec::new(), Compression::best());
        for path in selection::files(&root, directories)? {
            let name = path.strip_prefix(root.join(top))?;
            let name = name.to_str().ok_or("a file name that is not UTF-8")?.replace('\\', "/");
            for bytes in [name.as_bytes(), &std::fs::read(&path)?] {
                stream.write_all(&u32::try_from(bytes.len())?.to_le_bytes())?;
                stream.write_all(bytes)?;
            }
        }
        let mut bytes = stream.finish()?;
        mask::mask(&mut bytes);
        write(&out.join(top).with_extension("masked"), &bytes)?;
    }
    println!("cargo::rerun-if-changed=src/text/phrases");
    let mut stream = DeflateEncoder::new(Vec::new(), Compression::best());
    for path in selection::files(&root, selection::PHRASES)? {
        stream.write_all(&std::fs::read(&path)?)?;
    }
    write(&out.join("phrases.deflate"), &stream.finish()?)?;
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "on the build machine, into cargo's output directory")]
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::write(path, bytes)
}
