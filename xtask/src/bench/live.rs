//! What the tables of a busy host cost: 10,000 processes and 50,000 sockets in a made copy of `/proc`.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::figures::Figures;
use super::made;
use super::measure::Binary;
use crate::Result;

const PROCESSES: u32 = 10_000;
const SOCKETS: u32 = 50_000;

/// Measures both tables together, as a run with these two artifacts alone.
///
/// # Errors
///
/// A run does not end with 0.
pub(super) fn measure(binary: &Binary, place: &Path, rounds: usize, figures: &mut Figures) -> Result {
    let folder = made(&place.join("live"), make)?;
    let mut costs = Vec::new();
    for _ in 0..rounds {
        let options = ["--artifact", "LiveProcesses", "--artifact", "LiveSockets", "--no-scan"];
        costs.push(binary.collect_chosen(&folder, &options)?);
    }
    costs.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    if let Some(median) = costs.get(costs.len() / 2) {
        figures.live(median);
    }
    Ok(())
}

/// Makes the copy of `/proc`: five sockets a process, each held by its own.
fn make(folder: &Path) -> Result {
    let proc = folder.join("proc");
    fs::create_dir_all(proc.join("net"))?;
    fs::create_dir_all(folder.join("etc"))?;
    let each = SOCKETS / PROCESSES;
    for pid in 1..=PROCESSES {
        let of = proc.join(pid.to_string());
        fs::create_dir_all(of.join("fd"))?;
        let stat =
            format!("{pid} (worker) S 1 {pid} {pid} 0 -1 4194560 1 0 0 0 25 50 0 0 20 0 1 0 12345 9 8 7\n");
        fs::write(of.join("stat"), stat)?;
        fs::write(
            of.join("status"),
            format!("Name:\tworker\nUid:\t0\t0\t0\t0\nThreads:\t1\nNSpid:\t{pid}\n"),
        )?;
        fs::write(of.join("cmdline"), "/usr/bin/worker\0--number\0")?;
        symlink("/usr/bin/worker", of.join("exe"))?;
        for handle in 0..each {
            symlink(
                format!("socket:[{}]", pid.wrapping_mul(each).wrapping_add(handle)),
                of.join("fd").join(handle.to_string()),
            )?;
        }
    }
    let mut table = String::from("sl local\n");
    for number in 0..SOCKETS {
        let inode = each.wrapping_add(number);
        let port = number % 65_536;
        writeln!(
            table,
            " {number}: 0100007F:1F90 0B00000A:{port:04X} 01 00000000:00000000 00:00000000 00000000  1000        0 {inode} 1"
        )?;
    }
    fs::write(proc.join("net").join("tcp"), table)?;
    Ok(())
}
