//! The target that reads items of rows, as the matcher and the analyst's side do.

use super::Target;
use veldkit::evidence::rows::{RowRead, read};

/// The target with seeds of three schemas; one line of the second is no row.
pub const ROWS: Target = (
    "rows",
    &[
        b"{\"row\":\"schema\",\"schema\":\"urn:veldkit:live:sockets:1\"}\n{\"row\":\"internet\",\"protocol\":\"tcp\",\"local\":\"192.0.2.1\",\"local_port\":22,\"remote\":\"203.0.113.9\",\"remote_port\":50000,\"state\":\"established\",\"held\":[]}\n",
        b"{\"row\":\"schema\",\"schema\":\"urn:veldkit:live:objects:1\"}\n{\"row\":\"pipe\",\"name\":\"x\"}\n{\"row\":7}\n{\"row\":\"later\"}\n",
        b"{\"row\":\"schema\",\"schema\":\"urn:veldkit:derived:registry:1\"}\n{\"row\":\"key\",\"key\":{\"base64\":\"/w==\",\"text\":\"\xef\xbf\xbd\"}}\n",
    ],
    rows,
);

/// Reads the rows; every line is a row, or is reported as none, and a row reports what an indicator can name.
pub fn rows(data: &[u8]) {
    let Some(lines) = read(data) else { return };
    let after = data.iter().position(|byte| *byte == b'\n').map_or(&[][..], |at| &data[at + 1..]);
    let expected = after.split_inclusive(|byte| *byte == b'\n').count();
    let mut seen = 0;
    for line in lines {
        seen += 1;
        if let RowRead::Row { number, row } = line {
            assert_eq!(number, u64::try_from(seen).unwrap());
            row.observables(&mut |observable| drop(format!("{observable:?}")));
            drop(row.citation());
        }
    }
    assert_eq!(seen, expected);
}
