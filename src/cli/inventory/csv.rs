//! An inventory as a table (RFC 4180): one row per component, the host's name in each, so that the tables of many hosts can
//! be joined.

use std::borrow::Cow;

use csv::{Error, Terminator, WriterBuilder};

use crate::live::inventory::{Inventory, Sort, is_external};

const HEADER: [&str; 8] = ["host", "kind", "name", "version", "vendor", "architecture", "purl", "cpe"];

/// Makes the table; its last line has no end.
///
/// # Errors
///
/// Those of the crate `csv`, which writes to memory here.
pub(super) fn table(inventory: &Inventory) -> Result<String, Error> {
    let mut table = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    table.write_record(HEADER)?;
    let host = &inventory.host;
    let mut row = |kind: &str, name: &str, rest: [Option<&str>; 5]| {
        let rest = rest.into_iter().map(Option::unwrap_or_default);
        let cells = [host.name.as_str(), kind, name].into_iter().chain(rest).map(harmless);
        table.write_record(cells.map(Cow::into_owned))
    };
    if let Some(domain) = &host.domain {
        row("domain", domain, [None; 5])?;
    }
    for address in &inventory.addresses {
        let kind = if is_external(address) { "external address" } else { "internal address" };
        row(kind, &address.to_string(), [None; 5])?;
    }
    for one in &inventory.components {
        let kind = match one.sort {
            Sort::System => "operating system",
            Sort::Software => "software",
            Sort::Patch => "patch",
            Sort::Driver => "driver",
            Sort::Firmware => "firmware",
            Sort::Hardware => "hardware",
        };
        let rest = [&one.version, &one.vendor, &one.architecture, &one.purl, &one.cpe];
        row(kind, &one.name, rest.map(Option::as_deref))?;
    }
    let bytes = table.into_inner().map_err(|error| Error::from(error.into_error()))?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.trim_end_matches("\r\n").to_owned())
}

/// A cell that a spreadsheet does not take for a formula: names are the target's own, and an apostrophe marks text.
fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::inventory::Component;

    #[test]
    fn a_cell_cannot_break_the_table_or_become_a_formula() {
        let mut inventory = Inventory::default();
        "h".clone_into(&mut inventory.host.name);
        inventory.addresses.push("192.0.2.1".parse().unwrap());
        let component =
            |name: &str| Component { version: Some("1".to_owned()), ..Component::new(Sort::Software, name) };
        let names = ["=cmd|' /C calc'!A0, \"x\"", "+1", "a\r\nb"];
        inventory.components.extend(names.map(component));
        let table = table(&inventory).unwrap();
        assert_eq!(
            table,
            [
                "host,kind,name,version,vendor,architecture,purl,cpe",
                "h,external address,192.0.2.1,,,,,",
                "h,software,\"'=cmd|' /C calc'!A0, \"\"x\"\"\",1,,,,",
                "h,software,'+1,1,,,,",
                "h,software,\"a\r\nb\",1,,,,",
            ]
            .join("\r\n")
        );
        // Read back, each row has its cells.
        let mut reader = csv::ReaderBuilder::new().from_reader(table.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert!(rows.len() == 4 && rows.iter().all(|row| row.len() == HEADER.len()));
    }
}
