//! Reads the accounts, groups, SSH keys and sudo rules of Unix. Pure; never panics.
//!
//! In: the text of passwd(5), group(5), shadow(5), `authorized_keys` (sshd(8)) and sudoers(5). Out: their lines as
//! values. The method of a password hash is returned, but never the hash.

use base64::Engine as _;
use sha2::Digest as _;

/// The number, from 1, of a malformed line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherLine(pub u64);

/// A line of passwd(5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User<'a> {
    /// User name.
    pub name: &'a [u8],
    /// Password field: `x` where shadow has it.
    pub password: &'a [u8],
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Full name and similar.
    pub full_name: &'a [u8],
    /// Home directory.
    pub home: &'a [u8],
    /// Shell; empty means `/bin/sh`.
    pub shell: &'a [u8],
}

/// Reads passwd(5). A line that begins with `+` or `-`, which includes or excludes NIS accounts, is returned as
/// [`OtherLine`].
pub fn users(text: &[u8]) -> impl Iterator<Item = Result<User<'_>, OtherLine>> {
    lines(text).map(|(line_number, line)| {
        let [name, password, uid, gid, full_name, home, shell] = fields(line);
        let numbers = number(uid).zip(number(gid)).ok_or(OtherLine(line_number));
        numbers.map(|(uid, gid)| User { name, password, uid, gid, full_name, home, shell })
    })
}

/// Name, group id and members of a group.
pub type Group<'a> = (&'a [u8], u32, Vec<&'a [u8]>);

/// Reads group(5).
pub fn groups(text: &[u8]) -> impl Iterator<Item = Result<Group<'_>, OtherLine>> {
    lines(text).map(|(line_number, line)| {
        let [name, _, gid, members] = fields(line);
        let members = members.split(|byte| *byte == b',').filter(|member| !member.is_empty());
        Ok((name, number(gid).ok_or(OtherLine(line_number))?, members.collect()))
    })
}

/// Reads shadow(5): name, password field, and the day of its last change, counted from 1970.
pub fn shadow(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8], Option<u32>)> {
    lines(text).map(|(_, line)| {
        let [name, password, changed] = fields(line);
        (name, password, number(changed))
    })
}

/// Returns the state of a password field, `none`, `set`, `locked` or `unusable`, and the method of its hash by the
/// names of crypt(5), where there is one. A locked field may have a hash after the mark, and is unlocked by removing
/// the mark.
#[must_use]
pub fn password(field: &[u8]) -> (&'static str, Option<&'static str>) {
    let unlocked = field.trim_ascii_start();
    let behind = unlocked.iter().position(|byte| *byte != b'!').and_then(|begin| unlocked.get(begin..));
    let locked = unlocked.starts_with(b"!");
    let hash = behind.unwrap_or_default();
    match (locked, method(hash)) {
        (false, None) if hash.is_empty() => ("none", None),
        (false, Some(method)) => ("set", Some(method)),
        (true, method) => ("locked", method),
        (false, None) => ("unusable", None),
    }
}

/// Returns the method of a hash, by its prefix (crypt(5)).
fn method(hash: &[u8]) -> Option<&'static str> {
    let id = hash.strip_prefix(b"$").and_then(|rest| rest.split(|byte| matches!(byte, b'$' | b',')).next());
    match id {
        Some(b"y") => Some("yescrypt"),
        Some(b"gy") => Some("gost-yescrypt"),
        Some(b"7") => Some("scrypt"),
        Some(b"2a" | b"2b" | b"2x" | b"2y") => Some("bcrypt"),
        Some(b"6") => Some("sha512crypt"),
        Some(b"5") => Some("sha256crypt"),
        Some(b"sha1") => Some("sha1crypt"),
        Some(b"md5") => Some("sunmd5"),
        Some(b"1") => Some("md5crypt"),
        Some(b"3") => Some("nt"),
        Some(_) => Some("other"),
        None if hash.len() == 20 && hash.starts_with(b"_") => Some("bsdicrypt"),
        None if hash.len() == 13
            && hash.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/')) =>
        {
            Some("descrypt")
        }
        None => None,
    }
}

/// A public SSH key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey<'a> {
    /// Line number, from 1.
    pub line: u64,
    /// Options (sshd(8)): `command="…"`, `from="…"`.
    pub options: &'a [u8],
    /// Key type: `ssh-ed25519` …
    pub kind: &'a [u8],
    /// `SHA256:` and the digest in unpadded base64, as `ssh-keygen -l` prints it; `None` for a line that cannot be
    /// decoded, where only the type is set.
    pub fingerprint: Option<String>,
    /// Comment.
    pub comment: &'a [u8],
    /// The whole line.
    pub text: &'a [u8],
}

