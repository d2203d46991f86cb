//! The bytes per crate in a binary, so that a dependency that grew is seen when it grows.
//!
//! In: the symbols of a binary that is not stripped, as `nm --print-size` prints them. Out: the crates, largest first.
//! A generic function counts for the crate that its name begins with; what was inlined counts for its caller.

use std::collections::BTreeMap;

/// Crates smaller than this are printed together.
const SHOWN_FROM: u64 = 16 * 1024;

/// Symbols that no crate has: those of the C library, tables of the linker.
const OTHER: &str = "(C library and others)";

/// Prints the bytes per crate.
pub(super) fn print(symbols: &str) {
    let mut crates: Vec<(String, u64)> = sum(symbols).into_iter().collect();
    crates.sort_by(|(a, a_bytes), (b, b_bytes)| b_bytes.cmp(a_bytes).then_with(|| a.cmp(b)));
    let (shown, small): (Vec<_>, Vec<_>) = crates.into_iter().partition(|(_, bytes)| *bytes >= SHOWN_FROM);
    println!("bytes per crate, by the symbols:");
    for (name, bytes) in shown {
        println!("{bytes:>10}  {name}");
    }
    let bytes = small.iter().fold(0_u64, |sum, (_, bytes)| sum.saturating_add(*bytes));
    println!("{bytes:>10}  ({} smaller ones)", small.len());
}

/// The bytes of all symbols of each crate.
fn sum(symbols: &str) -> BTreeMap<String, u64> {
    let mut crates: BTreeMap<String, u64> = BTreeMap::new();
    for line in symbols.lines() {
        // Address, size, kind, name.
        let mut words = line.splitn(4, ' ').skip(1);
        let (Some(size), Some(kind), Some(symbol)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let Ok(size) = u64::from_str_radix(size, 16) else { continue };
        // Zeroed memory takes no room in the file.
        if matches!(kind, "b" | "B") {
            continue;
        }
        let bytes = crates.entry(crate_of(symbol)).or_default();
        *bytes = bytes.saturating_add(size);
    }
    crates
}

/// The crate of a mangled symbol: the first name of its path, also inside `<… as …>`.
fn crate_of(symbol: &str) -> String {
    let Ok(demangled) = rustc_demangle::try_demangle(symbol) else { return OTHER.to_owned() };
    let path = format!("{demangled:#}");
    let mut rest = path.as_str();
    loop {
        rest = rest.trim_start_matches(['<', '&', '*', '(', '[', ' ']);
        match ["mut ", "const ", "dyn "].iter().find_map(|word| rest.strip_prefix(word)) {
            Some(after) => rest = after,
            None => break,
        }
    }
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    // A path begins with a crate; what does not, such as `<u8 as …>`, is the standard library's.
    if rest.strip_prefix(&name).is_some_and(|after| after.starts_with("::")) {
        name
    } else {
        "core".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{OTHER, crate_of, sum};

    #[test]
    fn a_symbol_belongs_to_the_crate_its_path_begins_with() {
        for (symbol, expected) in [
            ("_ZN7veldkit4scan5score7reasons17h0123456789abcdefE", "veldkit"),
            (
                "_ZN60_$LT$age..keys..FileKey$u20$as$u20$core..ops..drop..Drop$GT$4drop17h0123456789abcdefE",
                "age",
            ),
            ("_ZN49_$LT$$RF$mut$u20$boreal..Scanner$u20$as$u20$X$GT$1f17h0123456789abcdefE", "boreal"),
            ("_ZN42_$LT$u8$u20$as$u20$core..fmt..LowerHex$GT$3fmt17h0123456789abcdefE", "core"),
            ("memcpy", OTHER),
        ] {
            assert_eq!(crate_of(symbol), expected, "{symbol}");
        }
    }

    #[test]
    fn sizes_are_summed_and_zeroed_memory_is_left_out() {
        let symbols = "\
0000000000001000 0000000000000010 T _ZN7veldkit1a17h0123456789abcdefE
0000000000001010 0000000000000020 t _ZN7veldkit1b17h0123456789abcdefE
0000000000002000 0000000000001000 b _ZN7veldkit1c17h0123456789abcdefE
0000000000003000 0000000000000008 T memcpy
                 U malloc
";
        let sums: Vec<(String, u64)> = sum(symbols).into_iter().collect();
        assert_eq!(sums, [(OTHER.to_owned(), 8), ("veldkit".to_owned(), 48)]);
    }
}
