//! Rules of nftables, in a network of their own: every table, chain, rule and set that `nft` lists, and what each rule says.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{live_apart, of_kind};
use crate::made::Made;

/// Rules for a chain of `inet`, and what is told of each.
const RULES: [(&str, &str); 31] = [
    ("iifname \"lo\" accept", "iifname \"lo\" accept"),
    ("oifname != \"eth*\" drop", "oifname != \"eth*\" drop"),
    ("ct state established,related accept", "ct state established,related accept"),
    ("ip saddr @blocked drop", "meta nfproto ip ip saddr @blocked drop"),
    ("ip6 saddr != @blocked6 drop", "meta nfproto ip6 ip6 saddr != @blocked6 drop"),
    (
        "tcp dport { 22, 80, 8000-8010 } ct state new limit rate 5/second accept",
        "meta l4proto tcp tcp dport @__set0 ct state new limit rate 5/second burst 5 accept",
    ),
    ("udp dport vmap @verdicts", "meta l4proto udp udp dport vmap @verdicts"),
    (
        "ip6 nexthdr icmpv6 icmpv6 type 128 accept",
        "meta nfproto ip6 ip6 nexthdr icmpv6 icmpv6 type 128 accept",
    ),
    (
        "ip saddr . tcp dport { 10.0.0.1 . 22 } accept",
        "meta nfproto ip meta l4proto tcp ip saddr . tcp dport @__set1 accept",
    ),
    ("log prefix \"dropped: \" level info", "log prefix \"dropped: \" level 6"),
    ("meta mark set 0x10", "meta mark set 0x10"),
    ("ct mark set 3", "ct mark set 0x3"),
    ("meta mark != 0x10 drop", "meta mark != 0x10 drop"),
    ("counter name c1", "counter name \"c1\""),
    ("reject with icmpx type port-unreachable", "reject with icmpx code 1"),
    ("tcp dport 23 reject with tcp reset", "meta l4proto tcp tcp dport 23 reject with tcp reset"),
    (
        "ip saddr 10.0.0.0/8 counter jump other",
        "meta nfproto ip ip saddr 10.0.0.0/8 counter packets 0 bytes 0 jump other",
    ),
    (
        "ip saddr 10.128.0.0/9 ip daddr != 10.2.3.0/24 goto other",
        "meta nfproto ip ip saddr 10.128.0.0/9 ip daddr != 10.2.3.0/24 goto other",
    ),
    (
        "ip6 saddr fd00::/8 tcp dport 443 accept",
        "meta nfproto ip6 ip6 saddr fd00::/8 meta l4proto tcp tcp dport 443 accept",
    ),
    ("fib daddr type local accept", "fib daddr type 2 accept"),
    ("ip ttl > 5 accept", "meta nfproto ip ip ttl > 5 accept"),
    ("tcp dport 8000-8010 accept", "meta l4proto tcp tcp dport >= 8000 tcp dport <= 8010 accept"),
    ("tcp dport != 8000-8010 accept", "meta l4proto tcp tcp dport != 8000-8010 accept"),
    ("tcp flags & (syn|ack) == syn drop", "meta l4proto tcp tcp flags & 0x12 == 0x02 drop"),
    (
        "tcp dport 9 quota over 10 mbytes drop",
        "meta l4proto tcp tcp dport 9 quota over 10485760 bytes used 0 drop",
    ),
    (
        "ip saddr 192.0.2.1 add @seen { ip saddr }",
        "meta nfproto ip ip saddr 192.0.2.1 add @seen { ip saddr }",
    ),
    ("meta skuid 1000 drop", "meta skuid 1000 drop"),
    ("ip saddr & 255.255.0.0 @plain drop", "meta nfproto ip ip saddr & 255.255.0.0 @plain drop"),
    ("tcp option maxseg size set 1000", "exthdr"),
    (
        "tcp dport 24 update @seen { ip saddr timeout 5s limit rate 1/second }",
        "meta l4proto tcp tcp dport 24 meta nfproto ip update @seen { ip saddr timeout 5000 ms … }",
    ),
    ("ip saddr . meta mark { 10.0.0.1 . 0x1 } drop", "meta nfproto ip ip saddr . meta mark @__set2 drop"),
];

