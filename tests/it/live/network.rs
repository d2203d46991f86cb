//! `LiveSockets` and `LiveNetwork`: a copy of `/proc/net` with many sockets, and sockets of the test's own held against
//! what `ss` says of them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::process::Command;

use super::processes::put_process;
use super::{apart, live, live_apart, of_kind, rows};
use crate::made::Made;

#[test]
fn sockets_of_a_copy_of_proc_are_joined_with_their_processes() {
    let made = Made::linux();
    put_process(&made, 7, "nginx", &["nginx"]);
    made.put("proc/7/comm", b"nginx\n");
    made.put("proc/7/fd/0", b"");
    symlink("socket:[12345]", made.tree().join("proc/7/fd/3")).unwrap();
    symlink("pipe:[9]", made.tree().join("proc/7/fd/4")).unwrap();
    let head =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    let listening = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1\n";
    let nobodys =
        "   1: 0B00000A:0016 C80A0A0A:D431 01 00000000:00000000 00:00000000 00000000     0        0 777 1\n";
    made.put("proc/net/tcp", format!("{head}{listening}{nobodys}").as_bytes());
    made.put("proc/net/packet", b"sk RefCnt Type Proto Iface R Rmem User Inode\n0 3 3 0003 2 1 0 0 31337\n");
    made.put(
        "proc/net/unix",
        b"Num RefCount Protocol Flags Type St Inode Path\n0: 2 0 00010000 0001 01 22 /run/a b\n",
    );
    let (json, code) = made.collect(["--artifact", "LiveSockets"]);
    assert_eq!(code, 0, "{json}");
    let rows = rows(&made.unpack(), "derived/LiveSockets.jsonl");
    let internet = of_kind(&rows, "internet");
    assert_eq!((&internet[0]["local"], &internet[0]["local_port"]), (&"127.0.0.1".into(), &8080.into()));
    assert_eq!((&internet[0]["state"], &internet[0]["user"]), (&"listen".into(), &"anna".into()));
    assert_eq!(internet[0]["processes"], serde_json::json!([{"pid": 7, "name": "nginx"}]));
    assert_eq!(
        (&internet[1]["remote"], &internet[1]["remote_port"]),
        (&"10.10.10.200".into(), &54321.into())
    );
    assert!(internet[0].get("remote").is_none() && internet[1].get("processes").is_none());
    assert_eq!(of_kind(&rows, "packet")[0]["frames"], 3);
    assert_eq!(of_kind(&rows, "unix")[0]["path"], "/run/a b");
    let summary = of_kind(&rows, "summary")[0];
    assert_eq!((&summary["sockets"], &summary["without_process"]), (&4.into(), &3.into()));
}

#[test]
fn fifty_thousand_sockets_take_little_memory() {
    let made = Made::linux();
    put_process(&made, 7, "server", &["server"]);
    for handle in 0..1_000_u32 {
        made.put("proc/7/fd/0", b"");
        symlink(format!("socket:[{handle}]"), made.tree().join(format!("proc/7/fd/{}", handle + 1))).unwrap();
    }
    let mut table = String::from("sl local\n");
    for inode in 0..50_000_u32 {
        writeln!(table, " {inode}: 0100007F:1F90 0B00000A:{:04X} 01 00000000:00000000 00:00000000 00000000  1000        0 {inode} 1", inode % 65_536).unwrap();
    }
    made.put("proc/net/tcp", table.as_bytes());
    let (json, code) = made.collect(["--artifact", "LiveSockets"]);
    assert_eq!(code, 0, "{json}");
    let peak = json["peak_memory_bytes"].as_u64().unwrap();
    println!("50,000 sockets: {} s, {} MiB at the peak", json["seconds"], peak >> 20);
    assert!(peak < 100 << 20, "{peak}");
    let rows = rows(&made.unpack(), "derived/LiveSockets.jsonl");
    assert_eq!(of_kind(&rows, "internet").len(), 50_000);
    assert_eq!(of_kind(&rows, "internet").iter().filter(|row| row.get("processes").is_some()).count(), 999);
}

#[test]
fn sockets_of_this_test_have_rows_with_process_and_state() {
    let made = Made::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (json, rows) = live(&made, "LiveSockets");
    let mine = std::process::id();
    let held = |row: &serde_json::Value| {
        row["processes"].as_array().is_some_and(|owners| owners.iter().any(|owner| owner["pid"] == mine))
    };
    let internet = of_kind(&rows, "internet");
    let listens = internet.iter().find(|row| row["local_port"] == port && row["state"] == "listen");
    assert!(listens.is_some_and(|row| held(row)), "{json}");
    let own = client.local_addr().unwrap().port();
    let connected = internet.iter().find(|row| row["local_port"] == own && row["remote_port"] == port);
    assert!(connected.is_some_and(|row| held(row) && row["state"] == "established"), "{json}");
}

