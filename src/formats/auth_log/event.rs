//! Reads logon events from the messages of sshd, login, su, sudo, systemd-logind, dropbear, and every program that
//! uses PAM.
//!
//! In: a program name and its message, from a text log or a journal. Out: an [`AuthEvent`], or `None` for any other
//! message. The message formats are those of OpenSSH's `auth.c`, `auth2.c` and `packet.c`, `login` and `su` of shadow
//! and util-linux, sudo's `eventlog.c`, systemd's `logind-session.c`, dropbear's `svr-auth*.c` and Linux-PAM's
//! `pam_unix`. Pure; never panics.

/// A logon event of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthEvent {
    /// `logon`, `session_opened`, `elevated` or `ended`.
    pub kind: &'static str,
    /// Whether the logon was refused.
    pub failed: bool,
    /// The user name as given by the client.
    pub user: Vec<u8>,
    /// The user whose rights su or sudo asked for.
    pub as_user: Option<Vec<u8>>,
    /// Terminal.
    pub terminal: Vec<u8>,
    /// Name or address of the remote host.
    pub host: Vec<u8>,
    /// The program, or the PAM service.
    pub service: Vec<u8>,
    /// The method: `password`, `publickey` …
    pub method: Option<Vec<u8>>,
    /// The command that sudo was asked to run.
    pub command: Option<Vec<u8>>,
    /// The session id, where the message has one.
    pub session: Option<Vec<u8>>,
    /// The repeat count, where one line stands for several events.
    pub times: Option<u64>,
}

/// PAM services that are no logon of a person.
const NO_LOGON: [&[u8]; 6] = [b"cron", b"crond", b"atd", b"anacron", b"systemd-user", b"runuser"];

/// Reads a message; `None` where it reports no logon.
#[must_use]
pub fn event(program: &[u8], message: &[u8]) -> Option<AuthEvent> {
    let program = program.rsplit(|byte| *byte == b'/').next().unwrap_or(program);
    if let Some(rest) = message.strip_prefix(b"message repeated ") {
        let (count, rest) = split(rest, b" times: [")?;
        let times = str::from_utf8(count).ok()?.parse().ok()?;
        let inner = rest.trim_ascii_start();
        let inner = inner.strip_suffix(b"]").unwrap_or(inner);
        return event_of(program, inner).map(|event| AuthEvent { times: Some(times), ..event });
    }
    event_of(program, message)
}

fn event_of(program: &[u8], message: &[u8]) -> Option<AuthEvent> {
    let message = message.strip_prefix(b"error: ").unwrap_or(message);
    let message = message.strip_suffix(b" [preauth]").unwrap_or(message);
    if message.starts_with(b"pam_") || message.starts_with(b"PAM ") {
        return pam(program, message);
    }
    let event = match program {
        b"sshd" | b"sshd-session" | b"sshd-auth" | b"internal-sftp" => sshd(message)?,
        b"dropbear" => dropbear(message)?,
        b"login" | b"agetty" | b"getty" => login(message)?,
        b"su" | b"su-l" => su(message)?,
        b"sudo" | b"sudo-i" | b"doas" => sudo(message)?,
        b"pkexec" => pkexec(message)?,
        b"systemd-logind" | b"elogind" => logind(message)?,
        _ => return None,
    };
    Some(AuthEvent { service: program.to_vec(), ..event })
}

/// Splits the text at the first occurrence of `between`.
fn split<'a>(text: &'a [u8], between: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memchr::memmem::find(text, between)?;
    Some((text.get(..at)?, text.get(at.checked_add(between.len())?..)?))
}

/// Splits the text at the last occurrence of `between`: a user name may contain any text.
fn split_last<'a>(text: &'a [u8], between: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memchr::memmem::rfind(text, between)?;
    Some((text.get(..at)?, text.get(at.checked_add(between.len())?..)?))
}

fn first_word(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_start();
    text.split(u8::is_ascii_whitespace).next().unwrap_or_default()
}

/// Removes the quotes around a text.
fn unquoted(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii();
    let quoted = |quote: &[u8]| text.strip_prefix(quote)?.strip_suffix(quote);
    quoted(b"'").or_else(|| quoted(b"\"")).unwrap_or(text)
}

fn logon(user: &[u8], host: &[u8], failed: bool) -> AuthEvent {
    AuthEvent { kind: "logon", failed, user: user.to_vec(), host: host.to_vec(), ..AuthEvent::default() }
}

/// Splits `USER from HOST port N …` at the last ` from `, since the remote side chooses the user name.
fn user_and_host(text: &[u8]) -> (&[u8], &[u8]) {
    match split_last(text, b" from ") {
        Some((user, rest)) => (user, first_word(rest)),
        None => (text.trim_ascii(), b""),
    }
}

