//! Completions for shells and man pages, of the program's own command line, in `target/dist/{completions,man}`.
//!
//! In: the tree of commands with its texts, once per language. Out: `completions/` for bash, zsh, fish and PowerShell, `man/man1/`
//! with a page per command, and both in Dutch below `nl`. What makes them is behind the feature `pages` of this task, and in no
//! program that is carried.

use std::path::Path;

use crate::Result;
#[cfg(not(feature = "pages"))]
use crate::process::{cargo, run};

/// Makes all of them in a directory, by this task with the feature `pages`, which is built where it is needed only.
///
/// # Errors
///
/// That cannot be built, or fails itself.
#[cfg(not(feature = "pages"))]
pub(crate) fn make(directory: &Path) -> Result {
    let fixed = ["run", "--quiet", "--locked", "--package", "xtask", "--features", "pages", "--", "pages"];
    run(cargo(crate::root()?).args(fixed).arg(directory))
}

#[cfg(feature = "pages")]
pub(crate) use with_generators::make;

#[cfg(feature = "pages")]
mod with_generators {
    use std::fs;

    use clap::Command;
    use clap_complete::Shell;
    use clap_mangen::Man;
    use clap_mangen::roff::{Roff, roman};
    use veldkit::cli::{command, command_for_man_pages};
    use veldkit::text::Language;
    use veldkit::text::help::{COMMANDS, PROGRAM_NAME};

    use super::{Path, Result};

    const SHELLS: [Shell; 4] = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell];

    /// Headings that the generator of man pages writes in English alone.
    const HEADINGS: [(&str, &str); 2] = [(".SH NAME", ".SH NAAM"), (".SH SYNOPSIS", ".SH OVERZICHT")];

    /// Makes all of them in a directory.
    ///
    /// # Errors
    ///
    /// A file cannot be written, or lacks a command.
    pub(crate) fn make(directory: &Path) -> Result {
        let (completions, man) = (directory.join("completions"), directory.join("man"));
        for made in [&completions, &man] {
            if made.exists() {
                fs::remove_dir_all(made)?;
            }
        }
        let mut pages = 0_usize;
        for (language, below) in [(Language::En, ""), (Language::Nl, "nl")] {
            let (completions, man) = (completions.join(below), man.join(below).join("man1"));
            fs::create_dir_all(&completions)?;
            fs::create_dir_all(&man)?;
            for shell in SHELLS {
                clap_complete::generate_to(shell, &mut command(language), PROGRAM_NAME, &completions)?;
            }
            let mut tree = command_for_man_pages(language);
            tree.build();
            let source = format!("{PROGRAM_NAME} {}", tree.get_version().unwrap_or_default());
            pages = pages.saturating_add(self::pages(&tree, &source, language, &man)?);
        }
        check(directory)?;
        println!("made: completions for {} shells, {pages} man pages, in two languages", SHELLS.len());
        Ok(())
    }

    /// Makes the page of a command and of all below it; returns how many that are.
    fn pages(command: &Command, source: &str, language: Language, directory: &Path) -> Result<usize> {
        let man = Man::new(command.clone()).source(source);
        let mut page = Vec::new();
        man.render_title(&mut page)?;
        man.render_name_section(&mut page)?;
        man.render_synopsis_section(&mut page)?;
        man.render_options_section(&mut page)?;
        if command.has_subcommands() {
            man.render_subcommands_section(&mut page)?;
        }
        ending(&command.get_after_help().map(ToString::to_string).unwrap_or_default())
            .to_writer(&mut page)?;
        let mut page = String::from_utf8(page)?;
        if language == Language::Nl {
            for (english, dutch) in HEADINGS {
                page = page.replacen(english, dutch, 1);
            }
        }
        fs::write(directory.join(man.get_filename()), page)?;
        let mut made = 1_usize;
        for below in command.get_subcommands() {
            made = made.saturating_add(pages(below, source, language, directory)?);
        }
        Ok(made)
    }

    /// Examples and exit codes, a section each, their lines as they are.
    fn ending(text: &str) -> Roff {
        let mut roff = Roff::new();
        for part in text.split("\n\n") {
            let mut lines = part.lines();
            let heading = lines.next().unwrap_or_default().trim_end_matches(':').to_uppercase();
            roff.control("SH", [heading.as_str()]).control("nf", []);
            for line in lines {
                roff.text([roman(line)]);
            }
            roff.control("fi", []);
        }
        roff
    }
    /// Refuses files in which a command is missing.
    fn check(directory: &Path) -> Result {
        for below in ["", "nl"] {
            let completions = directory.join("completions").join(below);
            for name in ["veldkit.bash", "_veldkit", "veldkit.fish", "_veldkit.ps1"] {
                let text = fs::read_to_string(completions.join(name))?;
                let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '-').collect();
                let names = COMMANDS.iter().flat_map(|command| command.path.split(' '));
                let missing: Vec<&str> =
                    names.filter(|name| !name.is_empty() && !words.contains(name)).collect();
                if !missing.is_empty() {
                    return Err(format!("{name} has no completion for {}", missing.join(", ")).into());
                }
            }
            let man = directory.join("man").join(below).join("man1");
            for command in COMMANDS {
                let name = format!("{PROGRAM_NAME} {}", command.path).trim_end().replace(' ', "-");
                let text = fs::read_to_string(man.join(format!("{name}.1")))
                    .map_err(|error| format!("no man page for '{}': {error}", command.path))?;
                if let Some(example) =
                    command.examples.iter().find(|example| !text.contains(&escaped(example.line)))
                {
                    return Err(format!("the man page of '{}' lacks: {}", command.path, example.line).into());
                }
            }
        }
        Ok(())
    }

    /// As a man page has it: a dash is escaped.
    fn escaped(text: &str) -> String {
        text.replace('-', "\\-")
    }

    #[cfg(test)]
    mod tests {
        use std::fs;

        use super::{check, make};

        #[test]
        fn every_shell_and_every_command_has_its_file_and_one_that_is_missing_or_empty_is_refused() {
            let directory = std::env::temp_dir().join(format!("veldkit-xtask-pages-{}", std::process::id()));
            fs::create_dir_all(&directory).unwrap();
            make(&directory).unwrap();
            for file in ["completions/nl/veldkit.fish", "man/nl/man1/veldkit-rules-pack.1"] {
                let path = directory.join(file);
                let text = fs::read(&path).unwrap();
                fs::write(&path, "").unwrap();
                assert!(check(&directory).is_err(), "{file}");
                fs::remove_file(&path).unwrap();
                assert!(check(&directory).is_err(), "{file}");
                fs::write(&path, text).unwrap();
                check(&directory).unwrap();
            }
            let page = fs::read_to_string(directory.join("man/nl/man1/veldkit-collect.1")).unwrap();
            for heading in [".SH NAAM", ".SH OVERZICHT", ".SH VOORBEELDEN", ".SH EXITCODES"] {
                assert!(page.contains(heading), "{heading}: {page}");
            }
            fs::remove_dir_all(&directory).unwrap();
        }
    }
}
