//! The packages that rpm has installed: of Red Hat, SUSE and what is made of them.
//!
//! In: rpm's own database, in one of the forms that it writes or wrote: SQLite, its own (`ndb`), or Berkeley DB's. Out: each
//! package's header, read by [`header`]. All of it is hostile: every number is held against the file's size, and nothing is gone
//! through twice.

use std::io;

use super::seek::{ReadSeek, damaged};
use super::sqlite;

mod berkeley;
pub mod header;
mod ndb;

pub use header::Package;

/// Largest header of one package: some kilobytes, and a megabyte for each ten thousand files.
const MAX_HEADER: usize = 64 << 20;

/// Most packages of one database.
const MAX_PACKAGES: usize = 200_000;

/// The folders that the database may be in, the newer first; the last is that of systems that are deployed whole (rpm-ostree),
/// to which the others are links.
const FOLDERS: [&str; 3] = ["usr/lib/sysimage/rpm", "var/lib/rpm", "usr/share/rpm"];

/// The database's files, by what begins them.
const SQLITE: &str = "rpmdb.sqlite";
const NDB: &str = "Packages.db";
const BERKELEY: &str = "Packages";

/// Opens a file of the database by its path below the root; `None` where nothing has that path.
pub(crate) type OpenDatabase<'a> = dyn Fn(&str) -> io::Result<Option<Box<dyn ReadSeek>>> + 'a;

