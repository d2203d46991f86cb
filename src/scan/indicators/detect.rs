//! Which format a list is in, by its content; its name says nothing.
//!
//! In: the first 64 KiB of its text. Out: a format, or why none fits. JSON is told by the keys of its outermost objects,
//! XML by its first element, everything else by its lines.

use super::csv;
use super::line_list;
use super::list::Format;

/// The format of a list that begins like this.
pub(super) fn format(head: &[u8]) -> Result<Format, &'static str> {
    if head.contains(&0) {
        return Err("not text: a list is text, CSV, JSON or XML");
    }
    let text = String::from_utf8_lossy(head);
    let begins = text.trim_start();
    match begins.chars().next() {
        None => Err("empty"),
        Some('<') if begins.contains("<ioc") || begins.contains("<OpenIOC") => Ok(Format::OpenIoc),
        Some('<') => Err("XML that is not OpenIOC"),
        Some('{') => json(begins),
        // An array of events or attributes; a line of a text may begin with a bracket as well.
        Some('[') if begins.trim_start_matches(['[', ' ', '\t', '\r', '\n']).starts_with(['{', ']']) => {
            json(begins)
        }
        Some(_) if line_list::is_checksums(&text) => Ok(Format::Values),
        Some(_) if csv::is_csv(&text) => Ok(Format::Csv),
        Some(_) if line_list::is_filenames(&text) => Ok(Format::Filenames),
        Some(_) => Ok(Format::Values),
    }
}

/// Whether content is a list by itself, where the name of its file does not say so.
pub(super) fn is_list(head: &[u8]) -> bool {
    match format(head) {
        Ok(Format::Values) => line_list::is_values(&String::from_utf8_lossy(head)),
        Ok(_) => true,
        Err(_) => false,
    }
}

fn json(text: &str) -> Result<Format, &'static str> {
    let keys = keys(text);
    let has = |wanted: &[&str]| keys.iter().any(|key| wanted.contains(&key.as_str()));
    if has(&["Event", "response", "Attribute", "Object"]) {
        Ok(Format::Misp)
    } else if has(&["objects", "spec_version"]) {
        Ok(Format::Stix)
    } else if has(&["list", "matching_attributes"]) {
        Ok(Format::Warninglist)
    } else {
        Err("JSON that is neither MISP nor STIX nor a warninglist")
    }
}

/// The keys of the outermost object or, in an array, of the objects in it.
fn keys(text: &str) -> Vec<String> {
    let wanted = if text.starts_with('[') { 2 } else { 1 };
    let (mut keys, mut depth) = (Vec::new(), 0_u32);
    let mut chars = text.char_indices();
    // A string counts as a key until what follows it says that it is a value.
    let mut last: Option<&str> = None;
    while let Some((at, c)) = chars.next() {
        match c {
            '{' | '[' => {
                depth = depth.saturating_add(1);
                last = None;
            }
            '}' | ']' => depth = depth.saturating_sub(1),
            '"' => {
                let begin = at.saturating_add(1);
                let mut escaped = false;
                let end = chars.by_ref().find(|(_, c)| {
                    let ends = *c == '"' && !escaped;
                    escaped = *c == '\\' && !escaped;
                    ends
                });
                last = end.and_then(|(end, _)| text.get(begin..end));
            }
            ':' if depth == wanted => keys.extend(last.take().map(ToOwned::to_owned)),
            c if c.is_whitespace() => {}
            _ => last = None,
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_told_by_its_content() {
        let md5 = "d41d8cd98f00b204e9800998ecf8427f";
        for (text, expected) in [
            (r#"{"Event":{"info":"x"}}"#, Format::Misp),
            (r#"{"response":[{"Event":{}}]}"#, Format::Misp),
            (r#"[{"Event":{}}]"#, Format::Misp),
            (r#"{"type":"bundle","id":"x","objects":[]}"#, Format::Stix),
            (
                r#"{"description":"\"objects\":","list":["a"],"name":"x","type":"string"}"#,
                Format::Warninglist,
            ),
            (
                "<?xml version=\"1.0\"?>\n<ioc xmlns=\"http://schemas.mandiant.com/2010/ioc\">",
                Format::OpenIoc,
            ),
            ("# a case\nsha256,description\n", Format::Csv),
            (&format!("{md5},first case,high\n{md5},second,low\n"), Format::Csv),
            (&format!("{md5};a case\n"), Format::Values),
            ("evil.example.com\n198.51.100.7\n", Format::Values),
            ("# case\n\\\\evil\\.exe$;70\n", Format::Filenames),
            ("# case\n\\\\evil\\.exe$;70;\\\\good\\\\\n(TEMP|Temp)\\\\a\\.txt;80\n", Format::Filenames),
        ] {
            assert_eq!(format(text.as_bytes()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_reason() {
        for (bytes, why) in [
            (&b""[..], "empty"),
            (b" \n", "empty"),
            (b"PK\x03\x04\0\0", "not text"),
            (b"<html>", "not OpenIOC"),
            (b"{\"a\":{\"Event\":1}}", "neither"),
            (b"{}", "neither"),
        ] {
            assert!(format(bytes).is_err_and(|told| told.contains(why)), "{}", bytes.escape_ascii());
        }
    }
}
