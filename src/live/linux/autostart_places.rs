//! Where a Linux keeps what it starts by itself: a table, and how each place is read.
//!
//! In: nothing. Out: [`PLACES`]. A place is a path below the root, with `*` within one name, or below each home where it begins
//! with `~`. Sources: systemd.unit(5), systemd.generator(7), crontab(5), anacrontab(5), at(1), pam.d(5), ld.so(8),
//! modules-load.d(5), modprobe.d(5), environment(5), bash(1), the Desktop Application Autostart Specification.

/// How what stands in a place is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AutostartForm {
    /// The file itself is run, or read by a shell.
    Itself,
    /// The file is a batch of commands; the last line is what it was made for.
    At,
    /// A unit of systemd.
    Unit,
    /// A table of cron that names the user.
    Crontab,
    /// A table of cron of the user whose name the file has.
    OwnCrontab,
    /// anacron's table.
    Anacron,
    /// An entry of the desktop, or a service of D-Bus: `Exec=`.
    Exec,
    /// Rules of udev.
    Udev,
    /// A service of PAM.
    Pam,
    /// Libraries that the loader puts into every process.
    Preload,
    /// Variables of the loader.
    Variables,
    /// Names of kernel modules.
    Modules,
    /// What modprobe runs in place of loading.
    Modprobe,
}
use AutostartForm::{
    Anacron, At, Crontab, Exec, Itself, Modprobe, Modules, OwnCrontab, Pam, Preload, Udev, Unit, Variables,
};

