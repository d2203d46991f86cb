//! A small NTFS volume, made record by record: what the fuzz target `image` changes. It has a folder with a tree and one
//! without, files that are resident, in runs with a hole, compressed, extended by another record, behind an overlay; a
//! stream; and owners.

const CLUSTER: usize = 512;
const RECORD: usize = 1024;
/// The master file table begins here.
const TABLE: usize = 16;
const RECORDS: usize = 40;

/// The volume's bytes.
pub fn volume() -> Vec<u8> {
    let mut disk = vec![0; 192 * CLUSTER];
    disk[..512].copy_from_slice(&boot());
    let runs = [0x11, 80, 16, 0];
    let mut put = |number: usize, flags: u16, base: u64, attributes: &[Vec<u8>]| {
        let at = TABLE * CLUSTER + number * RECORD;
        disk[at..at + RECORD].copy_from_slice(&record(flags, base, attributes));
    };
    put(0, 1, 0, &[standard(0), elsewhere(0x80, "", 0, 0, &runs, RECORDS * RECORD, 0)]);
    let tree = node(&[entry(0, &[], Some(0), 2)]);
    put(5, 3, 0, &[standard(0), root(&tree, 1), elsewhere(0xa0, "$I30", 0, 0, &[0x11, 8, 100, 0], 4096, 0)]);
    put(9, 1, 0, &[standard(0), elsewhere(0x80, "$SDS", 0, 0, &[0x21, 1, 160, 0, 0], 512, 0), owners()]);
    put(
        24,
        1,
        0,
        &[standard(256), name(5, "a.txt", 0), resident(0x80, "", b"kort"), resident(0x80, "s", b"stroom")],
    );
    // Clusters 120 to 123, a hole of four, 130 and 131.
    put(
        25,
        1,
        0,
        &[standard(256), elsewhere(0x80, "", 0, 0, &[0x11, 4, 120, 0x01, 4, 0x11, 2, 10, 0], 5_000, 0)],
    );
    put(26, 1, 0, &[standard(0), elsewhere(0x80, "", 1, 4, &[0x21, 1, 140, 0, 0x01, 15, 0], 4_096, 0)]);
    put(
        27,
        3,
        0,
        &[standard(0), root(&node(&[entry(28, &key(27, "e", 0), None, 0), entry(0, &[], None, 2)]), 0)],
    );
    let list: Vec<u8> =
        [(0x10_u32, 28_u64), (0x80, 29)].iter().flat_map(|(kind, at)| listed(*kind, *at)).collect();
    put(28, 1, 0, &[standard(0), resident(0x20, "", &list), name(27, "e", 0)]);
    put(29, 1, 28 + (1 << 48), &[elsewhere(0x80, "", 0, 0, &[0x11, 2, 120, 0], 1_000, 0)]);
    let point: Vec<u8> =
        [0x8000_0017_u32, 16, 1, 2, 1, 0].iter().flat_map(|word| word.to_le_bytes()).collect();
    // XPRESS: 'a' has the code 0, a repetition by one with a length that follows the code 1.
    let mut packed = vec![0; 256];
    (packed[48], packed[135]) = (0x10, 0x10);
    packed.extend([0, 0x40, 0, 0, 255, 0, 0, 44, 1, 0, 0]);
    put(
        30,
        1,
        0,
        &[
            standard(0),
            elsewhere(0x80, "", 0, 0, &[0x01, 1, 0], 304, 0),
            resident(0x80, "WofCompressedData", &packed),
            resident(0xc0, "", &point),
        ],
    );
    let names = [
        ("$MFT", 0, 0),
        ("a.txt", 24, 0),
        ("b.bin", 25, 0),
        ("c.txt", 26, 0),
        ("d", 27, 0x1000_0000_u32),
        ("w.exe", 30, 0),
    ];
    let mut entries: Vec<_> =
        names.iter().map(|(name, number, flags)| entry(*number, &key(5, name, *flags), None, 0)).collect();
    entries.push(entry(0, &[], None, 2));
    let block = index_block(&node(&entries));
    disk[100 * CLUSTER..100 * CLUSTER + block.len()].copy_from_slice(&block);
    disk[140 * CLUSTER..140 * CLUSTER + 6].copy_from_slice(&[0x03, 0xb0, 0x02, b'a', 0xfc, 0x0f]);
    let mut descriptor = [vec![0; 20], vec![1, 0, 4, 0x80, 20, 0, 0, 0], vec![0; 12]].concat();
    descriptor.extend([1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0]);
    disk[160 * CLUSTER..160 * CLUSTER + descriptor.len()].copy_from_slice(&descriptor);
    disk
}

