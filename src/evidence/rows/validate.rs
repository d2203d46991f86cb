//! Validates rows against the JSON Schemas next to their types: used by the unit tests of the collectors, and by the
//! integration tests, which include this file.
//!
//! In: an item of rows as bytes. Out: nothing, or a panic that cites the row and what is wrong with it. A field that the
//! schema does not have is wrong.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

/// Schemas by their name.
static SCHEMAS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let files = std::fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.to_string_lossy().ends_with(".schema.json"));
    files
        .map(|path| {
            let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            let name = schema["$id"].as_str().unwrap().to_owned();
            (name, jsonschema::draft202012::new(&schema).unwrap())
        })
        .collect()
});

/// Where the schemas are.
pub(crate) fn directory() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/evidence/rows")
}

/// Validates all rows of an item, its last line where it is whole. Returns how many there are; `None` where it is no
/// item of rows, or one of a schema that no type stands for.
pub(crate) fn rows(bytes: &[u8]) -> Option<usize> {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    let first: Value = serde_json::from_slice(lines.next()?).ok()?;
    let schema = SCHEMAS.get(first.get("schema")?.as_str()?)?;
    let mut count = 0;
    for line in lines {
        let row: Value = serde_json::from_slice(line).unwrap();
        let wrong: Vec<String> = schema.iter_errors(&row).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{}: {row}: {wrong:?}", first["schema"]);
        count += 1;
    }
    Some(count)
}
