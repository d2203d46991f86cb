//! Lists in columns (RFC 4180, <https://www.rfc-editor.org/rfc/rfc4180>; separated by comma, semicolon, tab or bar).
//!
//! **The header** is the first line, or the last comment above the first data line, that names at least one column whose
//! kind is known: by `md5 sha1 sha256 hash filehash`, `ip ipv4 ipv6 dst_ip src_ip cidr address`, `domain fqdn hostname
//! host`, `url uri`, `filename file_name path filepath`, or by `indicator ioc ioc_value value observable` together with
//! `type ioc_type indicator_type` (OTX, abuse.ch, MISP). `description comment title threat malware …`, `reference link
//! source` and `score confidence` are reported with the hit. Without a header the type of a cell is detected from its form.
//! A row describes one thing: where it has a digest, its file name is reported with the digest and does not match by itself.

mod row;

use std::io::Read;

use self::row::Row;
use super::decode::{Next, TextLines};
use super::intake::ListIntake;
use super::labels::Said;
use super::line_list::{read_score, value};
use super::observable::{IndicatorValue, ValueReading, of_type};

const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// Lines that are looked at to tell a list in columns.
const LINES_LOOKED_AT: usize = 50;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    /// Values of one type, by its word.
    Typed(&'static str),
    /// Names or paths of files.
    File,
    /// Values whose type stands in another column, or is told by their form.
    Value,
    Type,
    Description,
    Reference,
    Score,
    Ignored,
}

fn column(name: &str) -> Column {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    match name.as_str() {
        "md5" | "md5hash" | "sha1" | "sha1hash" | "sha256" | "sha256hash" | "hash" | "filehash"
        | "filemd5" | "filesha1" | "filesha256" | "hashes" => Column::Typed("hash"),
        "ip" | "ipaddress" | "ipv4" | "ipv6" | "dstip" | "srcip" | "cidr" | "address" | "ipaddr"
        | "network" => Column::Typed("ip"),
        "domain" | "fqdn" | "domainname" => Column::Typed("domain"),
        "hostname" | "host" => Column::Typed("hostname"),
        "url" | "uri" => Column::Typed("url"),
        "filename" | "path" | "filepath" | "fullpath" => Column::File,
        "indicator" | "ioc" | "iocvalue" | "value" | "observable" | "indicatorvalue" => Column::Value,
        "type" | "ioctype" | "indicatortype" | "valuetype" => Column::Type,
        "description" | "comment" | "note" | "notes" | "title" | "threat" | "malware"
        | "malwareprintable" | "signature" | "family" | "eventinfo" => Column::Description,
        "reference" | "references" | "link" | "source" => Column::Reference,
        "score" | "confidence" | "confidencelevel" => Column::Score,
        _ => Column::Ignored,
    }
}

/// How a list is laid out: its separator, and its columns where it names them.
#[derive(Debug, PartialEq, Eq)]
struct Layout {
    separator: char,
    columns: Option<Vec<Column>>,
}

/// The columns that a line names, where it is a header.
fn header(line: &str) -> Option<Layout> {
    let line = line.trim().trim_start_matches('#').trim();
    SEPARATORS.into_iter().find_map(|separator| {
        let columns: Vec<Column> = cells_of(line, separator)?.iter().map(|name| column(name)).collect();
        let tells =
            columns.iter().any(|column| matches!(column, Column::Typed(_) | Column::File | Column::Value));
        (tells && columns.len() > 1).then_some(Layout { separator, columns: Some(columns) })
    })
}

/// How the beginning of a list is laid out; nothing where it is no list in columns.
fn layout(head: &str) -> Option<Layout> {
    let mut commented = None;
    let mut rows = Vec::new();
    for line in head.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line.starts_with('#') && rows.is_empty() {
            commented = header(line).or(commented);
        } else if !line.starts_with('#') {
            rows.push(line);
        }
        if rows.len() >= LINES_LOOKED_AT {
            break;
        }
    }
    let first = rows.first()?;
    if let Some(layout) = header(first) {
        return Some(layout);
    }
    if let Some(layout) = commented
        && cells_of(first, layout.separator).is_some_and(|cells| cells.len() > 1)
    {
        return Some(layout);
    }
    // Without a header: the same number of cells in each row, more than one, one of them an indicator. Semicolons alone are
    // how lists of values are written.
    [',', '\t', '|'].into_iter().find_map(|separator| {
        let rows = whole(&rows, separator);
        let first = rows.first()?;
        let alike = rows.iter().all(|row| row.len() > 1 && row.len() == first.len());
        let tells = first.iter().any(|cell| value(cell).is_ok());
        (alike && tells).then_some(Layout { separator, columns: None })
    })
}

/// The rows that end within these lines.
fn whole(lines: &[&str], separator: char) -> Vec<Vec<String>> {
    let (mut row, mut rows) = (Row::new(separator), Vec::new());
    for line in lines {
        if row.add(line) {
            rows.push(row.take().cells);
        }
    }
    rows
}

