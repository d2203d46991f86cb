//! OpenIOC, both versions.

use super::*;

fn item(search: &str, kind: &str, condition: &str, content: &str) -> String {
    let document = search.split('/').next().unwrap();
    format!(
        "<IndicatorItem id=\"i\" condition=\"{condition}\"><Context document=\"{document}\" search=\"{search}\" type=\"mir\"/><Content type=\"{kind}\">{content}</Content></IndicatorItem>"
    )
}

fn both_versions(logic: &str) -> [String; 2] {
    let meta = "<short_description>A case</short_description><authored_by>x</authored_by>";
    let link = "<link rel=\"report\" href=\"https://example.org/report\"/>";
    [
        format!(
            "<?xml version=\"1.0\" encoding=\"us-ascii\"?><ioc xmlns=\"http://schemas.mandiant.com/2010/ioc\" id=\"ioc-1\">{meta}<links>{link}</links><definition>{logic}</definition></ioc>"
        ),
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><OpenIOC xmlns=\"http://openioc.org/schemas/OpenIOC_1.1\" id=\"ioc-1\"><metadata>{meta}<links>{link}</links></metadata><criteria>{logic}</criteria><parameters/></OpenIOC>"
        ),
    ]
}

#[test]
fn both_versions_are_read_with_their_logic() {
    let any = [
        item("FileItem/Md5sum", "md5", "is", MD5),
        item("PortItem/remoteIP", "IP", "is", "198.51.100.7"),
        item("Network/DNS", "string", "contains", "evil.example.com"),
        item("FileItem/FileName", "string", "is", "evil.exe"),
        item("FileItem/FullPath", "string", "contains", "\\Evil Folder\\"),
        item("ProcessItem/HandleList/Handle/Name", "string", "is", "EvilMutex"),
        item("RegistryItem/KeyPath", "string", "is", "HKEY_LOCAL_MACHINE\\Software\\Evil"),
        item("FileItem/FileName", "string", "isnot", "good.exe"),
        item("EventLogItem/message", "string", "contains", "x"),
        item("FileItem/Md5sum", "md5", "is", ""),
    ];
    let all = [
        item("FileItem/FileName", "string", "is", "other.exe"),
        item("FileItem/FilePath", "string", "is", "C:\\Temp"),
        item("FileItem/SizeInBytes", "int", "is", "7"),
    ];
    let logic = format!(
        "<Indicator operator=\"OR\" id=\"a\">{}<Indicator operator=\"AND\" id=\"b\">{}</Indicator></Indicator>",
        any.join(""),
        all.join("")
    );
    for text in both_versions(&logic) {
        let list = read(&text);
        assert_eq!(
            (account(&list).format, account(&list).failed.as_deref(), list.len()),
            (Some(Format::OpenIoc), None, 8)
        );
        assert_eq!(
            unused(&list),
            [
                ("empty value", 1),
                ("negated term, or one compared by an order", 1),
                ("term EventLogItem/message, compared in part", 1)
            ]
        );
        let hit = &list.digest(MD5)[0];
        assert_eq!(
            (hit.description(), hit.reference()),
            (Some("A case"), Some("https://example.org/report"))
        );
        assert_eq!(list.name("EVIL.exe", Case::Folded).len(), 1);
        assert_eq!(list.path("D:\\evil folder\\x", Case::Folded).len(), 1);
        assert_eq!(
            fired(&list.sized("C:\\Temp\\other.exe", 7, Case::Folded)),
            ["path:C:/Temp/other.exe (size 7)"]
        );
        assert!(list.sized("C:\\Temp\\other.exe", 8, Case::Folded).is_empty());
        assert!(list.sized("D:\\other.exe", 7, Case::Folded).is_empty());
        assert_eq!(list.mutex("Global\\EvilMutex").len(), 1);
        assert_eq!(list.registry("HKLM\\SOFTWARE\\Evil", Some("x"), Some("y")).len(), 1);
        assert_eq!(list.domain("a.evil.example.com").len(), 1);
    }
}

#[test]
fn a_term_of_version_1_1_can_be_negated_and_compared_in_parts() {
    let negated = item("FileItem/Md5sum", "md5", "is", MD5).replace("condition", "negate=\"true\" condition");
    let parts = [
        item("FileItem/FullPath", "string", "starts-with", "C:\\Evil"),
        item("FileItem/FileName", "string", "ends-with", ".evil"),
        item("FileItem/FullPath", "string", "matches", "\\\\ev[i1]l\\.exe$"),
    ];
    let logic = format!("<Indicator operator=\"OR\" id=\"a\">{negated}{}</Indicator>", parts.join(""));
    let list = read(&both_versions(&logic)[1]);
    assert_eq!((list.len(), unused(&list).len()), (3, 1));
    assert_eq!(list.path("c:\\evil2\\x", Case::Folded).len(), 1);
    assert_eq!(list.path("D:\\x.EVIL", Case::Folded).len(), 1);
    assert_eq!(list.path("D:\\ev1l.exe", Case::Folded).len(), 1);
    assert!(list.path("D:\\C:\\evil", Case::Folded).is_empty());
}

#[test]
fn a_document_in_utf_16_or_latin_1_is_read_and_one_with_a_document_type_is_not() {
    let logic = format!(
        "<Indicator operator=\"OR\">{}</Indicator>",
        item("FileItem/FileName", "string", "is", "\u{e9}vil.exe")
    );
    let text = both_versions(&logic)[0].replace("us-ascii", "iso-8859-1");
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for bytes in [utf16, latin] {
        let list = read_bytes(&bytes, None, now());
        assert_eq!(list.name("\u{e9}vil.exe", Case::Folded).len(), 1, "{:?}", account(&list));
    }
    let entities =
        text.replace("<ioc ", "<!DOCTYPE ioc [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><ioc ");
    let list = read(&entities.replace("\u{e9}vil.exe", "&b;"));
    assert!(account(&list).failed.as_deref().is_some_and(|why| why.contains("DTD")), "{:?}", account(&list));
}