/// Reads `authorized_keys`, or the file of one public key. A line that cannot be decoded is returned as well.
pub fn public_keys(text: &[u8]) -> impl Iterator<Item = PublicKey<'_>> {
    lines(text).map(|(number, line)| {
        let (first, rest) = word(line);
        let (options, kind, rest) = if is_kind(first) {
            (&b""[..], first, rest)
        } else {
            let (kind, rest) = word(rest);
            (first, kind, rest)
        };
        let (blob, comment) = word(rest);
        // sshd requires padded base64.
        let blob = base64::engine::general_purpose::STANDARD.decode(blob).unwrap_or_default();
        // The key contains its own type: a length of four bytes, and the name.
        let own = blob.split_first_chunk::<4>().filter(|(length, rest)| {
            usize::try_from(u32::from_be_bytes(**length)).is_ok_and(|length| rest.get(..length) == Some(kind))
        });
        if !is_kind(kind) || own.is_none() {
            let kind = if is_kind(kind) { kind } else { b"" };
            return PublicKey {
                line: number,
                options: b"",
                kind,
                fingerprint: None,
                comment: b"",
                text: line,
            };
        }
        let (fingerprint, comment) = (Some(fingerprint(&blob)), comment.trim_ascii());
        PublicKey { line: number, options, kind, fingerprint, comment, text: line }
    })
}

fn fingerprint(blob: &[u8]) -> String {
    let digest = sha2::Sha256::digest(blob);
    format!("SHA256:{}", base64::engine::general_purpose::STANDARD_NO_PAD.encode(digest))
}

fn is_kind(word: &[u8]) -> bool {
    [&b"ssh-"[..], b"ecdsa-sha2-", b"sk-"].iter().any(|begin| word.starts_with(begin))
}