fn sshd(message: &[u8]) -> Option<AuthEvent> {
    for (word, failed) in [(&b"Accepted "[..], false), (b"Failed ", true)] {
        let Some(rest) = message.strip_prefix(word) else { continue };
        let (method, rest) = split(rest, b" for ")?;
        let rest =
            rest.strip_prefix(b"invalid user ").or(rest.strip_prefix(b"illegal user ")).unwrap_or(rest);
        // Only the text after the port is written by sshd itself: no address is read from the key comment.
        let before = split_last(rest, b" port ").map_or(rest, |(before, _)| before);
        let (user, host) = user_and_host(before);
        return Some(AuthEvent { method: Some(method.to_vec()), ..logon(user, host, failed) });
    }
    for begin in [&b"Invalid user "[..], b"Illegal user "] {
        if let Some(rest) = message.strip_prefix(begin) {
            let before = split_last(rest, b" port ").map_or(rest, |(before, _)| before);
            // An empty user name leaves two blanks.
            let (user, host) = match before.strip_prefix(b"from ") {
                Some(host) => (&b""[..], first_word(host)),
                None => user_and_host(before),
            };
            return Some(logon(user, host, true));
        }
    }
    let of_attempts = message.strip_prefix(b"maximum authentication attempts exceeded for ");
    if let Some(rest) = of_attempts {
        let rest = rest.strip_prefix(b"invalid user ").unwrap_or(rest);
        let before = split_last(rest, b" port ").map_or(rest, |(before, _)| before);
        let (user, host) = user_and_host(before);
        return Some(logon(user, host, true));
    }
    if let Some(rest) = message.strip_prefix(b"User ")
        && let Some((before, _)) = split(rest, b" not allowed because ")
    {
        let (user, host) = user_and_host(before);
        return Some(logon(user, host, true));
    }
    for begin in
        [&b"Connection closed by "[..], b"Connection reset by ", b"Disconnected from ", b"Disconnecting "]
    {
        let Some(rest) = message.strip_prefix(begin) else { continue };
        let kinds = [(&b"authenticating user "[..], true), (b"invalid user ", true), (b"user ", false)];
        let (rest, failed) =
            kinds.iter().find_map(|(kind, failed)| Some((rest.strip_prefix(*kind)?, *failed)))?;
        let (before, _) = split_last(rest, b" port ")?;
        let (user, host) = split_last(before, b" ").unwrap_or((b"", before));
        let event = logon(user, host, failed);
        return Some(if failed { event } else { AuthEvent { kind: "ended", ..event } });
    }
    let rest = message.strip_prefix(b"ROOT LOGIN REFUSED FROM ")?;
    Some(logon(b"root", first_word(rest), true))
}

/// Reads messages such as `Password auth succeeded for 'root' from 192.0.2.1:5000`.
fn dropbear(message: &[u8]) -> Option<AuthEvent> {
    let host = || {
        let (_, end) = split_last(message, b" from ")?;
        // An IPv6 address contains colons itself.
        let end = first_word(end);
        Some(split_last(end, b":").map_or(end, |(host, _)| host).to_vec())
    };
    let quoted = || Some(split(split(message, b"'")?.1, b"'")?.0.to_vec());
    let forms = [
        (&b"Password auth succeeded"[..], &b"password"[..], false),
        (b"PAM password auth succeeded", b"password", false),
        (b"Pubkey auth succeeded", b"publickey", false),
        (b"Auth succeeded with blank password", b"none", false),
        (b"Bad password attempt", b"password", true),
        (b"Bad PAM password attempt", b"password", true),
        (b"Login attempt for nonexistent user", b"", true),
        (b"Login attempt with wrong user", b"", true),
    ];
    let (_, method, failed) = forms.into_iter().find(|(form, ..)| message.starts_with(form))?;
    Some(AuthEvent {
        user: quoted().unwrap_or_default(),
        method: Some(method.to_vec()).filter(|method| !method.is_empty()),
        ..logon(b"", &host().unwrap_or_default(), failed)
    })
}

