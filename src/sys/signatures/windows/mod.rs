//! What Windows says of a file's signature: one in the file, else in the catalogs that Windows keeps of its own files and of drivers.
//!
//! The file is opened as others are, shared with everybody and without its access being noted; nothing is asked of the network, and no
//! window is shown. Where other functions than Windows' own read signatures ([`providers`]), or it calls valid what cannot be
//! ([`canary`]), its answers are not used, and that is the error. Only programs and libraries are asked about, whose kind is said beforehand, so that no other library is loaded to find it out. <https://learn.microsoft.com/windows/win32/api/wintrust/nf-wintrust-winverifytrust>

mod canary;

use std::ffi::c_void;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _};
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::{AsRawHandle as _, OwnedHandle};
use std::ptr;
use std::sync::OnceLock;

use sha1::Digest as _;
use windows_sys::Win32::Foundation::{ERROR_NOT_FOUND, HANDLE, INVALID_HANDLE_VALUE, SetLastError};
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
use windows_sys::Win32::System::SystemInformation::OSVERSIONINFOW;
use windows_sys::core::{BOOL, GUID, PCWSTR};

use super::answers::is_absent;
use super::{FileSignature, SignatureStatus, answers, providers};
use crate::sys::files::{leave_access_time, reads_are_noted};
use crate::sys::registry::{RegistryHandle, registry_value};
use crate::sys::windows::library::Library;
use crate::sys::windows::text;

/// Most bytes of a digest by which a catalog is found.
const MAX_DIGEST: usize = 64;

/// Most catalogs that have one file.
const MAX_CATALOGS: usize = 16;

/// Most certificates of a chain.
const MAX_CHAIN: u32 = 32;

/// Most bytes of a certificate.
const MAX_CERTIFICATE: u32 = 1 << 20;

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
    verify: canary::Verify,
    load: canary::LoadReader,
    of_state: unsafe extern "system" fn(HANDLE) -> *mut c_void,
    signer: unsafe extern "system" fn(*mut c_void, u32, BOOL, u32) -> *mut c_void,
    certificate: unsafe extern "system" fn(*mut c_void, u32) -> *mut CRYPT_PROVIDER_CERT,
    name: unsafe extern "system" fn(*const CERT_CONTEXT, u32, u32, *const c_void, *mut u16, u32) -> u32,
    newer: Option<Catalogs>,
    is_before_8: bool,
    acquire: unsafe extern "system" fn(*mut isize, *const GUID, u32) -> BOOL,
    digest: unsafe extern "system" fn(HANDLE, *mut u32, *mut u8, u32) -> BOOL,
    find: unsafe extern "system" fn(isize, *const u8, u32, u32, *mut isize) -> isize,
    told: unsafe extern "system" fn(isize, *mut CATALOG_INFO, u32) -> BOOL,
    leave: unsafe extern "system" fn(isize, isize, u32) -> BOOL,
    release: unsafe extern "system" fn(isize, u32) -> BOOL,
}

