//! Tests that mount something: left out by name where this system lets nobody mount, as some containers do.
//!
//! In: a try at a mount of each kind. Out: what the test command leaves out, which libtest counts as filtered. A test
//! itself never passes for want of a mount.

use std::path::Path;
use std::process::Command;

use crate::Result;

/// The tests, by their whole names.
const TESTS: [&str; 16] = [
    "image::damage::random_bytes_in_the_table_cost_what_they_hit_and_nothing_else",
    "image::damage::runs_outside_the_volume_and_node_loops_have_an_end",
    "image::damage::a_truncated_volume_is_read_as_far_as_possible",
    "image::disks::a_windows_disk_has_its_letters_and_reports_unreadable_volumes",
    "image::disks::one_partition_is_used_where_one_is_given_and_a_split_disk_is_joined",
    "image::disks::list_volumes_prints_the_golden_text_and_all_of_them_as_json",
    "image::disks::every_form_of_a_virtual_disk_is_the_disk_that_it_holds",
    "image::dissect::dissect_answers_from_the_bundle_of_an_image",
    "image::overlay::files_that_windows_keeps_compressed_are_read_decompressed",
    "image::shadows::equal_content_of_shadow_copies_is_collected_once",
    "image::shadows::every_file_of_a_shadow_copy_is_what_libvshadow_gives",
    "image::volume::every_file_is_what_the_mount_and_icat_say_however_it_is_stored",
    "image::volume::a_table_and_files_in_so_many_pieces_that_they_need_lists_are_read",
    "image::volume::the_files_of_the_file_system_are_collected_by_name_and_the_journal_without_its_leading_hole",
    "mounts::local_mounts_are_crossed_others_not_and_all_are_listed",
    "mounts::a_hanging_mount_costs_only_its_time_limit",
];

/// Mounts one file system of the kernel's and one of FUSE, in a namespace of their own.
const TRY: &str = "exec 3<>/dev/fuse && mount -t tmpfs none \"$0\" && mkdir \"$0/fuse\" \
                   && mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 try \"$0/fuse\"";

/// Leaves the tests out of a test command where nobody may mount.
///
/// # Errors
///
/// The directory to mount on cannot be made.
pub(super) fn unless_allowed<'a>(root: &Path, tests: &'a mut Command) -> Result<&'a mut Command> {
    let place = root.join("target").join("mount");
    std::fs::create_dir_all(&place)?;
    let output = Command::new("unshare").args(["--mount", "sh", "-c", TRY]).arg(&place).output();
    if output.is_ok_and(|output| output.status.success()) {
        return Ok(tests);
    }
    println!("this system lets nobody mount: {} tests are left out", TESTS.len());
    Ok(tests.args(TESTS.iter().flat_map(|test| ["--skip", test])))
}

#[cfg(test)]
mod tests {
    use super::TESTS;

    #[test]
    fn the_tests_that_are_named_exist() {
        let it = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/it");
        for test in TESTS {
            let (module, function) = test.rsplit_once("::").unwrap();
            let file = std::fs::read_to_string(it.join(format!("{}.rs", module.replace("::", "/")))).unwrap();
            assert!(file.contains(&format!("fn {function}()")), "{test}");
        }
    }
}
