//! Numbers, sizes, durations and times as Dutch and English write them: `9.407` and `9,407`, `338,4 MiB` and `338.4 MiB`.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::Language;
use crate::evidence::{Digest, Printable, Utc};

/// A value that a sentence can hold.
pub trait Localized {
    /// Writes the value as a language writes it.
    ///
    /// # Errors
    ///
    /// The formatter fails.
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Returns the value as a language writes it.
    fn written(&self, language: Language) -> String {
        InLanguage(language, self).to_string()
    }
}

/// A value with the language it is written in.
pub(super) struct InLanguage<'a, T: ?Sized>(pub(super) Language, pub(super) &'a T);

impl<T: Localized + ?Sized> fmt::Display for InLanguage<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.write(self.0, f)
    }
}

/// Whether a number takes the singular.
pub(super) fn is_one<T: Copy + TryInto<u64>>(number: &T) -> bool {
    (*number).try_into().is_ok_and(|number| number == 1)
}

impl<T: Localized + ?Sized> Localized for &T {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).write(language, f)
    }
}

/// Text of a host or an operator: what would steer a terminal is escaped.
impl Localized for str {
    fn write(&self, _: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Printable(self), f)
    }
}

impl Localized for String {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().write(language, f)
    }
}

impl Localized for Printable<'_> {
    fn write(&self, _: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Localized for Path {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_string_lossy().write(language, f)
    }
}

impl Localized for std::borrow::Cow<'_, str> {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).write(language, f)
    }
}

impl Localized for Digest {
    fn write(&self, _: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Localized for u64 {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&grouped(*self, language))
    }
}

impl Localized for u32 {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        u64::from(*self).write(language, f)
    }
}

impl Localized for usize {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        u64::try_from(*self).unwrap_or(u64::MAX).write(language, f)
    }
}

/// A number in groups of three digits.
fn grouped(number: u64, language: Language) -> String {
    let separator = match language {
        Language::Nl => '.',
        Language::En => ',',
    };
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len().saturating_mul(2));
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// A number with a fixed number of decimals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decimal {
    /// The number.
    pub number: f64,
    /// Decimals that are written.
    pub decimals: usize,
}

impl Localized for Decimal {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.*}", self.decimals, self.number);
        match language {
            Language::Nl => f.write_str(&text.replace('.', ",")),
            Language::En => f.write_str(&text),
        }
    }
}

/// A size in bytes, written in units of 1,024 with one decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteSize(pub u64);

impl Localized for ByteSize {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u32, &str); 5] = [(50, "PiB"), (40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
        let Some((shift, unit)) = UNITS.into_iter().find(|(shift, _)| self.0 >> shift > 0) else {
            return write!(f, "{} bytes", InLanguage(language, &self.0));
        };
        // Tenths in whole numbers, so that no size is rounded up into the next unit's 1024.0.
        let tenths = u128::from(self.0).saturating_mul(10) >> shift;
        let (whole, tenth) = (u64::try_from(tenths / 10).unwrap_or(u64::MAX), tenths % 10);
        let point = match language {
            Language::Nl => ',',
            Language::En => '.',
        };
        write!(f, "{}{point}{tenth} {unit}", InLanguage(language, &whole))
    }
}

/// Written in its two largest units; below a minute in seconds with decimals.
impl Localized for Duration {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.as_secs();
        let (day, days, hour) = match language {
            Language::Nl => ("dag", "dagen", "u"),
            Language::En => ("day", "days", "h"),
        };
        match seconds {
            0..60 => {
                let decimals = if seconds < 10 { 2 } else { 1 };
                write!(f, "{} s", InLanguage(language, &Decimal { number: self.as_secs_f64(), decimals }))
            }
            60..3_600 => write!(f, "{} min {} s", seconds / 60, seconds % 60),
            3_600..86_400 => write!(f, "{} {hour} {} min", seconds / 3_600, seconds / 60 % 60),
            _ => {
                let whole = seconds / 86_400;
                let unit = if whole == 1 { day } else { days };
                write!(f, "{} {unit} {} {hour}", InLanguage(language, &whole), seconds / 3_600 % 24)
            }
        }
    }
}

