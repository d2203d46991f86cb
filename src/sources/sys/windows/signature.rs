//! What Windows says of a file's signature: one in the file, else in the catalogs that Windows keeps of its own files and of drivers.
//!
//! The file is opened as others are, shared with everybody and without its access being noted; nothing is asked of the network, and no
//! window is shown. <https://learn.microsoft.com/windows/win32/api/wintrust/nf-wintrust-winverifytrust>

use std::ffi::c_void;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::{AsRawHandle as _, OwnedHandle};
use std::ptr;
use std::sync::OnceLock;

use windows_sys::Win32::Foundation::{ERROR_NOT_FOUND, HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Security::Cryptography::CERT_CONTEXT;
use windows_sys::Win32::Security::Cryptography::Catalog::CATALOG_INFO;
use windows_sys::Win32::Security::WinTrust::{
    CRYPT_PROVIDER_CERT, WINTRUST_ACTION_GENERIC_VERIFY_V2, WINTRUST_CATALOG_INFO, WINTRUST_DATA,
    WINTRUST_DATA_0, WINTRUST_FILE_INFO, WTD_CACHE_ONLY_URL_RETRIEVAL, WTD_CHOICE_CATALOG, WTD_CHOICE_FILE,
    WTD_REVOCATION_CHECK_NONE, WTD_REVOKE_NONE, WTD_STATEACTION_CLOSE, WTD_STATEACTION_VERIFY, WTD_UI_NONE,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_OPEN_NO_RECALL, FILE_READ_ATTRIBUTES, FILE_READ_DATA, FILE_WRITE_ATTRIBUTES, SYNCHRONIZE,
};
use windows_sys::core::{BOOL, GUID, PCWSTR};

use super::library::Library;
use super::root::leave_access_time;
use crate::sources::live::windows::signature::{Signature, is_none};

/// Most bytes of a digest by which a catalog is found.
const MAX_DIGEST: usize = 64;

/// Most units of a signer's name.
const MAX_NAME: usize = 256;

/// `CERT_NAME_SIMPLE_DISPLAY_TYPE`.
const SHORT_NAME: u32 = 4;

/// How catalogs are found: by SHA-256 where Windows knows it (since 8), else by SHA-1.
struct Catalogs {
    acquire: unsafe extern "system" fn(*mut isize, *const GUID, PCWSTR, *const c_void, u32) -> BOOL,
    digest: unsafe extern "system" fn(isize, HANDLE, *mut u32, *mut u8, u32) -> BOOL,
}

/// The functions.
struct Trust {
    verify: unsafe extern "system" fn(HANDLE, *const GUID, *mut c_void) -> i32,
    of_state: unsafe extern "system" fn(HANDLE) -> *mut c_void,
    signer: unsafe extern "system" fn(*mut c_void, u32, BOOL, u32) -> *mut c_void,
    certificate: unsafe extern "system" fn(*mut c_void, u32) -> *mut CRYPT_PROVIDER_CERT,
    name: unsafe extern "system" fn(*const CERT_CONTEXT, u32, u32, *const c_void, *mut u16, u32) -> u32,
    newer: Option<Catalogs>,
    acquire: unsafe extern "system" fn(*mut isize, *const GUID, u32) -> BOOL,
    digest: unsafe extern "system" fn(HANDLE, *mut u32, *mut u8, u32) -> BOOL,
    find: unsafe extern "system" fn(isize, *const u8, u32, u32, *mut isize) -> isize,
    told: unsafe extern "system" fn(isize, *mut CATALOG_INFO, u32) -> BOOL,
    leave: unsafe extern "system" fn(isize, isize, u32) -> BOOL,
    release: unsafe extern "system" fn(isize, u32) -> BOOL,
}

impl Trust {
    fn load() -> io::Result<Self> {
        let trust = Library::load("wintrust.dll")?;
        let names = Library::load("crypt32.dll")?;
        // SAFETY: each is of the form that Microsoft's documentation gives it.
        unsafe {
            let newer = trust.function(c"CryptCATAdminAcquireContext2").and_then(|acquire| {
                Ok(Catalogs { acquire, digest: trust.function(c"CryptCATAdminCalcHashFromFileHandle2")? })
            });
            Ok(Self {
                verify: trust.function(c"WinVerifyTrust")?,
                of_state: trust.function(c"WTHelperProvDataFromStateData")?,
                signer: trust.function(c"WTHelperGetProvSignerFromChain")?,
                certificate: trust.function(c"WTHelperGetProvCertFromChain")?,
                name: names.function(c"CertGetNameStringW")?,
                newer: newer.ok(),
                acquire: trust.function(c"CryptCATAdminAcquireContext")?,
                digest: trust.function(c"CryptCATAdminCalcHashFromFileHandle")?,
                find: trust.function(c"CryptCATAdminEnumCatalogFromHash")?,
                told: trust.function(c"CryptCATCatalogInfoFromContext")?,
                leave: trust.function(c"CryptCATAdminReleaseCatalogContext")?,
                release: trust.function(c"CryptCATAdminReleaseContext")?,
            })
        }
    }
}

/// What Windows says of a file.
pub(in crate::sources) fn signature(path: &str) -> io::Result<Signature> {
    static TRUST: OnceLock<Option<Trust>> = OnceLock::new();
    let trust = TRUST.get_or_init(|| Trust::load().ok()).as_ref().ok_or(io::ErrorKind::Unsupported)?;
    let file = open(path)?;
    let wide: Vec<u16> = path.encode_utf16().chain([0]).collect();
    let mut within = WINTRUST_FILE_INFO {
        cbStruct: length_of::<WINTRUST_FILE_INFO>(),
        pcwszFilePath: wide.as_ptr(),
        hFile: file.as_raw_handle(),
        ..WINTRUST_FILE_INFO::default()
    };
    let (answer, signer) = trust.ask(WTD_CHOICE_FILE, WINTRUST_DATA_0 { pFile: &raw mut within });
    if !is_none(answer) {
        return Ok(Signature { signer, ..Signature::of_answer(answer) });
    }
    // None is in the file; a catalog may have one, by any of the digests that Windows keeps.
    let mut said = Signature::of_answer(answer);
    for newer in [true, false] {
        let Some(context) = trust.context(newer) else { continue };
        match context.look(&file, &wide) {
            Ok(Some(signature)) => return Ok(signature),
            Ok(None) => {}
            Err(error) => said = Signature::unknown(error),
        }
    }
    Ok(said)
}

/// Opens a file to read it, without its access being noted where that may be asked.
#[allow(clippy::disallowed_methods, reason = "to read, by a path as Windows names it to others")]
fn open(path: &str) -> io::Result<File> {
    let read = FILE_READ_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE;
    let with = |access: u32| {
        let mut options = OpenOptions::new();
        options.access_mode(access).share_mode(7).custom_flags(FILE_FLAG_OPEN_NO_RECALL).open(path)
    };
    let Ok(file) = with(read | FILE_WRITE_ATTRIBUTES) else { return with(read) };
    let handle = OwnedHandle::from(file);
    leave_access_time(&handle);
    Ok(handle.into())
}

/// The length that a structure says of itself.
fn length_of<T>() -> u32 {
    u32::try_from(size_of::<T>()).unwrap_or_default()
}

fn last_error() -> u32 {
    io::Error::last_os_error().raw_os_error().unwrap_or_default().cast_unsigned()
}

impl Trust {
    /// Windows' answer, and who signed.
    fn ask(&self, choice: u32, what: WINTRUST_DATA_0) -> (u32, Option<String>) {
        let mut data = WINTRUST_DATA {
            cbStruct: length_of::<WINTRUST_DATA>(),
            dwUIChoice: WTD_UI_NONE,
            fdwRevocationChecks: WTD_REVOKE_NONE,
            dwUnionChoice: choice,
            Anonymous: what,
            dwStateAction: WTD_STATEACTION_VERIFY,
            dwProvFlags: WTD_CACHE_ONLY_URL_RETRIEVAL | WTD_REVOCATION_CHECK_NONE,
            ..WINTRUST_DATA::default()
        };
        let action = WINTRUST_ACTION_GENERIC_VERIFY_V2;
        // SAFETY: in place of a window stands that there is none; `data` and what it points to are of the call's types, say their lengths and outlive both calls; the second ends
        // what the first began.
        unsafe {
            let answer = (self.verify)(INVALID_HANDLE_VALUE, &raw const action, (&raw mut data).cast());
            let signer = self.signer(data.hWVTStateData);
            data.dwStateAction = WTD_STATEACTION_CLOSE;
            (self.verify)(INVALID_HANDLE_VALUE, &raw const action, (&raw mut data).cast());
            (answer.cast_unsigned(), signer)
        }
    }

    /// The name in the certificate of the first who signed.
    ///
    /// # Safety
    /// `state` is that of an asking which has not ended, or none.
    unsafe fn signer(&self, state: HANDLE) -> Option<String> {
        if state.is_null() {
            return None;
        }
        // SAFETY: each gives a part of the state that the caller keeps, or none, and takes one that is there; the buffer is as long as is
        // said.
        unsafe {
            let asked = Some((self.of_state)(state)).filter(|asked| !asked.is_null())?;
            let signer = Some((self.signer)(asked, 0, 0, 0)).filter(|signer| !signer.is_null())?;
            let certificate = (self.certificate)(signer, 0).as_ref()?;
            if certificate.pCert.is_null() {
                return None;
            }
            let mut name = [0_u16; MAX_NAME];
            let length = u32::try_from(name.len()).ok()?;
            (self.name)(certificate.pCert, SHORT_NAME, 0, ptr::null(), name.as_mut_ptr(), length);
            Some(super::text(&name)).filter(|name| !name.is_empty())
        }
    }

    /// A way to look in the catalogs; none where this Windows has not this one.
    fn context(&self, newer: bool) -> Option<Context<'_>> {
        let mut context = 0;
        // SAFETY: the call writes a number and reads a name that ends in a zero.
        let done = unsafe {
            match self.newer.as_ref().filter(|_| newer) {
                Some(newer) => {
                    let kind: Vec<u16> = "SHA256".encode_utf16().chain([0]).collect();
                    (newer.acquire)(&raw mut context, ptr::null(), kind.as_ptr(), ptr::null(), 0)
                }
                None if newer => 0,
                None => (self.acquire)(&raw mut context, ptr::null(), 0),
            }
        };
        (done != 0).then_some(Context { trust: self, number: context, newer })
    }
}

