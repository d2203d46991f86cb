//! Windows 10 1809 and later: a pseudo console, whose end closes the console of the child
//! (<https://learn.microsoft.com/windows/console/creating-a-pseudoconsole-session>).

use std::ffi::OsStr;
use std::io::{self, PipeReader, PipeWriter};
use std::os::windows::ffi::OsStrExt as _;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::ptr;
use std::thread;
use std::time::Duration;

use windows_sys::Win32::Foundation::{HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation, WAIT_OBJECT_0};
use windows_sys::Win32::System::Console::{COORD, ClosePseudoConsole, CreatePseudoConsole, HPCON};
use windows_sys::Win32::System::Threading::{
    CreateProcessW, DeleteProcThreadAttributeList, EXTENDED_STARTUPINFO_PRESENT, GetExitCodeProcess,
    InitializeProcThreadAttributeList, PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE, PROCESS_INFORMATION,
    STARTF_USESTDHANDLES, STARTUPINFOEXW, TerminateProcess, UpdateProcThreadAttribute, WaitForSingleObject,
};
use windows_sys::core::HRESULT;

use crate::sys::windows::library::system_functions;

system_functions! {
    /// The functions of pseudo consoles.
    PseudoConsoles in "kernel32.dll" {
        create: CreatePseudoConsole(COORD, HANDLE, HANDLE, u32, *mut HPCON) -> HRESULT,
        close: ClosePseudoConsole(HPCON) -> (),
    }
}

/// Columns and lines of a console that nobody looks at.
const SIZE: COORD = COORD { X: 80, Y: 25 };

/// A pseudo console with the ends of its pipes that must stay open as long as it is.
struct Console {
    handle: HPCON,
    pipes: (PipeWriter, PipeReader),
}

impl Console {
    fn open(functions: &PseudoConsoles) -> io::Result<Self> {
        let ((keys, typed), (shown, screen)) = (io::pipe()?, io::pipe()?);
        let mut handle: HPCON = 0;
        // SAFETY: both pipes are open, and the call has its own handles of them after it; `handle` is of its type.
        let answer = unsafe {
            (functions.create)(SIZE, keys.as_raw_handle(), screen.as_raw_handle(), 0, &raw mut handle)
        };
        if answer < 0 {
            return Err(io::Error::other(format!("CreatePseudoConsole answers {answer:#x}")));
        }
        Ok(Self { handle, pipes: (typed, shown) })
    }

    /// Closes it, which may wait for the programs in it, on a thread of its own.
    fn close(self, functions: &'static PseudoConsoles) -> io::Result<()> {
        let close = move || {
            let Self { handle, pipes } = self;
            // Nobody reads the screen: a console that still writes to it must not wait for that.
            drop(pipes);
            // SAFETY: the handle is the call's own, and is closed once.
            unsafe { (functions.close)(handle) };
        };
        thread::Builder::new().name("console".to_owned()).spawn(close).map(drop)
    }
}

pub(super) struct Child {
    process: OwnedHandle,
    console: Option<Console>,
    output: PipeReader,
    errors: PipeReader,
    functions: &'static PseudoConsoles,
}

impl Child {
    pub(super) fn start(arguments: &[&str]) -> io::Result<Self> {
        let functions = PseudoConsoles::get()?;
        let console = Console::open(functions)?;
        let ((output, to_output), (errors, to_errors)) = (io::pipe()?, io::pipe()?);
        let process = spawn(&console, arguments, [&to_output, &to_errors])?;
        Ok(Self { process, console: Some(console), output, errors, functions })
    }

    pub(super) fn output(&mut self) -> &mut dyn io::Read {
        &mut self.output
    }

    pub(super) fn errors(&mut self) -> &mut dyn io::Read {
        &mut self.errors
    }

    pub(super) fn close_console(&mut self) -> io::Result<()> {
        self.console.take().map_or(Ok(()), |console| console.close(self.functions))
    }

    pub(super) fn wait(&mut self, limit: Duration) -> io::Result<Option<i64>> {
        let limit = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX);
        // SAFETY: the process is open, with all rights.
        if unsafe { WaitForSingleObject(self.process.as_raw_handle(), limit) } != WAIT_OBJECT_0 {
            return Ok(None);
        }
        let mut code = 0;
        // SAFETY: as above; `code` is of the call's type.
        if unsafe { GetExitCodeProcess(self.process.as_raw_handle(), &raw mut code) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Some(code.into()))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // SAFETY: the process is open, with all rights. One that has ended already cannot be ended.
        unsafe { TerminateProcess(self.process.as_raw_handle(), 1) };
        drop(self.close_console());
    }
}

/// Starts this program in a console.
fn spawn(
    console: &Console,
    arguments: &[&str],
    [output, errors]: [&PipeWriter; 2],
) -> io::Result<OwnedHandle> {
    for pipe in [output, errors] {
        // SAFETY: the pipe is open.
        if unsafe { SetHandleInformation(pipe.as_raw_handle(), HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) }
            == 0
        {
            return Err(io::Error::last_os_error());
        }
    }
    let program = std::env::current_exe()?;
    let path: Vec<u16> = program.as_os_str().encode_wide().chain([0]).collect();
    let mut line = format!("\"{}\"", program.display());
    for argument in arguments {
        line.extend([" \"", argument, "\""]);
    }
    let mut line: Vec<u16> = OsStr::new(&line).encode_wide().chain([0]).collect();
    let mut length = 0;
    // SAFETY: asked for its length alone, which it writes; that this is no success is how it answers.
    unsafe { InitializeProcThreadAttributeList(ptr::null_mut(), 1, 0, &raw mut length) };
    // Aligned for pointers.
    let mut list = vec![0_u64; length.div_ceil(8)];
    let list = list.as_mut_ptr().cast();
    // SAFETY: the list is as long as was said just now, and is deleted below.
    if unsafe { InitializeProcThreadAttributeList(list, 1, 0, &raw mut length) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let mut startup = STARTUPINFOEXW::default();
    startup.StartupInfo.cb = u32::try_from(size_of::<STARTUPINFOEXW>()).unwrap_or_default();
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.StartupInfo.hStdOutput = output.as_raw_handle();
    startup.StartupInfo.hStdError = errors.as_raw_handle();
    startup.lpAttributeList = list;
    let mut started = PROCESS_INFORMATION::default();
    // SAFETY: the list is initialised, and the attribute's value is the handle itself, as its page says; texts end in a zero; all
    // of it outlives the calls.
    let done = unsafe {
        UpdateProcThreadAttribute(
            list,
            0,
            usize::try_from(PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE).unwrap_or_default(),
            ptr::without_provenance(console.handle.cast_unsigned()),
            size_of::<HPCON>(),
            ptr::null_mut(),
            ptr::null(),
        ) != 0
            && CreateProcessW(
                path.as_ptr(),
                line.as_mut_ptr(),
                ptr::null(),
                ptr::null(),
                1,
                EXTENDED_STARTUPINFO_PRESENT,
                ptr::null(),
                ptr::null(),
                (&raw const startup).cast(),
                &raw mut started,
            ) != 0
    };
    let error = io::Error::last_os_error();
    // SAFETY: the list was initialised, and is used no more.
    unsafe { DeleteProcThreadAttributeList(list) };
    if !done {
        return Err(error);
    }
    // SAFETY: the call succeeded, so both are open handles that nobody else has.
    let (process, thread) = unsafe {
        (OwnedHandle::from_raw_handle(started.hProcess), OwnedHandle::from_raw_handle(started.hThread))
    };
    drop(thread);
    Ok(process)
}
