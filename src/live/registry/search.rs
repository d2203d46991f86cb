//! From patterns to rows: which hives a pattern means, and which of their keys and values.
//!
//! A pattern's parts are names without regard to case, globs, and `**` down to ten keys deep. `CurrentControlSet` is the
//! one that the hive itself names as current. Hostile hives are bounded here once more: by depth, and by the number of
//! keys that one pattern looks at.

use std::io::{Read, Seek};
use std::ops::ControlFlow;

use super::hives::SystemHives;
use super::row::{of_hive, of_value};
use crate::evidence::Exact;
use crate::evidence::rows::registry::RegistryRow;
use crate::formats::hive::{Hive, HiveError, Key, Recovery, UnreadCells};
use crate::sources::pattern::{PatternPart, fits, parts};

/// How deep `**` goes, as in paths of files.
const DEPTH: usize = crate::sources::pattern::DEPTH;

/// Most keys that one pattern looks at: `Classes` of a server with `**` has some hundred thousand.
const MAX_KEYS: usize = 2_000_000;

/// Most levels of keys below each other: Windows allows 512.
const MAX_LEVEL: usize = 512;

/// What a definition asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WantedKeys {
    /// Keys with their values.
    Key(String),
    /// Values of keys, by name or glob.
    Value(String, String),
}

/// Where rows go. Breaks when nothing more is wanted.
type Emit<'a> = dyn FnMut(&RegistryRow) -> ControlFlow<()> + 'a;

/// Hands out the rows of everything that is wanted, hive by hive.
pub(crate) fn search(mapping: &SystemHives, wanted: &[WantedKeys], emit: &mut Emit<'_>) -> ControlFlow<()> {
    for hive in &mapping.hives {
        let asked: Vec<(Vec<PatternPart>, Option<PatternPart>)> =
            wanted.iter().filter_map(|wanted| asked_of(wanted, &hive.at)).collect();
        if asked.is_empty() {
            continue;
        }
        match mapping.open(hive) {
            Ok(mut open) => {
                let recovery = open.recovery();
                // What the hive as a whole lacks: its end, or what only its logs hold.
                for (_, error) in open.take_unread().first {
                    emit(&broken(&mapping.told(hive), &error))?;
                }
                within(&mapping.told(hive), &hive.at, &mut open, recovery, &asked, emit)?;
            }
            Err(error) => emit(&broken(&mapping.told(hive), &error))?,
        }
    }
    ControlFlow::Continue(())
}

fn broken(hive: &str, error: &HiveError) -> RegistryRow {
    RegistryRow::Broken { hive: hive.to_owned(), detail: error.to_string() }
}

/// What is left of a pattern below the place where a hive stands; `None` where it does not lead there.
fn asked_of(wanted: &WantedKeys, at: &str) -> Option<(Vec<PatternPart>, Option<PatternPart>)> {
    let (pattern, value) = match wanted {
        WantedKeys::Key(pattern) => (pattern, None),
        WantedKeys::Value(pattern, value) => (pattern, Some(value)),
    };
    let value = match value {
        Some(name) => Some(value_part(name)?),
        None => None,
    };
    let pattern = whole(pattern);
    let pattern = parts(&pattern, true, DEPTH)?;
    let (mut rest, names) = (&pattern[..], at.split('\\'));
    for name in names {
        let (part, tail) = rest.split_first()?;
        let same = match part {
            PatternPart::Literal(literal) => literal.eq_ignore_ascii_case(name.as_bytes()),
            PatternPart::Glob(glob) => fits(glob, name.as_bytes()),
            PatternPart::Deep(_) => return Some((rest.to_vec(), value)),
        };
        if !same {
            return None;
        }
        rest = tail;
    }
    Some((rest.to_vec(), value))
}

/// The name of a value as a part of a pattern; `None` where it is a glob that is none.
fn value_part(name: &str) -> Option<PatternPart> {
    if name.contains(['*', '?', '[']) && !name.contains('\\') {
        return parts(name, true, DEPTH)?.into_iter().next();
    }
    Some(PatternPart::Literal(name.as_bytes().to_vec()))
}

/// A pattern with its variables filled in and its root written out.
fn whole(pattern: &str) -> String {
    let filled =
        pattern.replace("%%users.sid%%", "*").replace("%%current_control_set%%", "CurrentControlSet");
    for (short, long) in [
        ("HKLM\\", "HKEY_LOCAL_MACHINE\\"),
        ("HKU\\", "HKEY_USERS\\"),
        ("HKEY_CURRENT_USER\\", "HKEY_USERS\\*\\"),
        ("HKCU\\", "HKEY_USERS\\*\\"),
        ("HKEY_CLASSES_ROOT\\", "HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes\\"),
    ] {
        if let Some(rest) = filled.strip_prefix(short) {
            return format!("{long}{rest}");
        }
    }
    filled
}

