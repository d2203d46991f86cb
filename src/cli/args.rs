//! The command line as clap reads it: the subcommands, and the options that all of them share.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand};

use super::Leaves;
use crate::text::Language;
use crate::text::help::PROGRAM_NAME;

/// The colours of help and of refusals. They are left out where the output is no terminal or `NO_COLOR` is set.
pub(super) const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// What every command line begins with. The texts are in [`crate::text::help`].
#[derive(Debug, Parser)]
#[command(name = PROGRAM_NAME, bin_name = PROGRAM_NAME, version, max_term_width = 100, styles = STYLES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,

    #[arg(long, global = true)]
    pub(super) lang: Option<Language>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Collect(Box<super::collect::Collect>),
    Scan(Box<super::scan::Arguments>),
    Verify(super::verify::Arguments),
    List(super::list::Arguments),
    Unpack(super::unpack::Arguments),
    ListVolumes(super::list_volumes::Arguments),
    Inventory(super::inventory::Arguments),
    Selftest(super::selftest::Arguments),
    Keygen(super::keygen::Arguments),
    Indicators(super::indicators::Arguments),
    Rules(super::rules::Arguments),
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
}
