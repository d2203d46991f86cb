//! What Windows says of a file's signature, in this program's words.
//!
//! In: the numbers that Windows answers with. Out: a [`Signature`], a part of rows of files. A wrong "none" is worse than no word: it
//! stands only where the file has no signature in it and Windows could look in all of its catalogs. Nothing is asked of the network,
//! so one that was revoked meanwhile may still be called valid.

use serde::Serialize;

/// What is said of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Signature {
    /// `valid`; `none`; `altered`, where the content is not what was signed; `expired`, `revoked`, or `untrusted`, where Windows does
    /// not trust who signed. Left out where it could not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    /// Who signed, as the certificate names it; said by the file itself unless the signature is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// The catalog of Windows that has the signature; left out where it is in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
    /// The number of the error, where Windows could not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// `TRUST_E_NOSIGNATURE`.
const NO_SIGNATURE: u32 = 0x800b_0100;

impl Signature {
    /// By what `WinVerifyTrust` answers.
    #[must_use]
    pub fn of_answer(answer: u32) -> Self {
        let status = match answer {
            0 => "valid",
            _ if is_none(answer) => "none",
            // `TRUST_E_BAD_DIGEST`, `CRYPT_E_HASH_VALUE`.
            0x8009_6010 | 0x8009_1007 => "altered",
            // `CERT_E_EXPIRED`, `CERT_E_VALIDITYPERIODNESTING`.
            0x800b_0101 | 0x800b_0102 => "expired",
            // `CERT_E_REVOKED`, `CRYPT_E_REVOKED`.
            0x800b_010c | 0x8009_2010 => "revoked",
            // `TRUST_E_SUBJECT_NOT_TRUSTED`; `CERT_E_UNTRUSTEDROOT`, `CHAINING`, `UNTRUSTEDTESTROOT`, `WRONG_USAGE`;
            // `TRUST_E_EXPLICIT_DISTRUST`; `CERT_E_UNTRUSTEDCA`.
            0x800b_0004 | 0x800b_0109 | 0x800b_010a | 0x800b_010d | 0x800b_0110..=0x800b_0112 => "untrusted",
            _ => return Self::unknown(answer),
        };
        Self { status: Some(status), ..Self::default() }
    }

    /// Where it could not be told, with the error's number.
    #[must_use]
    pub fn unknown(error: u32) -> Self {
        Self { error: Some(format!("{error:#x}")), ..Self::default() }
    }
}

/// Whether an answer says that no signature is in the file itself.
#[must_use]
pub const fn is_none(answer: u32) -> bool {
    answer == NO_SIGNATURE
}

/// Whether a library that the registry names to read signatures is that of Windows, by its name alone or in Windows' own folder.
#[must_use]
pub fn is_windows_own(library: &str) -> bool {
    let library = library.trim().to_ascii_lowercase();
    let name = library.rsplit('\\').next().unwrap_or_default();
    let folder = library.strip_suffix(name).unwrap_or_default();
    let own = matches!(
        folder,
        "" | "c:\\windows\\system32\\" | "%systemroot%\\system32\\" | "%windir%\\system32\\"
    );
    own && name == "wintrust.dll"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_signatures_is_windows_own_library_and_no_other() {
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

    #[test]
    fn only_what_windows_says_is_told_and_the_rest_by_its_number() {
        let said = |answer| Signature::of_answer(answer).status;
        for (answer, status) in [
            (0, "valid"),
            (0x800b_0100, "none"),
            (0x8009_6010, "altered"),
            (0x800b_0101, "expired"),
            (0x800b_010c, "revoked"),
            (0x800b_0109, "untrusted"),
            (0x800b_0111, "untrusted"),
        ] {
            assert_eq!(said(answer), Some(status), "{answer:#x}");
        }
        // A service that does not run, and a certificate whose use is another's.
        for answer in [0x8007_06ba, 0x800b_010b, 0x800b_0003, 0x800b_0001, 1] {
            let signature = Signature::of_answer(answer);
            assert_eq!((signature.status, signature.error), (None, Some(format!("{answer:#x}"))));
        }
    }
}
