//! What is fuzzed: everything that reads text or bytes from a host, a bundle or a stick. Each takes any bytes and must
//! come back; what a round trip promises is asserted. `cargo fuzz` drives these with coverage, `tests/it/fuzz.rs`
//! drives the same over seeds and their mutations, so that they cannot rot where no nightly compiler is.

use veldkit::bundle::forward::{BundleVisitor, EntryBody, Head, StructureFault, forward};
use veldkit::bundle::limits::ReadLimits as ReadingLimits;
use veldkit::bundle::{Recipients, SealCode, names, receipt};
use veldkit::evidence::{Item, Origin};
use veldkit::formats::hive::{Hive, Recovered};
use veldkit::formats::netlink::{filter, routing, statement};
use veldkit::formats::windows_command::{Folders, lead};
use veldkit::formats::{
    iptables, journald, kcore, name_resolution, netlink, network_settings, proc_maps, procfs, procnet,
    resolved, usb_log,
};
use veldkit::formats::{policy_scripts, task_actions, task_xml, wmi};
use veldkit::formats::{rpm, web_server};
use veldkit::live::linux::{executables, processes};
use veldkit::live::windows::firewall;
use veldkit::playbook::FileContent;
use veldkit::scan::filetype;

#[path = "images.rs"]
pub mod images;
#[path = "kits.rs"]
pub mod kits;
#[path = "linux_text.rs"]
pub mod linux_text;
#[path = "lists.rs"]
pub mod lists;
#[path = "rows.rs"]
pub mod rows;

pub use linux_text::{accounts, logons, starting_text};

