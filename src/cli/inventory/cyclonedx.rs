//! An inventory as CycloneDX 1.6 in JSON (ECMA-424): the host is what the document is about, all it has are components.
//!
//! <https://cyclonedx.org/docs/1.6/json/>

use serde_json::{Map, Value, json};

use crate::evidence::Utc;
use crate::live::inventory::{Component, Inventory, Sort, is_external};

/// Makes the document; `random` becomes its number.
pub(super) fn document(inventory: &Inventory, now: Utc, random: [u8; 16]) -> Value {
    let components: Vec<Value> =
        inventory.components.iter().zip(1_u32..).map(|(component, number)| one(component, number)).collect();
    // The schema knows whole seconds and fractions alike; whole ones are enough.
    let now = Utc::from_unix(now.date_time().unix_timestamp(), 0).unwrap_or(now);
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{}", uuid(random)),
        "version": 1,
        "metadata": {
            "timestamp": now,
            "tools": {"components": [{"type": "application", "name": "veldkit", "version": env!("CARGO_PKG_VERSION")}]},
            "component": host(inventory),
        },
        "components": components,
    })
}

fn host(inventory: &Inventory) -> Value {
    let host = &inventory.host;
    let name = match &host.domain {
        Some(domain) => format!("{}.{domain}", host.name),
        None => host.name.clone(),
    };
    let mut properties = Vec::new();
    let mut property = |name: &str, value: &str| {
        properties.push(json!({"name": format!("veldkit:{name}"), "value": value}));
    };
    property("host", &host.name);
    for (name, value) in [("domain", &host.domain), ("machine-id", &host.machine_id)] {
        if let Some(value) = value {
            property(name, value);
        }
    }
    for address in &inventory.addresses {
        property(
            if is_external(address) { "address:external" } else { "address:internal" },
            &address.to_string(),
        );
    }
    for lacking in &inventory.lacking {
        property("lacking", lacking);
    }
    json!({"type": "device", "bom-ref": "host", "name": name, "properties": properties})
}

fn one(component: &Component, number: u32) -> Value {
    let kind = match component.sort {
        Sort::System => "operating-system",
        Sort::Software | Sort::Patch => "application",
        Sort::Driver => "device-driver",
        Sort::Firmware => "firmware",
        Sort::Hardware => "device",
    };
    let mut object = Map::new();
    let mut put = |key: &str, value: Option<Value>| value.map(|value| object.insert(key.to_owned(), value));
    put("type", Some(kind.into()));
    put("bom-ref", Some(format!("component-{number}").into()));
    put("name", Some(component.name.clone().into()));
    put("version", component.version.clone().map(Value::from));
    put("supplier", component.vendor.as_ref().map(|vendor| json!({"name": vendor})));
    put("purl", component.purl.clone().map(Value::from));
    put("cpe", component.cpe.clone().map(Value::from));
    let patch = (component.sort == Sort::Patch).then(|| json!({"name": "veldkit:patch", "value": "true"}));
    let processor =
        component.architecture.as_ref().map(|value| json!({"name": "veldkit:architecture", "value": value}));
    let properties: Vec<Value> = patch.into_iter().chain(processor).collect();
    put("properties", (!properties.is_empty()).then(|| properties.into()));
    Value::Object(object)
}

/// A UUID of version 4 (RFC 9562, 5.4).
fn uuid(random: [u8; 16]) -> String {
    let mut bits = u128::from_be_bytes(random);
    bits &= !(0xf << 76) & !(0b11 << 62);
    bits |= 4 << 76 | 0b10 << 62;
    let digits = format!("{bits:032x}");
    let parts =
        [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits.get(part).unwrap_or_default().to_owned());
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_document_is_a_uuid_of_version_4() {
        assert_eq!(uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid([0; 16]), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn what_is_not_known_of_a_component_is_left_out() {
        let component = one(&Component::new(Sort::Patch, "KB1"), 7);
        assert_eq!(
            component,
            json!({"type": "application", "bom-ref": "component-7", "name": "KB1",
            "properties": [{"name": "veldkit:patch", "value": "true"}]})
        );
    }
}
