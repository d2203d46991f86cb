//! Sessions and logons of this machine, as Remote Desktop Services and the Local Security Authority list them.

use std::ffi::c_void;
use std::io;
use std::ptr;

use windows_sys::Win32::Foundation::{HANDLE, LUID, NTSTATUS};
use windows_sys::Win32::Security::Authentication::Identity::{
    LSA_UNICODE_STRING, LsaEnumerateLogonSessions, LsaFreeReturnBuffer, LsaGetLogonSessionData,
    SECURITY_LOGON_SESSION_DATA,
};
use windows_sys::Win32::System::RemoteDesktop::{
    WTS_CURRENT_SERVER_HANDLE, WTS_INFO_CLASS, WTS_SESSION_INFOW, WTSClientAddress, WTSClientName,
    WTSEnumerateSessionsW, WTSFreeMemory, WTSINFOW, WTSQuerySessionInformationW, WTSSessionInfo,
};
use windows_sys::core::{BOOL, PWSTR};

use crate::sys::windows::library::system_functions;
use crate::sys::windows::{handle, text, text_at};
use crate::sys::{LogonSession, TerminalSession, layouts};

system_functions! {
    /// The functions of Remote Desktop Services.
    RemoteDesktop in "wtsapi32.dll" {
        sessions: WTSEnumerateSessionsW(HANDLE, u32, u32, *mut *mut WTS_SESSION_INFOW, *mut u32) -> BOOL,
        ask: WTSQuerySessionInformationW(HANDLE, u32, WTS_INFO_CLASS, *mut PWSTR, *mut u32) -> BOOL,
        free: WTSFreeMemory(*mut c_void) -> (),
    }
}

system_functions! {
    /// The functions of the Local Security Authority.
    Authority in "secur32.dll" {
        logons: LsaEnumerateLogonSessions(*mut u32, *mut *mut LUID) -> NTSTATUS,
        logon: LsaGetLogonSessionData(*const LUID, *mut *mut SECURITY_LOGON_SESSION_DATA) -> NTSTATUS,
        free: LsaFreeReturnBuffer(*const c_void) -> NTSTATUS,
    }
}

/// Most sessions, and most logons.
const MAX_SESSIONS: usize = 10_000;
const MAX_LOGONS: usize = 100_000;

pub(crate) fn sessions() -> io::Result<Vec<TerminalSession>> {
    let functions = RemoteDesktop::get()?;
    let (mut first, mut count): (*mut WTS_SESSION_INFOW, u32) = (ptr::null_mut(), 0);
    // SAFETY: both are of the call's types.
    let done =
        unsafe { (functions.sessions)(WTS_CURRENT_SERVER_HANDLE, 0, 1, &raw mut first, &raw mut count) };
    if done == 0 || first.is_null() {
        return Err(io::Error::last_os_error());
    }
    let count = usize::try_from(count).unwrap_or_default().min(MAX_SESSIONS);
    // SAFETY: the call succeeded, so that many stand there until they are freed below.
    let listed = unsafe { std::slice::from_raw_parts(first, count) };
    // SAFETY: the name ends in a zero and stands beside the list.
    let session = |one: &WTS_SESSION_INFOW| session(functions, one, unsafe { text_at(one.pWinStationName) });
    let told = listed.iter().map(session).collect();
    // SAFETY: the list is the call's, and is freed once; nothing that points into it is kept.
    unsafe { (functions.free)(first.cast()) };
    Ok(told)
}

fn session(functions: &RemoteDesktop, listed: &WTS_SESSION_INFOW, station: String) -> TerminalSession {
    let mut told =
        TerminalSession { id: listed.SessionId, station, state: listed.State, ..TerminalSession::default() };
    if let Some(answer) = ask(functions, listed.SessionId, WTSSessionInfo)
        && answer.len() >= size_of::<WTSINFOW>()
    {
        // SAFETY: so many bytes are there, and all of its parts are numbers.
        let facts: WTSINFOW = unsafe { ptr::read_unaligned(answer.as_ptr().cast()) };
        let moment = |ticks: i64| u64::try_from(ticks).ok().and_then(layouts::filetime);
        (told.domain, told.user) = (text(&facts.Domain), text(&facts.UserName));
        (told.since, told.last_input) = (moment(facts.LogonTime), moment(facts.LastInputTime));
    }
    told.client = ask(functions, listed.SessionId, WTSClientName)
        .map(|answer| text(&layouts::wide(&answer)))
        .filter(|name| !name.is_empty());
    told.remote =
        ask(functions, listed.SessionId, WTSClientAddress).and_then(|answer| layouts::client(&answer));
    told
}