#[test]
fn listening_sockets_are_those_of_ss_and_ip() {
    let made = Made::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let said = Command::new("ss").args(["-Htln"]).output().unwrap();
    let (_, rows) = live(&made, "LiveSockets");
    let ours: Vec<u64> = of_kind(&rows, "internet")
        .iter()
        .filter(|row| row["state"] == "listen" && row["protocol"].as_str().unwrap().starts_with("tcp"))
        .map(|row| row["local_port"].as_u64().unwrap())
        .collect();
    assert!(ours.contains(&port.into()));
    let said = String::from_utf8(said.stdout).unwrap();
    let theirs: Vec<u64> = said
        .lines()
        .filter_map(|line| line.split_whitespace().nth(3)?.rsplit(':').next()?.parse().ok())
        .collect();
    assert!(theirs.contains(&port.into()), "{said}");
    // Others may begin to listen or stop between the two: this test's own port and all that ss knows twice must be here.
    let again = String::from_utf8(Command::new("ss").args(["-Htln"]).output().unwrap().stdout).unwrap();
    for port in theirs.iter().filter(|port| again.contains(&format!(":{port} "))) {
        assert!(ours.contains(port), "ss names {port}, we do not");
    }
    let (_, rows) = live(&made, "LiveNetwork");
    let said = String::from_utf8(Command::new("ip").args(["-o", "addr"]).output().unwrap().stdout).unwrap();
    for row in of_kind(&rows, "address") {
        let address = row["address"].as_str().unwrap();
        assert!(said.contains(&format!(" {address}/")), "ip does not name {address}: {said}");
    }
    assert!(of_kind(&rows, "interface").iter().any(|row| row["name"] == "lo"));
}

/// In a network of its own, with a pair of interfaces that the test makes.
#[test]
#[ignore = "needs root and ip"]
fn routes_and_neighbours_are_what_ip_says() {
    let made = Made::new();
    let script = "ip link add proef0 type veth peer name proef1 && ip addr add 10.77.0.2/24 dev proef0 \
        && ip link set proef0 up && ip link set proef1 up && ip route add 10.78.0.0/16 via 10.77.0.1 metric 7 \
        && ip route add 203.0.113.9 dev proef0 && ip neigh add 10.77.0.9 lladdr 02:00:00:00:00:09 dev proef0 \
        && ip -6 addr add fd77::2/64 dev proef0 nodad && ip -6 neigh add fd77::9 lladdr 02:00:00:00:00:19 dev proef0 \
        && ip -6 neigh add fd77::a lladdr 02:00:00:00:00:1a dev proef0 nud noarp \
        && ip -6 neigh add fd77::b lladdr 02:00:00:00:00:1b dev proef0 nud noarp extern_learn \
        && ip -6 neigh add fd77::c lladdr 02:00:00:00:00:1c dev proef1 nud permanent \
        && ip -o -6 neigh > neighbours_6 && ip -o -4 route > routes && ip -o -4 neigh > neighbours";
    let rows = live_apart(&made, "--net", script, "LiveNetwork");
    let ours: BTreeSet<String> = of_kind(&rows, "route")
        .iter()
        .filter(|row| row["destination"].as_str().unwrap().contains('.'))
        .map(|row| {
            // As ip writes it: without the length of a single address, without a metric that is 0.
            let length = row["prefix"].as_u64().unwrap();
            let length = if length == 32 { String::new() } else { format!("/{length}") };
            let via = row["gateway"].as_str().map(|gateway| format!(" via {gateway}")).unwrap_or_default();
            let metric = row["metric"].as_u64().filter(|metric| *metric > 0);
            let metric = metric.map(|metric| format!(" metric {metric}")).unwrap_or_default();
            let (to, interface) = (row["destination"].as_str().unwrap(), row["interface"].as_str().unwrap());
            format!("{to}{length}{via} dev {interface}{metric}")
        })
        .collect();
    let said = std::fs::read_to_string(made.path().join("routes")).unwrap();
    let theirs: BTreeSet<String> = said
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            // Who made a route, and from which address it is sent, stands in no table of /proc.
            let told = words.windows(2).filter(|two| ["via", "dev", "metric"].contains(&two[0]));
            told.fold(words[0].to_owned(), |text, two| format!("{text} {} {}", two[0], two[1]))
        })
        .collect();
    assert_eq!(ours, theirs, "{said}");
    assert_eq!(ours.len(), 3);
    let said = ["neighbours", "neighbours_6"]
        .map(|name| std::fs::read_to_string(made.path().join(name)).unwrap())
        .concat();
    let theirs: BTreeSet<&str> = said.lines().map(str::trim_end).collect();
    let beside = of_kind(&rows, "neighbour");
    let ours: BTreeSet<String> = beside
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap();
            // ip writes no address of a link where nobody answered, and the name of every state; all here were set by hand, or
            // by another program (`extern_learn`), which may leave the state open.
            let state = if row["permanent"] == true { "PERMANENT" } else { "extern_learn NOARP" };
            format!("{} dev {} lladdr {} {state}", text("address"), text("interface"), text("link"))
        })
        .collect();
    assert_eq!(ours, theirs.into_iter().map(ToOwned::to_owned).collect());
    assert_eq!((beside.len(), ours.len()), (4, 4));
    // Of a tree none of them are told, which are of the machine that reads it.
    let tree = Made::linux();
    tree.put("etc/hosts", b"127.0.0.1 localhost\n");
    let script = "ip link add proef0 type veth && ip link set proef0 up \
        && ip -6 neigh add fd77::9 lladdr 02:00:00:00:00:19 dev proef0";
    let root = tree.tree().to_str().unwrap().to_owned();
    let output = apart(&tree, "--net", script, &["--artifact", "LiveNetwork", "--root", &root]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let rows = super::rows(&tree.unpack(), "derived/LiveNetwork.jsonl");
    assert_eq!((of_kind(&rows, "neighbour").len(), of_kind(&rows, "host").len()), (0, 1));
}

