//! Writes an event log as Windows has it, with one chunk, for tools that read them: the format as the libevtx project
//! documents it (<https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc>).
//!
//! In: events of the security log. Out: the bytes of the file, checksums included. The first record holds the template
//! of them all, the others point to it, as Windows does.

/// A logon that failed, as event 4625 tells it.
pub struct FailedLogon<'a> {
    pub user: &'a str,
    pub address: &'a str,
    /// Units of 100 ns since 1601.
    pub time: u64,
}

const CHUNK: usize = 0x1_0000;
const CHUNK_HEADER: usize = 512;
const FILE_HEADER: usize = 4096;

/// Types of values.
const STRING: u8 = 0x01;
const UINT16: u8 = 0x06;
const UINT64: u8 = 0x0a;
const FILETIME: u8 = 0x11;

/// A whole log.
pub fn write(computer: &str, events: &[FailedLogon<'_>]) -> Vec<u8> {
    let mut chunk = vec![0; CHUNK_HEADER];
    let (mut template, mut last) = (None, 0);
    for (number, event) in (1_u64..).zip(events) {
        last = chunk.len();
        record(&mut chunk, number, computer, event, &mut template);
    }
    let count = u64::try_from(events.len()).unwrap();
    let end = chunk.len();
    let sum = crc32fast::hash(&chunk[CHUNK_HEADER..]);
    chunk[..8].copy_from_slice(b"ElfChnk\0");
    for (at, value) in [(8, 1), (16, count), (24, 1), (32, count)] {
        put(&mut chunk, at, &u64::to_le_bytes(value));
    }
    for (at, value) in [(40, 128), (44, length(last)), (48, length(end)), (52, sum)] {
        put(&mut chunk, at, &u32::to_le_bytes(value));
    }
    let mut sum = crc32fast::Hasher::new();
    sum.update(&chunk[..120]);
    sum.update(&chunk[128..CHUNK_HEADER]);
    put(&mut chunk, 124, &sum.finalize().to_le_bytes());
    assert!(end < CHUNK, "more events than one chunk holds");
    chunk.resize(CHUNK, 0);

    let mut file = vec![0; FILE_HEADER];
    file[..8].copy_from_slice(b"ElfFile\0");
    put(&mut file, 24, &(count + 1).to_le_bytes());
    put(&mut file, 32, &128_u32.to_le_bytes());
    for (at, value) in [(36, 1_u16), (38, 3), (40, 4096), (42, 1)] {
        put(&mut file, at, &value.to_le_bytes());
    }
    let sum = crc32fast::hash(&file[..120]);
    put(&mut file, 124, &sum.to_le_bytes());
    file.extend(chunk);
    file
}

/// One record; `template` is where its template begins in the chunk, once one is there.
fn record(
    chunk: &mut Vec<u8>,
    number: u64,
    computer: &str,
    event: &FailedLogon<'_>,
    template: &mut Option<usize>,
) {
    let begin = chunk.len();
    chunk.extend(b"**\0\0");
    chunk.extend([0; 4]);
    chunk.extend(number.to_le_bytes());
    chunk.extend(event.time.to_le_bytes());
    chunk.extend([0x0f, 1, 1, 0]);
    // A template instance: what stands before where it is, an identifier, and where it is.
    chunk.extend([0x0c, 1]);
    chunk.extend(7_u32.to_le_bytes());
    let here = chunk.len() + 4;
    chunk.extend(length(template.unwrap_or(here)).to_le_bytes());
    if template.is_none() {
        *template = Some(here);
        definition(chunk);
    }
    let text = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let values = [
        (UINT16, 4625_u16.to_le_bytes().to_vec()),
        (FILETIME, event.time.to_le_bytes().to_vec()),
        (UINT64, number.to_le_bytes().to_vec()),
        (STRING, text(computer)),
        (STRING, text(event.user)),
        (STRING, text(event.address)),
    ];
    chunk.extend(u32::try_from(values.len()).unwrap().to_le_bytes());
    for (kind, value) in &values {
        chunk.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
        chunk.extend([*kind, 0]);
    }
    for (_, value) in &values {
        chunk.extend(value);
    }
    // The end of the document, then room up to a multiple of eight for the second copy of the size.
    chunk.push(0);
    chunk.resize((chunk.len() + 4).next_multiple_of(8) - 4, 0);
    let size = length(chunk.len() + 4 - begin);
    chunk.extend(size.to_le_bytes());
    put(chunk, begin + 4, &size.to_le_bytes());
}

/// The template: what all events have, with places for what each has of its own.
fn definition(chunk: &mut Vec<u8>) {
    chunk.extend(0_u32.to_le_bytes());
    chunk.extend(b"veldkit test 001");
    let size_at = chunk.len();
    chunk.extend([0; 4]);
    chunk.extend([0x0f, 1, 1, 0]);
    let value = |number: u16, kind: u8| Part::Value(number, kind);
    let space = "http://schemas.microsoft.com/win/2004/08/events/event";
    element(chunk, "Event", &[("xmlns", Part::Text(space))], |chunk| {
        element(chunk, "System", &[], |chunk| {
            let provider = Part::Text("Microsoft-Windows-Security-Auditing");
            element(chunk, "Provider", &[("Name", provider)], |_| ());
            leaf(chunk, "EventID", &[], value(0, UINT16));
            element(chunk, "TimeCreated", &[("SystemTime", value(1, FILETIME))], |_| ());
            leaf(chunk, "EventRecordID", &[], value(2, UINT64));
            leaf(chunk, "Channel", &[], Part::Text("Security"));
            leaf(chunk, "Computer", &[], value(3, STRING));
        });
        element(chunk, "EventData", &[], |chunk| {
            leaf(chunk, "Data", &[("Name", Part::Text("TargetUserName"))], value(4, STRING));
            leaf(chunk, "Data", &[("Name", Part::Text("IpAddress"))], value(5, STRING));
        });
    });
    chunk.push(0);
    let size = length(chunk.len() - size_at - 4);
    put(chunk, size_at, &size.to_le_bytes());
}

/// What stands in an attribute or in an element.
#[derive(Clone, Copy)]
enum Part<'a> {
    Text(&'a str),
    /// The value of that number, of that type.
    Value(u16, u8),
}

impl Part<'_> {
    fn write(self, chunk: &mut Vec<u8>) {
        match self {
            Self::Text(text) => {
                chunk.extend([0x05, STRING]);
                chunk.extend(u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes());
                chunk.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
            }
            Self::Value(number, kind) => {
                chunk.push(0x0d);
                chunk.extend(number.to_le_bytes());
                chunk.push(kind);
            }
        }
    }
}

