//! What is read from a stick that was in another machine: the description of a kit, certificates of signing keys.

use veldkit::bundle::Certificate;
use veldkit::kit::description::KitDescription;
use veldkit::kit::trust::TrustedKeys;

/// The target of this file.
pub const KIT: super::Target = (
    "kit",
    &[
        br#"{"format":1,"name":"k","signer":{"public_key":"RWQ","comment":"c"},"recipients":["age1x"],"files":[{"path":"rules/a.yar","bytes":3,"sha256":"e38fcc8685ce6aa8974551dc58d4244a6423a05c3b6f01fabe6ab52f733fcd62","use":"rules"},{"path":"b","bytes":0,"sha256":"e38fcc8685ce6aa8974551dc58d4244a6423a05c3b6f01fabe6ab52f733fcd62","use":"later"}]}"#,
        b"veldkit signing certificate 1\npublic-key: RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\nkey-id: E7620F1842B4E81F\nkit:\ncase: C-1\nnot-before: 2026-11-30T00:00:00Z\nnot-after: 2026-12-30T00:00:00Z\n",
    ],
    kit,
);

/// A description leads nowhere out of its kit and says the same when it is written again; so does a certificate.
pub fn kit(data: &[u8]) {
    if let Ok(description) = KitDescription::parse(data) {
        for file in &description.files {
            let names: Vec<_> = file.path.split('/').collect();
            assert!(
                names.iter().all(|name| !name.is_empty() && *name != ".." && *name != "."),
                "{}",
                file.path
            );
            assert!(!file.path.contains(['\\', ':', '\0']), "{}", file.path);
        }
        let again = serde_json::to_vec(&description).map(|text| KitDescription::parse(&text).ok());
        assert_eq!(again.ok().flatten().as_ref(), Some(&description));
    }
    let text = String::from_utf8_lossy(data);
    drop(TrustedKeys::parse(&text));
    let certificate = Certificate { statement: text.clone().into_owned(), signature: text.into_owned() };
    if let Some(terms) = certificate.terms() {
        assert_eq!(terms.to_string(), certificate.statement);
        assert!(terms.not_before <= terms.not_after);
    }
}
