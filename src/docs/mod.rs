//! Documentation for people who work on the code, and the details behind README.
//!
//! Each module is one file of Markdown in `src/docs`, readable there too.

#![allow(clippy::doc_markdown, reason = "prose with the names of products")]

/// The rooms of the code, what each may use, and what always holds.
pub mod architecture {
    #![doc = include_str!("architecture.md")]
}

/// The terms that the code and the screens use.
pub mod glossary {
    #![doc = include_str!("glossary.md")]
}

/// How to add a row of live state or a reader of a format.
pub mod adding {
    #![doc = include_str!("adding.md")]
}

/// What is collected, how it is read, and where that was tested.
pub mod collecting {
    #![doc = include_str!("collecting.md")]
}

/// How rules and indicators are matched, and what of them cannot be.
pub mod matching {
    #![doc = include_str!("matching.md")]
}

/// Kits, recipients and signing keys: which files are trusted, who can read a bundle, and who made it.
pub mod trust {
    #![doc = include_str!("trust.md")]
}

/// What an intruder who is administrator can do, and what the program does about it.
pub mod hostile_host {
    #![doc = include_str!("hostile_host.md")]
}

/// Measurements of time, memory and size.
pub mod costs {
    #![doc = include_str!("costs.md")]
}

/// What changed in each version.
pub mod changelog {
    #![doc = include_str!("changelog.md")]
}

/// How a release is made and tested.
pub mod release {
    #![doc = include_str!("release.md")]
}
