//! `LiveAccounts`: who may log on to this host, with which keys, and who may become root.
//!
//! In: passwd, group and shadow, the public keys in homes and where sshd is told to look, sudoers with what it includes. Out:
//! [`AccountRow`]s. Of shadow the state of each password is told and never a hash, and so this needs no asking: an
//! account without a password, or a service's that was given one, is what an intruder leaves behind.

use std::collections::BTreeMap;

use super::linux_host::LinuxHost;
use super::started_files::rooted;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::accounts::{AccountRow, HostAccount, HostGroup, SshKey, SudoRule};
use crate::evidence::{ReasonCode, Utc};
use crate::formats::unix_accounts;
use crate::formats::unix_accounts::{OtherLine, Sudo};
use crate::live::Exact;
use crate::sources::rows::{Halt, Lines, Rows};

/// Most bytes of one file.
const MAX_FILE: usize = 16 << 20;

/// Most bytes of what is written into one field of a row.
const MAX_TEXT: usize = 16 << 10;

/// Most places that sshd is configured to look for keys in; each is tried for every account.
const MAX_PLACES: usize = 64;

/// Most files of sudoers: one may include itself.
const MAX_SUDOERS: usize = 1_000;

/// How the rows are made.
pub(crate) fn rows(reach: LinuxHost) -> Rows {
    Rows::new(AccountRow::SCHEMA, "files", move |lines| {
        accounts(&reach, lines)?;
        for group in unix_accounts::groups(&reach.whole(b"etc/group", MAX_FILE)) {
            let (name, id, members) = match group {
                Ok(group) => group,
                Err(line) => {
                    of_another_form(&reach, "/etc/group", line);
                    continue;
                }
            };
            let members = members.into_iter().map(Exact::from).collect();
            let group = HostGroup { name: name.into(), id: Some(id), comment: None, members };
            lines.row(&AccountRow::Group(group))?;
        }
        keys(&reach, lines)?;
        sudoers(&reach, lines)
    })
}

/// Notes a line that names no account or group by itself: it is damaged, or takes in those of NIS.
fn of_another_form(reach: &LinuxHost, file: &str, OtherLine(line): OtherLine) {
    let detail = format!("'{file}', line {line}, is of another form, or is for NIS: it is not in the rows");
    reach.gaps().add(ReasonCode::ReadError, detail);
}

fn accounts(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let shadow = reach.whole(b"etc/shadow", MAX_FILE);
    let shadow: BTreeMap<&[u8], _> = unix_accounts::shadow(&shadow)
        .map(|(name, password, changed)| (name, (unix_accounts::password(password), changed)))
        .collect();
    for user in unix_accounts::users(&reach.whole(b"etc/passwd", MAX_FILE)) {
        let user = match user {
            Ok(user) => user,
            Err(line) => {
                of_another_form(reach, "/etc/passwd", line);
                continue;
            }
        };
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
    let told = told_places(reach);
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
fn told_places(reach: &LinuxHost) -> Vec<String> {
    let files = ["etc/ssh/sshd_config", "etc/ssh/sshd_config.d/*.conf"]
        .into_iter()
        .flat_map(|one| reach.matching(one));
    let mut places = Vec::new();
    for file in files {
        let text = reach.whole(&file, MAX_FILE);
        for line in String::from_utf8_lossy(&text).lines() {
            let mut words = line.split([' ', '\t', '=', '"']).filter(|word| !word.is_empty());
            if words.next().is_some_and(|word| word.eq_ignore_ascii_case("AuthorizedKeysFile")) {
                places.extend(words.take_while(|word| !word.starts_with('#')).map(str::to_owned));
            }
        }
    }
    reach.gaps().at_most(MAX_PLACES, "places of SSH keys", places).collect()
}

fn key_file(
    reach: &LinuxHost,
    purpose: &'static str,
    account: Option<&String>,
    file: &[u8],
    lines: &mut Lines<'_>,
) -> Result<(), Halt> {
    for key in unix_accounts::public_keys(&reach.whole(file, MAX_FILE)) {
        // Of a file that may hold something else than keys only keys are rows.
        if key.fingerprint.is_none() && purpose != "authorized" {
            continue;
        }
        lines.row(&AccountRow::SshKey(SshKey {
            purpose: purpose.into(),
            account: account.cloned(),
            file: rooted(file),
            line: key.line,
            kind: key.kind.into(),
            unread: key.fingerprint.is_none().then(|| kept(reach, key.text)),
            fingerprint: key.fingerprint.unwrap_or_default(),
            options: kept(reach, key.options),
            comment: kept(reach, key.comment),
        }))?;
    }
    Ok(())
}

/// What a row keeps of a text.
fn kept(reach: &LinuxHost, text: &[u8]) -> Exact {
    let (kept, is_cut) = Exact::cut(text, MAX_TEXT);
    if is_cut {
        let detail = format!("a text of {} bytes: no more than {MAX_TEXT} are in its row", text.len());
        reach.gaps().add(ReasonCode::SizeLimit, detail);
    }
    kept
}

fn sudoers(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mut ahead = vec![b"etc/sudoers".to_vec()];
    let mut seen = Vec::new();
    while let Some(file) = ahead.pop() {
        if seen.contains(&file) {
            continue;
        }
        if seen.len() >= MAX_SUDOERS {
            let detail = format!("sudoers has more than {MAX_SUDOERS} files: the others were not read");
            reach.gaps().add(ReasonCode::SizeLimit, detail);
            break;
        }
        let rules = unix_accounts::sudoers(&reach.whole(&file, MAX_FILE));
        for rule in rules {
            match rule {
                Sudo::Rule { line, who, what } => {
                    let (who, what) = (kept(reach, &who), kept(reach, &what));
                    lines.row(&AccountRow::Sudo(SudoRule { file: rooted(&file), line, who, what }))?;
                }
                Sudo::Include { path, directory } => {
                    let path = path.strip_prefix(b"/").unwrap_or(&path);
                    if directory {
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
