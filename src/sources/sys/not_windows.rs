//! What only Windows has, as every other system answers when asked for it.

use std::io;
use std::path::{Path, PathBuf};

use crate::sources::hive::Value;
use crate::sources::live::maps::Mapping;
use crate::sources::live::windows::accounts;
use crate::sources::live::windows::autostarts::ServiceState;
use crate::sources::live::windows::environments::Environment;
use crate::sources::live::windows::network::{self, Names};
use crate::sources::live::windows::objects::{Object, Pipe};
use crate::sources::live::windows::processes::Process;
use crate::sources::live::windows::sessions::{Logon, Session};
use crate::sources::live::windows::signature::Signature;
use crate::sources::live::windows::sockets::Socket;
use crate::sources::windows_facts::Contents;

/// Whether files and folders have streams besides their content here.
pub(in crate::sources) const HAS_STREAMS: bool = false;

/// A place of the table of mounts as people write it.
pub(in crate::sources) fn place_text(place: &[u8]) -> String {
    String::from_utf8_lossy(place).into_owned()
}

/// Whether an error says that another program keeps it for itself: no file is kept so here.
pub(in crate::sources) const fn is_in_use(_error: &io::Error) -> bool {
    false
}

/// A volume beneath a folder that is read by its own structures: what is in use can be read as any other file here.
pub(in crate::sources) const fn raw_volume(_path: &Path) -> Option<PathBuf> {
    None
}

/// Shadow copies of volumes ...
pub(in crate::sources) const fn shadow_copies() -> Vec<(u32, PathBuf)> {
    Vec::new()
}

/// ... a level of integrity ...
pub(in crate::sources) const fn integrity() -> Option<String> {
    None
}

/// ... a right to make backups ...
pub(in crate::sources) const fn backup_privilege() -> Option<bool> {
    None
}

/// ... a registry of the running system ...
pub(in crate::sources) const fn registry_value(_key: &str, _name: &str) -> Option<Value> {
    None
}

/// ... with values in keys ...
pub(in crate::sources) const fn registry_contents(_key: &str) -> Option<Contents> {
    None
}

/// ... and keys below keys ...
pub(in crate::sources) const fn registry_subkeys(_key: &str) -> Vec<String> {
    Vec::new()
}

/// ... tables of what runs, as only Windows has them: nobody asks for them where this says so ...
pub(in crate::sources) const TELLS_AS_WINDOWS: bool = false;

fn none<T>() -> io::Result<T> {
    Err(io::ErrorKind::Unsupported.into())
}

/// ... of processes ...
pub(in crate::sources) fn processes() -> io::Result<Vec<Process>> {
    none()
}

/// ... their names ...
pub(in crate::sources) fn process_names() -> io::Result<Vec<(u32, String)>> {
    none()
}

/// ... and what each tells ...
pub(in crate::sources) fn look_at_process(_process: &mut Process) -> io::Result<()> {
    none()
}

/// ... and what it was given ...
pub(in crate::sources) fn environment(_pid: u32) -> io::Result<Environment> {
    none()
}

/// ... has loaded ...
pub(in crate::sources) fn loaded_modules(_pid: u32) -> io::Result<Vec<String>> {
    none()
}

/// ... whose signature the system knows ...
pub(in crate::sources) fn signature(_path: &str) -> io::Result<Option<Signature>> {
    none()
}

/// ... and runs that is of no file ...
pub(in crate::sources) fn loose_code(_pid: u32) -> io::Result<Vec<Mapping>> {
    none()
}

/// ... of sockets ...
pub(in crate::sources) const fn socket_tables() -> Vec<(&'static str, io::Result<Vec<Socket>>)> {
    Vec::new()
}

/// ... of the network ...
pub(in crate::sources) fn adapters() -> io::Result<(Vec<network::Row>, Names)> {
    none()
}

/// ... its routes ...
pub(in crate::sources) fn routes(_names: &Names) -> io::Result<Vec<network::Row>> {
    none()
}

/// ... and neighbours ...
pub(in crate::sources) fn neighbours(_names: &Names) -> io::Result<Vec<network::Row>> {
    none()
}

/// ... and the names that its resolver remembers ...
pub(in crate::sources) fn cached_names() -> io::Result<Vec<network::Row>> {
    none()
}

/// ... of objects that programs have given names ...
pub(in crate::sources) fn named_objects() -> io::Result<Vec<Object>> {
    none()
}

/// ... and of pipes ...
pub(in crate::sources) fn named_pipes() -> io::Result<Vec<Pipe>> {
    none()
}

/// ... of services ...
pub(in crate::sources) fn services() -> io::Result<Vec<ServiceState>> {
    none()
}

/// ... of sessions ...
pub(in crate::sources) fn sessions() -> io::Result<Vec<Session>> {
    none()
}

/// ... and logons ...
pub(in crate::sources) fn logons() -> io::Result<Vec<Logon>> {
    none()
}

/// ... of accounts ...
pub(in crate::sources) fn local_accounts() -> io::Result<Vec<accounts::Row>> {
    none()
}

/// ... and groups ...
pub(in crate::sources) fn local_groups() -> io::Result<Vec<accounts::Row>> {
    none()
}

/// ... a language of the user's that is not in the environment ...
#[must_use]
pub const fn ui_language() -> Option<String> {
    None
}

/// ... and a console whose closing is no signal.
pub fn on_close(_act: Box<dyn Fn() + Send + Sync>) {}
