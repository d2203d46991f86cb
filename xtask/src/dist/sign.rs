//! Signs a program for Windows with Authenticode, before digests and allow lists are made of it: `cargo xtask dist --sign CMD`.
//!
//! In: the program, and a command that is run with the program's path behind its arguments and signs the file in place
//! (`signtool sign /fd sha256 …`, or a script round `osslsigncode`). Out: the same file, signed. The command has the key; nothing
//! of a key is read here. That the file is signed, and that nothing but its signature changed, is checked; whether its chain is
//! trusted depends on the Windows that looks at it.

use std::ops::Range;
use std::path::Path;
use std::process::Command;

use object::pe::{
    IMAGE_DIRECTORY_ENTRY_SECURITY, IMAGE_NT_OPTIONAL_HDR64_MAGIC, ImageDataDirectory, ImageDosHeader,
    ImageFileHeader, ImageNtHeaders64, ImageOptionalHeader64,
};
use object::read::pe::{ImageNtHeaders as _, ImageOptionalHeader as _};

use crate::Result;
use crate::process::run;

/// Where the optional header begins, behind the signature `PE` and the header of the file.
const OPTIONAL: usize = 4 + size_of::<ImageFileHeader>();
/// Where a program's checksum is, behind the headers' beginning.
const CHECKSUM: usize = OPTIONAL + 64;
/// Where the entry for the signature is, behind the headers' beginning.
const SIGNATURE: usize = OPTIONAL
    + size_of::<ImageOptionalHeader64>()
    + IMAGE_DIRECTORY_ENTRY_SECURITY * size_of::<ImageDataDirectory>();

/// Signs a program in place.
///
/// # Errors
///
/// The command cannot be run or fails; the file has no signature afterwards, or another content.
pub(super) fn sign(program: &Path, command: &str) -> Result {
    let before = std::fs::read(program)?;
    let mut words = command.split_ascii_whitespace();
    let name = words.next().ok_or("--sign names no command")?;
    run(Command::new(name).args(words).arg(program))?;
    let after = std::fs::read(program)?;
    only_signed(&before, &after).map_err(|reason| format!("{}: {reason}", program.display()))?;
    println!("signed: {} bytes of signature", after.len().saturating_sub(before.len()));
    Ok(())
}

/// Where the fields are that a signature changes, and the place and length of that signature.
struct Fields {
    changed: [Range<usize>; 2],
    signature: (usize, usize),
}

fn fields(program: &[u8]) -> Result<Fields> {
    let headers = ImageDosHeader::parse(program)?.nt_headers_offset();
    let (nt, _) = ImageNtHeaders64::parse(program, &mut u64::from(headers))?;
    if nt.optional_header().magic() != IMAGE_NT_OPTIONAL_HDR64_MAGIC {
        return Err("no 64-bit program".into());
    }
    let headers = usize::try_from(headers)?;
    let field = |place: usize, length: usize| {
        let start = headers.saturating_add(place);
        start..start.saturating_add(length)
    };
    let entry = field(SIGNATURE, size_of::<ImageDataDirectory>());
    let numbers = program.get(entry.clone()).ok_or("no place for a signature")?;
    let number =
        |bytes: Option<&[u8; 4]>| usize::try_from(u32::from_le_bytes(bytes.copied().unwrap_or_default()));
    let signature = (number(numbers.first_chunk())?, number(numbers.last_chunk())?);
    Ok(Fields { changed: [field(CHECKSUM, 4), entry], signature })
}