/// What Remote Desktop Services tell of a session.
fn ask(functions: &RemoteDesktop, session: u32, class: WTS_INFO_CLASS) -> Option<Vec<u8>> {
    let (mut answer, mut length) = (ptr::null_mut(), 0);
    // SAFETY: both are of the call's types.
    let done = unsafe {
        (functions.ask)(WTS_CURRENT_SERVER_HANDLE, session, class, &raw mut answer, &raw mut length)
    };
    if done == 0 || answer.is_null() {
        return None;
    }
    let length = usize::try_from(length).unwrap_or_default().min(64 << 10);
    // SAFETY: the call succeeded, so that many bytes stand there until they are freed below.
    let bytes = unsafe { std::slice::from_raw_parts(answer.cast::<u8>(), length) }.to_vec();
    // SAFETY: the answer is the call's, and is freed once; what was copied of it is kept.
    unsafe { (functions.free)(answer.cast()) };
    Some(bytes)
}

pub(crate) fn logons() -> io::Result<Vec<LogonSession>> {
    let functions = Authority::get()?;
    let (mut first, mut count): (*mut LUID, u32) = (ptr::null_mut(), 0);
    // SAFETY: both are of the call's types.
    let status = unsafe { (functions.logons)(&raw mut count, &raw mut first) };
    if status < 0 {
        return Err(handle::error_of(status));
    }
    if first.is_null() {
        return Ok(Vec::new());
    }
    let count = usize::try_from(count).unwrap_or_default().min(MAX_LOGONS);
    // SAFETY: the call succeeded, so that many stand there until they are freed below.
    let listed = unsafe { std::slice::from_raw_parts(first, count) };
    // One that has ended meanwhile, or is another's, tells nothing.
    let told = listed.iter().filter_map(|id| logon(functions, id)).collect();
    // SAFETY: the list is the call's, and is freed once; nothing that points into it is kept.
    unsafe { (functions.free)(first.cast()) };
    Ok(told)
}

fn logon(functions: &Authority, id: &LUID) -> Option<LogonSession> {
    let mut data: *mut SECURITY_LOGON_SESSION_DATA = ptr::null_mut();
    // SAFETY: the number outlives the call, which only reads it; `data` is of its type.
    if unsafe { (functions.logon)(id, &raw mut data) } < 0 {
        return None;
    }
    // SAFETY: the call succeeded, so it is null or stands there until it is freed below.
    let facts = unsafe { data.as_ref() }?;
    let told = LogonSession {
        id: (u64::from(id.HighPart.cast_unsigned()) << 32) | u64::from(id.LowPart),
        domain: counted(&facts.LogonDomain),
        user: counted(&facts.UserName),
        sid: sid(facts.Sid.cast()),
        kind: facts.LogonType,
        session: facts.Session,
        package: counted(&facts.AuthenticationPackage),
        server: counted(&facts.LogonServer),
        principal: counted(&facts.Upn),
        since: u64::try_from(facts.LogonTime).ok().and_then(layouts::filetime),
    };
    // SAFETY: the answer is the call's, and is freed once; nothing that points into it is kept.
    unsafe { (functions.free)(data.cast_const().cast()) };
    Some(told)
}

/// A text whose length stands beside it, in an answer of the Local Security Authority.
fn counted(text: &LSA_UNICODE_STRING) -> String {
    if text.Buffer.is_null() {
        return String::new();
    }
    // SAFETY: that many bytes stand there as long as the answer does, which is freed after this.
    String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(text.Buffer, usize::from(text.Length / 2)) })
}

/// A SID that an answer points to.
pub(super) fn sid(sid: *const u8) -> Option<String> {
    if sid.is_null() {
        return None;
    }
    // SAFETY: every SID has its number of parts in its second byte, and is as long as that says.
    let bytes = unsafe {
        let parts = usize::from(*sid.add(1)).min(15);
        std::slice::from_raw_parts(sid, parts.saturating_mul(4).saturating_add(8))
    };
    crate::evidence::sid::text(bytes)
}
