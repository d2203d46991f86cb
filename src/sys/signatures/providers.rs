//! What reads and judges signatures on a Windows, as its registry names it: each step's library and function.
//!
//! Malware puts its own library in their place, or another function of Windows' own library, such as one that does nothing
//! and returns success (MITRE ATT&CK T1553.003). In: how to read the registry. Out: whether every step is the one that Windows came
//! with, or which is not. The names are those of `softpub.h`, of what `wintrust.dll` registers, and of the sets of functions that
//! `wincrypt.h` has for OIDs, which anybody may add to: <https://learn.microsoft.com/windows/win32/seccrypto/oid-functions>.

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
/// What else is loaded together with those readers, whatever it is called: a library runs when it is loaded.
const LOADED_TOO: [&str; 5] = [
    "CryptSIPDllCreateIndirectData",
    "CryptSIPDllPutSignedDataMsg",
    "CryptSIPDllRemoveSignedDataMsg",
    "CryptSIPDllGetCaps",
    "CryptSIPDllGetSealedDigest",
];

const SUBJECTS: [&str; 2] =
    ["{C689AAB8-8E78-11D0-8C47-00C04FC295EE}", "{DE351A43-8E59-11D0-8C47-00C04FC295EE}"];

/// Sets of functions that decide on a chain of certificates (`#2` and `#3` are the policies for programs) and on the signature of a
/// certificate or message, and that decode what was signed. An entry here is asked before or in place of what is built in.
const SETS: [&str; 7] = [
    "CertDllVerifyCertificateChainPolicy",
    "CryptDllVerifyEncodedSignature",
    "CryptDllVerifyEncodedSignatureEx",
    "CryptDllExtractEncodedSignatureParameters",
    "CryptDllImportPublicKeyInfo",
    "CryptDllImportPublicKeyInfoEx",
    "CryptDllImportPublicKeyInfoEx2",
];

/// What a signature of a program is over (`SPC_INDIRECT_DATA_OBJID`), and the sets that decode it.
const SIGNED_CONTENT: &str = "1.3.6.1.4.1.311.2.1.4";
const DECODERS: [&str; 2] = ["CryptDllDecodeObject", "CryptDllDecodeObjectEx"];

/// Libraries of Windows that register functions in those sets.
const KNOWN: [&str; 4] = ["wintrust.dll", "crypt32.dll", "cryptnet.dll", "cryptdlg.dll"];

/// Most entries of a set that are compared; a set with more is none that Windows made.
const MAX_ENTRIES: usize = 1_000;

/// The registry below `HKEY_LOCAL_MACHINE`, as far as it is asked.
pub(super) trait Registry {
    /// A value of a key as text.
    fn value(&self, key: &str, name: &str) -> Option<String>;

    /// The libraries of a key, its value `Dll`: one, or a list where the key is `DEFAULT`. None where there is no such key or value.
    ///
    /// # Errors
    /// Why they cannot be read: an entry that hides is no proof that there is none.
    fn libraries(&self, key: &str) -> Result<Vec<String>, String>;

    /// The names of the keys below a key; none where there is no such key.
    ///
    /// # Errors
    /// Why they cannot be listed.
    fn keys(&self, key: &str) -> Result<Vec<String>, String>;
}

/// Finds that Windows' own functions read and judge signatures, and no other.
///
/// # Errors
/// Which step is another's, or is missing.
pub(super) fn check(registry: &dyn Registry) -> Result<(), String> {
    let value = |key: &str, name: &str| registry.value(key, name);
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
            for library in registry.libraries(&key)? {
                is_own(&library, &value(&key, "FuncName").unwrap_or_default(), function)?;
            }
        }
    }
    for reader in LOADED_TOO {
        for subject in SUBJECTS {
            let key = format!("{CRYPTOGRAPHY}\\OID\\EncodingType 0\\{reader}\\{subject}");
            are_known(registry, &key)?;
        }
    }
    for encoding in ["EncodingType 0", "EncodingType 1"] {
        for set in SETS {
            let set = format!("{CRYPTOGRAPHY}\\OID\\{encoding}\\{set}");
            let keys = registry.keys(&set)?;
            if keys.len() > MAX_ENTRIES {
                return Err(format!(
                    "signatures are not judged as Windows does it: '{set}' has {} entries",
                    keys.len()
                ));
            }
            for key in keys {
                are_known(registry, &format!("{set}\\{key}"))?;
            }
        }
        for set in DECODERS {
            for entry in [SIGNED_CONTENT, "DEFAULT"] {
                are_known(registry, &format!("{CRYPTOGRAPHY}\\OID\\{encoding}\\{set}\\{entry}"))?;
            }
        }
    }
    Ok(())
}

/// Finds that an entry of a set has none but libraries that Windows registers.
fn are_known(registry: &dyn Registry, key: &str) -> Result<(), String> {
    for library in registry.libraries(key)? {
        if !KNOWN.iter().any(|name| is_in_windows(&library, name)) {
            let (_, entry) = key.split_once("\\OID\\").unwrap_or_default();
            return Err(format!(
                "signatures are judged by '{library}' here ('{entry}'), where Windows has its own"
            ));
        }
    }
    Ok(())
}

