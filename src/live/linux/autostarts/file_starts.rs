//! What one file starts, and the file that each of its commands leads to.
//!
//! In: the bytes of a file and how they are read ([`AutostartForm`]), by the readers of `formats`. Out: [`Autostart`]s.

use super::Exact;
use crate::evidence::rows::autostarts::Autostart;
use crate::formats::linux_autostart_places::{AutostartForm, CommandsOf};
use crate::formats::{at_job, crontab, linux_autostarts, systemd_unit, text_lines};
use crate::formats::{service_commands as services, started_commands as commands};
use crate::live::linux::linux_host::LinuxHost;
use crate::live::linux::started_files::rooted;

/// Most bytes of a command that are kept.
const MAX_COMMAND: usize = 4_096;

/// Reads one file; the rest of each row is filled in by the caller.
pub(crate) fn read(form: AutostartForm, file: &[u8], text: &[u8], all: &mut Vec<Autostart>) {
    let start = |line: u64, command: &[u8]| {
        let (kept, cut) = Exact::cut(command, MAX_COMMAND);
        let command_size = u64::try_from(command.len()).ok().filter(|_| cut);
        Autostart { line: Some(line), command: Some(kept), command_size, ..Autostart::default() }
    };
    match form {
        AutostartForm::Unit | AutostartForm::Exec => unit(file, text, &start, all),
        AutostartForm::Crontab | AutostartForm::OwnCrontab | AutostartForm::Anacron => {
            let own = file.rsplit(|byte| *byte == b'/').next().filter(|_| form == AutostartForm::OwnCrontab);
            let own = own.map(|name| name.strip_suffix(b".orig").unwrap_or(name));
            let job = |job: crontab::CronJob<'_>| Autostart {
                schedule: Some(job.schedule.into()),
                user: job.user.or(own).map(Exact::from),
                ..start(job.line, job.command)
            };
            match form {
                AutostartForm::Anacron => all.extend(crontab::anacron(text).map(job)),
                _ => all.extend(crontab::jobs(text, form == AutostartForm::Crontab).map(job)),
            }
        }
        AutostartForm::At => {
            let job = at_job::job(text);
            let name = file.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            let at = at_job::moment(name).map(|moment| Exact::from(moment.to_string()));
            let user = job.uid.map(|uid| Exact::from(uid.to_string()));
            all.extend(job.commands.into_iter().map(|(line, command)| Autostart {
                schedule: at.clone(),
                user: user.clone(),
                ..start(line, command)
            }));
        }
        AutostartForm::Incron => {
            all.extend(crontab::incron(text).map(|job| Autostart {
                schedule: Some(job.schedule.into()),
                ..start(job.line, job.command)
            }));
        }
        AutostartForm::Udev => {
            all.extend(linux_autostarts::udev(text).map(|(line, command)| start(line, command)));
        }
        AutostartForm::Pam => {
            let module = |(line, module, rest): (u64, &[u8], &[u8])| Autostart {
                key: Some(module.into()),
                ..start(line, rest)
            };
            all.extend(linux_autostarts::pam(text).map(module));
        }
        AutostartForm::Preload => {
            // The loader takes blanks and colons between them (ld.so(8)).
            for (line, text) in text_lines::lines(text) {
                let libraries = text.split(|byte| byte.is_ascii_whitespace() || *byte == b':');
                all.extend(libraries.filter(|path| !path.is_empty()).map(|path| start(line, path)));
            }
        }
        AutostartForm::Variables | AutostartForm::Modprobe => {
            let named = |(line, name, value): (u64, &[u8], &[u8])| Autostart {
                key: Some(name.into()),
                ..start(line, value)
            };
            match form {
                AutostartForm::Variables => all.extend(linux_autostarts::loader_variables(text).map(named)),
                _ => all.extend(linux_autostarts::installs(text).map(named)),
            }
        }
        AutostartForm::Modules => {
            all.extend(text_lines::lines(text).map(|(line, name)| start(line, name)));
        }
        AutostartForm::Commands(of) => {
            all.extend(commands_of(of, text).into_iter().map(|one| Autostart {
                key: Some(one.key.into()),
                user: one.user.map(Exact::from),
                ..start(one.line, one.command)
            }));
        }
        AutostartForm::Itself => {}
    }
}

/// The commands of a file that names them in words of its own.
fn commands_of(of: CommandsOf, text: &[u8]) -> Vec<commands::StartedCommand<'_>> {
    match of {
        CommandsOf::Inittab => commands::inittab(text).collect(),
        CommandsOf::Upstart => commands::upstart(text),
        CommandsOf::Inetd => commands::inetd(text).collect(),
        CommandsOf::Xinetd => commands::xinetd(text),
        CommandsOf::Apt => commands::apt(text),
        CommandsOf::Dnf => commands::dnf(text).collect(),
        CommandsOf::Dpkg => commands::dpkg(text).collect(),
        CommandsOf::Logrotate => commands::logrotate(text),
        CommandsOf::Interfaces => commands::interfaces(text).collect(),
        CommandsOf::Git => commands::git(text).collect(),
        CommandsOf::Sshd => services::sshd(text),
        CommandsOf::Rsyslog => services::rsyslog(text),
        CommandsOf::SyslogNg => services::syslog_ng(text).collect(),
        CommandsOf::LoaderDirectories => services::loader_directories(text).collect(),
        CommandsOf::Binfmt => services::binfmt(text).collect(),
        CommandsOf::Keys(keys) => commands::keys(text, keys).collect(),
    }
}