/// Written to the second, in UTC.
impl Localized for Utc {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.date_time();
        let (year, month, day) = time.to_calendar_date();
        let month = u8::from(month);
        match language {
            Language::Nl => write!(f, "{day:02}-{month:02}-{year:04}")?,
            Language::En => write!(f, "{year:04}-{month:02}-{day:02}")?,
        }
        write!(f, " {:02}:{:02}:{:02} UTC", time.hour(), time.minute(), time.second())
    }
}

/// A list of values with commas between; those beyond the first few are counted.
#[derive(Debug, Clone, Copy)]
pub struct Items<'a, T> {
    /// All of them.
    pub all: &'a [T],
    /// Most that are written.
    pub at_most: usize,
}

impl<'a, T> Items<'a, T> {
    /// Makes a list that is written whole.
    #[must_use]
    pub const fn all(all: &'a [T]) -> Self {
        Self { all, at_most: all.len() }
    }
}

impl<T: Localized> Localized for Items<'_, T> {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, item) in self.all.iter().take(self.at_most).enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            item.write(language, f)?;
        }
        match self.all.len().saturating_sub(self.at_most) {
            0 => Ok(()),
            more => write!(f, ", … +{}", InLanguage(language, &more)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(value: &dyn Localized) -> (String, String) {
        (InLanguage(Language::Nl, value).to_string(), InLanguage(Language::En, value).to_string())
    }

    #[test]
    fn numbers_have_a_separator_after_each_three_digits() {
        for (number, nl, en) in [
            (0_u64, "0", "0"),
            (999, "999", "999"),
            (9_407, "9.407", "9,407"),
            (1_234_567, "1.234.567", "1,234,567"),
            (u64::MAX, "18.446.744.073.709.551.615", "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(both(&number), (nl.to_owned(), en.to_owned()));
        }
    }

    #[test]
    fn sizes_have_one_decimal_and_are_never_rounded_into_the_next_unit() {
        for (size, nl, en) in [
            (0, "0 bytes", "0 bytes"),
            (1_023, "1.023 bytes", "1,023 bytes"),
            (354_837_299, "338,3 MiB", "338.3 MiB"),
            ((1 << 20) - 1, "1.023,9 KiB", "1,023.9 KiB"),
            (u64::MAX, "16.383,9 PiB", "16,383.9 PiB"),
        ] {
            assert_eq!(both(&ByteSize(size)), (nl.to_owned(), en.to_owned()));
        }
    }

    #[test]
    fn durations_have_their_two_largest_units() {
        for (milliseconds, nl, en) in [
            (0, "0,00 s", "0.00 s"),
            (2_410, "2,41 s", "2.41 s"),
            (59_940, "59,9 s", "59.9 s"),
            (200_000, "3 min 20 s", "3 min 20 s"),
            (7_500_000, "2 u 5 min", "2 h 5 min"),
            (90_000_000, "1 dag 1 u", "1 day 1 h"),
            (180_000_000, "2 dagen 2 u", "2 days 2 h"),
        ] {
            assert_eq!(both(&Duration::from_millis(milliseconds)), (nl.to_owned(), en.to_owned()));
        }
    }

    #[test]
    fn times_have_the_date_as_the_language_writes_it() {
        let moment: Utc = "2026-12-01T02:03:04Z".to_owned().try_into().unwrap();
        assert_eq!(
            both(&moment),
            ("01-12-2026 02:03:04 UTC".to_owned(), "2026-12-01 02:03:04 UTC".to_owned())
        );
    }

    #[test]
    fn lists_count_what_they_leave_out() {
        let names = ["a", "b\n", "c"];
        assert_eq!(both(&Items::all(&names)).0, "a, b\\u{a}, c");
        assert_eq!(both(&Items { all: &names, at_most: 1 }).1, "a, … +2");
    }
}
