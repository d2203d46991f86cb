//! Writes the seeds of every target, for libFuzzer to begin with: `seeds DIR` leaves them in `DIR/<target>/seed-<n>`.

#[path = "targets.rs"]
#[allow(dead_code, reason = "the bodies of the targets")]
mod targets;

// Built with the flags of the targets, it needs what their coverage counters report to, and that needs a target.
libfuzzer_sys::fuzz_target!(|_data: &[u8]| {});

fn main() -> std::io::Result<()> {
    let Some(directory) = std::env::args_os().nth(1).map(std::path::PathBuf::from) else {
        return Err(std::io::Error::other("usage: seeds DIR"));
    };
    for (name, seeds, _) in targets::TARGETS {
        let corpus = directory.join(name);
        std::fs::create_dir_all(&corpus)?;
        for (number, seed) in seeds.iter().enumerate() {
            std::fs::write(corpus.join(format!("seed-{number}")), seed)?;
        }
    }
    Ok(())
}
