//! Windows programs as small as they can be, made for the unit tests of this module: headers, imports, a section. They do nothing.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "it is for tests, and calculates with its own small numbers"
)]

/// Where the sections are in memory, and their size there and in the file.
const IMPORTS_AT: u32 = 0x1000;
const CONFIGURATION_AT: u32 = 0x2000;
const IN_FILE: u32 = 0x1000;

/// Bytes before the first section.
const HEADERS: usize = 0x400;

/// A program that imports these functions of these libraries, with a section `.ldcfg` where its content is given. No header names
/// that section.
pub(super) fn program(imports: &[(&str, &[&str])], configuration: Option<&[u8]>) -> Vec<u8> {
    let imported = import_section(imports);
    let mut sections = vec![(*b".idata\0\0", IMPORTS_AT, imported)];
    sections.extend(configuration.map(|bytes| (*b".ldcfg\0\0", CONFIGURATION_AT, bytes.to_vec())));
    let mut image = vec![0; HEADERS];
    let mut put = |at: usize, bytes: &[u8]| image[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"MZ");
    put(0x3c, &0x80_u32.to_le_bytes());
    put(0x80, b"PE\0\0");
    put(0x84, &0x8664_u16.to_le_bytes());
    put(0x86, &u16::try_from(sections.len()).unwrap().to_le_bytes());
    // Bytes of the optional header: 16 data directories behind its own 0x70.
    put(0x94, &0xf0_u16.to_le_bytes());
    put(0x96, &0x22_u16.to_le_bytes());
    let optional = 0x98;
    put(optional, &0x20b_u16.to_le_bytes());
    put(optional + 0x20, &0x1000_u32.to_le_bytes());
    put(optional + 0x24, &0x200_u32.to_le_bytes());
    put(optional + 0x6c, &16_u32.to_le_bytes());
    if !imports.is_empty() {
        put(optional + 0x70 + 8, &IMPORTS_AT.to_le_bytes());
        put(optional + 0x70 + 12, &IN_FILE.to_le_bytes());
    }
    for (number, (name, address, _)) in sections.iter().enumerate() {
        let header = optional + 0xf0 + number * 40;
        let in_file = u32::try_from(HEADERS).unwrap() + u32::try_from(number).unwrap() * IN_FILE;
        put(header, name);
        put(header + 8, &IN_FILE.to_le_bytes());
        put(header + 12, &address.to_le_bytes());
        put(header + 16, &IN_FILE.to_le_bytes());
        put(header + 20, &in_file.to_le_bytes());
    }
    for (_, _, mut content) in sections {
        content.resize(usize::try_from(IN_FILE).unwrap(), 0);
        image.extend(content);
    }
    image
}

/// A load configuration with these `DependentLoadFlags`.
pub(super) fn load_configuration(flags: u16) -> Vec<u8> {
    let mut bytes = vec![0; 0x70];
    bytes[0] = 0x70;
    bytes[0x4e..0x50].copy_from_slice(&flags.to_le_bytes());
    bytes
}

/// Descriptors, then for each library its thunks, the names of its functions, and its own.
fn import_section(imports: &[(&str, &[&str])]) -> Vec<u8> {
    let mut section = vec![0; (imports.len() + 1) * 20];
    for (number, (library, functions)) in imports.iter().enumerate() {
        let address = |section: &Vec<u8>| IMPORTS_AT + u32::try_from(section.len()).unwrap();
        let names: Vec<u64> = functions
            .iter()
            .map(|function| {
                let at = address(&section);
                section.extend([0, 0]);
                section.extend(function.bytes().chain([0]));
                at.into()
            })
            .collect();
        let name = address(&section);
        section.extend(library.bytes().chain([0]));
        let thunks = address(&section);
        section.extend(names.into_iter().chain([0]).flat_map(u64::to_le_bytes));
        for (field, value) in [(0, thunks), (12, name), (16, thunks)] {
            section[number * 20 + field..][..4].copy_from_slice(&value.to_le_bytes());
        }
    }
    section
}
