//! Lists of lines and of columns.

use super::*;

const HASHES: &str = "\
# Example case https://example.org/report
900150983cd24fb0d6963f7d28e17f72;Tool of the case
A9993E364706816ABA3E25717850C26C9CD0D89D;85;Loader of the case

ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
# next case
xyz;not a digest
d41d8cd98f00b204e9800998ecf8427e;the empty file
";

const FILENAMES: &str = "\
#
# FORMAT -----------------------------------------------------------------------
# REGEX;SCORE;FALSE POSITIVE
#

# Example case
\\\\mimi(katz|drv)\\.(exe|sys)$;80
# Masquerading
\\\\svchost\\.exe$;60;(?i)(system32|syswow64|winsxs)\\\\
(TEMP|Temp)\\\\[^\\\\]+\\.(xmd|yls)$;70
# Broken
\\\\x(?!y)\\.exe;70
\\\\half\\.exe;high
";

#[test]
fn a_list_of_digests_is_read_with_its_comments_and_scores() {
    let list = read(HASHES);
    assert_eq!((account(&list).format, list.len()), (Some(Format::Values), 3));
    assert_eq!(unused(&list), [("digest of the empty file", 1), ("value of no kind that is known", 1)]);
    let hit = &list.digest(MD5)[0];
    assert_eq!((hit.rule.as_str(), hit.description()), (&*format!("md5:{MD5}"), Some("Tool of the case")));
    let hit = &list.digest(SHA1)[0];
    assert_eq!((hit.score(), hit.description()), (Some(85), Some("Loader of the case")));
    // A blank line ends what a comment describes once something stood below it.
    assert_eq!(list.digest(SHA256)[0].description(), None);
}

#[test]
fn expressions_over_paths_have_scores_and_their_own_false_positives() {
    let list = read(FILENAMES);
    assert_eq!((account(&list).format, list.len()), (Some(Format::Filenames), 3));
    assert_eq!(
        unused(&list),
        [("line whose score is no number", 1), ("pattern that needs look-around or a back-reference", 1)]
    );
    let hits = list.path("C:\\Tools\\MIMIKATZ.exe", Case::Folded);
    assert_eq!(fired(&hits), ["path:\\\\mimi(katz|drv)\\.(exe|sys)$"]);
    assert_eq!((hits[0].score(), hits[0].description()), (Some(80), Some("Example case")));
    assert_eq!(hits[0].value.as_deref(), Some("C:\\Tools\\MIMIKATZ.exe"));
    assert!(list.path("/tools/MIMIKATZ.exe", Case::Heeded).is_empty());
    assert_eq!(list.path("/tools/mimikatz.exe", Case::Heeded).len(), 1);
    assert!(list.path("C:\\Windows\\System32\\svchost.exe", Case::Folded).is_empty());
    assert_eq!(list.path("C:\\Temp\\svchost.exe", Case::Folded).len(), 1);
    // The false positives of one line say nothing of the next.
    assert_eq!(list.path("C:\\Windows\\System32\\Temp\\a.xmd", Case::Folded).len(), 1);
    assert_eq!(list.name("mimikatz.exe", Case::Folded).len(), 1);
}

#[test]
fn a_list_of_addresses_and_domains_matches_at_label_boundaries_and_in_networks() {
    let list = read(
        "# Case\nevil.example.com\n198.51.100.0/24;75;range\n2001:db8::/48\nhxxp://bad[.]example[.]net/a\nbücher.example\n",
    );
    assert_eq!(list.len(), 5);
    assert_eq!(fired(&list.domain("a.EVIL.example.com")), ["domain:evil.example.com"]);
    assert!(list.domain("notevil.example.com").is_empty() && list.domain("example.com").is_empty());
    assert_eq!(fired(&list.domain("xn--bcher-kva.example")), ["domain:xn--bcher-kva.example"]);
    let hits = list.address(&"198.51.100.9".parse().unwrap());
    assert_eq!(
        (fired(&hits), hits[0].value.as_deref()),
        (vec!["address:198.51.100.0/24"], Some("198.51.100.9"))
    );
    assert_eq!(hits[0].score(), Some(75));
    assert_eq!(list.address(&"2001:db8::7".parse().unwrap()).len(), 1);
    assert_eq!(fired(&list.url("https://bad.example.net/a#x")), ["url:http://bad.example.net/a"]);
    assert_eq!(fired(&list.url("http://evil.example.com:8080/x")), ["domain:evil.example.com"]);
}

#[test]
fn what_sha256sum_prints_is_a_list_and_a_list_of_file_names_is_not_one_of_domains() {
    let list = read(&format!("{SHA256}  evil.exe\n{SHA1} *b\n"));
    assert_eq!((list.len(), list.digest(SHA256)[0].description()), (2, Some("evil.exe")));
    let list = read("evil.exe\nevil.dll\n");
    assert_eq!(list.len(), 0);
    assert!(unused(&list)[0].0.starts_with("file name in a list of values"));
}

