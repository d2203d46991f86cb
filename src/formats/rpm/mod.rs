//! Reads the packages that rpm has installed, on Red Hat, SUSE and derived distributions.
//!
//! In: the database of rpm, in one of its three formats: SQLite, rpm's own `ndb`, or Berkeley DB. Out: the header of
//! each package, read by [`header`]. All of it is hostile: every number is checked against the file size, and nothing
//! is read twice.

use std::io;

use super::seek::{ReadSeek, damaged};
use super::sqlite;

mod berkeley;
pub mod header;
mod ndb;

pub use header::Package;

/// Largest header of one package, in bytes: some kilobytes, plus a megabyte per ten thousand files.
const MAX_HEADER: usize = 64 << 20;

/// Maximum number of packages per database.
const MAX_PACKAGES: usize = 200_000;

/// The directories of the database, the newer first. The last one is that of image-based systems (rpm-ostree), where
/// the others are links to it.
const DIRECTORIES: [&str; 3] = ["usr/lib/sysimage/rpm", "var/lib/rpm", "usr/share/rpm"];

/// The database files of the three formats.
const SQLITE: &str = "rpmdb.sqlite";
const NDB: &str = "Packages.db";
const BERKELEY: &str = "Packages";

/// Opens a database file by its path below the root; `None` where the path does not exist.
pub(crate) type OpenDatabase<'a> = dyn Fn(&str) -> io::Result<Option<Box<dyn ReadSeek>>> + 'a;

/// Passes each package of the database that `open` finds to the caller, and returns the name of the database; `None`
/// where there is none.
///
/// # Errors
///
/// The name of the database and the reason: it is in an unsupported format, damaged, or cannot be opened. Packages
/// read before the error are kept.
pub(crate) fn packages(
    open: &OpenDatabase<'_>,
    take: &mut dyn FnMut(Package<'_>),
) -> Result<Option<String>, String> {
    for directory in DIRECTORIES {
        let forms: [(&str, Each); 3] = [(SQLITE, of_sqlite), (NDB, ndb::each), (BERKELEY, berkeley::each)];
        for (name, read) in forms {
            let path = format!("{directory}/{name}");
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
            // A write-ahead log that rpm has not merged into the database yet.
            let log = format!("{path}-wal");
            let written = open(&log).ok().flatten().and_then(|mut log| log.seek(io::SeekFrom::End(0)).ok());
            if written.is_some_and(|length| length > 0) {
                return Err(format!("packages of rpm: the changes in '/{log}' are not read"));
            }
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Passes the headers of a database on until the callback returns false.
type Each = fn(&mut dyn ReadSeek, &mut dyn FnMut(&[u8]) -> bool) -> io::Result<()>;

fn of_sqlite(file: &mut dyn ReadSeek, take: &mut dyn FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut whole = true;
    // The row has a number, and the header.
    sqlite::rows(file, "Packages", &mut |row| {
        let header = row.column(1);
        whole &= header.is_some();
        header.is_none_or(&mut *take)
    })?;
    if whole { Ok(()) } else { Err(damaged("a row without a package")) }
}

/// Reads a database in memory, for tests and fuzz targets.
///
/// # Errors
///
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

    /// Makes a header with a package name, and a truncated one.
    fn header() -> Vec<u8> {
        let entries = [(1000_u32, 0_u32), (1001, 2), (1002, 4)];
        let mut header = [3_u32.to_be_bytes(), 6_u32.to_be_bytes()].concat();
        for (tag, at) in entries {
            header.extend([tag, 6, at, 1].iter().flat_map(|number| number.to_be_bytes()));
        }
        header.extend(b"a\x001\x002\0");
        header
    }

    /// Makes an ndb database with one package, whose slot points to this block.
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
    fn a_database_is_found_in_its_directory_and_its_faults_are_reported() {
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
            (database(255), "the location of a package"),
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
    fn packages_that_share_bytes_end_an_ndb_database() {
        let mut bytes = database(256);
        let slot = bytes[32..48].to_vec();
        bytes[48..4096].chunks_exact_mut(16).for_each(|other| other.copy_from_slice(&slot));
        let mut count = 0_usize;
        let error = read_bytes(&bytes, &mut |_| count += 1).unwrap_err();
        assert!(error.to_string().contains("longer than the file") && count < 100, "{error}, {count}");
    }

    /// Makes a Berkeley DB with three entries: the highest number, a package on its page, and one on two overflow
    /// pages.
    fn berkeley() -> Vec<u8> {
        let mut bytes = vec![0; 4 * 512];
        bytes[12..16].copy_from_slice(&0x0006_1561_u32.to_le_bytes());
        bytes[20..24].copy_from_slice(&512_u32.to_le_bytes());
        bytes[25] = 8;
        bytes[32] = 3;
        let (short, mut long) = (header(), header());
        // The same package with a longer store that no entry points to.
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
    fn a_berkeley_db_is_read_in_page_order_up_to_the_first_damage() {
        let read = |bytes: &[u8]| {
            let mut names = Vec::new();
            let read = read_bytes(bytes, &mut |package| names.push(package.name.to_owned()));
            (read.map_err(|error| error.to_string()), names.len())
        };
        assert_eq!(read(&berkeley()), (Ok(()), 2));
        let entry = 512 + 512 - 5 - 5;
        for (at, byte, names, why) in [
            (24, 1, 0, "rpm does not use"),
            (26, 1, 0, "rpm does not use"),
            (21, 3, 0, "the page size"),
            (32, 4, 2, "fill whole buffer"),
            (512 + 8, 9, 0, "the wrong number"),
            (512 + 27, 9, 0, "an entry of a page"),
            (entry - 5 - 1 - header().len(), 2, 0, "the type of an entry"),
            (512 + 512 - 12 - 5 - 1 - header().len() - 3 * 5, 4, 1, "the type of an entry"),
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