/// The rules as a file for `nft`.
fn rules() -> String {
    let mut set = String::from(
        "table inet filter {\n\
         set blocked { type ipv4_addr; flags interval; elements = { 10.1.0.0/16, 192.0.2.7, 224.0.0.0-255.255.255.255 }\n}\n\
         set blocked6 { type ipv6_addr; elements = { fd00::1 }\n}\n\
         set seen { type ipv4_addr; size 100; flags dynamic,timeout\n}\n\
         set plain { type ipv4_addr\n}\n\
         map verdicts { type inet_service : verdict; elements = { 80 : accept, 81 : jump other }\n}\n\
         counter c1 { packets 3 bytes 9\n}\n\
         chain other { return comment \"back\"\n}\n\
         chain input { type filter hook input priority -150; policy drop;\n",
    );
    for (rule, _) in RULES {
        writeln!(set, "{rule}").unwrap();
    }
    set.push_str(
        "}\n}\n\
         table ip nat {\nchain pre { type nat hook prerouting priority -100;\n\
         tcp dport 80 dnat to 10.0.0.5:8080\ntcp dport 81 redirect to :8081\n}\n\
         chain post { type nat hook postrouting priority 100;\n\
         oifname \"eth0\" masquerade\nip daddr 1.2.3.4 snat to 5.6.7.8-5.6.7.9\n}\n}\n\
         table netdev edge {\nchain in { type filter hook ingress device lo priority 0;\nip saddr 1.2.3.4 drop\n}\n}\n\
         table ip off { flags dormant\n}\n",
    );
    set
}

/// Facts of each part that nft lists, as both have them; it calls a map another kind of set.
fn listed(theirs: &Value) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for entry in theirs["nftables"].as_array().unwrap() {
        let (part, facts) = entry.as_object().unwrap().iter().next().unwrap();
        let name = match part.as_str() {
            "table" => &Value::Null,
            "chain" | "set" | "map" => &facts["name"],
            "rule" => &facts["chain"],
            _ => continue,
        };
        let part = if part == "map" { "set" } else { part };
        let table = if part == "table" { &facts["name"] } else { &facts["table"] };
        let facts = json!([
            part,
            facts["family"],
            table,
            name,
            facts["handle"],
            facts["type"],
            facts["hook"],
            facts["prio"],
            facts["policy"],
            facts["comment"]
        ]);
        // The type of a set is that of its keys.
        let mut facts = facts.as_array().unwrap().clone();
        if part == "set" {
            facts[5] = Value::Null;
        }
        said.insert(json!(facts).to_string());
    }
    said
}

