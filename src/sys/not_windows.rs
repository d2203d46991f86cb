//! What only Windows has, as every other system answers when asked for it.

use std::io;
use std::path::{Path, PathBuf};

use super::{
    FileSignature, KernelObject, LocalAccount, LocalGroup, LogonSession, LooseCode, NamedPipe,
    NeighbourEntry, NetworkAdapter, ProcessDetails, ProcessEntry, ProcessEnvironment, RegistryKey,
    RegistryValue, ResolverEntry, RouteEntry, ServiceState, SocketEntry, TerminalSession,
};

/// Whether files and folders have streams besides their content here.
pub(crate) const HAS_STREAMS: bool = false;

/// A place of the table of mounts as people write it.
pub(crate) fn place_text(place: &[u8]) -> String {
    String::from_utf8_lossy(place).into_owned()
}

/// Whether an error says that another program keeps it for itself: no file is kept so here.
pub(crate) const fn is_in_use(_error: &io::Error) -> bool {
    false
}

/// A volume beneath a folder that is read by its own structures: what is in use can be read as any other file here.
pub(crate) const fn raw_volume(_path: &Path) -> Option<PathBuf> {
    None
}

/// Shadow copies of volumes ...
pub(crate) const fn shadow_copies() -> Vec<(u32, PathBuf)> {
    Vec::new()
}

/// ... a level of integrity ...
pub(crate) const fn integrity() -> Option<String> {
    None
}

/// ... a right to make backups ...
pub(crate) const fn backup_privilege() -> Option<bool> {
    None
}

/// ... a registry of the running system ...
pub(crate) const fn registry_value(_key: &str, _name: &str) -> Option<RegistryValue> {
    None
}

/// ... with values in keys ...
pub(crate) const fn registry_contents(_key: &str) -> Option<RegistryKey> {
    None
}

/// ... and keys below keys ...
pub(crate) const fn registry_subkeys(_key: &str) -> Vec<String> {
    Vec::new()
}

/// ... tables of what runs, as only Windows has them: nobody asks for them where this says so ...
pub(crate) const TELLS_AS_WINDOWS: bool = false;

fn none<T>() -> io::Result<T> {
    Err(io::ErrorKind::Unsupported.into())
}

/// ... of processes ...
pub(crate) fn processes() -> io::Result<Vec<ProcessEntry>> {
    none()
}

/// ... and what each tells ...
pub(crate) fn process_details(_process: &ProcessEntry) -> io::Result<ProcessDetails> {
    none()
}

/// ... and what it was given ...
pub(crate) fn environment(_pid: u32) -> io::Result<ProcessEnvironment> {
    none()
}

/// ... has loaded ...
pub(crate) fn loaded_modules(_pid: u32) -> io::Result<Vec<String>> {
    none()
}

/// ... whose signature the system knows ...
pub(crate) fn signature(_path: &str) -> io::Result<Option<FileSignature>> {
    none()
}

/// ... and runs that is of no file ...
pub(crate) fn loose_code(_pid: u32) -> io::Result<Vec<LooseCode>> {
    none()
}

/// ... of sockets ...
pub(crate) const fn socket_tables() -> Vec<(&'static str, io::Result<Vec<SocketEntry>>)> {
    Vec::new()
}

/// ... of the network ...
pub(crate) fn adapters() -> io::Result<Vec<NetworkAdapter>> {
    none()
}

/// ... its routes ...
pub(crate) fn routes() -> io::Result<Vec<RouteEntry>> {
    none()
}

/// ... and neighbours ...
pub(crate) fn neighbours() -> io::Result<Vec<NeighbourEntry>> {
    none()
}

/// ... and the names that its resolver remembers ...
pub(crate) fn cached_names() -> io::Result<Vec<ResolverEntry>> {
    none()
}

/// ... of objects that programs have given names ...
pub(crate) fn named_objects() -> io::Result<Vec<KernelObject>> {
    none()
}

/// ... and of pipes ...
pub(crate) fn named_pipes() -> io::Result<Vec<NamedPipe>> {
    none()
}

/// ... of services ...
pub(crate) fn services() -> io::Result<Vec<ServiceState>> {
    none()
}

/// ... of sessions ...
pub(crate) fn sessions() -> io::Result<Vec<TerminalSession>> {
    none()
}

/// ... and logons ...
pub(crate) fn logons() -> io::Result<Vec<LogonSession>> {
    none()
}

/// ... of accounts ...
pub(crate) fn local_accounts() -> io::Result<Vec<LocalAccount>> {
    none()
}

/// ... and groups ...
pub(crate) fn local_groups() -> io::Result<Vec<LocalGroup>> {
    none()
}

/// ... a language of the user's that is not in the environment ...
#[must_use]
pub const fn ui_language() -> Option<String> {
    None
}

/// ... and a console whose closing is no signal.
pub fn on_close(_act: Box<dyn Fn() + Send + Sync>) {}