/// Kind, place and form. Where two lead to the same file by links, it is told once.
pub(crate) const PLACES: [(&str, &str, AutostartForm); 94] = [
    ("systemd", "etc/systemd/system/*", Unit),
    ("systemd", "etc/systemd/system/*.d/*.conf", Unit),
    ("systemd", "run/systemd/system/*", Unit),
    ("systemd", "run/systemd/system/*.d/*.conf", Unit),
    ("systemd", "run/systemd/transient/*", Unit),
    ("systemd", "run/systemd/generator*/*", Unit),
    ("systemd", "usr/local/lib/systemd/system/*", Unit),
    ("systemd", "usr/lib/systemd/system/*", Unit),
    ("systemd", "usr/lib/systemd/system/*.d/*.conf", Unit),
    ("systemd", "lib/systemd/system/*", Unit),
    ("systemd_user", "etc/systemd/user/*", Unit),
    ("systemd_user", "etc/systemd/user/*.d/*.conf", Unit),
    ("systemd_user", "usr/local/lib/systemd/user/*", Unit),
    ("systemd_user", "usr/lib/systemd/user/*", Unit),
    ("systemd_user", "~/.config/systemd/user/*", Unit),
    ("systemd_user", "~/.config/systemd/user/*.d/*.conf", Unit),
    ("systemd_user", "~/.local/share/systemd/user/*", Unit),
    ("systemd_generator", "etc/systemd/*-generators/*", Itself),
    ("systemd_generator", "run/systemd/*-generators/*", Itself),
    ("systemd_generator", "usr/local/lib/systemd/*-generators/*", Itself),
    ("systemd_generator", "usr/lib/systemd/*-generators/*", Itself),
    ("systemd_hook", "usr/lib/systemd/system-sleep/*", Itself),
    ("systemd_hook", "usr/lib/systemd/system-shutdown/*", Itself),
    ("cron", "etc/crontab", Crontab),
    ("cron", "etc/cron.d/*", Crontab),
    ("cron", "var/spool/cron/crontabs/*", OwnCrontab),
    ("cron", "var/spool/cron/*", OwnCrontab),
    ("cron", "etc/cron.hourly/*", Itself),
    ("cron", "etc/cron.daily/*", Itself),
    ("cron", "etc/cron.weekly/*", Itself),
    ("cron", "etc/cron.monthly/*", Itself),
    ("cron", "etc/cron.yearly/*", Itself),
    ("anacron", "etc/anacrontab", Anacron),
    ("at", "var/spool/cron/atjobs/*", At),
    ("at", "var/spool/at/*", At),
    ("rc", "etc/rc.local", Itself),
    ("rc", "etc/rc.d/rc.local", Itself),
    ("rc", "etc/init.d/*", Itself),
    ("rc", "etc/rc.d/init.d/*", Itself),
    ("rc", "etc/local.d/*.start", Itself),
    ("profile", "etc/profile", Itself),
    ("profile", "etc/profile.d/*", Itself),
    ("profile", "etc/bash.bashrc", Itself),
    ("profile", "etc/bashrc", Itself),
    ("profile", "etc/bash.bash_logout", Itself),
    ("profile", "etc/zsh/z*", Itself),
    ("profile", "etc/zshenv", Itself),
    ("profile", "etc/csh.*", Itself),
    ("profile", "etc/fish/config.fish", Itself),
    ("profile", "~/.bashrc", Itself),
    ("profile", "~/.bash_profile", Itself),
    ("profile", "~/.bash_login", Itself),
    ("profile", "~/.bash_logout", Itself),
    ("profile", "~/.bash_aliases", Itself),
    ("profile", "~/.profile", Itself),
    ("profile", "~/.zshrc", Itself),
    ("profile", "~/.zshenv", Itself),
    ("profile", "~/.zprofile", Itself),
    ("profile", "~/.zlogin", Itself),
    ("profile", "~/.kshrc", Itself),
    ("profile", "~/.cshrc", Itself),
    ("profile", "~/.config/fish/config.fish", Itself),
    ("profile", "~/.xprofile", Itself),
    ("profile", "~/.xsession", Itself),
    ("profile", "~/.xinitrc", Itself),
    ("ssh", "~/.ssh/rc", Itself),
    ("ssh", "etc/ssh/sshrc", Itself),
    ("preload", "etc/ld.so.preload", Preload),
    ("loader_variable", "etc/environment", Variables),
    ("loader_variable", "etc/environment.d/*.conf", Variables),
    ("loader_variable", "etc/security/pam_env.conf", Variables),
    ("loader_variable", "~/.pam_environment", Variables),
    ("loader_variable", "~/.config/environment.d/*.conf", Variables),
    ("udev", "etc/udev/rules.d/*.rules", Udev),
    ("udev", "run/udev/rules.d/*.rules", Udev),
    ("udev", "usr/lib/udev/rules.d/*.rules", Udev),
    ("udev", "lib/udev/rules.d/*.rules", Udev),
    ("module", "etc/modules", Modules),
    ("module", "etc/modules-load.d/*.conf", Modules),
    ("module", "usr/lib/modules-load.d/*.conf", Modules),
    ("module_install", "etc/modprobe.d/*.conf", Modprobe),
    ("module_install", "usr/lib/modprobe.d/*.conf", Modprobe),
    ("autostart", "etc/xdg/autostart/*.desktop", Exec),
    ("autostart", "~/.config/autostart/*.desktop", Exec),
    ("dbus", "etc/dbus-1/*-services/*.service", Exec),
    ("dbus", "usr/share/dbus-1/*services/*.service", Exec),
    ("dbus", "~/.local/share/dbus-1/services/*.service", Exec),
    ("pam", "etc/pam.d/*", Pam),
    ("pam", "etc/pam.conf", Pam),
    ("motd", "etc/update-motd.d/*", Itself),
    ("network", "etc/NetworkManager/dispatcher.d/*", Itself),
    ("network", "etc/network/if-*.d/*", Itself),
    ("network", "etc/networkd-dispatcher/*.d/*", Itself),
    ("network", "etc/dhcp/dhclient-*-hooks.d/*", Itself),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_place_stands_twice_and_none_leads_out_of_the_root() {
        for (at, (kind, place, _)) in PLACES.iter().enumerate() {
            assert!(!place.starts_with('/') && !place.contains("..") && !kind.is_empty(), "{place}");
            assert!(PLACES.iter().skip(at + 1).all(|(_, other, _)| other != place), "{place}");
        }
    }
}
