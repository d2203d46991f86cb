//! Files that Windows keeps compressed behind an overlay. The compressed bytes come from wimlib, whose archives hold them in
//! the same form; the overlay around them is made here.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Mounted, collect, digests, noise, ntfs, run};
use crate::made::{Made, text};

fn number(bytes: &[u8], at: usize, length: usize) -> usize {
    bytes[at..at + length].iter().rev().fold(0, |number, byte| (number << 8) | usize::from(*byte))
}

/// What wimlib makes of a file: the table of chunks and the chunks, as in the stream of an overlay.
fn compressed(made: &Made, content: &[u8], method: &str, chunk: &str) -> Vec<u8> {
    let (source, archive) = (made.path().join("source"), made.path().join("archive.wim"));
    fs::create_dir_all(&source).unwrap();
    fs::write(source.join("file"), content).unwrap();
    drop(fs::remove_file(&archive));
    let method = format!("--compress={method}");
    run(Command::new("wimlib-imagex").arg("capture").arg(&source).arg(&archive).args([
        &method,
        &format!("--chunk-size={chunk}"),
        "--quiet",
    ]));
    let bytes = fs::read(archive).unwrap();
    // The header's first resource is the table of blobs: size, flags, offset; each entry of it has 50 bytes.
    let (size, at) = (number(&bytes, 48, 7), number(&bytes, 56, 8));
    let table = bytes[at..at + size].chunks_exact(50);
    let entry = table.into_iter().find(|entry| number(entry, 16, 8) == content.len()).unwrap();
    let (size, at) = (number(entry, 0, 7), number(entry, 8, 8));
    assert!(size < content.len(), "it did not become smaller");
    bytes[at..at + size].to_vec()
}

/// Makes a file as Windows has it: a hole of its size, the stream, the reparse point.
fn overlay(mounted: &Mounted, name: &str, size: usize, packed: &[u8], method: u32) {
    let path = mounted.path(name);
    fs::File::create(&path).unwrap().set_len(size.try_into().unwrap()).unwrap();
    fs::write(mounted.path(&format!("{name}:WofCompressedData")), packed).unwrap();
    let words = [0x8000_0017_u32, 16, 1, 2, 1, method];
    let bytes = words.iter().flat_map(|word| word.to_le_bytes());
    let point = bytes.map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    run(Command::new("setfattr")
        .args(["-h", "-n", "system.ntfs_reparse_data", "-v", &format!("0x{point}")])
        .arg(&path));
}

/// Text, code with calls, and what does not compress.
fn content() -> Vec<u8> {
    let line = |line: u32| format!("{line} {}\n", line.wrapping_mul(2_654_435_761));
    let lines = (0..20_000).map(line).collect::<Vec<_>>().concat();
    let own = fs::read(Path::new(env!("CARGO_BIN_EXE_veldkit"))).unwrap();
    let code = &own[own.len() / 3..own.len() / 3 + 400_000];
    [lines.as_bytes(), code, &noise(100_000, 1), &vec![0; 70_000], b"einde"].concat()
}

#[test]
#[ignore = "needs root"]
fn files_that_windows_keeps_compressed_are_read_decompressed() {
    let made = Made::new();
    let image = ntfs(&made, "disk.img", 32, &[]);
    let mounted = Mounted::new(&image, "streams_interface=windows");
    mounted.put("Windows/System32/config/SYSTEM", "a hive");
    let content = content();
    let methods = [("XPRESS", "4K", 0), ("LZX", "32K", 1), ("XPRESS", "8K", 2), ("XPRESS", "16K", 3)];
    for (method, chunk, code) in methods {
        let packed = compressed(&made, &content, method, chunk);
        overlay(&mounted, &format!("{method}{chunk}.bin"), content.len(), &packed, code);
    }
    // One whose chunks are damaged, and one of a method that nobody knows.
    let mut packed = compressed(&made, &content, "LZX", "32K");
    let middle = packed.len() / 2;
    packed[middle..middle + 64].fill(0xff);
    overlay(&mounted, "damaged.bin", content.len(), &packed, 1);
    overlay(&mounted, "unknown.bin", content.len(), &packed, 9);
    drop(mounted);
    let output = collect(&made, &image, &["--path", "/"]);
    assert_eq!(output.status.code(), Some(3), "{}{}", text(&output.stdout), text(&output.stderr));
    let records = made.records();
    let got = digests(&records);
    let wanted = veldkit::evidence::Digest::of(&content).to_string();
    for (method, chunk, _) in methods {
        assert_eq!(got.get(&format!("{method}{chunk}.bin")), Some(&wanted), "{method} {chunk}");
    }
    assert_eq!(made.record("damaged.bin")["outcome"], "partial");
    assert_eq!(made.record("unknown.bin")["reason"]["code"], "unsupported");
    let stream = |record: &serde_json::Value| record["origin"]["stream"] == "WofCompressedData";
    assert!(!records.iter().any(stream), "{records:#?}");
}