/// Hands out each package of the database that `open` finds; gives the name of it, or none where there is none.
///
/// # Errors
/// The database's name with what it lacks: it is in a form that is not read, damaged, or cannot be opened. What was handed out
/// until then stands.
pub(crate) fn packages(
    open: &OpenDatabase<'_>,
    take: &mut dyn FnMut(Package<'_>),
) -> Result<Option<String>, String> {
    for folder in FOLDERS {
        let forms: [(&str, Each); 3] = [(SQLITE, of_sqlite), (NDB, ndb::each), (BERKELEY, berkeley::each)];
        for (name, read) in forms {
            let path = format!("{folder}/{name}");
            let mut file = match open(&path) {
                Ok(Some(file)) => file,
                Ok(None) => continue,
                Err(error) => return Err(format!("packages of rpm: opening '/{path}': {error}")),
            };
            let (mut count, mut broken) = (0_usize, 0_usize);
            let read = read(&mut file, &mut |header| {
                count = count.saturating_add(1);
                match header::read(header) {
                    Some(package) => take(package),
                    None => broken = broken.saturating_add(1),
                }
                count < MAX_PACKAGES
            });
            read.map_err(|error| format!("packages of rpm: reading '/{path}': {error}"))?;
            if broken > 0 {
                return Err(format!("packages of rpm: {broken} of '/{path}' are damaged"));
            }
            // What rpm has not written over into the database itself yet.
            let log = format!("{path}-wal");
            let written = open(&log).ok().flatten().and_then(|mut log| log.seek(io::SeekFrom::End(0)).ok());
            if written.is_some_and(|length| length > 0) {
                return Err(format!("packages of rpm: what stands in '/{log}' is not read"));
            }
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Hands on the headers of a database until it is told to stop.
type Each = fn(&mut dyn ReadSeek, &mut dyn FnMut(&[u8]) -> bool) -> io::Result<()>;

fn of_sqlite(file: &mut dyn ReadSeek, take: &mut dyn FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut whole = true;
    // A number, and the header.
    sqlite::rows(file, "Packages", &mut |row| {
        let header = row.column(1);
        whole &= header.is_some();
        header.is_none_or(&mut *take)
    })?;
    if whole { Ok(()) } else { Err(damaged("a row without its package")) }
}

/// Reads a database that is held in memory: of tests, and of what searches for bytes that break a reader.
///
/// # Errors
/// It is damaged.
pub fn read_bytes(bytes: &[u8], take: &mut dyn FnMut(Package<'_>)) -> io::Result<()> {
    let mut file = io::Cursor::new(bytes.to_vec());
    let each: Each = match () {
        () if bytes.starts_with(sqlite::MAGIC) => of_sqlite,
        () if berkeley::begins(bytes) => berkeley::each,
        () => ndb::each,
    };
    each(&mut file, &mut |header| {
        header::read(header).into_iter().for_each(&mut *take);
        true
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header that names a package, and one that is cut.
    fn header() -> Vec<u8> {
        let entries = [(1000_u32, 0_u32), (1001, 2), (1002, 4)];
        let mut header = [3_u32.to_be_bytes(), 6_u32.to_be_bytes()].concat();
        for (tag, at) in entries {
            header.extend([tag, 6, at, 1].iter().flat_map(|number| number.to_be_bytes()));
        }
        header.extend(b"a\x001\x002\0");
        header
    }

    /// A database of rpm's own with one package, whose slot says that it stands in this block.
    fn database(block: u32) -> Vec<u8> {
        let mut bytes = b"RpmP\0\0\0\0\0\0\0\0\x01\0\0\0".to_vec();
        bytes.resize(32, 0);
        while bytes.len() < 4096 {
            bytes.extend(b"Slot\0\0\0\0\0\0\0\0\0\0\0\0");
        }
        bytes[36] = 7;
        bytes[40..44].copy_from_slice(&block.to_le_bytes());
        bytes.extend(b"BlbS\x07\0\0\0\0\0\0\0");
        let header = header();
        bytes.extend(u32::try_from(header.len()).unwrap().to_le_bytes());
        bytes.extend(header);
        bytes
    }

    #[test]
    fn a_database_is_found_where_it_stands_and_what_it_lacks_is_told() {
        let found = |name: &str, bytes: Vec<u8>| {
            let (name, mut names) = (name.to_owned(), Vec::new());
            let open = move |path: &str| -> io::Result<Option<Box<dyn ReadSeek>>> {
                if path == name { Ok(Some(Box::new(io::Cursor::new(bytes.clone())))) } else { Ok(None) }
            };
            let read = packages(&open, &mut |package| names.push(package.name.to_owned()));
            (read, names)
        };
        let place = "usr/lib/sysimage/rpm/Packages.db";
        assert_eq!(found(place, database(256)), (Ok(Some(place.to_owned())), vec!["a".to_owned()]));
        assert_eq!(found("elsewhere", database(256)), (Ok(None), Vec::new()));
        let cut = database(256).len() - 1;
        for (bytes, why) in [
            (database(255), "where a package stands"),
            (database(256)[..cut].to_vec(), "fill whole buffer"),
            (database(256)[..4000].to_vec(), "fill whole buffer"),
            (b"SQLite format 3\0".to_vec(), "fill whole buffer"),
        ] {
            let (read, names) = found(place, bytes);
            let error = read.unwrap_err();
            assert!(error.contains(place) && error.contains(why) && names.is_empty(), "{error}");
        }
    }

    #[test]
    fn packages_that_share_bytes_end_a_database_of_rpms_own() {
        let mut bytes = database(256);
        let slot = bytes[32..48].to_vec();
        bytes[48..4096].chunks_exact_mut(16).for_each(|other| other.copy_from_slice(&slot));
        let mut count = 0_usize;
        let error = read_bytes(&bytes, &mut |_| count += 1).unwrap_err();
        assert!(error.to_string().contains("longer than the file") && count < 100, "{error}, {count}");
    }

    /// A database of Berkeley DB with three entries: the highest number, a package on its page, and one on two others.
    fn berkeley() -> Vec<u8> {
        let mut bytes = vec![0; 4 * 512];
        bytes[12..16].copy_from_slice(&0x0006_1561_u32.to_le_bytes());
        bytes[20..24].copy_from_slice(&512_u32.to_le_bytes());
        bytes[25] = 8;
        bytes[32] = 3;
        let (short, mut long) = (header(), header());
        // The same package with a longer store, of which nothing is named.
        let length = 400_u32;
        long[4..8].copy_from_slice(&length.to_be_bytes());
        long.resize(8 + 3 * 16 + 400, 0);
        let elsewhere =
            [&[3, 0, 0, 0, 2, 0, 0, 0][..], &u32::try_from(long.len()).unwrap().to_le_bytes()].concat();
        let entry = |bytes: &[u8]| [&[1], bytes].concat();
        let entries = [
            entry(&[0; 4]),
            entry(&[2, 0, 0, 0]),
            entry(&[1, 0, 0, 0]),
            entry(&short),
            entry(&[2, 0, 0, 0]),
            elsewhere,
        ];
        let page = &mut bytes[512..1024];
        page[8] = 1;
        page[20..22].copy_from_slice(&6_u16.to_le_bytes());
        page[25] = 2;
        let mut end = 512;
        for (index, entry) in entries.iter().enumerate() {
            let begin = end - entry.len();
            page[begin..end].copy_from_slice(entry);
            page[26 + 2 * index..28 + 2 * index]
                .copy_from_slice(&u16::try_from(begin).unwrap().to_le_bytes());
            end = begin;
        }
        for (number, next, stretch) in [(2_u8, 3_u8, &long[..100]), (3, 0, &long[100..])] {
            let page = &mut bytes[usize::from(number) * 512..][..512];
            (page[8], page[16], page[25]) = (number, next, 7);
            page[22..24].copy_from_slice(&u16::try_from(stretch.len()).unwrap().to_le_bytes());
            page[26..26 + stretch.len()].copy_from_slice(stretch);
        }
        bytes
    }

    #[test]
    fn a_berkeley_db_is_read_in_the_order_of_its_pages_and_what_is_broken_in_it_ends_it() {
        let read = |bytes: &[u8]| {
            let mut names = Vec::new();
            let read = read_bytes(bytes, &mut |package| names.push(package.name.to_owned()));
            (read.map_err(|error| error.to_string()), names.len())
        };
        assert_eq!(read(&berkeley()), (Ok(()), 2));
        let entry = 512 + 512 - 5 - 5;
        for (at, byte, names, why) in [
            (24, 1, 0, "does not write"),
            (26, 1, 0, "does not write"),
            (21, 3, 0, "the size of its pages"),
            (32, 4, 2, "fill whole buffer"),
            (512 + 8, 9, 0, "another's number"),
            (512 + 27, 9, 0, "an entry of a page"),
            (entry - 5 - 1 - header().len(), 2, 0, "the kind of an entry"),
            (512 + 512 - 12 - 5 - 1 - header().len() - 3 * 5, 4, 1, "the kind of an entry"),
            (1024 + 16, 2, 1, "more pages than it has"),
            (1024 + 25, 2, 1, "a page of a package"),
            (1024 + 23, 2, 1, "a page of a package"),
        ] {
            let mut bytes = berkeley();
            bytes[at] = byte;
            let (read, found) = read(&bytes);
            let error = read.unwrap_err();
            assert!(error.contains(why) && found == names, "{at}: {error}, {found}");
        }
    }
}
