//! The answers of `WinVerifyTrust` (`winerror.h`).

use super::SignatureStatus;

/// `TRUST_E_NOSIGNATURE`.
const NO_SIGNATURE: u32 = 0x800b_0100;

/// Whether an answer means that the file itself holds no signature.
pub(crate) const fn is_absent(answer: u32) -> bool {
    answer == NO_SIGNATURE
}

/// The status that an answer stands for.
pub(crate) const fn status(answer: u32) -> SignatureStatus {
    match answer {
        0 => SignatureStatus::Valid,
        NO_SIGNATURE => SignatureStatus::Absent,
        // `TRUST_E_BAD_DIGEST`, `CRYPT_E_HASH_VALUE`.
        0x8009_6010 | 0x8009_1007 => SignatureStatus::Altered,
        // `CERT_E_EXPIRED`, `CERT_E_VALIDITYPERIODNESTING`.
        0x800b_0101 | 0x800b_0102 => SignatureStatus::Expired,
        // `CERT_E_REVOKED`, `CRYPT_E_REVOKED`.
        0x800b_010c | 0x8009_2010 => SignatureStatus::Revoked,
        // `TRUST_E_SUBJECT_NOT_TRUSTED`; `CERT_E_UNTRUSTEDROOT`, `CHAINING`, `UNTRUSTEDTESTROOT`, `WRONG_USAGE`;
        // `TRUST_E_EXPLICIT_DISTRUST`; `CERT_E_UNTRUSTEDCA`.
        0x800b_0004 | 0x800b_0109 | 0x800b_010a | 0x800b_010d | 0x800b_0110..=0x800b_0112 => {
            SignatureStatus::Untrusted
        }
        _ => SignatureStatus::Unknown(answer),
    }
}

/// The status of a Windows that does not know signatures with SHA-2 (7 and Server 2008 R2 before KB3033929). One that it
/// calls valid is; what it says against any other may only be that it cannot read it.
pub(crate) const fn without_sha_2(status: SignatureStatus) -> SignatureStatus {
    match status {
        SignatureStatus::Valid | SignatureStatus::Revoked | SignatureStatus::Unknown(_) => status,
        SignatureStatus::Absent
        | SignatureStatus::Altered
        | SignatureStatus::Expired
        | SignatureStatus::Untrusted
        | SignatureStatus::TooNew => SignatureStatus::TooNew,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_answer_has_its_status_and_any_other_keeps_its_number() {
        for (answer, expected) in [
            (0, SignatureStatus::Valid),
            (0x800b_0100, SignatureStatus::Absent),
            (0x8009_6010, SignatureStatus::Altered),
            (0x800b_0101, SignatureStatus::Expired),
            (0x800b_010c, SignatureStatus::Revoked),
            (0x800b_0109, SignatureStatus::Untrusted),
            (0x800b_0111, SignatureStatus::Untrusted),
        ] {
            assert_eq!(status(answer), expected, "{answer:#x}");
        }
        // A service that does not run, and a certificate that is meant for another use.
        for answer in [0x8007_06ba, 0x800b_010b, 0x800b_0003, 0x800b_0001, 1] {
            assert_eq!(status(answer), SignatureStatus::Unknown(answer));
        }
    }

    #[test]
    fn a_windows_without_sha_2_accuses_no_file() {
        for (status, expected) in [
            (SignatureStatus::Valid, SignatureStatus::Valid),
            (SignatureStatus::Revoked, SignatureStatus::Revoked),
            (SignatureStatus::Unknown(5), SignatureStatus::Unknown(5)),
            (SignatureStatus::Absent, SignatureStatus::TooNew),
            (SignatureStatus::Altered, SignatureStatus::TooNew),
            (SignatureStatus::Expired, SignatureStatus::TooNew),
            (SignatureStatus::Untrusted, SignatureStatus::TooNew),
        ] {
            assert_eq!(without_sha_2(status), expected);
        }
    }
}
