//! `LiveMemory`: of a made `/proc` mounted over the real one, so that no memory of this machine is read; and by a tool that a
//! playbook names.

use std::fs;

use super::{apart, clear, run};
use crate::made::{Made, text};

/// A table of addresses with two stretches, and a kernel's file that shows them.
fn kernel(made: &Made) -> Vec<u8> {
    fs::create_dir_all(made.path().join("proc/self")).unwrap();
    let stretches = [(0x1000_u64, 0x3000_u64), (0x10_0000, 0x30_0000)];
    fs::write(
        made.path().join("proc/iomem"),
        "00000000-00000fff : Reserved\n00001000-00002fff : System RAM\n00100000-002fffff : System RAM\n",
    )
    .unwrap();
    let mut kcore = b"\x7fELF\x02\x01".to_vec();
    kcore.resize(64, 0);
    kcore[32..40].copy_from_slice(&64_u64.to_le_bytes());
    kcore[56..58].copy_from_slice(&2_u16.to_le_bytes());
    let (mut offset, mut content, mut image) = (64 + 2 * 56_u64, Vec::new(), Vec::new());
    for (start, end) in stretches {
        let length = end - start;
        let fields = [offset, 0xffff_8880_0000_0000 + start, start, length, length, 4096];
        kcore.extend([1_u32, 4].iter().flat_map(|word| word.to_le_bytes()));
        kcore.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
        let bytes: Vec<u8> = (start..end).map(|address| (address >> 6).to_le_bytes()[0]).collect();
        image.extend(
            b"EMiL\x01\0\0\0".iter().copied().chain(start.to_le_bytes()).chain((end - 1).to_le_bytes()),
        );
        image.extend([0; 8]);
        image.extend(&bytes);
        content.extend(bytes);
        offset += length;
    }
    kcore.extend(content);
    fs::write(made.path().join("proc/kcore"), kcore).unwrap();
    image
}

#[test]
#[ignore = "needs root"]
fn memory_is_collected_as_the_kernel_shows_it() {
    let made = Made::linux();
    let image = kernel(&made);
    // Not every kernel has the file, so a made /proc takes the place of all, in a table of mounts of its own. Nothing is run
    // unless it does.
    let script = "cp /proc/self/mountinfo proc/self/ && mount --bind proc /proc";
    let output = apart(&made, "--mount", script, &["--memory", "--path", "/etc/hostname"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(fs::read(made.unpack().join("live/LiveMemory.lime")).unwrap() == image, "another image");
}

#[test]
fn the_memory_tool_of_a_playbook_runs_only_with_the_right_digest() {
    let made = Made::linux();
    let right = veldkit::evidence::Digest::of(&fs::read("/bin/sh").unwrap()).to_string();
    for (digest, code) in [(right.as_str(), 0), (&"ab".repeat(32), 3)] {
        let playbook = format!(
            "playbook: memory\nversion: 1\ntitle: {{nl: t, en: t}}\ndescription: {{nl: d, en: d}}\n\
             artifacts: [LinuxHostIdentity]\nmemory_tool:\n  program: /bin/sh\n  sha256: {digest}\n  \
             arguments: ['-c', 'head -c 3000000 /dev/zero; echo end']\n"
        );
        fs::write(made.path().join("memory.yaml"), playbook).unwrap();
        let (json, ended) = run(&made, &["--playbook", "memory.yaml", "--memory"]);
        assert_eq!(ended, code, "{json}");
        let unpacked = made.unpack();
        let image = fs::read(unpacked.join("live/LiveMemory.raw"));
        if code == 0 {
            let image = image.unwrap();
            assert!(image.len() == 3_000_004 && image.ends_with(b"\0end\n"));
        } else {
            assert!(image.is_err() || image.unwrap().is_empty());
        }
        fs::remove_dir_all(&unpacked).unwrap();
        clear(&made);
    }
}