/// Returns the first word of a line, which may contain quoted blanks, and the rest.
fn word(line: &[u8]) -> (&[u8], &[u8]) {
    let line = line.trim_ascii_start();
    let (mut quoted, mut escaped) = (false, false);
    let end = line.iter().position(|byte| {
        let ends = !quoted && byte.is_ascii_whitespace();
        quoted ^= *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    line.split_at(end.unwrap_or(line.len()))
}

/// A line of sudoers(5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sudo {
    /// A rule.
    Rule {
        /// Number of its first line, from 1.
        line: u64,
        /// Users and groups (`%group`), as written.
        who: Vec<u8>,
        /// Hosts, other users, tags and commands, as written.
        what: Vec<u8>,
    },
    /// A file or directory that is included.
    Include {
        /// Path, as written.
        path: Vec<u8>,
        /// Whether it is a directory.
        directory: bool,
    },
}

/// Reads sudoers(5). Settings (`Defaults`) are left out; aliases are returned as rules.
#[must_use]
pub fn sudoers(text: &[u8]) -> Vec<Sudo> {
    let mut all = Vec::new();
    let mut whole: Vec<u8> = Vec::new();
    let mut begin = 1;
    for (number, line) in (1_u64..).zip(text.split(|byte| *byte == b'\n')) {
        if whole.is_empty() {
            begin = number;
        }
        let line = line.trim_ascii_end();
        if let Some(part) = line.strip_suffix(b"\\").filter(|part| !part.trim_ascii_start().starts_with(b"#"))
        {
            whole.extend_from_slice(part);
            continue;
        }
        whole.extend_from_slice(line);
        all.extend(sudo(begin, whole.trim_ascii()));
        whole.clear();
    }
    all
}

fn sudo(line: u64, text: &[u8]) -> Option<Sudo> {
    for (mark, directory) in [("includedir", true), ("include", false)] {
        for sign in ["#", "@"] {
            if let Some(path) = text.strip_prefix([sign, mark].concat().as_bytes()) {
                let path = path.trim_ascii().to_vec();
                return (!path.is_empty()).then_some(Sudo::Include { path, directory });
            }
        }
    }
    // `#` and a number is a user.
    let comment = text.starts_with(b"#") && !text.get(1).is_some_and(u8::is_ascii_digit);
    if text.is_empty() || comment || text.starts_with(b"Defaults") {
        return None;
    }
    let (who, what) = word(text);
    Some(Sudo::Rule { line, who: who.to_vec(), what: what.trim_ascii().to_vec() })
}

/// Returns the non-empty lines that are not comments, with line numbers from 1.
fn lines(text: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    (1_u64..).zip(text.split(|byte| *byte == b'\n')).filter(|(_, line)| {
        let line = line.trim_ascii_start();
        !line.is_empty() && !line.starts_with(b"#")
    })
}

fn fields<const N: usize>(line: &[u8]) -> [&[u8]; N] {
    let mut fields = [&b""[..]; N];
    for (field, value) in fields.iter_mut().zip(line.split(|byte| *byte == b':')) {
        *field = value;
    }
    fields
}

fn number(field: &[u8]) -> Option<u32> {
    str::from_utf8(field).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_groups_are_read_and_malformed_lines_are_returned_as_such() {
        let text =
            b"root:x:0:0:root:/root:/bin/bash\n# x\nanna::1000:1000:A,,,:/home/anna:\n+::::::\nx:x:-1:0:::\n";
        let (all, others): (Vec<_>, Vec<_>) = users(text).partition(Result::is_ok);
        assert_eq!(others, [Err(OtherLine(4)), Err(OtherLine(5))]);
        let all: Vec<_> = all.into_iter().flatten().collect();
        assert_eq!(
            (all.len(), all[1].name, all[1].password, all[1].full_name),
            (2, &b"anna"[..], &b""[..], &b"A,,,"[..])
        );
        let all: Vec<_> = groups(b"sudo:x:27:anna,bert\nempty:x:5:\nx\n").collect();
        let sudo = (&b"sudo"[..], 27, vec![&b"anna"[..], b"bert"]);
        assert_eq!(all, [Ok(sudo), Ok((b"empty", 5, Vec::new())), Err(OtherLine(3))]);
        let all: Vec<_> = shadow(b"anna:$y$j9T$abc$def:19700:0:99999:7:::\nbert:!:\n").collect();
        assert_eq!((all[0].2, all[1]), (Some(19_700), (&b"bert"[..], &b"!"[..], None)));
    }

    #[test]
    fn a_password_is_reported_by_state_and_method_and_never_by_hash() {
        for (field, wanted) in [
            ("", ("none", None)),
            ("*", ("unusable", None)),
            ("!", ("locked", None)),
            ("!!", ("locked", None)),
            ("!$6$salt$hash", ("locked", Some("sha512crypt"))),
            ("$y$j9T$salt$hash", ("set", Some("yescrypt"))),
            ("$1$salt$hash", ("set", Some("md5crypt"))),
            ("$md5,rounds=5$x$y", ("set", Some("sunmd5"))),
            ("$9$x", ("set", Some("other"))),
            ("ab01FAX.bQRSU", ("set", Some("descrypt"))),
            ("x", ("unusable", None)),
        ] {
            assert_eq!(password(field.as_bytes()), wanted, "{field}");
        }
    }

    /// A key made for this test by `ssh-keygen -t ed25519`, and the output of `ssh-keygen -lf` (OpenSSH 9.2) for it.
    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAINeGcb5q0cQgCyKQGSUpkYdEQYy3hrBHGGCDuSn9wS2S";

    #[test]
    fn keys_have_the_fingerprint_that_ssh_keygen_prints() {
        let text = format!(
            "# x\nssh-ed25519 {KEY} anna@example\n  from=\"10.0.0.0/8\",command=\"echo \\\"a b\\\" # x\" ssh-ed25519 {KEY}\n\
             ssh-rsa {KEY} lies\nssh-ed25519 AAAA\nnonsense\n"
        );
        let (all, unread): (Vec<_>, Vec<_>) =
            public_keys(text.as_bytes()).partition(|key| key.fingerprint.is_some());
        assert_eq!(all.len(), 2, "{all:?}");
        assert_eq!(
            unread.iter().map(|key| (key.line, key.kind)).collect::<Vec<_>>(),
            [(4, &b"ssh-rsa"[..]), (5, b"ssh-ed25519"), (6, b"")]
        );
        assert_eq!(unread[2].text, b"nonsense");
        let fingerprint = "SHA256:C87JEejZkngdYfg58N4bRJ/W3Xnc6bbT+4WgpoDECtQ";
        assert_eq!(all[0].fingerprint.as_deref(), Some(fingerprint));
        assert_eq!((all[0].line, all[0].comment, all[0].options), (2, &b"anna@example"[..], &b""[..]));
        assert_eq!(all[1].options, b"from=\"10.0.0.0/8\",command=\"echo \\\"a b\\\" # x\"");
        assert_eq!(all[1].fingerprint, all[0].fingerprint);
    }

    #[test]
    fn rules_of_sudo_are_read_over_lines_and_settings_are_left_out() {
        let text = b"Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n%sudo\tALL=(ALL) \\\n  NOPASSWD: ALL\n# x \\\n#1000 ALL=/bin/x\n\
            User_Alias ADMINS = anna, bert\n#includedir /etc/sudoers.d\n@include /etc/sudoers.local\n";
        let rule = |line, who: &str, what: &str| Sudo::Rule { line, who: who.into(), what: what.into() };
        assert_eq!(
            sudoers(text),
            [
                rule(2, "root", "ALL=(ALL:ALL) ALL"),
                rule(3, "%sudo", "ALL=(ALL)   NOPASSWD: ALL"),
                rule(6, "#1000", "ALL=/bin/x"),
                rule(7, "User_Alias", "ADMINS = anna, bert"),
                Sudo::Include { path: b"/etc/sudoers.d".to_vec(), directory: true },
                Sudo::Include { path: b"/etc/sudoers.local".to_vec(), directory: false },
            ]
        );
        assert_eq!(sudoers(b"a ALL\\"), [], "a line without its end says nothing");
    }
}