fn login(message: &[u8]) -> Option<AuthEvent> {
    // shadow: `FAILED LOGIN (1) on '/dev/tty1' from 'h' FOR 'root', …`; util-linux: `FAILED LOGIN 1 FROM tty1 FOR
    // root, …`.
    if let Some(rest) = message.strip_prefix(b"FAILED LOGIN ") {
        let (before, behind) = split(rest, b" FOR ")?;
        let user = behind.split(|byte| *byte == b',').next().unwrap_or_default();
        let (terminal, host) = match split(before, b" on ") {
            Some((_, rest)) => split(rest, b" from ").unwrap_or((rest, b"")),
            None => (split(before, b" FROM ").map_or(&b""[..], |(_, rest)| rest), &b""[..]),
        };
        let terminal = unquoted(terminal).to_vec();
        return Some(AuthEvent { terminal, ..logon(unquoted(user), unquoted(host), true) });
    }
    if let Some(rest) = message.strip_prefix(b"TOO MANY LOGIN TRIES") {
        let (_, rest) = split(rest, b" FOR ")?;
        return Some(logon(unquoted(first_word(rest)), b"", true));
    }
    for (begin, user) in [(&b"ROOT LOGIN "[..], &b"root"[..]), (b"LOGIN ON ", b""), (b"DIALUP AT ", b"")] {
        let Some(rest) = message.strip_prefix(begin) else { continue };
        let rest = rest.trim_ascii_start();
        let rest = rest.strip_prefix(b"on ").or(rest.strip_prefix(b"ON ")).unwrap_or(rest);
        let terminal = first_word(rest);
        let user = split(rest, b" BY ").map_or(user, |(_, rest)| first_word(rest));
        let host =
            split(rest, b" FROM ").or(split(rest, b" from ")).map_or(&b""[..], |(_, rest)| first_word(rest));
        let terminal = unquoted(terminal).to_vec();
        return Some(AuthEvent { terminal, ..logon(unquoted(user), unquoted(host), false) });
    }
    None
}

fn su(message: &[u8]) -> Option<AuthEvent> {
    let elevated = |user: &[u8], to: &[u8], terminal: &[u8], failed| AuthEvent {
        kind: "elevated",
        failed,
        user: user.to_vec(),
        as_user: Some(to.to_vec()),
        terminal: terminal.to_vec(),
        ..AuthEvent::default()
    };
    // util-linux: `(to root) anna on pts/0`, preceded by `FAILED SU ` on failure.
    let (rest, failed) = message.strip_prefix(b"FAILED SU ").map_or((message, false), |rest| (rest, true));
    if let Some(rest) = rest.strip_prefix(b"(to ") {
        let (to, rest) = split(rest, b") ")?;
        let (user, terminal) = split_last(rest, b" on ").unwrap_or((rest, b""));
        return Some(elevated(user, to, terminal, failed));
    }
    // shadow: `Successful su for root by anna`, `FAILED su for root by anna`.
    for (begin, failed) in [(&b"Successful su for "[..], false), (b"FAILED su for ", true)] {
        if let Some(rest) = message.strip_prefix(begin) {
            let (to, user) = split_last(rest, b" by ")?;
            return Some(elevated(user, to, b"", failed));
        }
    }
    // The second line that shadow writes for the same event: `+ /dev/pts/0 anna:root`.
    let failed = match message.first()? {
        b'+' => false,
        b'-' => true,
        _ => return None,
    };
    let (terminal, users) = split(message.get(1..)?.trim_ascii_start(), b" ")?;
    let (user, to) = split(users, b":").or_else(|| split(users, b"-"))?;
    Some(elevated(user, to, terminal, failed))
}

/// Reads `anna : TTY=pts/0 ; PWD=/home/anna ; USER=root ; COMMAND=/usr/bin/id`; a refusal has its reason before the
/// terminal.
fn sudo(message: &[u8]) -> Option<AuthEvent> {
    let (user, rest) = split(message, b" : ")?;
    // The command may contain anything, so it is the last field.
    let (before, command) =
        split(rest, b"COMMAND=").map_or((rest, None), |(before, command)| (before, Some(command)));
    let parts = || before.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let of = |key: &[u8]| parts().find_map(|part| part.strip_prefix(key));
    of(b"TTY=").or(of(b"PWD=")).or(of(b"USER="))?;
    let failed = parts().any(|part| {
        let words = [
            &b"NOT in sudoers"[..],
            b"incorrect password",
            b"not allowed",
            b"NOT authorized",
            b"no tty present",
        ];
        let required = [&b"a password is required"[..], b"authentication failure", b"conversation failed"];
        words.iter().chain(&required).any(|words| memchr::memmem::find(part, words).is_some())
    });
    Some(AuthEvent {
        kind: "elevated",
        failed,
        user: user.trim_ascii().to_vec(),
        as_user: of(b"USER=").map(<[u8]>::to_vec),
        terminal: of(b"TTY=").unwrap_or_default().to_vec(),
        command: command.map(<[u8]>::to_vec),
        ..AuthEvent::default()
    })
}

