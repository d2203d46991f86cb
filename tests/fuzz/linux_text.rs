//! What is fuzzed of the files in which a Linux keeps its logons, accounts, and what it starts by itself.

use veldkit::evidence::Utc;
use veldkit::formats::{
    auth_log, crontab, kernel_modules, lastlog, linux_autostarts, logind_session, started_commands,
    systemd_unit, unix_accounts, usb_log, utmp,
};
use veldkit::live::inventory::linux_packages;
use veldkit::live::linux::packages;

pub fn logons(data: &[u8]) {
    let layout = utmp::UtmpLayout::of_records(&[data]);
    let mut counted = 0;
    let used = utmp::parts(data, layout, true, &mut |part| match part {
        utmp::UtmpPart::Record(record) => {
            assert!(record.user.len() <= 32 && record.host.len() <= 256);
            assert!(utmp::kind_name(record.kind).is_some());
            counted += layout.record_length();
        }
        utmp::UtmpPart::Empty => counted += layout.record_length(),
        utmp::UtmpPart::NoRecord(bytes) => counted += usize::try_from(bytes).unwrap(),
    });
    assert_eq!((used, counted), (data.len(), data.len()));
    let layout = lastlog::LastlogLayout::of(u64::try_from(data.len()).unwrap(), data);
    drop(lastlog::last(data, layout));
    drop(serde_json::to_string(&logind_session::session(b"1", data)).unwrap());
    let (log, failure) = auth_log::read(&mut &data[..], Utc::from_unix(1_700_000_000, 0), 5);
    let events = u64::try_from(log.events.len()).unwrap();
    assert!(failure.is_none() && log.lines == events + log.older + log.other + log.no_line);
}

pub fn accounts(data: &[u8]) {
    for user in unix_accounts::users(data).flatten() {
        let _ = unix_accounts::password(user.password);
    }
    let _ = (
        unix_accounts::groups(data).count(),
        unix_accounts::shadow(data).count(),
        unix_accounts::password(data),
    );
    for key in unix_accounts::public_keys(data) {
        assert!(key.fingerprint.is_none_or(|print| print.len() == "SHA256:".len() + 43));
    }
    drop(unix_accounts::sudoers(data));
    let text = String::from_utf8_lossy(data);
    let system = linux_packages::Distribution::of(&text);
    drop((linux_packages::dpkg(&text, &system), linux_packages::apk(&text, &system)));
}

pub fn starting_text(data: &[u8]) {
    drop(systemd_unit::settings(data));
    let _ = (
        crontab::jobs(data, true).count(),
        crontab::jobs(data, false).count(),
        crontab::anacron(data).count(),
    );
    let _ = (
        linux_autostarts::udev(data).count(),
        linux_autostarts::pam(data).count(),
        linux_autostarts::installs(data).count(),
    );
    let _ = (
        started_commands::inittab(data).count(),
        started_commands::inetd(data).count(),
        started_commands::dnf(data).count(),
        started_commands::dpkg(data).count(),
        started_commands::interfaces(data).count(),
        started_commands::git(data).count(),
    );
    let blocks = [started_commands::upstart(data), started_commands::logrotate(data)];
    drop((blocks, started_commands::xinetd(data), started_commands::apt(data)));
    let _ = (linux_autostarts::loader_variables(data).count(), linux_autostarts::is_launcher(data));
    assert!(linux_autostarts::words(data).all(|word| !word.is_empty() && !word.contains(&b' ')));
    drop((
        kernel_modules::modules(data),
        kernel_modules::files(data),
        usb_log::usb(data, b"var/log/messages"),
    ));
    let mut asked = packages::AskedFiles::from([(b"bin/x".to_vec(), packages::Owned::default())]);
    packages::listed(data, "p", &mut asked);
    packages::md5sums(data, &mut asked);
    packages::apk(data, &mut asked);
}
