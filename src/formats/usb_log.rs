//! Reads the connections of USB devices from a log of the Linux kernel.
//!
//! In: the text of a log. Out: a [`UsbDevice`] per connection. Pure; never panics.

use crate::evidence::Exact;
use crate::evidence::rows::storage::UsbDevice;

/// Maximum number of log lines about one connection.
const MAX_USB: usize = 20_000;

/// Reads a kernel log: `usb PORT: New USB device found, idVendor=…`, and the following lines about the same port
/// (`usb_new_device` in `drivers/usb/core/hub.c`).
#[must_use]
pub fn usb(text: &[u8], file: &[u8]) -> Vec<UsbDevice> {
    let mut all: Vec<UsbDevice> = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        let Some(at) = line.windows(5).position(|part| part == b" usb ") else { continue };
        let (before, rest) = line.split_at(at);
        let rest = String::from_utf8_lossy(rest.get(5..).unwrap_or_default());
        let Some((port, said)) = rest.split_once(": ") else { continue };
        if let Some(found) = said.strip_prefix("New USB device found, ") {
            if all.len() >= MAX_USB {
                break;
            }
            let number = |key: &str| {
                let value = found.split(", ").find_map(|part| part.strip_prefix(key)).unwrap_or_default();
                value.chars().take(8).collect()
            };
            all.push(UsbDevice {
                file: Some(Exact([b"/", file].concat())),
                at: Some(Exact::cut(before, 256).0),
                port: Some(port.chars().take(64).collect()),
                vendor_id: Some(number("idVendor=")),
                product_id: Some(number("idProduct=")),
                vendor: Some(Exact::default()),
                product: Some(Exact::default()),
                ..UsbDevice::default()
            });
            continue;
        }
        let Some(last) = all.iter_mut().rev().take(16).find(|usb| usb.port.as_deref() == Some(port)) else {
            continue;
        };
        let named = [("Product: ", &mut last.product), ("Manufacturer: ", &mut last.vendor)];
        let named = named.into_iter().filter_map(|(key, field)| Some((key, field.as_mut()?)));
        for (key, field) in named.chain([("SerialNumber: ", &mut last.serial)]) {
            if let Some(value) = said.strip_prefix(key).filter(|_| field.0.is_empty()) {
                *field = Exact::cut(value.as_bytes(), 1_024).0;
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form that the kernel's hub driver prints, after a syslog timestamp.
    #[test]
    fn a_usb_stick_is_found_in_a_kernel_log() {
        let log = b"Nov 24 03:00:01 h kernel: [ 77.1] usb 1-1: new high-speed USB device number 4 using xhci_hcd\n\
            Nov 24 03:00:01 h kernel: [ 77.2] usb 1-1: New USB device found, idVendor=0781, idProduct=5567, bcdDevice= 1.00\n\
            Nov 24 03:00:01 h kernel: [ 77.2] usb 1-1: New USB device strings: Mfr=1, Product=2, SerialNumber=3\n\
            Nov 24 03:00:01 h kernel: [ 77.2] usb 1-1: Product: Cruzer Blade\n\
            Nov 24 03:00:01 h kernel: [ 77.2] usb 2-1: Product: another\n\
            Nov 24 03:00:01 h kernel: [ 77.2] usb 1-1: Manufacturer: SanDisk\n\
            Nov 24 03:00:01 h kernel: [ 77.2] usb 1-1: SerialNumber: 4C530001\nnonsense usb \n";
        let all = usb(log, b"var/log/kern.log");
        assert_eq!(all.len(), 1);
        let stick = &all[0];
        assert_eq!((stick.vendor_id.as_deref(), stick.product_id.as_deref()), (Some("0781"), Some("5567")));
        assert_eq!(
            (stick.product.as_ref(), stick.vendor.as_ref(), &stick.serial),
            (Some(&"Cruzer Blade".into()), Some(&"SanDisk".into()), &"4C530001".into())
        );
        assert_eq!(stick.at, Some("Nov 24 03:00:01 h kernel: [ 77.2]".into()));
    }
}
