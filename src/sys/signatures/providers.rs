//! What reads and judges signatures on a Windows, as its registry names it: each step's library and function.
//!
//! Malware puts its own library in their place, or another function of Windows' own library, such as one that does nothing
//! and returns success (MITRE ATT&CK T1553.003). In: how to read a value of the registry. Out: whether every step is the
//! one that Windows came with, or which is not. The names are those of `softpub.h` and of what `wintrust.dll` registers.

/// Where all of it is in the registry.
const CRYPTOGRAPHY: &str = "SOFTWARE\\Microsoft\\Cryptography";

/// The steps that decide whom to trust (`WINTRUST_ACTION_GENERIC_VERIFY_V2`), each with its function. All of them are there
/// on every Windows; without one of them the answer says less than it seems to.
const STEPS: [(&str, &str); 7] = [
    ("Initialization", "SoftpubInitialize"),
    ("Message", "SoftpubLoadMessage"),
    ("Signature", "SoftpubLoadSignature"),
    ("Certificate", "WintrustCertificateTrust"),
    ("CertCheck", "SoftpubCheckCert"),
    ("FinalPolicy", "SoftpubAuthenticode"),
    ("Cleanup", "SoftpubCleanup"),
];
const ACTION: &str = "{00AAC56B-CD44-11D0-8CC2-00C04FC295EE}";

/// What reads the signature of a program or a catalog, and compares it with the content.
const READERS: [(&str, &str); 2] = [
    ("CryptSIPDllVerifyIndirectData", "CryptSIPVerifyIndirectData"),
    ("CryptSIPDllGetSignedDataMsg", "CryptSIPGetSignedDataMsg"),
];
const SUBJECTS: [&str; 2] =
    ["{C689AAB8-8E78-11D0-8C47-00C04FC295EE}", "{DE351A43-8E59-11D0-8C47-00C04FC295EE}"];

/// Finds that Windows' own functions read and judge signatures, and no other. `value` reads a value of a key as text.
///
/// # Errors
/// Which step is another's, or is missing.
pub(super) fn check(value: &dyn Fn(&str, &str) -> Option<String>) -> Result<(), String> {
    for (step, function) in STEPS {
        let key = format!("{CRYPTOGRAPHY}\\Providers\\Trust\\{step}\\{ACTION}");
        let (library, named) = (value(&key, "$DLL"), value(&key, "$Function"));
        let (Some(library), Some(named)) = (library, named) else {
            return Err(format!(
                "signatures are not judged as Windows does it: its registry names nothing for the step '{step}'"
            ));
        };
        is_own(&library, &named, function)?;
    }
    for (reader, function) in READERS {
        for subject in SUBJECTS {
            let key = format!("{CRYPTOGRAPHY}\\OID\\EncodingType 0\\{reader}\\{subject}");
            // What is not named cannot be led elsewhere: without it no signature is found at all.
            let Some(library) = value(&key, "Dll") else { continue };
            is_own(&library, &value(&key, "FuncName").unwrap_or_default(), function)?;
        }
    }
    Ok(())
}

fn is_own(library: &str, named: &str, function: &str) -> Result<(), String> {
    if !is_windows_own(library) {
        return Err(format!(
            "signatures are read by '{library}' here, which is none of Windows' own libraries"
        ));
    }
    // Functions are found by their exact names.
    if named != function {
        return Err(format!("signatures are read by '{named}' here, where Windows has '{function}'"));
    }
    Ok(())
}

/// Whether a library that the registry names for reading signatures is Windows' own: by its name alone or in Windows' own
/// directory.
fn is_windows_own(library: &str) -> bool {
    let library = library.trim().to_ascii_lowercase();
    let name = library.rsplit('\\').next().unwrap_or_default();
    let directory = library.strip_suffix(name).unwrap_or_default();
    let own = matches!(
        directory,
        "" | "c:\\windows\\system32\\" | "%systemroot%\\system32\\" | "%windir%\\system32\\"
    );
    own && name == "wintrust.dll"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A registry as Windows has it, by key and value.
    fn registry() -> BTreeMap<(String, String), String> {
        let mut all = BTreeMap::new();
        let mut put = |key: String, [library, function]: [&str; 2], name: &str| {
            all.insert((key.clone(), library.to_owned()), "WINTRUST.DLL".to_owned());
            all.insert((key, function.to_owned()), name.to_owned());
        };
        for (step, function) in STEPS {
            let key = format!("{CRYPTOGRAPHY}\\Providers\\Trust\\{step}\\{ACTION}");
            put(key, ["$DLL", "$Function"], function);
        }
        for (reader, function) in READERS {
            for subject in SUBJECTS {
                let key = format!("{CRYPTOGRAPHY}\\OID\\EncodingType 0\\{reader}\\{subject}");
                put(key, ["Dll", "FuncName"], function);
            }
        }
        all
    }

    fn checked(registry: &BTreeMap<(String, String), String>) -> Result<(), String> {
        check(&|key, value| registry.get(&(key.to_owned(), value.to_owned())).cloned())
    }

    #[test]
    fn a_registry_as_windows_has_it_is_trusted() {
        assert_eq!(checked(&registry()), Ok(()));
    }

    #[test]
    fn every_function_and_library_that_is_replaced_is_named() {
        for (key, value) in registry().keys() {
            let mut other = registry();
            let is_library = value.ends_with("DLL") || value == "Dll";
            let replaced = if is_library { "C:\\Users\\Public\\wintrust.dll" } else { "DllRegisterServer" };
            other.insert((key.clone(), value.clone()), replaced.to_owned());
            let why = checked(&other).unwrap_err();
            assert!(why.contains(&format!("'{replaced}'")), "{key} {value}: {why}");
        }
    }

    #[test]
    fn a_function_of_windows_own_library_in_the_place_of_another_is_seen() {
        let mut other = registry();
        let step = format!("{CRYPTOGRAPHY}\\Providers\\Trust\\FinalPolicy\\{ACTION}");
        other.insert((step, "$Function".to_owned()), "SoftpubCleanup".to_owned());
        assert_eq!(
            checked(&other).unwrap_err(),
            "signatures are read by 'SoftpubCleanup' here, where Windows has 'SoftpubAuthenticode'"
        );
    }

    #[test]
    fn a_step_that_is_missing_is_an_error_and_a_reader_that_is_missing_is_none() {
        for (step, _) in STEPS {
            for value in ["$DLL", "$Function"] {
                let mut less = registry();
                let key = format!("{CRYPTOGRAPHY}\\Providers\\Trust\\{step}\\{ACTION}");
                less.remove(&(key, value.to_owned()));
                assert!(checked(&less).unwrap_err().contains(&format!("'{step}'")));
            }
        }
        let mut less = registry();
        less.retain(|(key, _), _| !key.contains("CryptSIPDll"));
        assert_eq!(checked(&less), Ok(()));
    }

    #[test]
    fn only_windows_own_library_reads_signatures() {
        for own in
            ["WINTRUST.DLL", "C:\\Windows\\System32\\wintrust.dll", "%SystemRoot%\\System32\\WINTRUST.dll"]
        {
            assert!(is_windows_own(own), "{own}");
        }
        for other in
            ["", "x.dll", "C:\\Users\\Public\\wintrust.dll", "..\\wintrust.dll", "\\\\h\\s\\wintrust.dll"]
        {
            assert!(!is_windows_own(other), "{other}");
        }
    }
}