#[test]
fn columns_are_detected_from_their_header_in_any_order() {
    let list = read(&format!(
        "Title,File Name,SHA256 Hash,md5,Reference\nCase,evil.exe,{SHA256},{MD5},https://example.org/\n"
    ));
    assert_eq!((account(&list).format, list.len()), (Some(Format::Csv), 2));
    let hit = &list.digest(SHA256)[0];
    assert_eq!(
        (hit.description(), hit.reference()),
        (Some("Case (file name evil.exe)"), Some("https://example.org/"))
    );
    assert!(list.name("evil.exe", Case::Folded).is_empty(), "a name beside a digest does not fire by itself");
    // One item that meets both digests of a row gives one hit, by the stronger.
    let content =
        Content { md5: Some(MD5.to_owned().try_into().unwrap()), ..Content::new(3, Digest::of(b"abc")) };
    assert_eq!(fired(&list.content(&content)), [format!("sha256:{SHA256}")]);
}

#[test]
fn the_exports_of_well_known_services_are_read() {
    // abuse.ch: a commented header, quoted cells, values with ports.
    let threatfox = "################\n# ThreatFox IOCs: recent\n#\n# \"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\",\"threat_type\",\"malware_printable\",\"confidence_level\",\"reference\"\n\"2026-01-02 03:04:05\", \"1\", \"198.51.100.7:443\", \"ip:port\", \"botnet_cc\", \"Example\", \"75\", \"None\"\n\"2026-01-02 03:04:05\", \"2\", \"evil.example.com\", \"domain\", \"botnet_cc\", \"Example\", \"100\", \"https://example.org/\"\n";
    let list = read(threatfox);
    assert_eq!((account(&list).format, list.len(), unused(&list)), (Some(Format::Csv), 2, vec![]));
    let hit = &list.address(&"198.51.100.7".parse().unwrap())[0];
    assert_eq!(
        (hit.score(), hit.description(), hit.reference()),
        (Some(75), Some("Example (port 443)"), None)
    );
    // OTX: value and type.
    let otx = format!(
        "Indicator type,Indicator,Description\nFileHash-SHA1,{SHA1},a\nIPv4,198.51.100.7,b\nemail,a@example.org,c\nhostname,www.example.net,d\n"
    );
    let list = read(&otx);
    assert_eq!((list.len(), unused(&list)), (3, vec![("type email", 1)]));
    assert!(list.domain("x.www.example.net").is_empty(), "a host name is only itself");
    assert_eq!(list.domain("www.example.net").len(), 1);
}

#[test]
fn columns_without_a_header_and_cells_with_quotes_and_line_ends_are_read() {
    let list = read(&format!("{SHA256},\"a \"\"case\"\", with\na line end\",7\n{MD5},other,8\n"));
    assert_eq!(list.len(), 2);
    assert_eq!(list.digest(SHA256)[0].description(), Some("a \"case\", with\na line end"));
    for separator in [";", "\t", "|"] {
        let list =
            read(&["sha1", "comment\n"].join(separator).replace('\n', &format!("\n{SHA1}{separator}case\n")));
        assert_eq!((list.len(), list.digest(SHA1)[0].description()), (1, Some("case")), "{separator}");
    }
}

#[test]
fn a_format_can_be_forced() {
    let bytes = b"evil.exe\n";
    assert_eq!(read_bytes(bytes, Some(Format::Filenames), now()).name("evil.exe", Case::Folded).len(), 1);
    let list = read_bytes(bytes, Some(Format::Stix), now());
    assert!(account(&list).failed.is_some());
}

#[test]
fn lists_that_block_hosts_and_digests_with_their_name_are_read() {
    let lines = format!(
        "127.0.0.1 localhost\n0.0.0.0 bad.example.org worse.example.org # both\n127.0.0.1\tevil.example.net\n\
         ::1 six.example.net\n0.0.0.0\n||blocked.example.com^\n||a.example.com^$third-party\nsha256:{SHA256}\n\
         MD5={MD5}\nsha1:{SHA256}\nsha256:xyz\n"
    );
    let list = read(&lines);
    for domain in
        ["bad.example.org", "worse.example.org", "evil.example.net", "six.example.net", "blocked.example.com"]
    {
        assert_eq!(list.domain(domain).len(), 1, "{domain}: {:?}", account(&list));
    }
    assert_eq!((list.digest(SHA256).len(), list.digest(MD5).len()), (1, 1));
    let refused: u64 = account(&list).unused.iter().map(|unused| unused.count).sum();
    assert_eq!((list.len(), refused), (7, 5), "{:?}", account(&list));
}