/// An open way to look in the catalogs.
struct Context<'a> {
    trust: &'a Trust,
    number: isize,
    newer: bool,
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        // SAFETY: the number is that of an open context, which nobody uses any more.
        unsafe { (self.trust.release)(self.number, 0) };
    }
}

impl Context<'_> {
    /// What a catalog says of a file; none where no catalog has it. The error is Windows' number.
    fn look(&self, file: &File, path: &[u16]) -> Result<Option<Signature>, u32> {
        let mut digest = [0_u8; MAX_DIGEST];
        let mut length = u32::try_from(digest.len()).unwrap_or_default();
        let handle = file.as_raw_handle();
        // SAFETY: the file is open to be read; the buffer is as long as is said, and the call says how much it filled.
        let done = unsafe {
            match self.trust.newer.as_ref().filter(|_| self.newer) {
                Some(newer) => (newer.digest)(self.number, handle, &raw mut length, digest.as_mut_ptr(), 0),
                None => (self.trust.digest)(handle, &raw mut length, digest.as_mut_ptr(), 0),
            }
        };
        let digest = usize::try_from(length).ok().and_then(|length| digest.get_mut(..length));
        let Some(digest) = digest.filter(|_| done != 0) else { return Err(last_error()) };
        // SAFETY: the digest is as long as is said; none before it was found.
        let found = unsafe { (self.trust.find)(self.number, digest.as_ptr(), length, 0, ptr::null_mut()) };
        if found == 0 {
            let error = last_error();
            return if error == ERROR_NOT_FOUND { Ok(None) } else { Err(error) };
        }
        let mut told = CATALOG_INFO { cbStruct: length_of::<CATALOG_INFO>(), ..CATALOG_INFO::default() };
        // SAFETY: `found` is a catalog of this context, left after; `told` is of the call's type and says its length.
        let done = unsafe {
            let done = (self.trust.told)(found, &raw mut told, 0);
            (self.trust.leave)(self.number, found, 0);
            done
        };
        if done == 0 {
            return Err(last_error());
        }
        // What the file is called in a catalog: its digest in upper case.
        let mut tag = String::new();
        for byte in &*digest {
            let _ = write!(tag, "{byte:02X}");
        }
        let tag: Vec<u16> = tag.encode_utf16().chain([0]).collect();
        let mut catalog = WINTRUST_CATALOG_INFO {
            cbStruct: length_of::<WINTRUST_CATALOG_INFO>(),
            pcwszCatalogFilePath: told.wszCatalogFile.as_ptr(),
            pcwszMemberTag: tag.as_ptr(),
            pcwszMemberFilePath: path.as_ptr(),
            hMemberFile: handle,
            pbCalculatedFileHash: digest.as_mut_ptr(),
            cbCalculatedFileHash: length,
            hCatAdmin: self.number,
            ..WINTRUST_CATALOG_INFO::default()
        };
        let what = WINTRUST_DATA_0 { pCatalog: &raw mut catalog };
        let (answer, signer) = self.trust.ask(WTD_CHOICE_CATALOG, what);
        let catalog = super::text(&told.wszCatalogFile);
        let catalog = catalog.rsplit('\\').next().map(str::to_owned);
        Ok(Some(Signature { signer, catalog, ..Signature::of_answer(answer) }))
    }
}