/// Refuses a program that is not what it was with a signature behind it.
fn only_signed(before: &[u8], after: &[u8]) -> Result {
    let (old, new) = (fields(before)?, fields(after)?);
    let (place, length) = new.signature;
    if old.signature != (0, 0) {
        return Err("it was signed already".into());
    }
    // Signatures begin at a multiple of 8 bytes and end the file.
    let ends = place.checked_add(length) == Some(after.len());
    if length == 0 || place != before.len().next_multiple_of(8) || !ends {
        return Err("it has no signature behind it after the command".into());
    }
    let unsigned = |program: &[u8]| {
        let mut program = program.get(..before.len()).unwrap_or_default().to_vec();
        for range in &old.changed {
            program.get_mut(range.clone()).unwrap_or_default().fill(0);
        }
        program
    };
    if unsigned(before) == unsigned(after) {
        Ok(())
    } else {
        Err("the command changed more than the signature".into())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;

    use super::*;

    /// The smallest program: headers, and a section of zeros.
    fn program() -> Vec<u8> {
        let mut bytes = vec![0_u8; 1_024];
        let mut put = |place: usize, field: &[u8]| bytes[place..][..field.len()].copy_from_slice(field);
        put(0, b"MZ");
        put(0x3c, &64_u32.to_le_bytes());
        put(64, b"PE\0\0");
        put(68, &0x8664_u16.to_le_bytes());
        put(70, &1_u16.to_le_bytes());
        put(84, &240_u16.to_le_bytes());
        put(86, &0x22_u16.to_le_bytes());
        put(88, &0x20b_u16.to_le_bytes());
        put(88 + 16, &0x1000_u32.to_le_bytes());
        put(88 + 32, &0x1000_u32.to_le_bytes());
        put(88 + 36, &0x200_u32.to_le_bytes());
        put(88 + 56, &0x2000_u32.to_le_bytes());
        put(88 + 60, &0x200_u32.to_le_bytes());
        put(88 + 68, &3_u16.to_le_bytes());
        put(88 + 108, &16_u32.to_le_bytes());
        put(328, b".text");
        put(336, &[0x200_u32, 0x1000, 0x200, 0x200].map(u32::to_le_bytes).concat());
        bytes
    }

    fn script(folder: &Path, text: &str) -> PathBuf {
        let path = folder.join("sign.sh");
        std::fs::write(&path, format!("#!/bin/sh\nset -e\ncd '{}'\n{text}\n", folder.display())).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    #[test]
    fn a_command_that_signs_nothing_or_changes_more_is_refused() {
        let folder = std::env::temp_dir().join(format!("veldkit-sign-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.exe");
        for (text, says) in
            [("true", "no signature"), ("false", "ended with"), ("printf x >> \"$1\"", "no signature")]
        {
            std::fs::write(&path, program()).unwrap();
            let command = script(&folder, text);
            let error = sign(&path, command.to_str().unwrap()).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
        std::fs::remove_dir_all(&folder).unwrap();

        let (plain, mut signed) = (program(), program());
        let entry = fields(&plain).unwrap().changed[1].clone();
        signed[entry].copy_from_slice(&[1_024_u32, 8].map(u32::to_le_bytes).concat());
        signed.extend([0; 8]);
        assert!(only_signed(&plain, &signed).is_ok());
        assert!(only_signed(&signed, &signed).is_err(), "signed already");
        signed[600] ^= 1;
        assert!(only_signed(&plain, &signed).unwrap_err().to_string().contains("more than"));
    }

    #[test]
    #[ignore = "needs openssl and osslsigncode"]
    fn a_program_is_signed_with_a_made_certificate_and_others_can_check_it() {
        let folder = std::env::temp_dir().join(format!("veldkit-osslsigncode-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.exe");
        std::fs::write(&path, program()).unwrap();
        let command = script(
            &folder,
            "openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 30 -subj /CN=made \
             -addext extendedKeyUsage=codeSigning 2> /dev/null\n\
             osslsigncode sign -h sha256 -certs c.pem -key k.pem -in \"$1\" -out signed.exe > /dev/null\n\
             mv signed.exe \"$1\"",
        );
        sign(&path, command.to_str().unwrap()).unwrap();
        let mut verify = Command::new("osslsigncode");
        verify.args(["verify", "-CAfile", "c.pem", "-in", "a.exe"]).current_dir(&folder);
        let said = crate::process::output(&mut verify).unwrap();
        assert!(said.contains("Number of verified signatures: 1"), "{said}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
