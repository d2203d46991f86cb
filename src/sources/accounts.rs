//! The target's own accounts, read as files: names for owners, and homes. Never the system's name service, which in
//! a static program does not work and on a live host may ask the network.

use std::collections::{BTreeMap, BTreeSet};

/// Names by number, and homes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Accounts {
    users: BTreeMap<u32, String>,
    groups: BTreeMap<u32, String>,
    /// Names and homes, each home once, in the order of the file; homes have no slash in front.
    pub(crate) homes: Vec<(String, Vec<u8>)>,
}

impl Accounts {
    /// Reads the texts of `/etc/passwd` and `/etc/group` (passwd(5), group(5)).
    pub(crate) fn parse(passwd: &[u8], group: &[u8]) -> Self {
        let mut accounts = Self::default();
        let mut known = BTreeSet::new();
        for fields in lines(passwd) {
            let (Some(name), Some(uid), Some(home)) = (fields.first(), number(&fields, 2), fields.get(5))
            else {
                continue;
            };
            let name = String::from_utf8_lossy(name).into_owned();
            accounts.users.entry(uid).or_insert_with(|| name.clone());
            let home = home.strip_prefix(b"/").unwrap_or(home);
            let home = home.strip_suffix(b"/").unwrap_or(home);
            if !home.is_empty() && is_clean(home) && known.insert(home) {
                accounts.homes.push((name, home.to_vec()));
            }
        }
        for fields in lines(group) {
            if let (Some(name), Some(gid)) = (fields.first(), number(&fields, 2)) {
                accounts.groups.entry(gid).or_insert_with(|| String::from_utf8_lossy(name).into_owned());
            }
        }
        accounts
    }

    /// Homes of people on Unix: those of the accounts, and what stands in `/home`; each once.
    pub(crate) fn homes_with(&self, standing: Vec<String>) -> Vec<(String, String)> {
        let text = |home: &[u8]| String::from_utf8(home.to_vec()).ok();
        let mut known = BTreeSet::new();
        let mut homes: Vec<(String, String)> = Vec::new();
        let named = self.homes.iter().filter_map(|(name, home)| Some((name.clone(), text(home)?)));
        let standing = standing.into_iter().map(|name| (name.clone(), format!("home/{name}")));
        for (name, home) in named.chain([("root".to_owned(), "root".to_owned())]).chain(standing) {
            if known.insert(home.clone()) {
                homes.push((name, home));
            }
        }
        homes
    }

    /// Name of a user.
    pub(crate) fn user(&self, uid: u32) -> Option<&str> {
        self.users.get(&uid).map(String::as_str)
    }

    /// Numbers of all users.
    pub(crate) fn user_ids(&self) -> impl Iterator<Item = u32> {
        self.users.keys().copied()
    }

    /// Name of a group.
    pub(crate) fn group(&self, gid: u32) -> Option<&str> {
        self.groups.get(&gid).map(String::as_str)
    }
}

/// A home that leads upwards is no home.
fn is_clean(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').all(|part| !part.is_empty() && part != b"." && part != b"..")
}

fn lines(text: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    text.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .map(|line| line.split(|byte| *byte == b':').collect())
}

fn number(fields: &[&[u8]], index: usize) -> Option<u32> {
    str::from_utf8(fields.get(index)?).ok()?.parse().ok()
}

/// Homes of people on Windows: the folders of `Users`, of which `names` are what stands there.
pub(crate) fn profiles(names: Vec<String>, is_folder: &dyn Fn(&str) -> bool) -> Vec<(String, String)> {
    let users = names.into_iter().filter(|name| is_folder(&format!("Users/{name}")));
    users.map(|name| (name.clone(), format!("Users\\{name}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_homes_come_from_the_files_and_nonsense_does_no_harm() {
        let passwd = b"root:x:0:0:root:/root:/bin/bash\nanna:x:1000:1000::/home/anna/:/bin/sh\n\
            evil:x:7:7::/home/../etc:/bin/sh\nbroken\nsync:x:4:65534:sync:/bin:/bin/sync\nbin2:x:5:5::/bin:/bin/sh\n";
        let accounts = Accounts::parse(passwd, b"root:x:0:\nstaff:x:50:anna\n\xff:x:nan:\n");
        assert_eq!(
            (accounts.user(1000), accounts.user(7), accounts.user(9)),
            (Some("anna"), Some("evil"), None)
        );
        assert_eq!((accounts.group(50), accounts.group(1)), (Some("staff"), None));
        let homes: Vec<_> = accounts.homes.iter().map(|(_, home)| home.as_slice()).collect();
        assert_eq!(homes, [&b"root"[..], b"home/anna", b"bin"]);
    }
}
