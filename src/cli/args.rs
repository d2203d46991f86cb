//! The command line as clap reads it: the subcommands, and the options that all of them share.

use std::sync::LazyLock;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand};

use super::Leaves;
use crate::bundle::Fingerprint;
use crate::kit::trust::compiled_in;
use crate::text::Language;

/// The colours of help and of refusals. They are left out where the output is no terminal or `NO_COLOR` is set.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Collects what a responder needs from an affected host into one sealed, encrypted bundle, and reads it back.
#[derive(Debug, Parser)]
#[command(name = "veldkit", version, long_version = long_version(), max_term_width = 100, propagate_version = true, styles = STYLES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,

    /// Language of what people read: nl or en; else that of the locale
    #[arg(long, global = true, value_name = "nl|en")]
    pub(super) lang: Option<Language>,
}

/// The version, and whom this build trusts: whoever built it can check that the key is in it, and whoever got it, whose it is.
fn long_version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| version_text(compiled_in()));
    &TEXT
}

fn version_text(keys: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let keys = keys
        .split_whitespace()
        .map(|key| format!("\ntrusts kits signed by {key} ({})", Fingerprint::of(key)));
    let keys: String = keys.collect();
    if keys.is_empty() {
        format!("{version}\ntrusts no key: every kit has to be confirmed")
    } else {
        format!("{version}{keys}")
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Acquire evidence from this host or from a tree into one encrypted bundle
    Collect(Box<super::collect::Collect>),
    /// Hold rules against files, or against what is in a bundle, and take nothing
    Scan(Box<super::scan::Arguments>),
    /// Say whether a bundle is whole, and from whom it is
    Verify(super::verify::Arguments),
    /// List the items of a bundle
    List(super::list::Arguments),
    /// Unpack a bundle, verified on the way
    Unpack(super::unpack::Arguments),
    /// Name the volumes of a disk image or of this host
    ListVolumes(super::list_volumes::Arguments),
    /// Take stock of a host: its system, software with versions, hardware and addresses
    Inventory(super::inventory::Arguments),
    /// Try out on this machine what only a real one can show, before a release or an examination
    Selftest(super::selftest::Arguments),
    /// Make an age identity, and a key to sign with
    Keygen(super::keygen::Arguments),
    /// Check indicator lists
    Indicators(super::indicators::Arguments),
    /// Check rule files, name rules, pack them for a kit
    Rules(super::rules::Arguments),
    /// Name playbooks and artifacts, show what they take, check one's own
    Playbook(super::playbook::Arguments),
}

impl Command {
    /// What is left of it where its standard output cannot be written.
    pub(super) fn leaves(&self) -> Leaves {
        match self {
            Self::Collect(arguments) if !arguments.dry_run => Leaves::Result,
            Self::Unpack(_) | Self::Keygen(_) => Leaves::Result,
            Self::Verify(_) => Leaves::Verdict,
            Self::Collect(_)
            | Self::Scan(_)
            | Self::List(_)
            | Self::ListVolumes(_)
            | Self::Inventory(_)
            | Self::Selftest(_)
            | Self::Indicators(_)
            | Self::Rules(_)
            | Self::Playbook(_) => Leaves::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn help_has_colours_only_for_a_terminal() {
        use clap::CommandFactory as _;
        let help = Cli::command().render_help();
        assert!(help.ansi().to_string().contains("\u{1b}[1m\u{1b}[32mUsage:"), "{}", help.ansi());
        assert!(!help.to_string().contains('\u{1b}'));
    }
}
