//! `LiveAccounts`: who may log on to this host, with which keys, and who may become root.
//!
//! In: passwd, group and shadow, the public keys in homes and where sshd is told to look, sudoers with what it includes. Out:
//! [`AccountRow`]s. Of shadow the state of each password is told and never a hash, and so this needs no asking: an
//! account without a password, or a service's that was given one, is what an intruder leaves behind.

use std::collections::BTreeMap;

use super::linux_host::LinuxHost;
use super::started_files::rooted;
use crate::evidence::Utc;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::accounts::{AccountRow, HostAccount, HostGroup, SshKey, SudoRule};
use crate::formats::unix_accounts;
use crate::formats::unix_accounts::Sudo;
use crate::live::Exact;
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys::is_nothing;

/// Most bytes of one file.
const MAX_FILE: usize = 16 << 20;

/// Most bytes of what is written into one field of a row.
const MAX_TEXT: usize = 16 << 10;

/// Most files of sudoers: one may include itself.
const MAX_SUDOERS: usize = 1_000;

/// How the rows are made.
pub(crate) fn rows(reach: LinuxHost) -> Rows {
    Rows::new(AccountRow::SCHEMA, "files", move |lines| {
        accounts(&reach, lines)?;
        for (name, id, members) in unix_accounts::groups(&text(&reach, b"etc/group", lines)) {
            let members = members.into_iter().map(Exact::from).collect();
            let group = HostGroup { name: name.into(), id: Some(id), comment: None, members };
            lines.row(&AccountRow::Group(group))?;
        }
        keys(&reach, lines)?;
        sudoers(&reach, lines)
    })
}

/// The text of a file; empty where it is not there, and a word about it where it cannot be read.
fn text(reach: &LinuxHost, path: &[u8], lines: &mut Lines<'_>) -> Vec<u8> {
    reach.read_bytes(path, MAX_FILE).unwrap_or_else(|error| {
        if !is_nothing(&error) {
            lines.short(code_of(&error), format!("reading '/{}': {error}", String::from_utf8_lossy(path)));
        }
        Vec::new()
    })
}

fn accounts(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let shadow = text(reach, b"etc/shadow", lines);
    let shadow: BTreeMap<&[u8], _> = unix_accounts::shadow(&shadow)
        .map(|(name, password, changed)| (name, (unix_accounts::password(password), changed)))
        .collect();
    for user in unix_accounts::users(&text(reach, b"etc/passwd", lines)) {
        let known = shadow.get(user.name);
        let own = (user.password != b"x").then(|| unix_accounts::password(user.password));
        let state = own.or_else(|| known.map(|(state, _)| *state));
        let changed = known.and_then(|(_, day)| *day);
        lines.row(&AccountRow::Account(Box::new(HostAccount {
            name: user.name.into(),
            id: user.uid,
            group: Some(user.gid),
            full_name: user.full_name.into(),
            home: user.home.into(),
            shell: Some(user.shell.into()),
            password: state.map(|(state, _)| state.into()),
            method: state.and_then(|(_, method)| method).map(Into::into),
            in_passwd: own.is_some_and(|(_, method)| method.is_some()),
            changed: changed.and_then(|day| Utc::from_unix(i64::from(day).checked_mul(86_400)?, 0)),
            ..HostAccount::default()
        })))?;
    }
    Ok(())
}

/// Where keys may stand: in homes, and where sshd is told to look for them.
fn keys(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let homes = reach.homes();
    let told = told_places(reach, lines);
    for (account, home) in &homes {
        let home = String::from_utf8_lossy(home);
        let here =
            |pattern: &str| reach.matching(&format!("{}/.ssh/{pattern}", glob::Pattern::escape(&home)));
        let mut authorized = here("authorized_keys*");
        for place in &told {
            let place = place.replace("%%", "%").replace("%h", &format!("/{home}")).replace("%u", account);
            let path = match place.strip_prefix('/') {
                Some(path) => path.to_owned(),
                None => format!("{home}/{place}"),
            };
            if !authorized.contains(&path.as_bytes().to_vec()) {
                authorized.push(path.into_bytes());
            }
        }
        authorized.iter().try_for_each(|file| key_file(reach, "authorized", Some(account), file, lines))?;
        here("*.pub").iter().try_for_each(|file| key_file(reach, "public", Some(account), file, lines))?;
    }
    reach.matching("etc/ssh/*.pub").iter().try_for_each(|file| key_file(reach, "public", None, file, lines))
}

/// What `AuthorizedKeysFile` says in `sshd_config(5)`, besides what is looked at anyway.
fn told_places(reach: &LinuxHost, lines: &mut Lines<'_>) -> Vec<String> {
    let files = ["etc/ssh/sshd_config", "etc/ssh/sshd_config.d/*.conf"]
        .into_iter()
        .flat_map(|one| reach.matching(one));
    let mut places = Vec::new();
    for file in files {
        let text = text(reach, &file, lines);
        for line in String::from_utf8_lossy(&text).lines().take(10_000) {
            let mut words = line.split([' ', '\t', '=', '"']).filter(|word| !word.is_empty());
            if words.next().is_some_and(|word| word.eq_ignore_ascii_case("AuthorizedKeysFile")) {
                places.extend(words.take_while(|word| !word.starts_with('#')).take(16).map(str::to_owned));
            }
        }
    }
    places.truncate(64);
    places
}

fn key_file(
    reach: &LinuxHost,
    purpose: &'static str,
    account: Option<&String>,
    file: &[u8],
    lines: &mut Lines<'_>,
) -> Result<(), Halt> {
    for key in unix_accounts::public_keys(&text(reach, file, lines)) {
        lines.row(&AccountRow::SshKey(SshKey {
            purpose: purpose.into(),
            account: account.cloned(),
            file: rooted(file),
            line: key.line,
            kind: key.kind.into(),
            fingerprint: key.fingerprint,
            options: Exact::cut(key.options, MAX_TEXT).0,
            comment: Exact::cut(key.comment, MAX_TEXT).0,
        }))?;
    }
    Ok(())
}

fn sudoers(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mut ahead = vec![b"etc/sudoers".to_vec()];
    let mut seen = Vec::new();
    while let Some(file) = ahead.pop() {
        if seen.contains(&file) || seen.len() >= MAX_SUDOERS {
            continue;
        }
        let rules = unix_accounts::sudoers(&text(reach, &file, lines));
        for rule in rules {
            match rule {
                Sudo::Rule { line, who, what } => {
                    let (who, what) = (Exact::cut(&who, MAX_TEXT).0, Exact::cut(&what, MAX_TEXT).0);
                    lines.row(&AccountRow::Sudo(SudoRule { file: rooted(&file), line, who, what }))?;
                }
                Sudo::Include { path, folder } => {
                    let path = path.strip_prefix(b"/").unwrap_or(&path);
                    if folder {
                        let pattern = format!("{}/*", glob::Pattern::escape(&String::from_utf8_lossy(path)));
                        // sudo leaves out what has a dot in its name, or ends as a copy does.
                        let named = |file: &Vec<u8>| {
                            let name = file.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                            !name.contains(&b'.') && !name.ends_with(b"~")
                        };
                        ahead.extend(reach.matching(&pattern).into_iter().filter(named));
                    } else {
                        ahead.push(path.to_vec());
                    }
                }
            }
        }
        seen.push(file);
    }
    Ok(())
}
