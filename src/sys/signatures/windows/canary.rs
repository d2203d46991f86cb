//! What no honest Windows calls valid, to find out one that calls everything so.
//!
//! The registry may name the right functions and the answers may be led astray all the same: by a hook, by a function that
//! is registered with the library for certificates instead, by a changed library. So Windows is asked two things whose
//! answer is known, before any of its answers is believed. Neither leaves a file: a piece of memory that holds no
//! signature, for what decides whom to trust, and a program's content against a digest that is not its own, for what
//! compares the content with what was signed.

use std::ffi::c_void;
use std::fs::File;
use std::os::windows::io::AsRawHandle as _;
use std::ptr;

use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Security::Cryptography::Sip::{
    SIP_DISPATCH_INFO, SIP_INDIRECT_DATA, SIP_SUBJECTINFO,
};
use windows_sys::Win32::Security::Cryptography::{
    CRYPT_ALGORITHM_IDENTIFIER, CRYPT_ATTRIBUTE_TYPE_VALUE, CRYPT_INTEGER_BLOB, PKCS_7_ASN_ENCODING,
    X509_ASN_ENCODING,
};
use windows_sys::Win32::Security::WinTrust::{
    WINTRUST_ACTION_GENERIC_VERIFY_V2, WINTRUST_BLOB_INFO, WINTRUST_DATA, WINTRUST_DATA_0,
    WTD_CACHE_ONLY_URL_RETRIEVAL, WTD_CHOICE_BLOB, WTD_REVOCATION_CHECK_NONE, WTD_REVOKE_NONE,
    WTD_STATEACTION_CLOSE, WTD_STATEACTION_VERIFY, WTD_UI_NONE,
};
use windows_sys::core::{BOOL, GUID};

/// `WinVerifyTrust`.
pub(super) type Verify = unsafe extern "system" fn(HANDLE, *const GUID, *mut c_void) -> i32;

/// `CryptSIPLoad`.
pub(super) type LoadReader = unsafe extern "system" fn(*const GUID, u32, *mut SIP_DISPATCH_INFO) -> BOOL;

/// The begin of a program that has no signature.
const UNSIGNED: &[u8] = b"MZ: nobody has signed this";

/// SHA-1, and the kind of content that a program's signature is over (`SPC_PE_IMAGE_DATAOBJ`).
const SHA_1: &[u8] = b"1.3.14.3.2.26\0";
const PROGRAM_CONTENT: &[u8] = b"1.3.6.1.4.1.311.2.1.15\0";

/// Whether Windows calls memory valid that nobody has signed.
pub(super) fn believes_the_unsigned(verify: Verify, kind: GUID) -> bool {
    let length = |size: usize| u32::try_from(size).unwrap_or_default();
    let mut blob = WINTRUST_BLOB_INFO {
        cbStruct: length(size_of::<WINTRUST_BLOB_INFO>()),
        gSubject: kind,
        cbMemObject: length(UNSIGNED.len()),
        pbMemObject: UNSIGNED.as_ptr().cast_mut(),
        ..WINTRUST_BLOB_INFO::default()
    };
    let mut data = WINTRUST_DATA {
        cbStruct: length(size_of::<WINTRUST_DATA>()),
        dwUIChoice: WTD_UI_NONE,
        fdwRevocationChecks: WTD_REVOKE_NONE,
        dwUnionChoice: WTD_CHOICE_BLOB,
        Anonymous: WINTRUST_DATA_0 { pBlob: &raw mut blob },
        dwStateAction: WTD_STATEACTION_VERIFY,
        dwProvFlags: WTD_CACHE_ONLY_URL_RETRIEVAL | WTD_REVOCATION_CHECK_NONE,
        ..WINTRUST_DATA::default()
    };
    let action = WINTRUST_ACTION_GENERIC_VERIFY_V2;
    // SAFETY: in place of a window is that there is none; `data`, `blob` and the memory, which the calls only read, are of
    // the calls' types, say their lengths and outlive both calls; the second ends what the first began.
    unsafe {
        let answer = verify(INVALID_HANDLE_VALUE, &raw const action, (&raw mut data).cast());
        data.dwStateAction = WTD_STATEACTION_CLOSE;
        verify(INVALID_HANDLE_VALUE, &raw const action, (&raw mut data).cast());
        answer == 0
    }
}

/// Whether Windows finds that a program has the content that was signed where the digest is not its own. `path`, which ends
/// in a zero, is that of `program`.
pub(super) fn believes_a_wrong_digest(load: LoadReader, kind: GUID, program: &File, path: &[u16]) -> bool {
    let mut kind = kind;
    let length = |size: usize| u32::try_from(size).unwrap_or_default();
    let mut reader =
        SIP_DISPATCH_INFO { cbSize: length(size_of::<SIP_DISPATCH_INFO>()), ..SIP_DISPATCH_INFO::default() };
    // SAFETY: the call reads `kind` and fills `reader`, which says its length.
    if unsafe { load(&raw const kind, 0, &raw mut reader) } == 0 {
        return false;
    }
    let Some(verify) = reader.pfVerify else { return false };
    let sha_1 = CRYPT_ALGORITHM_IDENTIFIER {
        pszObjId: SHA_1.as_ptr().cast_mut(),
        Parameters: CRYPT_INTEGER_BLOB::default(),
    };
    let mut subject = SIP_SUBJECTINFO {
        cbSize: length(size_of::<SIP_SUBJECTINFO>()),
        pgSubjectType: &raw mut kind,
        hFile: program.as_raw_handle(),
        pwsFileName: path.as_ptr(),
        pwsDisplayName: path.as_ptr(),
        DigestAlgorithm: sha_1,
        dwEncodingType: X509_ASN_ENCODING | PKCS_7_ASN_ENCODING,
        pClientData: ptr::null_mut(),
        ..SIP_SUBJECTINFO::default()
    };
    let mut digest = [0_u8; 20];
    let mut signed = SIP_INDIRECT_DATA {
        Data: CRYPT_ATTRIBUTE_TYPE_VALUE {
            pszObjId: PROGRAM_CONTENT.as_ptr().cast_mut(),
            Value: CRYPT_INTEGER_BLOB::default(),
        },
        DigestAlgorithm: sha_1,
        Digest: CRYPT_INTEGER_BLOB { cbData: length(digest.len()), pbData: digest.as_mut_ptr() },
    };
    // SAFETY: both structures are of the function's types, which Windows' own registry of readers gave it; what they point
    // to is only read and outlives the call; the file is open to be read.
    unsafe { verify(&raw mut subject, &raw mut signed) != 0 }
}
