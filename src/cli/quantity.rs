//! Sizes, durations and numbers as options have them: `4000M`, `1h30m`, `3`. What cannot be read is refused in both languages.

use std::time::Duration;

use super::usage::RefusedValue;
use crate::text::usage;

/// Reads a size: a number with an optional K, M, G or T, in powers of 1,024.
pub(super) fn size(text: &str) -> Result<u64, RefusedValue> {
    let wrong = || RefusedValue(usage::not_a_size());
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).ok_or_else(wrong)?;
    let shift = match unit.to_ascii_uppercase().trim_end_matches('B').trim_end_matches('I') {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let size = number.checked_mul(1 << shift).ok_or_else(wrong)?;
    if size == 0 { Err(RefusedValue(usage::size_of_zero())) } else { Ok(size) }
}

/// Reads a duration: numbers with d, h, m or s, such as 90s, 1h30m or 90d.
pub(super) fn duration(text: &str) -> Result<Duration, RefusedValue> {
    let wrong = || RefusedValue(usage::not_a_duration());
    let mut seconds: u64 = 0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.len().saturating_sub(rest.trim_start_matches(|c: char| c.is_ascii_digit()).len());
        let (number, tail) = rest.split_at_checked(digits).ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let mut units = tail.chars();
        let factor = match units.next() {
            Some('d') => 24 * 3600,
            Some('h') => 3600,
            Some('m') => 60,
            Some('s') => 1,
            _ => return Err(wrong()),
        };
        seconds = number.checked_mul(factor).and_then(|n| n.checked_add(seconds)).ok_or_else(wrong)?;
        rest = units.as_str();
    }
    if seconds == 0 { Err(wrong()) } else { Ok(Duration::from_secs(seconds)) }
}

/// Reads a whole number that fits its type.
pub(super) fn whole<T: TryFrom<u64>>(text: &str) -> Result<T, RefusedValue> {
    let number = text.trim().parse::<u64>().ok().and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| RefusedValue(usage::not_a_number()))
}

/// Reads a whole number within bounds, which both are included.
pub(super) fn between<T: TryFrom<u64>, const LEAST: u64, const MOST: u64>(
    text: &str,
) -> Result<T, RefusedValue> {
    let number = whole::<u64>(text).ok().filter(|number| (LEAST..=MOST).contains(number));
    let number = number.and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| RefusedValue(usage::not_between(LEAST, MOST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_their_bounds_are_refused() {
        assert_eq!((whole::<u32>("7"), whole::<u64>("0")), (Ok(7), Ok(0)));
        assert_eq!((between::<u16, 1, 256>("1"), between::<u16, 1, 256>("256")), (Ok(1), Ok(256)));
        for wrong in ["", "-1", "4294967296", "1.5", "x"] {
            assert_eq!(whole::<u32>(wrong), Err(RefusedValue(usage::not_a_number())), "{wrong}");
        }
        for wrong in ["0", "10", "", "one"] {
            assert_eq!(between::<u32, 1, 9>(wrong), Err(RefusedValue(usage::not_between(1, 9))), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_powers_of_1024_and_nonsense_is_refused() {
        assert_eq!(size("2G"), Ok(2 << 30));
        assert_eq!(size("512k"), Ok(512 << 10));
        assert_eq!(size("10MiB"), Ok(10 << 20));
        for wrong in ["", "G", "2X", "-1", "0", "99999999999T", "2 G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_add_up_and_nonsense_is_refused() {
        assert_eq!(duration("1h30m"), Ok(Duration::from_mins(90)));
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("90d"), Ok(Duration::from_hours(90 * 24)));
        for wrong in ["", "90", "m", "1w", "0s", "1h30", "é"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
