//! The row of an item that an indicator matched in: `row 12, pid 4711, port 443`.

use super::Sentence;
use super::sentence::sentences;

sentences! {
    /// The number of the row.
    row(number: u64) { nl: "rij {number}", en: "row {number}" }
    /// The process in it.
    pid(pid: &str) { nl: "pid {pid}", en: "pid {pid}" }
    /// The port in it.
    port(port: &str) { nl: "poort {port}", en: "port {port}" }
    /// All of it in brackets.
    bracketed(row: &Sentence) { nl: "({row})", en: "({row})" }
}
