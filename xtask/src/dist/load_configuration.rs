//! The load configuration of a Windows program, which says that what it imports is looked for in System32 alone.
//!
//! In: the bytes of an `.exe` as the linker left them. Out: the same with the configuration named in its header, and a check that
//! it is. The program brings the structure in a section of its own (`src/sys/windows/search_path.rs`). GNU ld 2.40 has no way to
//! name it in the header, as Microsoft's linker does by the symbol `_load_config_used`, so it is done here, after linking and
//! before any digest or signature is made.

use object::LittleEndian as LE;
use object::pe::{IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG, ImageDosHeader, ImageNtHeaders64};
use object::read::pe::{ImageNtHeaders as _, ImageOptionalHeader as _, PeFile64};

use crate::Result;

/// The section that holds the structure.
const SECTION: &[u8] = b".ldcfg";

/// Bytes of the structure as far as Windows 7 knows it, and where in it `DependentLoadFlags` is
/// (<https://learn.microsoft.com/windows/win32/api/winnt/ns-winnt-image_load_config_directory64>).
const LENGTH: u32 = 0x70;
const FLAGS_AT: usize = 0x4e;

/// `LOAD_LIBRARY_SEARCH_SYSTEM32`.
const SYSTEM_ONLY: u16 = 0x800;

/// Where in the optional header of a 64-bit program its checksum is, and its data directories begin, of 8 bytes each.
const CHECKSUM_AT: usize = 0x40;
const DIRECTORIES_AT: usize = 0x70;

/// Names the structure in the header.
///
/// # Errors
///
/// It is no 64-bit program of Windows, or has no such section.
pub(super) fn name_in_header(image: &mut [u8]) -> Result {
    let (optional, address) = {
        let file = PeFile64::parse(&*image)?;
        let section = file.section_table().iter().find(|section| section.raw_name() == SECTION);
        let section =
            section.ok_or("it has no section '.ldcfg': did the linker drop the load configuration?")?;
        (optional_header(image)?, section.virtual_address.get(LE))
    };
    let entry = IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG.saturating_mul(8).saturating_add(DIRECTORIES_AT);
    put(image, optional.saturating_add(entry), &address.to_le_bytes())?;
    put(image, optional.saturating_add(entry).saturating_add(4), &LENGTH.to_le_bytes())?;
    let checksum_at = optional.saturating_add(CHECKSUM_AT);
    put(image, checksum_at, &[0; 4])?;
    let checksum = checksum(image);
    put(image, checksum_at, &checksum.to_le_bytes())
}

/// Checks that the header names a load configuration by which imports are looked for in System32 alone.
///
/// # Errors
///
/// It does not.
pub(super) fn check(image: &[u8]) -> Result {
    let file = PeFile64::parse(image)?;
    let directory = file.data_directories().get(IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG);
    let directory = directory.filter(|directory| directory.virtual_address.get(LE) != 0);
    let directory =
        directory.ok_or("it has no load configuration: what it imports may be planted next to it")?;
    let bytes = directory.data(image, &file.section_table())?;
    let flags =
        bytes.get(FLAGS_AT..).and_then(|bytes| bytes.first_chunk::<2>()).copied().map(u16::from_le_bytes);
    match flags {
        Some(flags) if flags == SYSTEM_ONLY => Ok(()),
        other => {
            Err(format!("its load configuration has DependentLoadFlags {other:?}, not {SYSTEM_ONLY:#x}")
                .into())
        }
    }
}

/// Where the optional header begins.
fn optional_header(image: &[u8]) -> Result<usize> {
    let mut offset = ImageDosHeader::parse(image)?.nt_headers_offset().into();
    let (headers, _) = ImageNtHeaders64::parse(image, &mut offset)?;
    let directories = headers.optional_header().number_of_rva_and_sizes();
    if usize::try_from(directories)? <= IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG {
        return Err("its header has no room for a load configuration".into());
    }
    let nt = usize::try_from(ImageDosHeader::parse(image)?.nt_headers_offset())?;
    // Behind the signature and the file header.
    Ok(nt.saturating_add(24))
}

fn put(image: &mut [u8], at: usize, bytes: &[u8]) -> Result {
    let to = image.get_mut(at..at.saturating_add(bytes.len())).ok_or("its header ends too soon")?;
    to.copy_from_slice(bytes);
    Ok(())
}

/// The checksum of a program whose own checksum is zero: the sum of its words with carries added, and its length.
fn checksum(image: &[u8]) -> u32 {
    let sum = image.chunks(2).fold(0_u32, |sum, pair| {
        let word =
            u16::from_le_bytes([pair.first().copied().unwrap_or(0), pair.get(1).copied().unwrap_or(0)]);
        let sum = sum.wrapping_add(word.into());
        (sum & 0xffff).wrapping_add(sum >> 16)
    });
    sum.wrapping_add(u32::try_from(image.len()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::{check, name_in_header};
    use crate::dist::made_program::{load_configuration, program};

    #[test]
    fn a_program_is_refused_until_its_header_names_its_load_configuration() {
        let mut image = program(&[], Some(&load_configuration(0x800)));
        let refused = check(&image).unwrap_err().to_string();
        assert!(refused.contains("no load configuration"), "{refused}");
        name_in_header(&mut image).unwrap();
        check(&image).unwrap();
    }

    #[test]
    fn flags_that_allow_other_folders_are_refused() {
        for flags in [0, 0x100, 0x1000] {
            let mut image = program(&[], Some(&load_configuration(flags)));
            name_in_header(&mut image).unwrap();
            assert!(check(&image).unwrap_err().to_string().contains("DependentLoadFlags"), "{flags:x}");
        }
    }

    #[test]
    fn a_program_without_the_structure_is_refused() {
        let mut image = program(&[], None);
        assert!(name_in_header(&mut image).unwrap_err().to_string().contains(".ldcfg"));
        assert!(check(&image).is_err() && check(b"MZ").is_err());
    }

    /// The checksum that GNU ld writes is computed anew, by the same rule.
    #[test]
    fn the_checksum_is_that_of_the_whole_file() {
        assert_eq!(super::checksum(&[1, 0, 2, 0]), 3 + 4);
        assert_eq!(super::checksum(&[0xff, 0xff, 2, 0, 5]), 2 + 5 + 5);
    }
}
