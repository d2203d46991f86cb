//! READ A FORMAT: bytes, or a reader that seeks, become plain structs.
//!
//! In: the bytes of a file, a volume or a reply of a kernel, all of them hostile. Out: structs specific to the
//! format. Nothing here depends on the operating system, the target, records or rows, and nothing opens a file: the
//! caller passes the bytes. Every reader is bounded, and has a fuzz target in `tests/fuzz`.

pub mod at_job;
pub mod auth_log;
pub mod autostart_categories;
mod crc32c;
pub mod crontab;
pub mod disk;
pub mod ext;
pub mod hive;
pub mod iptables;
pub mod journald;
pub mod kcore;
pub mod kernel_modules;
pub mod lastlog;
pub(crate) mod linux_autostart_places;
pub mod linux_autostarts;
pub mod logind_session;
pub mod mountinfo;
pub mod name_resolution;
pub mod netlink;
pub mod network_settings;
pub mod ntfs;
pub mod package_databases;
pub mod policy_scripts;
pub mod proc_maps;
pub mod procfs;
pub mod procnet;
pub mod resolved;
pub mod rpm;
pub mod seek;
pub mod service_commands;
pub mod sqlite;
pub mod started_commands;
pub mod systemd_unit;
pub mod task_actions;
pub mod task_job;
pub mod task_xml;
pub mod text_lines;
pub mod unix_accounts;
pub mod usb_log;
pub mod utmp;
pub mod web_server;
pub(crate) mod windows_autostart_places;
pub mod windows_command;
pub mod wmi;
mod x_tables;

#[cfg(test)]
#[allow(unreachable_pub, reason = "the fuzz targets, a package of their own, use it as well")]
#[path = "../../tests/fuzz/ntfs.rs"]
pub(crate) mod made_volume;