/// Why a key of these cannot be vouched for.
pub(super) fn unread(key: &str, error: &dyn std::fmt::Display) -> String {
    format!("signatures are not judged as Windows does it: '{key}' cannot be read: {error}")
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

/// Whether a library that the registry names for reading signatures is Windows' own.
fn is_windows_own(library: &str) -> bool {
    is_in_windows(library, "wintrust.dll")
}

/// Whether a library is the one of this name that Windows has: by its name alone or in Windows' own directory.
fn is_in_windows(library: &str, wanted: &str) -> bool {
    let library = library.trim().to_ascii_lowercase();
    let name = library.rsplit('\\').next().unwrap_or_default();
    let directory = library.strip_suffix(name).unwrap_or_default();
    let own = matches!(
        directory,
        "" | "c:\\windows\\system32\\" | "%systemroot%\\system32\\" | "%windir%\\system32\\"
    );
    own && name == wanted
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

    impl Registry for BTreeMap<(String, String), String> {
        fn value(&self, key: &str, name: &str) -> Option<String> {
            self.get(&(key.to_owned(), name.to_owned())).cloned()
        }

        /// Of a list the texts have `|` between them; `?` cannot be read.
        fn libraries(&self, key: &str) -> Result<Vec<String>, String> {
            let texts =
                self.value(key, "Dll").map(|all| all.split('|').map(str::to_owned).collect::<Vec<_>>());
            let texts = texts.unwrap_or_default();
            if texts.iter().any(|text| text == "?") { Err(unread(key, &"denied")) } else { Ok(texts) }
        }

        fn keys(&self, key: &str) -> Result<Vec<String>, String> {
            let below =
                |(path, _): &(String, String)| path.strip_prefix(key)?.strip_prefix('\\').map(str::to_owned);
            Ok(self.keys().filter_map(below).collect())
        }
    }

    fn checked(registry: &BTreeMap<(String, String), String>) -> Result<(), String> {
        check(registry)
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
    fn an_entry_for_certificates_or_signatures_with_another_library_is_seen_in_every_set() {
        let sets =
            SETS.iter().flat_map(|set| [(*set, "#2"), (*set, "1.2.840.113549.1.1.11"), (*set, "DEFAULT")]);
        let decoders = DECODERS.iter().flat_map(|set| [(*set, SIGNED_CONTENT), (*set, "DEFAULT")]);
        for encoding in ["EncodingType 0", "EncodingType 1"] {
            for (set, entry) in sets.clone().chain(decoders.clone()) {
                let key = format!("{CRYPTOGRAPHY}\\OID\\{encoding}\\{set}\\{entry}");
                let with = |library: &str| {
                    let mut other = registry();
                    other.insert((key.clone(), "Dll".to_owned()), library.to_owned());
                    other.insert((key.clone(), "FuncName".to_owned()), "Yes".to_owned());
                    checked(&other)
                };
                for own in [
                    "cryptnet.dll",
                    "%SystemRoot%\\system32\\CRYPT32.dll",
                    "C:\\Windows\\System32\\cryptdlg.dll",
                ] {
                    assert_eq!(with(own), Ok(()), "{key} {own}");
                }
                assert_eq!(with("cryptnet.dll|crypt32.dll"), Ok(()), "{key}: a list");
                assert!(
                    with("cryptnet.dll|x.dll").unwrap_err().contains("'x.dll'"),
                    "{key}: the second of a list"
                );
                assert!(with("?").unwrap_err().contains("cannot be read: denied"), "{key}: hidden");
                for library in
                    ["x.dll", "C:\\Users\\Public\\cryptnet.dll", "\\\\host\\share\\crypt32.dll", ""]
                {
                    let why = with(library).unwrap_err();
                    assert!(why.contains(&format!("'{library}'")) && why.contains(set), "{key}: {why}");
                }
            }
        }
        for reader in LOADED_TOO {
            for subject in SUBJECTS {
                let mut other = registry();
                let key = format!("{CRYPTOGRAPHY}\\OID\\EncodingType 0\\{reader}\\{subject}");
                other.insert((key, "Dll".to_owned()), "C:\\Users\\Public\\wintrust.dll".to_owned());
                assert!(checked(&other).unwrap_err().contains(reader));
            }
        }
    }

    #[test]
    fn a_set_with_more_entries_than_windows_ever_makes_is_an_error_and_not_a_wait() {
        let mut other = registry();
        let set = format!("{CRYPTOGRAPHY}\\OID\\EncodingType 1\\{}", SETS[1]);
        for number in 0..=MAX_ENTRIES {
            other.insert((format!("{set}\\1.2.{number}"), "Dll".to_owned()), "crypt32.dll".to_owned());
        }
        assert!(checked(&other).unwrap_err().contains("1001 entries"));
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
