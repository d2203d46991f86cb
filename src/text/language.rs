//! Dutch or English, chosen by the operator or by the locale.

use clap::ValueEnum;

/// The language of what people read. Records and JSON are English: they are what one searches for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Dutch.
    #[default]
    Nl,
    /// English.
    En,
}

impl Language {
    /// Chooses by the value of `LC_ALL`, `LC_MESSAGES` or `LANG`, the first that is set: Dutch for `nl…`.
    #[must_use]
    pub fn of_locale(locale: Option<&str>) -> Self {
        match locale {
            Some(locale) if locale.to_ascii_lowercase().starts_with("nl") => Self::Nl,
            _ => Self::En,
        }
    }
}
