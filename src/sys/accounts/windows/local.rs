//! The accounts and groups of this machine itself.

use std::ffi::c_void;
use std::io;
use std::ptr;

use windows_sys::Win32::Foundation::ERROR_MORE_DATA;
use windows_sys::Win32::NetworkManagement::NetManagement::{
    FILTER_NORMAL_ACCOUNT, LOCALGROUP_INFO_1, LOCALGROUP_MEMBERS_INFO_0, MAX_PREFERRED_LENGTH,
    NET_USER_ENUM_FILTER_FLAGS, NetApiBufferFree, NetLocalGroupEnum, NetLocalGroupGetMembers, NetUserEnum,
    UF_ACCOUNTDISABLE, UF_DONT_EXPIRE_PASSWD, UF_LOCKOUT, UF_PASSWD_NOTREQD, USER_INFO_3,
};
use windows_sys::core::PCWSTR;

use super::sessions::sid;
use crate::evidence::Utc;
use crate::sys::windows::library::system_functions;
use crate::sys::windows::text_at;
use crate::sys::{LocalAccount, LocalGroup};

system_functions! {
    /// The functions of network management for this machine's accounts.
    Accounts in "netapi32.dll" {
        users: NetUserEnum(
            PCWSTR,
            u32,
            NET_USER_ENUM_FILTER_FLAGS,
            *mut *mut u8,
            u32,
            *mut u32,
            *mut u32,
            *mut u32
        ) -> u32,
        groups: NetLocalGroupEnum(PCWSTR, u32, *mut *mut u8, u32, *mut u32, *mut u32, *mut usize) -> u32,
        members: NetLocalGroupGetMembers(
            PCWSTR,
            PCWSTR,
            u32,
            *mut *mut u8,
            u32,
            *mut u32,
            *mut u32,
            *mut usize
        ) -> u32,
        free: NetApiBufferFree(*const c_void) -> u32,
    }
}

/// Bytes asked for at once: a domain controller has the whole domain's accounts.
const AT_ONCE: u32 = 1 << 20;

/// Most askings for one list.
const MAX_ASKINGS: usize = 1_000;

/// Most rows of one answer.
const MAX_ROWS: u32 = 100_000;

pub(crate) fn local_accounts() -> io::Result<Vec<LocalAccount>> {
    let functions = Accounts::get()?;
    let (mut all, mut resume) = (Vec::new(), 0_u32);
    for _ in 0..MAX_ASKINGS {
        let (mut first, mut count, mut total) = (ptr::null_mut(), 0, 0);
        // SAFETY: no server is named, which is this machine; the others are of the call's types.
        let answer = unsafe {
            (functions.users)(
                ptr::null(),
                3,
                FILTER_NORMAL_ACCOUNT,
                &raw mut first,
                AT_ONCE,
                &raw mut count,
                &raw mut total,
                &raw mut resume,
            )
        };
        let list = List::of(functions, answer, first, count)?;
        // SAFETY: an answer of level 3 is a list of these.
        all.extend(unsafe { list.rows::<USER_INFO_3>() }.iter().map(account));
        if answer != ERROR_MORE_DATA {
            break;
        }
    }
    Ok(all)
}

fn account(facts: &USER_INFO_3) -> LocalAccount {
    // SAFETY: each text is null or ends in a zero, and stands beside the list.
    let (name, full_name, comment, script, home) = unsafe {
        (
            text_at(facts.usri3_name),
            text_at(facts.usri3_full_name),
            text_at(facts.usri3_comment),
            text_at(facts.usri3_script_path),
            text_at(facts.usri3_home_dir),
        )
    };
    let flag = |flag: u32| facts.usri3_flags & flag != 0;
    let last = i64::from(facts.usri3_last_logon);
    LocalAccount {
        name,
        id: facts.usri3_user_id,
        full_name,
        comment,
        disabled: flag(UF_ACCOUNTDISABLE),
        locked: flag(UF_LOCKOUT),
        password_not_required: flag(UF_PASSWD_NOTREQD),
        password_never_expires: flag(UF_DONT_EXPIRE_PASSWD),
        password_age: facts.usri3_password_age,
        last_logon: Utc::from_unix(last, 0).filter(|_| last > 0),
        logons: facts.usri3_num_logons,
        wrong_passwords: facts.usri3_bad_pw_count,
        script,
        home,
    }
}

pub(crate) fn local_groups() -> io::Result<Vec<LocalGroup>> {
    let functions = Accounts::get()?;
    let (mut first, mut count, mut total) = (ptr::null_mut(), 0, 0);
    // SAFETY: no server is named, which is this machine; the others are of the call's types.
    let answer = unsafe {
        (functions.groups)(
            ptr::null(),
            1,
            &raw mut first,
            MAX_PREFERRED_LENGTH,
            &raw mut count,
            &raw mut total,
            ptr::null_mut(),
        )
    };
    let list = List::of(functions, answer, first, count)?;
    // SAFETY: an answer of level 1 is a list of these.
    let groups = unsafe { list.rows::<LOCALGROUP_INFO_1>() };
    let group = |facts: &LOCALGROUP_INFO_1| LocalGroup {
        // SAFETY: each text is null or ends in a zero, and stands beside the list.
        name: unsafe { text_at(facts.lgrpi1_name) },
        // SAFETY: as above.
        comment: unsafe { text_at(facts.lgrpi1_comment) },
        members: members(functions, facts.lgrpi1_name),
    };
    Ok(groups.iter().map(group).collect())
}

/// The SIDs of a group's members; none where they are not told.
fn members(functions: &'static Accounts, group: *const u16) -> Vec<String> {
    let (mut first, mut count, mut total) = (ptr::null_mut(), 0, 0);
    // SAFETY: the name ends in a zero and outlives the call; the others are of its types.
    let answer = unsafe {
        (functions.members)(
            ptr::null(),
            group,
            0,
            &raw mut first,
            MAX_PREFERRED_LENGTH,
            &raw mut count,
            &raw mut total,
            ptr::null_mut(),
        )
    };
    let Ok(list) = List::of(functions, answer, first, count) else { return Vec::new() };
    // SAFETY: an answer of level 0 is a list of these.
    let members = unsafe { list.rows::<LOCALGROUP_MEMBERS_INFO_0>() };
    members.iter().filter_map(|member| sid(member.lgrmi0_sid.cast())).collect()
}

/// A list that one of these calls made, freed when it is let go.
struct List {
    functions: &'static Accounts,
    first: *mut u8,
    count: u32,
}

impl List {
    fn of(functions: &'static Accounts, answer: u32, first: *mut u8, count: u32) -> io::Result<Self> {
        let list = Self { functions, first, count };
        if matches!(answer, 0 | ERROR_MORE_DATA) {
            return Ok(list);
        }
        Err(io::Error::from_raw_os_error(answer.cast_signed()))
    }

    /// Its rows.
    ///
    /// # Safety
    /// It was asked for at the level whose rows are of this type.
    unsafe fn rows<T>(&self) -> &[T] {
        if self.first.is_null() {
            return &[];
        }
        let count = usize::try_from(self.count.min(MAX_ROWS)).unwrap_or_default();
        // SAFETY: the call succeeded, so that many stand there, aligned as they must be, until the list is let go.
        unsafe { std::slice::from_raw_parts(self.first.cast(), count) }
    }
}

impl Drop for List {
    fn drop(&mut self) {
        if !self.first.is_null() {
            // SAFETY: the list is the call's, and is freed once.
            unsafe { (self.functions.free)(self.first.cast()) };
        }
    }
}
