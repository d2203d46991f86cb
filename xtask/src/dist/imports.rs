//! What a Windows program imports, compared with what Windows 7 SP1 has, and with the libraries that cannot be planted.
//!
//! In: the bytes of an `.exe`. Out: how many functions it imports, or those that it must not. A program that imports one
//! function too new does not start at all on an older system, and says so to nobody who could use it; the list is
//! `windows7.txt`, which names its source. And whatever is no KnownDLL, Windows looks for next to the program first: a file
//! planted there would run before `main`. Such libraries are loaded by their full path (`src/sys/windows/library.rs`).

use std::collections::BTreeSet;

use object::LittleEndian as LE;
use object::pe::ImageNtHeaders64;
use object::read::pe::{ImageThunkData as _, PeFile64};

use crate::Result;

/// DLL, function, and the first Windows that has it; `#` begins a remark.
const WINDOWS_7: &str = include_str!("windows7.txt");

/// The libraries that may be imported: ntdll, which is in every process before its program is, and those KnownDLLs of Windows 7
/// SP1 that are KnownDLLs of Windows 10 and 11 as well and that the program needs. Windows maps those from a list of its own,
/// whatever is next to the program (`HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\KnownDLLs`, which `veldkit selftest`
/// compares with this one; <https://learn.microsoft.com/windows/win32/dlls/dynamic-link-library-search-order>). Further
/// ones cost something: a program that has user32 or gdi32 does not hear of a logoff or a shutdown
/// (<https://learn.microsoft.com/windows/console/setconsolectrlhandler>).
const KNOWN_DLLS: [&str; 5] = ["advapi32.dll", "kernel32.dll", "msvcrt.dll", "ntdll.dll", "ws2_32.dll"];

/// Compares the imports of a program with both lists.
///
/// # Errors
///
/// It is no 64-bit program of Windows, or it imports what is not on a list: each such function is named.
pub(super) fn check(image: &[u8]) -> Result<usize> {
    let known = known(WINDOWS_7)?;
    let imports = imports(image)?;
    let may_be_planted: Vec<&str> = imports
        .iter()
        .map(String::as_str)
        .filter(|import| import.split_once('!').is_none_or(|(library, _)| !KNOWN_DLLS.contains(&library)))
        .collect();
    if !may_be_planted.is_empty() {
        return Err(format!(
            "it imports from libraries that are no KnownDLLs, so that one planted next to it would run before it (load them \
             with `system_functions!` of src/sys/windows/library.rs; of a crate, leave out the feature that brings them): {}",
            may_be_planted.join(", ")
        )
        .into());
    }
    let unknown: Vec<&str> =
        imports.iter().filter(|import| !known.contains(import.as_str())).map(String::as_str).collect();
    if unknown.is_empty() {
        return Ok(imports.len());
    }
    Err(format!(
        "it imports what is not known to be in Windows 7 SP1 (is it, by its documentation? then xtask/src/dist/windows7.txt \
         may name it): {}",
        unknown.join(", ")
    )
    .into())
}

/// The list as `dll!function`, the DLL in lower case.
fn known(text: &str) -> Result<BTreeSet<String>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            match (words.next(), words.next(), words.next().and_then(version)) {
                (Some(dll), Some(function), Some(since)) if since <= (6, 1) => {
                    Ok(format!("{}!{function}", dll.to_ascii_lowercase()))
                }
                _ => Err(format!("windows7.txt: '{line}' names no function of Windows 7").into()),
            }
        })
        .collect()
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// All imports as `dll!function`, those that are bound late too.
fn imports(image: &[u8]) -> Result<BTreeSet<String>> {
    let file = PeFile64::parse(image)?;
    let mut found = BTreeSet::new();
    if let Some(table) = file.import_table()? {
        let mut descriptors = table.descriptors()?;
        while let Some(descriptor) = descriptors.next()? {
            let dll = String::from_utf8_lossy(table.name(descriptor.name.get(LE))?).to_ascii_lowercase();
            let mut thunks = table.thunks(descriptor.original_first_thunk.get(LE))?;
            while let Some(thunk) = thunks.next::<ImageNtHeaders64>()? {
                let function = if thunk.is_ordinal() {
                    format!("#{}", thunk.ordinal())
                } else {
                    let (_, name) = table.hint_name(thunk.address())?;
                    String::from_utf8_lossy(name).into_owned()
                };
                found.insert(format!("{dll}!{function}"));
            }
        }
    }
    if file.data_directories().delay_load_import_table(image, &file.section_table())?.is_some() {
        return Err("it binds functions late, which this check does not read".into());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{check, known, version};
    use crate::dist::made_program::program;

    #[test]
    fn an_import_from_a_library_that_may_be_planted_is_refused_and_named() {
        let allowed =
            [("KERNEL32.dll", ["CreateFileW", "CloseHandle"].as_slice()), ("ntdll.dll", &["NtCreateFile"])];
        assert_eq!(check(&program(&allowed, None)).unwrap(), 3);
        // All of these are in Windows 7, and were imported once.
        for (library, function) in [
            ("bcrypt.dll", "BCryptGenRandom"),
            ("IPHLPAPI.DLL", "GetAdaptersAddresses"),
            ("netapi32.dll", "NetUserEnum"),
            ("pdh.dll", "PdhOpenQueryA"),
            ("secur32.dll", "LsaEnumerateLogonSessions"),
            ("wtsapi32.dll", "WTSFreeMemory"),
        ] {
            let image = program(&[allowed[0], (library, &[function])], None);
            let refused = check(&image).unwrap_err().to_string();
            assert!(refused.contains(&format!("{}!{function}", library.to_ascii_lowercase())), "{refused}");
            assert!(refused.contains("no KnownDLLs") && !refused.contains("kernel32"), "{refused}");
        }
    }

    #[test]
    fn a_function_newer_than_windows_7_cannot_stand_on_the_list() {
        let list = known("# a remark\nKERNEL32.dll CreateFileW 5.1.2600\n").unwrap();
        assert!(list.contains("kernel32.dll!CreateFileW") && list.len() == 1);
        for wrong in
            ["kernel32.dll GetTempPath2W 10.0.20348", "kernel32.dll CreateFile2 6.2", "kernel32.dll x"]
        {
            assert!(known(wrong).is_err(), "{wrong}");
        }
        assert_eq!(version("6.1"), Some((6, 1)));
    }

    #[test]
    fn the_list_itself_holds_functions_of_windows_7_only() {
        assert!(known(super::WINDOWS_7).unwrap().len() > 100);
    }
}