/// Reads polkit's `anna: Executing command [USER=root] [TTY=unknown] [CWD=/home/anna] [COMMAND=/usr/bin/id]`, and its
/// refusal `anna: Error executing command as another user: Not authorized [USER=root] …`.
fn pkexec(message: &[u8]) -> Option<AuthEvent> {
    let (user, rest) = split(message, b": ")?;
    let failed = rest.starts_with(b"Error executing command");
    let of = |key: &[u8]| Some(split(split(rest, key)?.1, b"]")?.0);
    let as_user = of(b"[USER=").filter(|_| failed || rest.starts_with(b"Executing command"))?;
    // The command may contain a bracket, so it is the last field.
    let command = split(rest, b"[COMMAND=").map(|(_, rest)| rest.strip_suffix(b"]").unwrap_or(rest));
    Some(AuthEvent {
        kind: "elevated",
        failed,
        user: user.to_vec(),
        as_user: Some(as_user.to_vec()),
        terminal: of(b"[TTY=").filter(|tty| *tty != b"unknown").unwrap_or_default().to_vec(),
        command: command.map(<[u8]>::to_vec),
        ..AuthEvent::default()
    })
}

/// Reads `New session 3 of user anna.`, and of later versions `New session '3' of user 'anna' with class 'user' and
/// type 'tty'.`
fn logind(message: &[u8]) -> Option<AuthEvent> {
    let message = message.strip_suffix(b".").unwrap_or(message);
    if let Some(rest) = message.strip_prefix(b"New session ") {
        let (session, rest) = split(rest, b" of user ")?;
        let user = split(rest, b" with class ").map_or(rest, |(user, _)| user);
        let session = Some(unquoted(session).to_vec());
        return Some(AuthEvent { kind: "session_opened", session, ..logon(unquoted(user), b"", false) });
    }
    let removed = message.strip_prefix(b"Removed session ");
    let out = message.strip_prefix(b"Session ").and_then(|rest| Some(split(rest, b" logged out")?.0));
    let session = Some(unquoted(removed.or(out)?).to_vec());
    Some(AuthEvent { kind: "ended", session, ..AuthEvent::default() })
}

/// Reads `pam_unix(sshd:session): session opened for user anna(uid=1000) by (uid=0)`, `… session closed for user
/// anna`, and `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1
/// user=root`.
fn pam(program: &[u8], message: &[u8]) -> Option<AuthEvent> {
    let (service, said) = match split(message, b"): ") {
        Some((module, said)) => {
            let (_, service) = split(module, b"(")?;
            (service.split(|byte| *byte == b':').next().unwrap_or_default(), said)
        }
        // `PAM 2 more authentication failures; …` of sshd.
        None => (program, message),
    };
    if NO_LOGON.contains(&service) {
        return None;
    }
    let of_service = |event: AuthEvent| Some(AuthEvent { service: service.to_vec(), ..event });
    for (begin, kind) in
        [(&b"session opened for user "[..], "session_opened"), (b"session closed for user ", "ended")]
    {
        let Some(rest) = said.strip_prefix(begin) else { continue };
        let (user, by) = split(rest, b" by ").unwrap_or((rest, b""));
        let user = user.split(|byte| *byte == b'(').next().unwrap_or_default();
        let by = by.split(|byte| *byte == b'(').next().unwrap_or_default().trim_ascii();
        let event = AuthEvent { kind, ..AuthEvent::default() };
        let elevated = !by.is_empty() && by != user;
        return of_service(if elevated {
            AuthEvent { user: by.to_vec(), as_user: Some(user.trim_ascii().to_vec()), ..event }
        } else {
            AuthEvent { user: user.trim_ascii().to_vec(), ..event }
        });
    }
    let (before, facts) = split(said, b"; logname=")?;
    let more =
        before.strip_prefix(b"PAM ").and_then(|rest| str::from_utf8(first_word(rest)).ok()?.parse().ok());
    memchr::memmem::find(before, b"authentication failure")?;
    let of = |key: &[u8]| {
        split(facts, key).map(|(_, rest)| rest.split(|byte| *byte == b' ').next().unwrap_or_default())
    };
    // FTP services log the given name as `ruser` where the system has no such user.
    let asked = of(b" ruser=").filter(|_| of(b" tty=") == Some(b"ftp")).unwrap_or_default();
    let user = split_last(facts, b" user=").map_or(asked, |(_, user)| user.trim_ascii());
    of_service(AuthEvent {
        terminal: of(b" tty=").unwrap_or_default().to_vec(),
        times: more,
        ..logon(user, of(b" rhost=").unwrap_or_default(), true)
    })
}