#[test]
fn a_copy_has_interfaces_routes_neighbours_resolvers_and_hosts() {
    let made = Made::linux();
    made.put("proc/net/dev", b"head\n  eth0: 1000 2 0 0 0 0 0 0 3000 4 0 0 0 0 0 0\n");
    made.put("proc/net/route", b"eth0 00000000 0100000A 0003 0 0 100 00000000 0 0 0\n");
    made.put("proc/net/arp", b"head\n10.0.0.1 0x1 0x6 00:11:22:33:44:55 * eth0\n");
    made.put("proc/net/fib_trie", b"     |-- 10.0.0.11\n        /32 host LOCAL\n");
    made.put("etc/hosts", b"127.0.0.1 localhost\n10.9.9.9 bank.example\n");
    symlink("/run/resolv", made.tree().join("etc/resolv.conf")).unwrap();
    made.put("run/resolv", b"nameserver 10.0.0.53\n");
    let (json, code) = made.collect(["--artifact", "LiveNetwork"]);
    assert_eq!(code, 0, "{json}");
    let rows = rows(&made.unpack(), "derived/LiveNetwork.jsonl");
    let one = |kind: &str| of_kind(&rows, kind)[0].clone();
    assert_eq!((&one("interface")["sent"], &one("address")["address"]), (&3_000.into(), &"10.0.0.11".into()));
    assert_eq!(
        (&one("route")["gateway"], &one("neighbour")["permanent"]),
        (&"10.0.0.1".into(), &true.into())
    );
    assert_eq!(
        (&one("resolver")["address"], &of_kind(&rows, "host")[1]["names"][0]),
        (&"10.0.0.53".into(), &"bank.example".into())
    );
}