fn leaf(chunk: &mut Vec<u8>, name: &str, attributes: &[(&str, Part<'_>)], content: Part<'_>) {
    element(chunk, name, attributes, |chunk| content.write(chunk));
}

fn element(
    chunk: &mut Vec<u8>,
    element: &str,
    attributes: &[(&str, Part<'_>)],
    content: impl FnOnce(&mut Vec<u8>),
) {
    chunk.push(if attributes.is_empty() { 0x01 } else { 0x41 });
    chunk.extend([0xff, 0xff]);
    let size_at = chunk.len();
    chunk.extend([0; 4]);
    name(chunk, element);
    if !attributes.is_empty() {
        let list_at = chunk.len();
        chunk.extend([0; 4]);
        for (number, (key, part)) in attributes.iter().enumerate() {
            chunk.push(if number + 1 == attributes.len() { 0x06 } else { 0x46 });
            name(chunk, key);
            part.write(chunk);
        }
        let size = length(chunk.len() - list_at - 4);
        put(chunk, list_at, &size.to_le_bytes());
    }
    chunk.push(0x02);
    content(chunk);
    chunk.push(0x04);
    let size = length(chunk.len() - size_at - 4);
    put(chunk, size_at, &size.to_le_bytes());
}

/// A name, stored where it is used. How its hash is made that documentation does not say; it is left 0.
fn name(chunk: &mut Vec<u8>, name: &str) {
    let here = chunk.len() + 4;
    chunk.extend(length(here).to_le_bytes());
    chunk.extend([0; 6]);
    chunk.extend(u16::try_from(name.encode_utf16().count()).unwrap().to_le_bytes());
    chunk.extend(name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
}

fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap()
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}