/// In a network of its own.
#[test]
#[ignore = "needs root, nft and iptables"]
fn everything_that_nft_lists_has_a_row_with_the_text_of_rules() {
    let made = Made::new();
    std::fs::write(made.path().join("rules.nft"), rules()).unwrap();
    let script = "ip link set lo up && nft -f rules.nft && iptables-nft -A INPUT -p tcp -m comment --comment 'een poort' -j DROP \
        && nft -j -n -a list ruleset > theirs.json";
    let rows = live_apart(&made, "--net", script, "LiveNetwork");
    let filters = of_kind(&rows, "filter");
    let theirs: Value =
        serde_json::from_slice(&std::fs::read(made.path().join("theirs.json")).unwrap()).unwrap();
    // nft writes sets without a name into their rules.
    let named = |row: &&&Value| !row["name"].as_str().is_some_and(|name| name.starts_with("__set"));
    let ours: BTreeSet<String> = filters
        .iter()
        .filter(named)
        .map(|row| {
            json!([
                row["part"],
                row["family"],
                row["table"],
                row["name"],
                row["handle"],
                row["kind"],
                row["hook"],
                row["priority"],
                row["policy"],
                row["comment"]
            ])
            .to_string()
        })
        .collect();
    assert_eq!(ours, listed(&theirs));
    assert_eq!(ours.len(), filters.len() - 3);
    let says = |family: &str, chain: &str| -> Vec<&str> {
        let mine = filters.iter().filter(|row| row["part"] == "rule" && row["family"] == family);
        mine.filter(|row| row["name"] == chain).map(|row| row["says"].as_str().unwrap()).collect()
    };
    assert_eq!(says("inet", "input"), RULES.map(|(_, says)| says));
    assert_eq!(
        [says("ip", "pre"), says("ip", "post"), says("netdev", "in"), says("inet", "other")].concat(),
        [
            "meta l4proto tcp tcp dport 80 dnat to 10.0.0.5:8080",
            "meta l4proto tcp tcp dport 81 redirect to :8081",
            "oifname \"eth0\" masquerade",
            "ip daddr 1.2.3.4 snat to 5.6.7.8-5.6.7.9",
            "meta protocol ip ip saddr 1.2.3.4 drop",
            "return",
        ]
    );
    assert_eq!(
        says("ip", "INPUT"),
        ["meta l4proto tcp match comment \"een poort\" counter packets 0 bytes 0 drop"]
    );
    let of = |part: &str, name: &str| {
        let mut all = filters.iter().filter(|row| row["part"] == part);
        (*all.find(|row| row["name"] == name || row["table"] == name).unwrap()).clone()
    };
    assert_eq!(
        of("set", "blocked")["elements"],
        json!(["10.1.0.0-10.1.255.255", "192.0.2.7", "224.0.0.0-255.255.255.255"])
    );
    assert_eq!(of("set", "blocked6")["elements"], json!(["fd00::1"]));
    assert_eq!(of("set", "verdicts")["elements"], json!(["80 : accept", "81 : jump other"]));
    assert_eq!(of("set", "__set0")["elements"], json!(["22", "80", "8000-8010"]));
    assert_eq!(of("set", "__set1")["elements"], json!(["10.0.0.1 . 22"]));
    assert_eq!(of("chain", "in")["devices"], json!(["lo"]));
    assert_eq!(of("table", "off")["dormant"], true);
    assert!(of("table", "filter").get("dormant").is_none());
}

/// In a network of its own: a list of addresses, as some block a country by.
#[test]
#[ignore = "needs root and nft"]
fn a_set_above_the_limit_is_cut_and_the_record_says_so() {
    let made = Made::new();
    let mut elements = String::new();
    for number in 0..25_000_u32 {
        write!(elements, "{}, ", std::net::Ipv4Addr::from(0x0a00_0000 + 2 * number)).unwrap();
    }
    let set = format!("table ip t {{\nset land {{ type ipv4_addr; elements = {{ {elements} }}\n}}\n}}\n");
    std::fs::write(made.path().join("rules.nft"), set).unwrap();
    let rows = live_apart(&made, "--net", "nft -f rules.nft", "LiveNetwork");
    let set = of_kind(&rows, "filter").into_iter().find(|row| row["name"] == "land").unwrap();
    assert_eq!(set["elements"].as_array().unwrap().len(), 20_000);
    let records = made.records();
    let record = records.iter().find(|record| record["artifact"] == "LiveNetwork").unwrap();
    let reason = record["reason"]["detail"].as_str().unwrap();
    assert!(reason.contains("no more than 20000 elements"), "{record}");
}

