//! The targets that read indicator lists, one for each format.

use veldkit::evidence::{Origin, Utc};
use veldkit::scan::indicators::{Case, Format, read_bytes};

/// Reads a list of a format, and then of whatever format its content says, and looks something up in it.
fn indicators(data: &[u8], format: Format) {
    let now = Utc::from_unix(1_795_489_445, 0).unwrap();
    for format in [Some(format), None] {
        let list = read_bytes(data, format, now);
        let [account] = list.lists() else { panic!("one list was read") };
        assert_eq!(account.kinds.values().sum::<u64>(), account.indicators);
        let text = String::from_utf8_lossy(data);
        for line in text.lines().take(3) {
            drop((
                list.path(line, Case::Folded),
                list.path(line, Case::Heeded),
                list.domain(line),
                list.url(line),
            ));
            drop((
                list.digest(line),
                list.pipe(line),
                list.mutex(line),
                list.registry(line, Some(line), Some(line)),
            ));
        }
        drop(list.address(&[198, 51, 100, 7].into()));
        drop(list.text(&Origin::root("etc/hosts"), data));
    }
}

pub fn indicators_values(data: &[u8]) {
    indicators(data, Format::Values);
}

pub fn indicators_filenames(data: &[u8]) {
    indicators(data, Format::Filenames);
}

pub fn indicators_csv(data: &[u8]) {
    indicators(data, Format::Csv);
}

pub fn indicators_misp(data: &[u8]) {
    indicators(data, Format::Misp);
}

pub fn indicators_stix(data: &[u8]) {
    indicators(data, Format::Stix);
}

pub fn indicators_openioc(data: &[u8]) {
    indicators(data, Format::OpenIoc);
}

pub fn indicators_warninglist(data: &[u8]) {
    indicators(data, Format::Warninglist);
}