/// The rows of one hive, and of what cannot be read in it.
fn within<R: Read + Seek>(
    told: &str,
    at: &str,
    hive: &mut Hive<R>,
    recovery: Recovery,
    asked: &[(Vec<PatternPart>, Option<PatternPart>)],
    emit: &mut Emit<'_>,
) -> ControlFlow<()> {
    let mut begun = false;
    let current = current_control_set(hive);
    for (parts, value) in asked {
        let mut walk = Walk::new(hive, value.as_ref(), current.as_deref());
        let root = match walk.hive.key("") {
            Ok(Some(root)) => root,
            Ok(None) => continue,
            Err(error) => {
                emit(&broken(told, &error))?;
                continue;
            }
        };
        walk.down(&root, &Exact::from(at), parts, 0, &mut |row| {
            if !std::mem::replace(&mut begun, true) {
                emit(&of_hive(told, recovery))?;
            }
            emit(row)
        })?;
        let lost = walk.lost.take();
        // A list that is lost is named; so is the first key or value that was left out of one that is not.
        let UnreadCells { first, count } = walk.hive.take_unread();
        let left_out = first.first().map(|(key, error)| {
            format!("{count} keys or values were left out, the first below '{}': {error}", key.text())
        });
        if let Some(detail) = lost.or(left_out) {
            emit(&RegistryRow::Broken { hive: told.to_owned(), detail })?;
        }
    }
    ControlFlow::Continue(())
}

/// The control set that a SYSTEM hive has as its current one; the first, where it does not say and has one.
fn current_control_set<R: Read + Seek>(hive: &mut Hive<R>) -> Option<String> {
    let first = || "ControlSet001".to_owned();
    let Ok(Some(select)) = hive.key("Select") else {
        return hive.key("ControlSet001").ok()?.map(|_| first());
    };
    let number = hive.value(&select, "Current").ok().flatten().and_then(|value| value.number());
    Some(number.map_or_else(first, |number| format!("ControlSet{number:03}")))
}

/// A key's whole name with one more part.
fn joined(at: &Exact, name: &Exact) -> Exact {
    Exact([&at.0[..], b"\\", &name.0].concat())
}

/// A walk through one hive for one pattern.
struct Walk<'a, R> {
    hive: &'a mut Hive<R>,
    /// The values that are wanted; all of a key where it is the key that is.
    value: Option<&'a PatternPart>,
    left: usize,
    current: Option<&'a str>,
    /// The first thing that kept this walk from being whole.
    lost: Option<String>,
}

impl<'a, R: Read + Seek> Walk<'a, R> {
    const fn new(hive: &'a mut Hive<R>, value: Option<&'a PatternPart>, current: Option<&'a str>) -> Self {
        Self { hive, value, left: MAX_KEYS, current, lost: None }
    }

    /// Notes that something below a key is not told.
    fn lose(&mut self, at: &Exact, why: impl std::fmt::Display) {
        self.lost.get_or_insert_with(|| format!("below {}: {why}", at.text()));
    }

    fn down(
        &mut self,
        key: &Key,
        at: &Exact,
        parts: &[PatternPart],
        level: usize,
        emit: &mut Emit<'_>,
    ) -> ControlFlow<()> {
        if level > MAX_LEVEL {
            self.lose(at, format_args!("more than {MAX_LEVEL} levels of keys"));
            return ControlFlow::Continue(());
        }
        let Some((part, rest)) = parts.split_first() else { return self.arrive(key, at, emit) };
        match part {
            PatternPart::Literal(name) => {
                let name = String::from_utf8_lossy(name);
                // A link in a running registry; on disk there are only the sets that it may lead to.
                let name = match self.current {
                    Some(current) if name.eq_ignore_ascii_case("CurrentControlSet") => current,
                    _ => &name,
                };
                match self.hive.subkey(key, name) {
                    Ok(Some(below)) => {
                        let at = joined(at, &below.name);
                        self.down(&below, &at, rest, level.saturating_add(1), emit)
                    }
                    Ok(None) => ControlFlow::Continue(()),
                    Err(error) => {
                        self.lose(at, error);
                        ControlFlow::Continue(())
                    }
                }
            }
            PatternPart::Glob(glob) => {
                if rest.is_empty() && self.value.is_none() {
                    // `Run\*` means what stands in `Run`, keys and values alike.
                    self.values(key, at, &|name| fits(glob, name), emit)?;
                }
                for below in self.below(key, at) {
                    if fits(glob, &below.name.0) {
                        let at = joined(at, &below.name);
                        self.down(&below, &at, rest, level.saturating_add(1), emit)?;
                    }
                }
                ControlFlow::Continue(())
            }
            PatternPart::Deep(depth) => {
                self.down(key, at, rest, level, emit)?;
                let Some(less) = depth.checked_sub(1) else { return ControlFlow::Continue(()) };
                let parts: Vec<PatternPart> =
                    [PatternPart::Deep(less)].into_iter().chain(rest.iter().cloned()).collect();
                for below in self.below(key, at) {
                    let at = joined(at, &below.name);
                    self.down(&below, &at, &parts, level.saturating_add(1), emit)?;
                }
                ControlFlow::Continue(())
            }
        }
    }