/// The commands of a unit, and of a timer its moments with the unit that it starts: that of its own name where it names none.
fn unit(file: &[u8], text: &[u8], start: &dyn Fn(u64, &[u8]) -> Autostart, all: &mut Vec<Autostart>) {
    let settings = systemd_unit::settings(text);
    let of = |key: &[u8]| settings.iter().find(|one| one.key == key).map(|one| Exact::from(&one.value));
    let user = of(b"User");
    for one in &settings {
        let moment = one.key.starts_with(b"On") && one.key.ends_with(b"Sec") || one.key == b"OnCalendar";
        let runs =
            one.key.starts_with(b"Exec") && !one.key.starts_with(b"ExecSearch") || one.key == b"TryExec";
        // A container of Podman's runs what its image has.
        let runs = runs || one.key == b"Image" && file.ends_with(b".container");
        // Variables of elsewhere; those of the usual directories are places of their own.
        let path = one.value.strip_prefix(b"-").unwrap_or(&one.value);
        let runs = runs || one.key == b"EnvironmentFile" && !path.starts_with(b"/etc/");
        let key = Some(Exact::from(&one.key));
        if one.key.ends_with(b"Environment") {
            let variables = linux_autostarts::loader_assignments(&one.value);
            all.extend(variables.map(|value| Autostart { key: key.clone(), ..start(one.line, value) }));
            continue;
        }
        if one.value.is_empty() || !(moment || runs) {
            continue;
        }
        all.push(if moment {
            let name = file.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            let own = || Exact([name.strip_suffix(b".timer").unwrap_or(name), b".service"].concat());
            let unit = of(b"Unit").unwrap_or_else(own);
            Autostart { key, schedule: Some(Exact::from(&one.value)), ..start(one.line, &unit.0) }
        } else {
            Autostart { key, user: user.clone(), ..start(one.line, &one.value) }
        });
    }
}

/// Finds what a command leads to.
pub(crate) fn lead(reach: &LinuxHost, form: AutostartForm, start: &mut Autostart) {
    let Some(command) =
        start.command.as_ref().filter(|_| start.schedule.is_none() || form != AutostartForm::Unit)
    else {
        return;
    };
    let folders: &[&str] = match form {
        AutostartForm::Pam => &[
            "usr/lib/*/security",
            "usr/lib/security",
            "lib/*/security",
            "lib/security",
            "lib64/security",
            "usr/lib64/security",
        ],
        AutostartForm::Udev => {
            &["usr/lib/udev", "lib/udev", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"]
        }
        AutostartForm::Modules | AutostartForm::Commands(CommandsOf::LoaderDirectories) => return,
        _ => &["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"],
    };
    // Signs before a unit's command say how it is started (systemd.service(5)).
    let bare = if form == AutostartForm::Unit {
        let begin = command.0.iter().position(|byte| !b"@-:+!|".contains(byte)).unwrap_or(0);
        command.0.get(begin..).unwrap_or_default()
    } else {
        &command.0
    };
    let (mut first, mut launcher) = (None, None);
    for (at, word) in linux_autostarts::words(bare).enumerate() {
        let word = if form == AutostartForm::Variables {
            word.strip_prefix(b"DEFAULT=").unwrap_or(word)
        } else {
            word
        };
        let found = if word.contains(&b'/') {
            reach.end_of(word).ok().filter(|end| reach.is_file(end))
        } else if at == 0 || launcher.is_some() {
            named(reach, word, folders)
        } else {
            None
        };
        let is_launcher = linux_autostarts::is_launcher(word);
        match found {
            // A module of PAM that runs programs is one: its argument is meant.
            Some(end) if is_launcher || form == AutostartForm::Pam && word == b"pam_exec.so" => {
                launcher.get_or_insert_with(|| rooted(&end));
            }
            Some(end) => {
                (start.launcher, start.target) = (launcher, Some(rooted(&end)));
                return;
            }
            // What is not there is told as it is written, unless something else is.
            None if at == 0 && word.starts_with(b"/") => first = Some(Exact::from(word)),
            None => {}
        }
    }
    start.target = first.or(launcher);
}

/// A program or library that is named without its folder.
fn named(reach: &LinuxHost, name: &[u8], folders: &[&str]) -> Option<Vec<u8>> {
    let name = glob::Pattern::escape(&String::from_utf8_lossy(name));
    let paths = folders.iter().flat_map(|folder| reach.matching(&format!("{folder}/{name}")));
    paths.filter_map(|path| reach.end_of(&path).ok()).find(|end| reach.is_file(end))
}
