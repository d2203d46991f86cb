//! The services and drivers that the service control manager knows now.

use std::io;
use std::ptr;

use windows_sys::Win32::Foundation::ERROR_MORE_DATA;
use windows_sys::Win32::System::Services::{
    CloseServiceHandle, ENUM_SERVICE_STATUS_PROCESSW, EnumServicesStatusExW, OpenSCManagerW,
    SC_ENUM_PROCESS_INFO, SC_HANDLE, SC_MANAGER_ENUMERATE_SERVICE, SERVICE_DRIVER, SERVICE_STATE_ALL,
    SERVICE_WIN32,
};

use super::ServiceState;
use crate::sys::windows::text_at;

/// Bytes of one answer: as many as the call takes.
const ANSWER: usize = 256 << 10;

/// Most answers.
const MAX_ANSWERS: usize = 1_000;

/// `SERVICE_STOPPED` and those that follow it.
const STATES: [&str; 7] = ["stopped", "starting", "stopping", "running", "continuing", "pausing", "paused"];

/// The service control manager, opened to be asked.
struct Manager(SC_HANDLE);

impl Drop for Manager {
    fn drop(&mut self) {
        // SAFETY: it was opened by this program and is closed once.
        unsafe { CloseServiceHandle(self.0) };
    }
}

pub(crate) fn services() -> io::Result<Vec<ServiceState>> {
    // SAFETY: no machine and no database are named, which are this one's own.
    let manager = unsafe { OpenSCManagerW(ptr::null(), ptr::null(), SC_MANAGER_ENUMERATE_SERVICE) };
    if manager.is_null() {
        return Err(io::Error::last_os_error());
    }
    let manager = Manager(manager);
    let mut answer = vec![0_u64; ANSWER / 8];
    let (mut all, mut resume) = (Vec::new(), 0_u32);
    for _ in 0..MAX_ANSWERS {
        let (mut needed, mut count) = (0, 0);
        // SAFETY: the manager is open; the buffer is as long as is said and aligned for what it holds; the others are of the
        // call's types.
        let done = unsafe {
            EnumServicesStatusExW(
                manager.0,
                SC_ENUM_PROCESS_INFO,
                SERVICE_WIN32 | SERVICE_DRIVER,
                SERVICE_STATE_ALL,
                answer.as_mut_ptr().cast(),
                u32::try_from(ANSWER).unwrap_or_default(),
                &raw mut needed,
                &raw mut count,
                &raw mut resume,
                ptr::null(),
            )
        };
        let error = io::Error::last_os_error();
        let more = done == 0 && error.raw_os_error() == Some(ERROR_MORE_DATA.cast_signed());
        if done == 0 && !more {
            return Err(error);
        }
        let most = const { ANSWER / size_of::<ENUM_SERVICE_STATUS_PROCESSW>() };
        let count = usize::try_from(count).unwrap_or_default().min(most);
        // SAFETY: the call filled the buffer with that many, whose texts stand in it too.
        let listed: &[ENUM_SERVICE_STATUS_PROCESSW] =
            unsafe { std::slice::from_raw_parts(answer.as_ptr().cast(), count) };
        all.extend(listed.iter().map(state));
        if !more || count == 0 {
            break;
        }
    }
    Ok(all)
}

fn state(listed: &ENUM_SERVICE_STATUS_PROCESSW) -> ServiceState {
    let status = &listed.ServiceStatusProcess;
    let state = usize::try_from(status.dwCurrentState).ok().and_then(|state| state.checked_sub(1));
    ServiceState {
        // SAFETY: each text ends in a zero and stands in the answer.
        name: unsafe { text_at(listed.lpServiceName) },
        // SAFETY: as above.
        display_name: unsafe { text_at(listed.lpDisplayName) },
        state: state.and_then(|state| STATES.get(state)).copied(),
        pid: Some(status.dwProcessId).filter(|pid| *pid != 0),
    }
}
