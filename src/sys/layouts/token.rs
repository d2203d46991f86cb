//! What `GetTokenInformation` answers, on a 64-bit Windows: a pointer to a SID, its attributes, then the SID itself.
//! <https://learn.microsoft.com/windows/win32/api/winnt/ns-winnt-token_user>

use super::u32_at;
use crate::evidence::sid;

/// Where the SID stands.
const SID: usize = 16;

/// The SID in an answer that holds one.
pub(crate) fn sid_behind(answer: &[u8]) -> Option<String> {
    sid::text(answer.get(SID..)?)
}

/// The name of a level of integrity: the SID's last part is the level.
pub(crate) fn integrity(answer: &[u8]) -> Option<&'static str> {
    let sid = answer.get(SID..)?;
    let count = usize::from(*sid.get(1)?);
    let level = u32_at(sid, count.checked_sub(1)?.checked_mul(4)?.checked_add(8)?)?;
    Some(match level {
        0..0x1000 => "untrusted",
        0x1000..0x2000 => "low",
        0x2000..0x3000 => "medium",
        0x3000..0x4000 => "high",
        _ => "system",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_level_are_told_and_what_is_cut_tells_nothing() {
        let of = |parts: &[u32], authority: u8| {
            let mut answer = vec![0; SID];
            answer.extend([1, u8::try_from(parts.len()).unwrap(), 0, 0, 0, 0, 0, authority]);
            answer.extend(parts.iter().flat_map(|part| part.to_le_bytes()));
            answer
        };
        assert_eq!(sid_behind(&of(&[18], 5)).as_deref(), Some("S-1-5-18"));
        for (level, name) in
            [(0, "untrusted"), (0x1000, "low"), (0x2100, "medium"), (0x3000, "high"), (0x4000, "system")]
        {
            let answer = of(&[level], 16);
            assert_eq!(integrity(&answer), Some(name));
            assert!((0..answer.len()).all(|cut| integrity(&answer[..cut]).is_none()));
        }
    }
}
