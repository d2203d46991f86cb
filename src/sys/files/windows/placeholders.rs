//! Placeholders of files and directories whose content is elsewhere (`OneDrive` and the like), seen as what they are.
//!
//! Windows shows them to most programs as common files, and fetches the content when one is read. This process asks to see
//! their attributes and tags, so that what is elsewhere is recognised and left there.
//! <https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-rtlsetprocessplaceholdercompatibilitymode>

use std::sync::OnceLock;

use crate::sys::windows::library::Library;

/// `PHCM_EXPOSE_PLACEHOLDERS`.
const EXPOSE: i8 = 2;

/// Has this process see placeholders as they are; whether it does. `None` on a Windows that has none (before 10, 1803).
pub(crate) fn expose_placeholders() -> Option<bool> {
    static EXPOSED: OnceLock<Option<bool>> = OnceLock::new();
    *EXPOSED.get_or_init(|| {
        let kernel = Library::load("ntdll.dll").ok()?;
        // SAFETY: both are of the form that Microsoft's documentation gives them.
        let (set, query): (unsafe extern "system" fn(i8) -> i8, unsafe extern "system" fn() -> i8) = unsafe {
            (
                kernel.function(c"RtlSetProcessPlaceholderCompatibilityMode").ok()?,
                kernel.function(c"RtlQueryProcessPlaceholderCompatibilityMode").ok()?,
            )
        };
        // SAFETY: they take and return a number.
        Some(unsafe {
            set(EXPOSE);
            query() == EXPOSE
        })
    })
}