fn boot() -> Vec<u8> {
    let mut boot = vec![0; 512];
    boot[3..11].copy_from_slice(b"NTFS    ");
    boot[11..14].copy_from_slice(&[0, 2, 1]);
    boot[40] = 191;
    boot[48] = 16;
    boot[56] = 16;
    boot[64] = 0xf6;
    boot
}

/// A block with its fixups applied: the array stands at `at`.
fn fixed(mut block: Vec<u8>, at: usize) -> Vec<u8> {
    let places = block.len() / 512;
    block[4..6].copy_from_slice(&u16::try_from(at).unwrap().to_le_bytes());
    block[6..8].copy_from_slice(&u16::try_from(places + 1).unwrap().to_le_bytes());
    block[at..at + 2].copy_from_slice(&[7, 0]);
    for place in 0..places {
        let end = place * 512 + 510;
        let kept = [block[end], block[end + 1]];
        block[at + 2 + place * 2..at + 4 + place * 2].copy_from_slice(&kept);
        block[end..end + 2].copy_from_slice(&[7, 0]);
    }
    block
}

fn record(flags: u16, base: u64, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut block = vec![0; RECORD];
    block[..4].copy_from_slice(b"FILE");
    block[16] = 1;
    block[20] = 56;
    block[22..24].copy_from_slice(&flags.to_le_bytes());
    block[32..40].copy_from_slice(&base.to_le_bytes());
    let body = [attributes.concat(), vec![0xff; 4]].concat();
    let used = u32::try_from(56 + body.len()).unwrap();
    block[24..28].copy_from_slice(&used.to_le_bytes());
    block[56..56 + body.len()].copy_from_slice(&body);
    fixed(block, 48)
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn head(kind: u32, name: &str, flags: u16, elsewhere: bool, body: &[u8], header: usize) -> Vec<u8> {
    let name = wide(name);
    let value = (header + name.len()).next_multiple_of(8);
    let length = (value + body.len()).next_multiple_of(8);
    let mut bytes = vec![0; length];
    bytes[..4].copy_from_slice(&kind.to_le_bytes());
    bytes[4..8].copy_from_slice(&u32::try_from(length).unwrap().to_le_bytes());
    bytes[8] = elsewhere.into();
    bytes[9] = u8::try_from(name.len() / 2).unwrap();
    bytes[10] = u8::try_from(header).unwrap();
    bytes[12..14].copy_from_slice(&flags.to_le_bytes());
    bytes[header..header + name.len()].copy_from_slice(&name);
    bytes[value..value + body.len()].copy_from_slice(body);
    let at = if elsewhere { 32 } else { 20 };
    bytes[at..at + 2].copy_from_slice(&u16::try_from(value).unwrap().to_le_bytes());
    bytes
}

fn resident(kind: u32, name: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = head(kind, name, 0, false, value, 24);
    bytes[16..20].copy_from_slice(&u32::try_from(value.len()).unwrap().to_le_bytes());
    bytes
}

fn elsewhere(kind: u32, name: &str, flags: u16, unit: u8, runs: &[u8], size: usize, lowest: u64) -> Vec<u8> {
    let mut bytes = head(kind, name, flags, true, runs, 64);
    bytes[16..24].copy_from_slice(&lowest.to_le_bytes());
    bytes[34] = unit;
    for at in [40, 48, 56] {
        bytes[at..at + 8].copy_from_slice(&u64::try_from(size).unwrap().to_le_bytes());
    }
    bytes
}

fn standard(security: u32) -> Vec<u8> {
    let mut value = [0_u8; 72];
    for at in [0, 8, 16, 24] {
        value[at..at + 8].copy_from_slice(&133_000_000_000_000_000_u64.to_le_bytes());
    }
    value[52..56].copy_from_slice(&security.to_le_bytes());
    resident(0x10, "", &value)
}

/// The value of a `$FILE_NAME`, which is the key of a folder's entry too.
fn key(parent: u64, name: &str, flags: u32) -> Vec<u8> {
    let mut value = vec![0; 66];
    value[..8].copy_from_slice(&parent.to_le_bytes());
    value[56..60].copy_from_slice(&flags.to_le_bytes());
    value[64] = u8::try_from(name.encode_utf16().count()).unwrap();
    value[65] = 1;
    value.extend(wide(name));
    value
}

fn name(parent: u64, name: &str, flags: u32) -> Vec<u8> {
    resident(0x30, "", &key(parent, name, flags))
}

fn entry(number: u64, key: &[u8], child: Option<u64>, flags: u16) -> Vec<u8> {
    let length = (16 + key.len()).next_multiple_of(8) + if child.is_some() { 8 } else { 0 };
    let mut bytes = vec![0; length];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    bytes[8..10].copy_from_slice(&u16::try_from(length).unwrap().to_le_bytes());
    bytes[10..12].copy_from_slice(&u16::try_from(key.len()).unwrap().to_le_bytes());
    bytes[12..14].copy_from_slice(&(flags | u16::from(child.is_some())).to_le_bytes());
    bytes[16..16 + key.len()].copy_from_slice(key);
    if let Some(child) = child {
        bytes[length - 8..].copy_from_slice(&child.to_le_bytes());
    }
    bytes
}

fn node(entries: &[Vec<u8>]) -> Vec<u8> {
    let end = u32::try_from(16 + entries.concat().len()).unwrap();
    [&16_u32.to_le_bytes()[..], &end.to_le_bytes(), &end.to_le_bytes(), &[0; 4], &entries.concat()].concat()
}

fn root(node: &[u8], large: u8) -> Vec<u8> {
    let mut value =
        [&0x30_u32.to_le_bytes()[..], &1_u32.to_le_bytes(), &4096_u32.to_le_bytes(), &[8, 0, 0, 0], node]
            .concat();
    value[28] = large;
    resident(0x90, "$I30", &value)
}

fn index_block(node: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 4096];
    block[..4].copy_from_slice(b"INDX");
    // Entries stand behind the array of fixups: at 64, which is 40 from the node's header.
    block[24..40].copy_from_slice(&node[..16]);
    let end = u32::try_from(40 + node.len() - 16).unwrap();
    block[24..28].copy_from_slice(&40_u32.to_le_bytes());
    block[28..32].copy_from_slice(&end.to_le_bytes());
    block[64..64 + node.len() - 16].copy_from_slice(&node[16..]);
    fixed(block, 40)
}