/// A target: its name, a seed or two, its body.
pub type Target = (&'static str, &'static [&'static [u8]], fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 31] = [
    kits::KIT,
    rows::ROWS,
    ("yaml", &[b"name: A\nsources:\n- type: FILE\n  attributes: {paths: ['/etc/%%x%%/**3']}\n"], yaml),
    ("archive", &[b"PK\x03\x04\x2d\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0a\x03\0"], archive),
    ("entry_name", &[b"var/log/\xe9%41\\\n..", b"C:/CON./x:y"], entry_name),
    (
        "record",
        &[br#"{"number":1,"artifact":"A","origin":{"type":"file","volume":"root","path":"a/b"},"kind":"file","outcome":"missing","reason":{"code":"not_found","detail":"nothing"},"metadata":{"size":1,"mode":33188},"personal_data":"low","acquired":"2026-11-24T06:53:15.036500277Z"}"#],
        record,
    ),
    ("seal_code", &[b"WE7W-E S1M5-5 SSNA-P H5T5-9 A7E5-D"], seal_code),
    (
        "receipt",
        &[b"--- veldkit receipt 1 ---\nbundle: b.zip.age\nbundle-id: d7cc98b03c4672e7de4a0f93e4b40699\nbytes: 1324556\nsha256: e38fcc8685ce6aa8974551dc58d4244a6423a05c3b6f01fabe6ab52f733fcd62\nseal-code: WE7W-E S1M5-5 SSNA-P H5T5-9 A7E5-D\ne38fcc8685ce6aa8974551dc58d4244a6423a05c3b6f01fabe6ab52f733fcd62  b.zip.age\n--- end ---\n"],
        receipt_text,
    ),
    (
        "recipient",
        &[b"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj", b"ssh-rsa AAAA"],
        recipient,
    ),
    (
        "mountinfo",
        &[b"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root\\040x rw,errors=continue\n"],
        mountinfo,
    ),
    ("hive", &[&REGF], hive),
    (
        "logons",
        &[
            b"\x07\0\0\0\x2a\0\0\0pts/0\0\0\0",
            &[7; 800],
            b"UID=1000\nUSER=\"anna\"\nLEADER=812\nREALTIME=1700000000500000\n",
        ],
        logons,
    ),
    (
        "accounts",
        &[
            b"root:x:0:0:root:/root:/bin/bash\nanna:$6$s$h:19700:0:99999:7:::\nsudo:x:27:anna,bert\n",
            b"from=\"10.0.0.0/8\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINeGcb5q0cQgCyKQGSUpkYdEQYy3hrBHGGCDuSn9wS2S x\n",
            b"%sudo ALL=(ALL) \\\n NOPASSWD: ALL\n#includedir /etc/sudoers.d\n",
            b"Package: a\nStatus: install ok installed\nVersion: 1\nMaintainer: M <m@x>\n\nP:b\nV:2\nA:x\n",
        ],
        accounts,
    ),
    (
        "starting",
        &[
            b"[Service]\nUser=x\nExecStart=-/bin/sh -c 'a \\\n b'\n[Timer]\nOnCalendar=daily\n",
            b"17 * * * * root run-parts /etc/cron.hourly\n@reboot x /y\n1 5 cron.daily z\n",
            b"ACTION==\"add\", RUN{program}+=\"/x %k\"\nauth [default=ignore] pam_exec.so /x\ninstall a /b\nLD_PRELOAD=/c\n",
            b"nf_tables 1 0 - Live 0x0 (OE)\nkernel/a-b.ko.xz: kernel/c.ko\nP:a\nF:bin\nR:x\n",
            b"Nov 24 h kernel: usb 1-1: New USB device found, idVendor=0781, idProduct=5567\nx usb 1-1: Product: y\n",
        ],
        starting_text,
    ),
    ("image", &[&[0x40, 0x20, 0, 0, 0x11], b"\x10\x60\0\0\xff\x41\x61\0\0\x01"], images::image),
    ("image_ext", &[b"\x3a\x04\0\0\x01\x18\x24\x03\0\x7f"], images::image_ext),
    (
        "physical_memory",
        &[
            b"00001000-0009fbff : System RAM\n  00002000-00002fff : Kernel code\n00100000-7ffd9fff : System RAM\n",
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0\x3e\0\x01\0\0\0\0\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\x38\0\x02\0",
        ],
        physical_memory,
    ),
    (
        "subscriptions_of_wmi",
        &[
            b"\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\xa2\0\0\0\0\0\0\0\0\x10\x04\x0f\
              \0\0\0\x16\0\0\0\x01\0\0\0*\0\0\0_\0\0\0\x01\0\0\0\x04\0\0\0\x01v\0\0\x80\0__EventFilter\0\0Kwaa\
              d\0\x10\0\0\0\x01\x02\0\0\0\0\0\x05 \0\0\0 \x02\0\0\0SELECT * FROM __InstanceModificationEvent W\
              ITHIN 60\0\x01r\0o\0o\0t\0\x5c\0c\0i\0m\0v\x002\0\0\0",
        ],
        subscriptions_of_wmi,
    ),
    (
        "journal",
        &[
            b"\x02\0\0\0\0\0\0\09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\x01\0\0\0\0\0\0_KERNEL_SUB\
              SYSTEM\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0U\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
              \0\0\0h\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0_KERNEL_SUBSYSTEM=usb\0\0\0\x03\0\0\0\0\
              \0\0\0P\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0@\x1e\x18$\x0a\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
              \0\0\0\0\0\0\0\0\0\0\0\0\0\0\xb8\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0I\0\0\0\0\0\0\
              \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
              \0MESSAGE=a\0\0\0\0\0\0\0",
        ],
        journal,
    ),
    (
        "packages_of_rpm",
        &[
            b"RpmP\0\0\0\0\x01\0\0\0\x01\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0Slot\x01\0\0\0\0\x01\0\0\x02\0\0\0",
            b"SQLite format 3\0\x02\0\x01\x01\0\x40\x20\x20",
            b"\0\0\0\x01\0\0\0\x04\0\0\x03\xe8\0\0\0\x06\0\0\0\0\0\0\0\x01abc\0",
        ],
        packages_of_rpm,
    ),
    (
        "windows_starts",
        &[
            b"<Task><Triggers><TimeTrigger><StartBoundary>2026-11-24T03:00:00</StartBoundary></TimeTrigger></Triggers>\
              <Actions><Exec><Command>C:\\a b.exe</Command><Arguments>-x</Arguments></Exec></Actions></Task>",
            b"\xff\xfe<\0T\0a\0s\0k\0/\0>\0",
            b"rundll32.exe \"%SystemRoot%\\a,b.dll\",x %y% cmd /c start \\SystemRoot\\z.exe",
        ],
        windows_starts,
    ),
    (
        "network",
        &[
            b" 0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 12345 1\n",
            b"0000000000000000: 00000002 00000000 00010000 0001 01 22000 /run/my socket\n",
            b"eth0 00000000 0100000A 0003 0 0 100 00000000 0 0 0\n10.0.0.1 0x1 0x2 00:11:22:33:44:55 * eth0\n",
            b"fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 1 0 1 eth0\n",
            b"     |-- 10.0.0.11\n        /32 host LOCAL\n  eth0: 1000 2 0 0 0 0 0 0 3000 4 0 0 0 0 0 0\n",
            b"nameserver 10.0.0.53\nsearch a.example\n127.0.0.1 localhost # x\n",
            b"00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/x (deleted)\n7f00-7f10 rwxp 0 0 0\n",
        ],
        network_tables,
    ),
    (
        "process",
        &[
            b"4242 (a) b) S 17 4242 4200 34816 -1 4194560 1 0 0 0 25 50 0 0 20 0 3 0 12345 9 8 7\n",
            b"Tgid:\t9\nTracerPid:\t7\nUid:\t1000\t0\t0\t0\nVmRSS:\t 12 kB\nCapEff:\t1f\nNSpid:\t9\t1\n",
            b"1:name=systemd:/a:b\n0::/system.slice/x.service\npid:[4026531836]\nbtime 1700000000\n",
            b"50 23 0:40 / /proc/4242 rw - tmpfs tmpfs rw\n",
        ],
        process,
    ),
    (
        "web_server",
        &[
            b"server { root \"/srv/w\"; access_log /a b; }",
            b"<VirtualHost *>\nDocumentRoot '/w'\n",
            b"<site><x physicalPath=\"c:\\\"/>",
        ],
        web_server,
    ),
    (
        "indicators_values",
        &[
            b"# case\n900150983cd24fb0d6963f7d28e17f72;70;x\nevil[.]example.com\n198.51.100.0/24 # y\nhxxp://b\xc3\xbc.example/\n",
            b"\xff\xfea\0.\0n\0l\0\n\0",
        ],
        lists::indicators_values,
    ),
    (
        "indicators_filenames",
        &[b"# case\n\\\\evil[0-9]{2,}\\.(exe|dll)$;80;(?i)\\\\good\\\\\n(TEMP|Temp)\\\\[^\\\\]+{x}\\.[\\w]+;50\n"],
        lists::indicators_filenames,
    ),
    (
        "indicators_csv",
        &[
            b"# \"sha256\",\"file_name\"\n\"900150983cd24fb0d6963f7d28e17f72\",\"a \"\"b\"\"\nc\"\n",
            b"type;indicator\nIPv4;198.51.100.7\n",
        ],
        lists::indicators_csv,
    ),
    (
        "indicators_misp",
        &[br#"{"response":[{"Event":{"info":"x","Attribute":[{"type":"ip-dst|port","value":"198.51.100.7|443","to_ids":true}],"Object":[{"name":"file","Attribute":[{"type":"filename","value":"a","to_ids":"1"},{"type":"md5","value":"900150983cd24fb0d6963f7d28e17f72","to_ids":1}]}]}}]}"#],
        lists::indicators_misp,
    ),
    (
        "indicators_stix",
        &[br#"{"type":"bundle","objects":[{"type":"indicator","valid_until":"2126-01-01T00:00:00Z","pattern":"([file:hashes.'MD5' = '900150983cd24fb0d6963f7d28e17f72' AND file:name LIKE 'a%_'] OR [ipv4-addr:value IN ('198.51.100.7', '198.51.100.8')]) WITHIN 5 SECONDS"}]}"#],
        lists::indicators_stix,
    ),
    (
        "indicators_openioc",
        &[br#"<ioc><definition><Indicator operator="OR"><IndicatorItem condition="contains"><Context search="FileItem/FileName"/><Content>a.exe</Content></IndicatorItem></Indicator></definition></ioc>"#],
        lists::indicators_openioc,
    ),
    (
        "indicators_warninglist",
        &[br#"{"list":["/^a+\\.example\\.com$/","198.51.100.0/24"],"name":"x","type":"regex"}"#],
        lists::indicators_warninglist,
    ),
];

pub fn yaml(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    drop(FileContent::read("fuzz.yaml", &text));
    drop(FileContent::read_strictly("fuzz.yaml", &text));
}

pub fn archive(mut data: &[u8]) {
    struct Nobody;
    impl BundleVisitor for Nobody {
        fn begin(&mut self, _: &Head) {}
        fn content(&mut self, _: &[u8]) {}
        fn end(&mut self, _: &Head, _: &EntryBody) {}
        fn broken(&mut self, _: &Head, _: &EntryBody, _: &StructureFault) {}
        fn hole(&mut self, _: u64, _: u64) {}
    }
    let limits = ReadingLimits { allowance: 1 << 20, ..ReadingLimits::default() };
    drop(forward(&mut data, &limits, &mut Nobody));
}

pub fn entry_name(data: &[u8]) {
    let origin = Origin::root(data);
    let name = names::entry_name(&origin, false);
    assert!(name.len() <= names::NAME_LIMIT, "{name}");
    assert!(!name.split('/').any(|part| part == ".."), "{name}");
    assert!(!name.contains(['\\', '\0', '\n']) && !name.starts_with('/'), "{name}");
}

pub fn record(data: &[u8]) {
    if let Ok(item) = serde_json::from_slice::<Item>(data) {
        let text = serde_json::to_vec(&item).unwrap();
        assert_eq!(serde_json::from_slice::<Item>(&text).unwrap(), item);
    }
}

pub fn seal_code(data: &[u8]) {
    if let Ok(code) = SealCode::parse(&String::from_utf8_lossy(data)) {
        assert_eq!(SealCode::parse(&code.to_string()), Ok(code));
    }
}

pub fn receipt_text(data: &[u8]) {
    drop(receipt::Block::parse(&String::from_utf8_lossy(data)));
}

pub fn recipient(data: &[u8]) {
    drop(Recipients::new().add(&String::from_utf8_lossy(data), "fuzz"));
}

pub fn mountinfo(data: &[u8]) {
    drop(veldkit::formats::mountinfo::mounts(data));
    assert!(!filetype::of(data).contains(' '));
}

pub fn network_tables(data: &[u8]) {
    let _ = (procnet::internet(data).count(), procnet::packet(data).count(), procnet::socket(data));
    for socket in procnet::unix(data) {
        assert!(socket.path.is_none_or(|path| path.len() < data.len()));
    }
    let _ =
        (procnet::routes(data).count(), procnet::routes_6(data).count(), procnet::addresses_6(data).count());
    let _ = (procnet::neighbours(data).count(), procnet::interfaces(data).count());
    drop(procnet::own_addresses(data));
    for number in [18, 30, 0xa07] {
        let (mut count, mut elements) = (0, Vec::new());
        let mut take = |kind: u16, body: &[u8]| {
            count += 1;
            drop((routing::link(kind, body), routing::neighbour(kind, body)));
            drop(serde_json::to_string(&filter::filter(kind, body)).unwrap());
            filter::elements(kind, body, &mut elements);
        };
        drop(netlink::Answers { number, take: &mut take, lacking: false }.read(data));
        assert!(count <= data.len() / 16);
        let form = filter::SetForm { family: 1, key: 0x1cd, interval: true };
        drop(filter::written(form, elements));
    }
    drop((statement::rule(1, data), resolved::cached_names(data)));
    if let Some((info, entries)) = data.split_at_checked(iptables::INFO) {
        drop((iptables::table(false, b"x", info, entries), iptables::table(true, b"x", info, entries)));
    }
    drop(
        serde_json::to_string(&(
            name_resolution::resolvers(data, "x"),
            name_resolution::hosts(data).collect::<Vec<_>>(),
        ))
        .unwrap(),
    );
    drop((
        network_settings::proxies(data),
        network_settings::networks(data).count(),
        network_settings::shares(data),
    ));
    let mappings: Vec<_> = proc_maps::mappings(data).collect();
    drop(executables::loose_code(1, &mappings));
}

pub fn process(data: &[u8]) {
    drop((procfs::stat(data), procfs::status(data), procfs::control_group(data), procfs::boot_time(data)));
    let (arguments, _) = procfs::command_line(data);
    assert!(arguments.len() <= procfs::MAX_ARGUMENTS);
    let _ = (procfs::name_space(data), procfs::thread_count(data), procfs::number(data));
    let (path, deleted) = procfs::deleted(data);
    assert!(deleted == (path.len() < data.len()));
    for row in processes::mounts_over(data) {
        drop(serde_json::to_string(&row));
    }
}

/// The first block of a hive whose root is the cell behind it: a key with a subkey list that is itself.
const REGF: [u8; 4096 + 120] = {
    let mut bytes = [0; 4096 + 120];
    let words: [(usize, &[u8]); 9] = [
        (0, b"regf"),
        (36, &[32]),
        (4096 + 32, &[0xa8, 0xff, 0xff, 0xff, b'n', b'k', 0x20]),
        (4096 + 36 + 20, &[1]),
        (4096 + 36 + 28, &[32]),
        (4096 + 36 + 36, &[1]),
        (4096 + 36 + 40, &[32]),
        (4096 + 36 + 72, &[1]),
        (4096 + 36 + 76, b"r"),
    ];
    let mut word = 0;
    while word < words.len() {
        let (at, part) = words[word];
        let mut byte = 0;
        while byte < part.len() {
            bytes[at + byte] = part[byte];
            byte += 1;
        }
        word += 1;
    }
    bytes
};

pub fn hive(data: &[u8]) {
    // The same bytes as a hive and as its logs: each finds its own part behind the head of 512 bytes.
    if let Ok(recovered) =
        Recovered::new(std::io::Cursor::new(data), [data, data.get(4096..).unwrap_or_default()])
        && let Ok(mut hive) = Hive::recovered(recovered)
    {
        drop(hive.key("ControlSet001\\Services"));
    }
    let Ok(mut hive) = Hive::open(std::io::Cursor::new(data)) else { return };
    drop(hive.key("ControlSet001\\Services"));
    if let Ok(Some(root)) = hive.key("") {
        drop((hive.subkeys(&root), hive.values(&root), hive.value(&root, "x")));
    }
}

pub fn physical_memory(data: &[u8]) {
    let stretches = kcore::stretches(data);
    assert!(stretches.windows(2).all(|two| matches!(two, [one, next] if one.end <= next.start)));
    let segments = kcore::segments(data);
    assert!(segments.iter().all(|segment| segment.stretch.start < segment.stretch.end));
    let _ = kcore::shown(&stretches, &segments);
}

/// The bytes are a repository as they are, and a mapping; and a record of each class behind the digest of its name.
pub fn subscriptions_of_wmi(data: &[u8]) {
    drop(wmi::parts_of(data, data));
    let mapping: Vec<u8> = [0xabcd, 1, 0, 0, 2, 2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0_u32]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect();
    for (class, _) in wmi::classes::CLASSES {
        let record = [&wmi::classes::pattern(class)[..], data].concat();
        for part in wmi::parts_of(&record, &mapping) {
            assert_eq!(part.class, class);
        }
    }
}

/// The bytes are a journal as they are, and the objects behind a head that is right, in either form.
pub fn journal(data: &[u8]) {
    let (field, content) = (b"_KERNEL_SUBSYSTEM", b"usb");
    drop(journald::messages_of(data, field, content));
    for compact in [0, 16] {
        // The table of fields at 192, with one place that leads behind it.
        let mut head = [b"LPKSHHRH".to_vec(), vec![0; 200]].concat();
        (head[12], head[120], head[128], head[192]) = (compact, 192, 16, 208);
        let messages = journald::messages_of(&[head, data.to_vec()].concat(), field, content);
        drop(usb_log::usb(&journald::as_log(&messages), b"x"));
    }
}

/// The bytes are a database as they are; a page of SQLite's, and pages of Berkeley DB's, behind a file's header that is right; and
/// one package's header.
pub fn packages_of_rpm(data: &[u8]) {
    let look = |package: rpm::Package<'_>| {
        let _ = (package.vendor(), package.architecture());
        assert!(package.files().count() <= data.len());
    };
    rpm::header::read(data).into_iter().for_each(look);
    drop(rpm::read_bytes(data, &mut |package| look(package)));
    let mut pages = b"SQLite format 3\0\x02\0\x01\x01\0\x40\x20\x20".to_vec();
    pages.resize(100, 0);
    // The row that names the table, whose tree begins on the second page.
    pages.extend(b"\x0d\0\0\0\x01\x01\x80\0\x01\x80");
    pages.resize(384, 0);
    pages.extend(b"\x1c\x01\x06\x17\x1d\x1d\x01\x0dtablePackagesPackages\x02");
    pages.resize(512, 0);
    pages.extend(data);
    pages.resize(pages.len().next_multiple_of(512), 0);
    drop(rpm::read_bytes(&pages, &mut |package| look(package)));
    let mut pages = vec![0; 512];
    for (at, byte) in [(12, 0x61), (13, 0x15), (14, 6), (21, 2), (25, 8)] {
        pages[at] = byte;
    }
    pages.extend(data);
    pages.resize(pages.len().next_multiple_of(512), 0);
    pages[32] = (pages.len() / 512 - 1).to_le_bytes()[0];
    drop(rpm::read_bytes(&pages, &mut |package| look(package)));
}

pub fn windows_starts(data: &[u8]) {
    let task = task_xml::task(data);
    let folders = Folders::new('C', Some("C:\\Users\\anna"));
    let text = String::from_utf8_lossy(data);
    for command in task.iter().flat_map(|task| &task.actions).filter_map(|action| match action {
        task_xml::Action::Run { command, arguments, .. } => Some(format!("{command} {arguments}")),
        _ => None,
    }) {
        drop(lead(&command, &folders, &|_| false));
    }
    drop(lead(&text, &folders, &|path| path.len().is_multiple_of(2)));
    drop((folders.expand(&text), firewall::rule(&text)));
    drop((task_actions::actions(data), policy_scripts::scripts(data)));
}

pub fn web_server(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut places = web_server::Places::default();
    web_server::apache(&text, &mut places);
    web_server::nginx(&text, &mut places);
    web_server::iis(&text, &mut places);
}
