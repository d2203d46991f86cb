//! Windows: one handler for all events of the console, which is the only one of this process.
//!
//! Windows calls handlers last registered first, and none after one that says that it has dealt with the event: two of them
//! would hide one another. <https://learn.microsoft.com/windows/console/handlerroutine>

use std::io;
use std::sync::OnceLock;

use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT,
    SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::RemoteDesktop::ProcessIdToSessionId;
use windows_sys::Win32::System::Threading::{GetCurrentProcessId, INFINITE, Sleep};
use windows_sys::core::BOOL;

use super::{Interruption, OnInterruption};

static ACT: OnceLock<OnInterruption> = OnceLock::new();

pub(super) fn on_interruption(act: OnInterruption) -> io::Result<()> {
    if ACT.set(act).is_err() {
        return Err(io::Error::other("there is a handler already"));
    }
    // SAFETY: the routine is a function of the program, there as long as it runs.
    if unsafe { SetConsoleCtrlHandler(Some(handle), 1) } == 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

unsafe extern "system" fn handle(event: u32) -> BOOL {
    let interruption = match event {
        CTRL_C_EVENT | CTRL_BREAK_EVENT => Interruption::Asked,
        // Services hear of every logoff, also of that of others, which ends none of them.
        CTRL_LOGOFF_EVENT if is_of_services() => return 1,
        CTRL_CLOSE_EVENT | CTRL_LOGOFF_EVENT | CTRL_SHUTDOWN_EVENT => Interruption::Closing,
        _ => return 0,
    };
    if let Some(act) = ACT.get() {
        act(interruption);
    }
    if interruption == Interruption::Closing {
        // Windows ends the process when this returns. The run is sealed meanwhile, and ends the process itself.
        // SAFETY: Windows calls this on a thread of its own, which may wait.
        unsafe { Sleep(INFINITE) };
    }
    1
}

/// Whether this process is in the session of services, where nobody logs on.
fn is_of_services() -> bool {
    let mut session = u32::MAX;
    // SAFETY: it takes a number, and writes one of the call's type.
    let done = unsafe { ProcessIdToSessionId(GetCurrentProcessId(), &raw mut session) };
    done != 0 && session == 0
}