    /// The end of a pattern.
    fn arrive(&mut self, key: &Key, at: &Exact, emit: &mut Emit<'_>) -> ControlFlow<()> {
        match self.value {
            None => {
                emit(&RegistryRow::Key { key: at.clone(), last_written: key.last_written })?;
                self.values(key, at, &|_| true, emit)
            }
            Some(PatternPart::Glob(glob)) => self.values(key, at, &|name| fits(glob, name), emit),
            Some(PatternPart::Literal(wanted)) => {
                let lower = String::from_utf8_lossy(wanted).to_lowercase();
                let same = |name: &[u8]| str::from_utf8(name).is_ok_and(|name| name.to_lowercase() == lower);
                self.values(key, at, &same, emit)
            }
            Some(PatternPart::Deep(_)) => self.values(key, at, &|_| true, emit),
        }
    }

    fn values(
        &mut self,
        key: &Key,
        at: &Exact,
        wanted: &dyn Fn(&[u8]) -> bool,
        emit: &mut Emit<'_>,
    ) -> ControlFlow<()> {
        self.hive.each_value(key, wanted, &mut |value| emit(&of_value(at, value)))
    }

    fn below(&mut self, key: &Key, at: &Exact) -> Vec<Key> {
        let keys = match self.hive.subkeys(key) {
            Ok(keys) => keys,
            Err(error) => {
                self.lose(at, error);
                return Vec::new();
            }
        };
        let most = self.left;
        if keys.len() > most {
            self.lose(at, format_args!("a pattern reads no more than {MAX_KEYS} keys"));
        }
        self.left = self.left.saturating_sub(keys.len());
        keys.into_iter().take(most).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use regf::{DataType, HiveBuilder};

    use super::*;
    use crate::evidence::rows::registry::RegistryValueRow;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
    }

    fn bytes() -> Vec<u8> {
        let mut builder = HiveBuilder::new().unwrap();
        let select = builder.create_key("Select").unwrap();
        builder.add_value(select, "Current", DataType::Dword, &2_u32.to_le_bytes()).unwrap();
        for (key, name, text) in [
            ("ControlSet001\\Services\\Oud", "ImagePath", "oud.exe"),
            ("ControlSet002\\Services\\Spooler", "ImagePath", "spoolsv.exe"),
            ("ControlSet002\\Services\\Kwaad", "ImagePath", "C:\\Users\\Public\\k.exe"),
            ("ControlSet002\\Services\\Kwaad\\Parameters", "ServiceDll", "k.dll"),
            ("ControlSet002\\Services\\Kwaad", "Start", "2"),
        ] {
            let key = builder.create_key(key).unwrap();
            builder.add_value(key, name, DataType::String, &wide(text)).unwrap();
        }
        builder.to_bytes().unwrap()
    }

    fn hive() -> Hive<Cursor<Vec<u8>>> {
        Hive::open(Cursor::new(bytes())).unwrap()
    }

    /// Keys, and key and value as `key:name`, below `HKEY_LOCAL_MACHINE\SYSTEM\ControlSet002\Services`.
    fn found(wanted: &[WantedKeys]) -> Vec<String> {
        let at = "HKEY_LOCAL_MACHINE\\SYSTEM";
        let asked: Vec<_> = wanted.iter().filter_map(|wanted| asked_of(wanted, at)).collect();
        let mut rows = Vec::new();
        let flow = within("C:\\SYSTEM", at, &mut hive(), Recovery::Clean, &asked, &mut |row| {
            rows.push(match row {
                RegistryRow::Key { key, .. } => key.text().into_owned(),
                RegistryRow::Value(RegistryValueRow { key, name, .. }) => {
                    format!("{}:{}", key.text(), name.text())
                }
                RegistryRow::Hive { hive, .. } => hive.clone(),
                RegistryRow::Broken { detail, .. } => detail.clone(),
                RegistryRow::Unknown => unreachable!("no row is made of this kind"),
            });
            ControlFlow::Continue(())
        });
        assert!(flow.is_continue());
        if !rows.is_empty() {
            assert_eq!(rows.remove(0), "C:\\SYSTEM");
        }
        let short = |row: &String| row.replace("HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet002\\Services\\", "");
        let mut rows: Vec<_> = rows.iter().map(short).collect();
        rows.sort();
        rows
    }