impl Trust {
    fn load() -> io::Result<Self> {
        // Windows' own library looks for this one by its name, with its dependencies, when it needs it: one that is loaded already
        // is not looked for. Where it is missing, whoever needs it says so.
        drop(Library::load("imagehlp.dll"));
        let trust = Library::load("wintrust.dll")?;
        let names = Library::load("crypt32.dll")?;
        // SAFETY: each is of the form that Microsoft's documentation gives it.
        unsafe {
            let newer = trust.function(c"CryptCATAdminAcquireContext2").and_then(|acquire| {
                Ok(Catalogs { acquire, digest: trust.function(c"CryptCATAdminCalcHashFromFileHandle2")? })
            });
            Ok(Self {
                verify: trust.function(c"WinVerifyTrust")?,
                load: names.function(c"CryptSIPLoad")?,
                of_state: trust.function(c"WTHelperProvDataFromStateData")?,
                signer: trust.function(c"WTHelperGetProvSignerFromChain")?,
                certificate: trust.function(c"WTHelperGetProvCertFromChain")?,
                name: names.function(c"CertGetNameStringW")?,
                newer: newer.ok(),
                is_before_8: is_before_8(),
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

/// Whether this is Windows 7 or Server 2008 R2, whatever it tells programs that it is.
fn is_before_8() -> bool {
    type Version = unsafe extern "system" fn(*mut OSVERSIONINFOW) -> i32;
    // SAFETY: it is of the form that Microsoft's documentation gives it.
    let version =
        unsafe { Library::load("ntdll.dll").and_then(|kernel| kernel.function::<Version>(c"RtlGetVersion")) };
    let mut told =
        OSVERSIONINFOW { dwOSVersionInfoSize: length_of::<OSVERSIONINFOW>(), ..OSVERSIONINFOW::default() };
    // SAFETY: the call fills the structure, which says its length.
    let done = version.is_ok_and(|version| unsafe { version(&raw mut told) } >= 0);
    done && (told.dwMajorVersion, told.dwMinorVersion) < (6, 2)
}

/// The kind of programs and libraries.
static PROGRAM: GUID = GUID::from_u128(0xc689_aab8_8e78_11d0_8c47_00c0_4fc2_95ee);

/// Finds that Windows' own functions read signatures, and no other.
fn readers() -> Result<(), String> {
    providers::check(&LocalMachine)
}

/// The registry of this machine.
struct LocalMachine;

impl providers::Registry for LocalMachine {
    fn value(&self, key: &str, name: &str) -> Option<String> {
        registry_value(key, name).and_then(|value| value.text())
    }

    fn libraries(&self, key: &str) -> Result<Vec<String>, String> {
        let Some(handle) = opened(key)? else { return Ok(Vec::new()) };
        let Some(entry) = handle.value("Dll").map_err(|error| providers::unread(key, &error))? else {
            return Ok(Vec::new());
        };
        entry.texts().ok_or_else(|| providers::unread(key, &"'Dll' is not text"))
    }

    fn keys(&self, key: &str) -> Result<Vec<String>, String> {
        let Some(handle) = opened(key)? else { return Ok(Vec::new()) };
        let listed = handle.names();
        if let Some(error) = listed.failure {
            return Err(providers::unread(key, &error));
        }
        Ok(listed.names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect())
    }
}

/// Opens a key; `None` where it does not exist.
fn opened(key: &str) -> Result<Option<RegistryHandle>, String> {
    match RegistryHandle::open(key) {
        Ok(handle) => Ok(Some(handle)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(providers::unread(key, &error)),
    }
}

pub(crate) fn signature(path: &str) -> io::Result<Option<FileSignature>> {
    static TRUST: OnceLock<Result<Trust, String>> = OnceLock::new();
    let load = || readers().and_then(|()| Trust::load().map_err(|error| error.to_string()));
    let trust = TRUST.get_or_init(load).as_ref().map_err(|why| io::Error::other(why.clone()))?;
    let signature = verified(trust, path)?;
    // Before Windows 8 only updates brought SHA-2, and with it the newer functions.
    if trust.newer.is_some() || !trust.is_before_8 {
        return Ok(signature);
    }
    Ok(signature
        .map(|signature| FileSignature { status: answers::without_sha_2(signature.status), ..signature }))
}

/// Verifies the signature of a file, as this Windows can.
fn verified(trust: &Trust, path: &str) -> io::Result<Option<FileSignature>> {
    let mut file = open(path)?;
    let mut begin = [0; 2];
    if file.read(&mut begin)? < begin.len() || begin != *b"MZ" {
        return Ok(None);
    }
    file.rewind()?;
    let wide: Vec<u16> = path.encode_utf16().chain([0]).collect();
    if trust.believes_anything(&file, &wide) {
        let text =
            "Windows reports an unsigned file as signed: its results on signatures cannot be trusted here";
        return Err(io::Error::other(text));
    }
    let mut within = WINTRUST_FILE_INFO {
        cbStruct: length_of::<WINTRUST_FILE_INFO>(),
        pcwszFilePath: wide.as_ptr(),
        hFile: file.as_raw_handle(),
        pgKnownSubject: (&raw const PROGRAM).cast_mut(),
    };
    let Answer { answer, signer, root } =
        trust.ask(WTD_CHOICE_FILE, WINTRUST_DATA_0 { pFile: &raw mut within });
    if !is_absent(answer) {
        return Ok(Some(FileSignature { status: answers::status(answer), signer, root, catalog: None }));
    }
    // None is in the file; a catalog may have one, by each of the digests that Windows keeps.
    let mut said = answers::status(answer);
    for way in trust.newer.iter().map(Some).chain([None]) {
        let looked = trust.context(way).and_then(|context| context.look(&mut file, &wide));
        match looked {
            Ok(Some(signature)) => return Ok(Some(signature)),
            Ok(None) => {}
            // One that could not be looked into may have it.
            Err(error) => said = SignatureStatus::Unknown(error),
        }
    }
    Ok(Some(FileSignature { status: said, signer: None, root: None, catalog: None }))
}

/// Opens a file to read it, without its access being noted where that may be asked.
#[allow(clippy::disallowed_methods, reason = "to read, by a path as Windows names it to others")]
fn open(path: &str) -> io::Result<File> {
    let read = FILE_READ_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE;
    let with = |access: u32| {
        let mut options = OpenOptions::new();
        options.access_mode(access).share_mode(7).custom_flags(FILE_FLAG_OPEN_NO_RECALL).open(path)
    };
    if reads_are_noted()
        && let Ok(file) = with(read | FILE_WRITE_ATTRIBUTES)
    {
        let handle = OwnedHandle::from(file);
        leave_access_time(&handle);
        return Ok(handle.into());
    }
    with(read)
}

/// The length that a structure says of itself.
fn length_of<T>() -> u32 {
    u32::try_from(size_of::<T>()).unwrap_or_default()
}

fn last_error() -> u32 {
    io::Error::last_os_error().raw_os_error().unwrap_or_default().cast_unsigned()
}

/// An answer of Windows, by its number.
struct Answer {
    answer: u32,
    signer: Option<String>,
    root: Option<String>,
}

impl Trust {
    /// Whether Windows calls anything valid; found out once, with the first program that is asked about.
    fn believes_anything(&self, program: &File, path: &[u16]) -> bool {
        static FOUND: OnceLock<bool> = OnceLock::new();
        *FOUND.get_or_init(|| {
            canary::believes_the_unsigned(self.verify, PROGRAM)
                || canary::believes_a_wrong_digest(self.load, PROGRAM, program, path)
        })
    }

    /// Windows' answer, and who signed.
    fn ask(&self, choice: u32, what: WINTRUST_DATA_0) -> Answer {
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
        // SAFETY: in place of a window stands that there is none; `data` and what it points to are of the call's types, say their
        // lengths and outlive both calls; the second ends what the first began.
        unsafe {
            SetLastError(0);
            let mut answer = (self.verify)(INVALID_HANDLE_VALUE, &raw const action, (&raw mut data).cast())
                .cast_unsigned();
            // That none is there is said as well where it could not be looked for; then the error is another one.
            let why = last_error();
            if is_absent(answer) && why != 0 && !is_absent(why) {
                answer = why;
            }
            let (signer, root) = self.signer(data.hWVTStateData).unwrap_or_default();
            data.dwStateAction = WTD_STATEACTION_CLOSE;
            (self.verify)(INVALID_HANDLE_VALUE, &raw const action, (&raw mut data).cast());
            Answer { answer, signer, root }
        }
    }

    /// The name in the certificate of the first who signed, and the thumbprint of the root that it leads to.
    ///
    /// # Safety
    /// `state` is that of an asking which has not ended, or none.
    unsafe fn signer(&self, state: HANDLE) -> Option<(Option<String>, Option<String>)> {
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
            let root = self.root(signer);
            Some((Some(text(&name)).filter(|name| !name.is_empty()), root))
        }
    }

    /// The thumbprint of the certificate that a signer's chain ends in, where that is a root: one that signed itself.
    ///
    /// # Safety
    /// `signer` is one of an asking which has not ended.
    unsafe fn root(&self, signer: *mut c_void) -> Option<String> {
        // SAFETY: the call gives a certificate that the state keeps, or none behind the last.
        let chain = (0..MAX_CHAIN).map_while(|at| unsafe { (self.certificate)(signer, at).as_ref() });
        let root = chain.last().filter(|last| last.fSelfSigned != 0)?;
        // SAFETY: it is null or a certificate that the state keeps.
        let certificate = unsafe { root.pCert.as_ref() }?;
        let length = usize::try_from(certificate.cbCertEncoded.min(MAX_CERTIFICATE)).ok()?;
        if certificate.pbCertEncoded.is_null() {
            return None;
        }
        // SAFETY: so many bytes are there for as long as the certificate is.
        let encoded = unsafe { std::slice::from_raw_parts(certificate.pbCertEncoded, length) };
        let mut thumbprint = String::new();
        for byte in sha1::Sha1::digest(encoded) {
            write!(thumbprint, "{byte:02x}").ok()?;
        }
        Some(thumbprint)
    }

    /// A way to look in the catalogs. The error is Windows' number.
    fn context<'a>(&'a self, newer: Option<&'a Catalogs>) -> Result<Context<'a>, u32> {
        let mut context = 0;
        // SAFETY: the call writes a number and reads a name that ends in a zero.
        let done = unsafe {
            match newer {
                Some(newer) => {
                    let kind: Vec<u16> = "SHA256".encode_utf16().chain([0]).collect();
                    (newer.acquire)(&raw mut context, ptr::null(), kind.as_ptr(), ptr::null(), 0)
                }
                None => (self.acquire)(&raw mut context, ptr::null(), 0),
            }
        };
        if done == 0 { Err(last_error()) } else { Ok(Context { trust: self, number: context, newer }) }
    }
}

/// An open way to look in the catalogs.
struct Context<'a> {
    trust: &'a Trust,
    number: isize,
    newer: Option<&'a Catalogs>,
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        // SAFETY: the number is that of an open context, which nobody uses any more.
        unsafe { (self.trust.release)(self.number, 0) };
    }
}

impl Context<'_> {
    /// What a catalog says of a file; none where no catalog has it. Of several, the first that is valid, else the first. The error is
    /// Windows' number.
    fn look(&self, file: &mut File, path: &[u16]) -> Result<Option<FileSignature>, u32> {
        file.rewind().map_err(|error| error.raw_os_error().unwrap_or_default().cast_unsigned())?;
        let mut digest = [0_u8; MAX_DIGEST];
        let mut length = u32::try_from(digest.len()).unwrap_or_default();
        let handle = file.as_raw_handle();
        // SAFETY: the file is open to be read; the buffer is as long as is said, and the call says how much it filled.
        let done = unsafe {
            match self.newer {
                Some(newer) => (newer.digest)(self.number, handle, &raw mut length, digest.as_mut_ptr(), 0),
                None => (self.trust.digest)(handle, &raw mut length, digest.as_mut_ptr(), 0),
            }
        };
        let digest = usize::try_from(length).ok().and_then(|length| digest.get_mut(..length));
        let Some(digest) = digest.filter(|_| done != 0) else { return Err(last_error()) };
        let mut catalog = 0;
        let mut first = None;
        for _ in 0..MAX_CATALOGS {
            let mut before = catalog;
            // SAFETY: the digest is as long as is said; the catalog before is one of this context or none, and is left by the call.
            catalog = unsafe {
                SetLastError(0);
                (self.trust.find)(self.number, digest.as_ptr(), length, 0, &raw mut before)
            };
            if catalog == 0 {
                let error = last_error();
                return if first.is_some() || error == ERROR_NOT_FOUND { Ok(first) } else { Err(error) };
            }
            let said = self.catalog(catalog, handle, path, digest);
            if said.status == SignatureStatus::Valid {
                first = Some(said);
                break;
            }
            first = first.or(Some(said));
        }
        // SAFETY: the catalog is one of this context, and nobody uses it any more.
        unsafe { (self.trust.leave)(self.number, catalog, 0) };
        Ok(first)
    }

    /// What one catalog says of a file.
    fn catalog(&self, found: isize, handle: HANDLE, path: &[u16], digest: &mut [u8]) -> FileSignature {
        let mut told = CATALOG_INFO { cbStruct: length_of::<CATALOG_INFO>(), ..CATALOG_INFO::default() };
        // SAFETY: `found` is a catalog of this context; `told` is of the call's type and says its length.
        if unsafe { (self.trust.told)(found, &raw mut told, 0) } == 0 {
            let status = SignatureStatus::Unknown(last_error());
            return FileSignature { status, signer: None, root: None, catalog: None };
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
            cbCalculatedFileHash: u32::try_from(digest.len()).unwrap_or_default(),
            hCatAdmin: self.number,
            ..WINTRUST_CATALOG_INFO::default()
        };
        let what = WINTRUST_DATA_0 { pCatalog: &raw mut catalog };
        let Answer { answer, signer, root } = self.trust.ask(WTD_CHOICE_CATALOG, what);
        let catalog = text(&told.wszCatalogFile);
        let catalog = catalog.rsplit('\\').next().map(str::to_owned);
        // A catalog that has no signature itself says nothing of one in the file.
        let status =
            if is_absent(answer) { SignatureStatus::Unknown(answer) } else { answers::status(answer) };
        FileSignature { status, signer, root, catalog }
    }
}