/// The index `$SII` with one entry: descriptor 256 at the beginning of `$SDS`.
fn owners() -> Vec<u8> {
    let mut entry = vec![0; 48];
    entry[..2].copy_from_slice(&20_u16.to_le_bytes());
    entry[2..4].copy_from_slice(&20_u16.to_le_bytes());
    entry[8] = 48;
    entry[10] = 4;
    entry[16..20].copy_from_slice(&256_u32.to_le_bytes());
    entry[24..28].copy_from_slice(&256_u32.to_le_bytes());
    entry[36..40].copy_from_slice(&56_u32.to_le_bytes());
    let last = self::entry(0, &[], None, 2);
    let value = [
        &0_u32.to_le_bytes()[..],
        &0x10_u32.to_le_bytes(),
        &4096_u32.to_le_bytes(),
        &[8, 0, 0, 0],
        &node(&[entry, last]),
    ]
    .concat();
    resident(0x90, "$SII", &value)
}

/// An entry of an attribute list.
fn listed(kind: u32, number: u64) -> Vec<u8> {
    let mut bytes = vec![0; 32];
    bytes[..4].copy_from_slice(&kind.to_le_bytes());
    bytes[4] = 32;
    bytes[7] = 26;
    bytes[16..24].copy_from_slice(&(number | 1 << 48).to_le_bytes());
    bytes
}