/// The cells of a line; nothing where a quote does not end in it.
fn cells_of(line: &str, separator: char) -> Option<Vec<String>> {
    let mut row = Row::new(separator);
    row.add(line).then(|| row.take().cells)
}

/// Whether the beginning of a list is one in columns.
pub(super) fn is_csv(head: &str) -> bool {
    layout(head).is_some()
}

/// Reads a list in columns; `head` is the beginning of it, by which it is laid out.
pub(super) fn read<R: Read>(
    head: &str,
    lines: &mut TextLines<R>,
    intake: &mut ListIntake<'_>,
) -> Result<(), String> {
    let layout = layout(head).ok_or("no header, and no column that holds indicators in every row")?;
    let (mut line, mut row) = (String::new(), Row::new(layout.separator));
    let mut named = layout.columns.is_none();
    loop {
        match lines.next(&mut line).map_err(|error| error.to_string())? {
            Next::End => break,
            Next::TooLong => {
                if row.is_open() {
                    intake.refuse("row whose quotes do not end", &row.take().text);
                }
                intake.refuse("line longer than 64 KiB", &line);
                continue;
            }
            Next::Line => {}
        }
        if !row.is_open() {
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            // The header itself is no row.
            if !named {
                named = true;
                if header(&line).is_some_and(|header| header == layout) {
                    continue;
                }
            }
        }
        if row.add(&line) {
            let whole = row.take();
            take(&whole.cells, layout.columns.as_deref(), &whole.text, intake);
        } else if row.is_too_long() {
            intake.refuse("row longer than 64 KiB", &row.take().text);
        }
    }
    if row.is_open() {
        intake.refuse("row whose quotes do not end", &row.take().text);
    }
    Ok(())
}

/// Takes the indicators of one row.
fn take(cells: &[String], columns: Option<&[Column]>, row: &str, intake: &mut ListIntake<'_>) {
    let of = |wanted: fn(&Column) -> bool| {
        let named = columns.unwrap_or_default().iter().zip(cells);
        named.filter(|(column, cell)| wanted(column) && !is_empty(cell)).map(|(_, cell)| cell.trim()).next()
    };
    let description = match columns {
        Some(_) => of(|column| *column == Column::Description).unwrap_or_default(),
        // The longest cell that is no indicator and not only digits tells most.
        None => cells
            .iter()
            .map(|cell| cell.trim())
            .filter(|cell| value(cell).is_err() && cell.contains(char::is_alphabetic))
            .max_by_key(|cell| cell.len())
            .unwrap_or_default(),
    };
    let said = Said {
        score: of(|column| *column == Column::Score).and_then(read_score),
        description,
        reference: of(|column| *column == Column::Reference).unwrap_or_default(),
    };
    let kind = of(|column| *column == Column::Type);
    let mut taken = Vec::new();
    let mut beside = None;
    let mut refused = None;
    let unnamed = vec![Column::Value; cells.len()];
    for (column, cell) in columns.unwrap_or(&unnamed).iter().zip(cells).filter(|(_, cell)| !is_empty(cell)) {
        let cell = cell.trim();
        let read = match (column, kind) {
            (Column::Typed(word), _) => of_type(word, cell),
            (Column::Value, Some(kind)) => of_type(kind, cell),
            (Column::Value, None) => match value(cell) {
                Ok(observable) => ValueReading::Taken(vec![observable], None),
                Err(why) => ValueReading::Refused(why),
            },
            _ => continue,
        };
        match read {
            ValueReading::Taken(observables, also) => {
                taken.extend(observables);
                beside = beside.or(also);
            }
            ValueReading::Refused(why) => refused = refused.or_else(|| Some((why.to_owned(), cell))),
            ValueReading::Unknown => {
                refused = refused.or_else(|| Some((format!("type {}", kind.unwrap_or_default()), cell)));
            }
        }
    }
    if let Some(file) = of(|column| *column == Column::File) {
        let is_digest = |taken: &IndicatorValue| {
            matches!(taken, IndicatorValue::Md5(_) | IndicatorValue::Sha1(_) | IndicatorValue::Sha256(_))
        };
        if taken.iter().any(is_digest) {
            beside = beside.or_else(|| Some(format!("file name {file}")));
        } else if let ValueReading::Taken(observables, _) = of_type("filename", file) {
            taken.extend(observables);
        }
    }
    match (taken.is_empty(), refused) {
        (true, Some((why, cell))) => intake.refuse(&why, cell),
        (true, None) => intake.refuse("row without an indicator", row),
        // A cell without a value beside one that has one is how such lists are.
        (false, _) => intake.all(taken, beside.as_deref(), &said),
    }
}

/// How exports write that there is nothing.
fn is_empty(cell: &str) -> bool {
    matches!(cell.trim(), "" | "n/a" | "N/A" | "None" | "null" | "NULL" | "-")
}
