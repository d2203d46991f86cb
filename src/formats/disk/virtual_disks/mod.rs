//! Reads virtual disk formats (QCOW2, VHD, VHDX, VMDK): the file content becomes a device.
//!
//! In: a file. Out: its disk as a raw device, and the name of the format. Each format maps blocks to offsets in the
//! file; the mapping is read on demand, so that memory does not grow with the disk. A disk that needs another file
//! (the base of a snapshot), or that uses an unsupported feature, is an error that says what to do.

mod other_forms;
mod qcow2;
mod vhd;
mod vhdx;
mod vmdk;

use std::io;
use std::sync::Arc;

use super::device::{Device, read_exact_at, read_some};
use super::partitions::TableNote;

/// The disk in a file.
pub(super) struct OpenedForm {
    pub(super) form: &'static str,
    pub(super) device: Arc<dyn Device>,
    /// Notes on the file.
    pub(super) notes: Vec<TableNote>,
}

/// Detects the format from its signature.
pub(super) fn open(file: Arc<dyn Device>) -> io::Result<OpenedForm> {
    let whole = |form, device| Ok(OpenedForm { form, device, notes: Vec::new() });
    let head = read_some(&*file, 0, 512)?;
    if head.starts_with(b"QFI\xfb") {
        return whole("qcow2", Arc::new(qcow2::Qcow2::open(file)?));
    }
    if head.starts_with(b"vhdxfile") {
        let (disk, notes) = vhdx::Vhdx::open(file)?;
        return Ok(OpenedForm { form: "vhdx", device: Arc::new(Mapped::new(disk)), notes });
    }
    if let Some((footer, mut notes)) = vhd::footer(&*file, &head)? {
        let device = vhd::open(file, &footer, &mut notes)?;
        return Ok(OpenedForm { form: "vhd", device, notes });
    }
    if head.starts_with(b"KDMV") {
        return whole("vmdk", Arc::new(Mapped::new(vmdk::Vmdk::open(file)?)));
    }
    if let Some((what, advice)) = other_forms::of(&*file, &head)? {
        return Err(unsupported(what, advice));
    }
    whole("raw", file)
}

/// Advice for a disk in an unsupported format.
const QEMU: &str = "'qemu-img convert -O raw FILE disk.raw' converts it to a raw image";

fn unsupported(what: &str, advice: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, format!("this version cannot read {what}: {advice}"))
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the image is damaged: {what}"))
}

/// A mapping from blocks of a disk to offsets in a file.
trait Table: std::fmt::Debug + Send + Sync {
    /// The file.
    fn file(&self) -> &Arc<dyn Device>;
    /// Size of the disk in bytes.
    fn size(&self) -> u64;
    /// Bytes of a block; never 0.
    fn block(&self) -> u64;
    /// Returns the offset of a block in the file; `None` where it is all zeros.
    fn place(&self, number: u64) -> io::Result<Option<u64>>;
}

/// A disk that is read through its mapping.
#[derive(Debug)]
struct Mapped<T> {
    table: T,
}

impl<T> Mapped<T> {
    const fn new(table: T) -> Self {
        Self { table }
    }
}

impl<T: Table> Device for Mapped<T> {
    fn size(&self) -> u64 {
        self.table.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let block = self.table.block();
        let (number, within) = (offset.checked_div(block), offset.checked_rem(block));
        let (number, within) = (number.unwrap_or(0), within.unwrap_or(0));
        let left = self.table.size().saturating_sub(offset).min(block.saturating_sub(within));
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        match self.table.place(number)? {
            Some(place) if most > 0 => {
                match self.table.file().read_at(place.saturating_add(within), buffer)? {
                    0 => Err(damaged("a block is after the end of the file")),
                    count => Ok(count),
                }
            }
            _ => {
                buffer.fill(0);
                Ok(most)
            }
        }
    }
}

fn number_at<const N: usize>(file: &dyn Device, offset: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    read_exact_at(file, offset, &mut bytes)?;
    Ok(bytes)
}