#[test]
fn connections_processes_and_names_in_a_list_are_hits_of_their_rows() {
    let made = Made::linux();
    put_process(&made, 7, "miner", &["/tmp/.x/miner", "--pool=stratum+tcp://pool.evil.example.org:3333"]);
    made.put("proc/7/fd/0", b"");
    let row =
        "   1: 0B00000A:0016 097100CB:01BB 01 00000000:00000000 00:00000000 00000000     0        0 777 1\n";
    made.put("proc/net/tcp", format!("  sl  local_address\n{row}").as_bytes());
    made.put("etc/resolv.conf", b"nameserver 203.0.113.53\n");
    std::fs::write(
        made.path().join("bad.csv"),
        "type,value,comment\nip-dst,203.0.113.0/24,a bad net\nfilename,/tmp/.x/miner,a miner\n\
         domain,evil.example.org,its pool\n",
    )
    .unwrap();
    let artifacts = ["LiveSockets", "LiveProcesses", "LiveNetwork"];
    let chosen = artifacts.iter().flat_map(|artifact| ["--artifact", artifact]);
    let (json, code) = made.collect(chosen.chain(["--indicators", "bad.csv", "--no-scan"]));
    assert_eq!(code, 0, "{json}");
    let hits = |artifact: &str| {
        let records = made.records();
        let record = records.iter().find(|record| record["artifact"] == artifact).unwrap().clone();
        let hits = record["hits"].as_array().cloned().unwrap_or_default();
        hits.iter().map(|hit| hit["rule"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(hits("LiveSockets"), ["address:203.0.113.0/24"]);
    assert_eq!(hits("LiveNetwork"), ["address:203.0.113.0/24"]);
    let process = hits("LiveProcesses");
    assert!(process.iter().any(|rule| rule == "domain:evil.example.org"), "{process:?}");
    assert!(process.iter().any(|rule| rule.starts_with("path:")), "{process:?}");
    let record = made.records().into_iter().find(|record| record["artifact"] == "LiveSockets").unwrap();
    assert_eq!(
        (&record["hits"][0]["value"], &record["hits"][0]["description"]),
        (&"203.0.113.9".into(), &"a bad net".into())
    );
    assert_eq!(record["hits"][0]["row"], serde_json::json!({"number": 1, "port": 22}));
    let record = made.records().into_iter().find(|record| record["artifact"] == "LiveProcesses").unwrap();
    let row = serde_json::json!({"number": 1, "pid": 7, "path": "/usr/bin/miner"});
    assert!(record["hits"].as_array().unwrap().iter().all(|hit| hit["row"] == row), "{record}");

    let listed = made.veldkit(["list", &made.bundle_argument(), "-i", "key.txt", "--lang", "en"]);
    let listed = crate::made::text(&listed.stdout);
    assert!(listed.contains("[address:203.0.113.0/24 (row 1, port 22)]"), "{listed}");

    // The stored rows are read as the same types, and matched as on the host.
    let bundle = made.bundle_argument();
    let arguments = ["scan", "--bundle", &bundle, "-i", "key.txt", "--indicators", "bad.csv", "--json"];
    let output = made.veldkit(arguments);
    assert!(output.status.success(), "{}", crate::made::text(&output.stderr));
    let again = crate::made::text(&output.stdout);
    let again = again.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let again: Vec<_> = again.filter(|line| line["type"] == "hit").map(|hit| of_hit(&hit)).collect();
    let mut on_host = Vec::new();
    for record in made.records() {
        on_host.extend(record["hits"].as_array().into_iter().flatten().map(of_hit));
    }
    assert_eq!(again, on_host);
    assert!(on_host.len() >= 4, "{on_host:?}");
}

/// What a hit is of.
fn of_hit(hit: &serde_json::Value) -> [serde_json::Value; 5] {
    ["rule", "source", "kind", "value", "row"].map(|field| hit[field].clone())
}

/// In a place for sockets of its own, with something that answers as systemd's resolver does.
#[test]
#[ignore = "needs root and python3"]
fn cached_dns_names_have_rows_and_are_matched_against_lists() {
    let made = Made::new();
    let server = r#"
import json, os, socket
listener = socket.socket(socket.AF_UNIX)
listener.bind("/run/systemd/resolve/io.systemd.Resolve.Monitor")
listener.listen(1)
open("listens", "w").close()
connection, _ = listener.accept()
question = b""
while not question.endswith(b"\0"):
    question += connection.recv(1000)
assert json.loads(question[:-1])["method"] == "io.systemd.Resolve.Monitor.DumpCache"
record = {"key": {"class": 1, "type": 1, "name": "pool.evil.example.org"}, "address": [203, 0, 113, 9]}
entries = [{"key": record["key"], "rrs": [{"rr": record, "raw": ""}], "until": 1}]
entries += [{"key": {"class": 1, "type": 28, "name": "n%d.example.org" % n}, "type": "nxdomain", "until": 1} for n in range(2000)]
reply = json.dumps({"parameters": {"dump": [{"protocol": "dns", "ifname": "eth0", "cache": entries}]}}).encode() + b"\0"
connection.sendall(reply)
"#;
    std::fs::write(made.path().join("server.py"), server).unwrap();
    std::fs::write(made.path().join("bad.csv"), "type,value,comment\ndomain,evil.example.org,its pool\n")
        .unwrap();
    let script = "mount -t tmpfs none /run && mkdir -p /run/systemd/resolve \
        && { python3 server.py & } && while ! test -e listens; do sleep 0.1; done";
    let arguments = ["--artifact", "LiveNetwork", "--indicators", "bad.csv", "--json"];
    let output = apart(&made, "--mount", script, &arguments);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["hits"], 1, "{output:?}");
    let rows = rows(&made.unpack(), "live/LiveNetwork.jsonl");
    let names = of_kind(&rows, "cached_name");
    assert_eq!(names.len(), 2_001);
    assert_eq!(
        *names[0],
        serde_json::json!({
            "row": "cached_name", "name": "pool.evil.example.org", "kind": 1, "addresses": ["203.0.113.9"],
            "interface": "eth0"
        })
    );
    // One that closes without a word is told as what could not be had.
    let script = "mount -t tmpfs none /run && mkdir -p /run/systemd/resolve && touch /run/systemd/resolve/io.systemd.Resolve.Monitor";
    let output = apart(&made, "--mount", script, &["--artifact", "LiveNetwork", "--json"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
}
