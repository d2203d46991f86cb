//! The integration tests: one binary, one file a subject.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test that goes wrong should end, and makes its own evidence below a temporary folder"
)]

mod authors;
mod bundle;
mod carried_kit;
mod catalogue;
mod collect;
mod debian;
#[cfg(feature = "libyara")]
mod engines;
mod exit_codes;
mod file_facts;
mod footprint;
mod fuzz;
mod heads;
mod help;
mod hidden_registry;
mod hives;
mod host_faults;
mod hostile_medium;
mod image;
mod indicators;
mod inventory;
mod kill;
mod left_out;
mod limits;
mod live;
mod made;
mod match_against;
mod match_faults;
mod memory;
mod mounts;
mod packages;
mod planted;
mod playbook;
mod processes;
mod program;
mod program_file;
mod ransomware;
mod reading;
mod readme;
mod regression;
mod rpm;
mod rule_directories;
mod rule_sets;
mod rules;
mod scan;
mod scan_command;
mod scan_limits;
mod selftest;
mod sources;
mod spellings;
mod start_parsers;
mod stopping;
mod text_logons;
#[path = "../../src/evidence/rows/validate.rs"]
mod validate;
mod verify;
mod windows_tree;
mod wine;