/// Nothing of this machine's own rules is in what a tree tells, whose files alone are looked at.
#[test]
#[ignore = "needs root and nft"]
fn a_tree_has_no_firewall_rules() {
    let made = Made::linux();
    made.put("proc/net/netlink", b"sk Eth Pid\n00000000d5dd33cd 12 0 00000000 0 0 0 2 0 8666\n");
    made.put("etc/hosts", b"127.0.0.1 localhost\n");
    let root = made.tree().to_str().unwrap().to_owned();
    let arguments = ["--artifact", "LiveNetwork", "--root", &root];
    let output = super::apart(&made, "--net", "nft add table inet proef", &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let rows = super::rows(&made.unpack(), "derived/LiveNetwork.jsonl");
    assert_eq!((of_kind(&rows, "filter").len(), of_kind(&rows, "host").len()), (0, 1));
}

/// In a network of its own: rules of the packet filter from before nftables, each as `iptables-legacy` itself prints it.
#[test]
#[ignore = "needs root and iptables"]
fn rules_of_iptables_are_written_as_iptables_prints_them() {
    let made = Made::new();
    let rules = [
        "-P FORWARD DROP",
        "-N eigen",
        "-N leeg",
        "-A INPUT -i lo -j ACCEPT",
        "-A INPUT -s 10.1.0.0/16 ! -d 10.2.3.4/32 -i eth+ -p tcp -m tcp --dport 22 -j eigen",
        "-A INPUT -p udp -m udp --sport 53 --dport 1024:65535 -m comment --comment \"een poort\" -j DROP",
        "-A INPUT -p tcp -m tcp ! --dport 80 -g eigen",
        "-A INPUT ! -p icmp -f -j RETURN",
        "-A INPUT -s 10.0.0.5/255.0.255.0",
        "-A OUTPUT ! -o eth0 -p esp -j DROP",
        "-A eigen -p tcp -j leeg",
        "-A eigen -j ACCEPT",
    ];
    let six = [
        "-A INPUT -s fd00::/8 ! -i eth0 -p tcp -m tcp --dport 22 -j ACCEPT",
        "-A OUTPUT -d 2001:db8::7/128 -j DROP",
    ];
    let mut script = String::from("true");
    for (program, rules) in [("iptables-legacy", &rules[..]), ("ip6tables-legacy", &six[..])] {
        for rule in rules {
            write!(script, " && {program} {}", rule.replace('!', "'!'")).unwrap();
        }
    }
    script.push_str(
        " && iptables-legacy -t nat -A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE \
         && iptables-legacy -A OUTPUT -p tcp -m multiport --dports 22,23 -j REJECT \
         && iptables-legacy -S > four && ip6tables-legacy -S > six",
    );
    let rows = live_apart(&made, "--net", &script, "LiveNetwork");
    let filters = of_kind(&rows, "filter");
    let of = |family: &str| -> BTreeSet<String> {
        let mine = filters.iter().filter(|row| row["family"] == family && row["table"] == "filter");
        mine.map(|row| {
            let name = row["name"].as_str().unwrap();
            match (row["part"].as_str().unwrap(), row["policy"].as_str()) {
                ("chain", Some(policy)) => format!("-P {name} {}", policy.to_uppercase()),
                ("chain", None) => format!("-N {name}"),
                (_, _) => format!("-A {name} {}", row["says"].as_str().unwrap()),
            }
        })
        .collect()
    };
    let said = |name: &str| -> BTreeSet<String> {
        let text = std::fs::read_to_string(made.path().join(name)).unwrap();
        // What is known by its bytes alone is told by them.
        text.lines().filter(|line| !line.contains("REJECT")).map(ToOwned::to_owned).collect()
    };
    let mut four = of("ip");
    let rejects = four.iter().find(|line| line.contains("REJECT")).unwrap().clone();
    four.remove(&rejects);
    assert_eq!(four, said("four"));
    assert_eq!(of("ip6"), said("six"));
    assert_eq!(rejects, "-A OUTPUT -p tcp -m multiport 0x0102160017 -j REJECT 0x03");
    let nat = filters.iter().find(|row| row["table"] == "nat" && row["part"] == "rule").unwrap();
    assert_eq!(nat["name"], "POSTROUTING");
    assert!(nat["says"].as_str().unwrap().starts_with("-s 10.0.0.0/8 -j MASQUERADE"), "{nat}");
}
