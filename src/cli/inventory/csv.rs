//! An inventory as a table (RFC 4180): one row a component, the host's name before each, so that the tables of many hosts can
//! be put together.

use crate::live::inventory::{Inventory, Sort, is_external};

const NONE: Option<String> = None;

/// Makes the table.
pub(super) fn table(inventory: &Inventory) -> String {
    let mut table = "host,kind,name,version,vendor,architecture,purl,cpe".to_owned();
    let host = &inventory.host;
    let mut row = |kind: &str, name: &str, rest: [&Option<String>; 5]| {
        table.push_str("\r\n");
        let rest = rest.map(|value| value.as_deref().unwrap_or_default());
        let cells = [&host.name, kind, name].into_iter().chain(rest).map(cell);
        table.push_str(&cells.collect::<Vec<_>>().join(","));
    };
    if let Some(domain) = &host.domain {
        row("domain", domain, [&NONE; 5]);
    }
    for address in &inventory.addresses {
        let kind = if is_external(address) { "external address" } else { "internal address" };
        row(kind, &address.to_string(), [&NONE; 5]);
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
        row(kind, &one.name, [&one.version, &one.vendor, &one.architecture, &one.purl, &one.cpe]);
    }
    table
}

/// One cell. What a spreadsheet would take for a formula stands behind an apostrophe, since names are the target's own.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.contains(['"', ',', '\n', '\r']) || !guard.is_empty() {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
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
        let name = "=cmd|' /C calc'!A0, \"x\"";
        inventory
            .components
            .push(Component { version: Some("1".to_owned()), ..Component::new(Sort::Software, name) });
        let table = table(&inventory);
        let lines: Vec<_> = table.split("\r\n").collect();
        assert_eq!(lines[1], "h,external address,192.0.2.1,,,,,");
        assert_eq!(lines[2], "h,software,\"'=cmd|' /C calc'!A0, \"\"x\"\"\",1,,,,");
    }
}