    fn key(pattern: &str) -> WantedKeys {
        WantedKeys::Key(pattern.to_owned())
    }

    #[test]
    fn the_current_set_is_the_one_that_the_hive_names_and_case_does_not_matter() {
        let rows = found(&[key("HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\services\\SPOOLER")]);
        assert_eq!(rows, ["Spooler", "Spooler:ImagePath"]);
    }

    #[test]
    fn globs_depths_and_values_are_found_where_they_stand() {
        let services = "HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services";
        let rows = found(&[key(&format!("{services}\\K*"))]);
        assert_eq!(rows, ["Kwaad", "Kwaad:ImagePath", "Kwaad:Start"]);
        // A star at the end means keys and values.
        let rows = found(&[key(&format!("{services}\\Kwaad\\*"))]);
        assert_eq!(
            rows,
            ["Kwaad:ImagePath", "Kwaad:Start", "Kwaad\\Parameters", "Kwaad\\Parameters:ServiceDll"]
        );
        let dll = WantedKeys::Value(format!("{services}\\*\\Parameters"), "servicedll".to_owned());
        assert_eq!(found(&[dll]), ["Kwaad\\Parameters:ServiceDll"]);
        let any = WantedKeys::Value(format!("{services}\\**"), "ServiceD*".to_owned());
        assert_eq!(found(&[any]), ["Kwaad\\Parameters:ServiceDll"]);
    }

    #[test]
    fn a_list_of_keys_that_cannot_be_read_is_told_once_for_each_pattern() {
        let (mut bytes, at) = (bytes(), "HKEY_LOCAL_MACHINE\\SYSTEM");
        // The lists of keys lose their marks; the keys themselves stay as they are.
        for place in 4096..bytes.len() - 2 {
            if matches!(&bytes[place..place + 2], b"lf" | b"lh" | b"li" | b"ri") && place % 8 == 4 {
                bytes[place..place + 2].copy_from_slice(b"??");
            }
        }
        let mut hive = Hive::open(Cursor::new(bytes)).unwrap();
        for pattern in ["ControlSet002\\Services", "*\\*", "**"] {
            let asked = [asked_of(&key(&format!("{at}\\{pattern}")), at).unwrap()];
            let mut told = Vec::new();
            let flow = within("C:\\SYSTEM", at, &mut hive, Recovery::Clean, &asked, &mut |row| {
                if let RegistryRow::Broken { detail, .. } = row {
                    told.push(detail.clone());
                }
                ControlFlow::Continue(())
            });
            let right = |detail: &String| detail.starts_with(&format!("below {at}: "));
            assert!(flow.is_continue() && told.len() == 1 && told.iter().all(right), "{pattern}: {told:?}");
        }
    }

    #[test]
    fn a_value_that_is_left_out_is_counted_in_a_row() {
        let (mut bytes, at) = (bytes(), "HKEY_LOCAL_MACHINE\\SYSTEM");
        let name = memchr::memmem::find(&bytes, b"ServiceDll").unwrap();
        // The mark of a value's cell is twenty bytes in front of its name.
        bytes[name - 20..name - 18].copy_from_slice(b"??");
        let mut hive = Hive::open(Cursor::new(bytes)).unwrap();
        let asked = [asked_of(&key(&format!("{at}\\ControlSet002\\Services\\**")), at).unwrap()];
        let mut broken = Vec::new();
        let flow = within("C:\\SYSTEM", at, &mut hive, Recovery::Clean, &asked, &mut |row| {
            if let RegistryRow::Broken { detail, .. } = row {
                broken.push(detail.clone());
            }
            ControlFlow::Continue(())
        });
        let right = |detail: &String| {
            detail.starts_with("1 keys or values were left out, the first below 'Parameters': ")
        };
        assert!(flow.is_continue() && broken.len() == 1 && broken.iter().all(right), "{broken:?}");
    }

    #[test]
    fn a_pattern_leads_to_the_hives_it_means_and_to_no_other() {
        let leads = |pattern: &str, at: &str| asked_of(&key(pattern), at).is_some();
        let user = "HKEY_USERS\\S-1-5-21-1-2-3-1001";
        assert!(leads("HKEY_USERS\\%%users.sid%%\\Software\\Run", user));
        assert!(leads("HKEY_USERS\\*\\Software\\Classes\\CLSID\\*", &format!("{user}\\Software\\Classes")));
        assert!(!leads("HKEY_USERS\\*\\Software\\Run", &format!("{user}\\Software\\Classes")));
        assert!(!leads("HKEY_LOCAL_MACHINE\\Software\\X", user));
        assert!(leads("HKLM\\software\\X", "HKEY_LOCAL_MACHINE\\SOFTWARE"));
    }
}
