//! The names by which a vulnerability service knows a system and its packages: package URLs (ECMA-427) and CPE 2.3.
//!
//! In: os-release(5), and what a package is called. Out: identifiers, each only where it is known: a wrong one finds the wrong
//! vulnerabilities.

use super::{Component, Sort};
use crate::sources::host::{HostFacts, release_field};

/// Which distribution it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distribution {
    /// Its identifier: `debian`.
    id: Option<String>,
    /// Its version: `12`.
    version: Option<String>,
    /// Its own CPE, where it tells one.
    cpe: Option<String>,
    /// Who makes it, where that is told.
    vendor: Option<String>,
}

impl Distribution {
    /// Reads os-release(5).
    #[must_use]
    pub fn of(release: &str) -> Self {
        let field = |name: &str| release_field(release, name);
        Self {
            id: field("ID"),
            version: field("VERSION_ID"),
            cpe: field("CPE_NAME").filter(|name| name.starts_with("cpe:")),
            vendor: field("VENDOR_NAME"),
        }
    }

    /// The system itself as a component.
    pub(super) fn component(&self, host: &HostFacts) -> Component {
        let name = host.os.clone().or_else(|| self.id.clone());
        let mut component = Component::new(Sort::System, name.unwrap_or_else(|| "unknown".to_owned()));
        component.version.clone_from(&self.version);
        component.vendor.clone_from(&self.vendor);
        component.architecture.clone_from(&host.architecture);
        component.cpe = self.cpe.clone().or_else(|| self.cpe_of_table());
        component
    }

    /// The CPE of distributions that do not tell their own, by NVD's names of them.
    fn cpe_of_table(&self) -> Option<String> {
        let (vendor, product) = match self.id.as_deref()? {
            "debian" => ("debian", "debian_linux"),
            "ubuntu" => ("canonical", "ubuntu_linux"),
            "alpine" => ("alpinelinux", "alpine_linux"),
            _ => return None,
        };
        let version = cpe_text(self.version.as_deref()?);
        Some(format!("cpe:2.3:o:{vendor}:{product}:{version}:*:*:*:*:*:*:*"))
    }

    /// The package URL of a package of this system.
    pub(super) fn purl(
        &self,
        kind: &str,
        name: &str,
        version: &str,
        architecture: Option<&str>,
    ) -> Option<String> {
        let id = self.id.as_deref()?;
        let mut purl = format!("pkg:{kind}/{}/{}@{}", encoded(id), encoded(name), encoded(version));
        let distribution = self.version.as_deref().map(|version| format!("{id}-{version}"));
        let qualifiers = [("arch", architecture), ("distro", distribution.as_deref())];
        let known = qualifiers.into_iter().filter_map(|(key, value)| Some((key, value?)));
        for ((key, value), sign) in known.zip(["?", "&"]) {
            purl.push_str(&[sign, key, "=", &encoded(value)].concat());
        }
        Some(purl)
    }
}

/// The CPE of a kernel by its release: `6.1.0-18-amd64` is a distribution's own build of 6.1, and its patches are not told
/// by that number; only a plain one is named.
pub(super) fn kernel_cpe(release: &str) -> Option<String> {
    let plain = release.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && !release.is_empty();
    plain.then(|| format!("cpe:2.3:o:linux:linux_kernel:{release}:*:*:*:*:*:*:*"))
}

/// Text as part of a CPE 2.3 name (NISTIR 7695, 6.2): what is no letter, digit, `_`, `.` or `-` stands behind a backslash.
fn cpe_text(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars().filter(char::is_ascii_graphic) {
        if !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.' | '-') {
            plain.push('\\');
        }
        plain.push(c.to_ascii_lowercase());
    }
    plain
}

/// Text as part of a package URL: all but letters, digits, `.`, `-`, `_`, `~` and `:` as percent and two digits.
fn encoded(text: &str) -> String {
    let one = |byte: u8| {
        let plain = byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte);
        if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_named_by_its_url_and_what_is_special_is_escaped() {
        let system = Distribution::of("ID=debian\nVERSION_ID=\"12\"\n");
        assert_eq!(
            system.purl("deb", "libstdc++6", "1:2.3+dfsg-1~deb12u1", Some("amd64")).unwrap(),
            "pkg:deb/debian/libstdc%2B%2B6@1:2.3%2Bdfsg-1~deb12u1?arch=amd64&distro=debian-12"
        );
        let rolling = Distribution::of("ID=kali\n");
        assert_eq!(rolling.purl("deb", "x", "1", None).unwrap(), "pkg:deb/kali/x@1");
        assert_eq!(Distribution::default().purl("deb", "x", "1", None), None);
    }

    #[test]
    fn a_system_is_named_by_its_own_cpe_or_by_that_of_the_table_or_not_at_all() {
        let cpe = |text: &str| Distribution::of(text).component(&HostFacts::default()).cpe;
        assert_eq!(
            cpe("ID=debian\nVERSION_ID=\"12\"\n").unwrap(),
            "cpe:2.3:o:debian:debian_linux:12:*:*:*:*:*:*:*"
        );
        assert_eq!(
            cpe("ID=rhel\nCPE_NAME=\"cpe:/o:redhat:enterprise_linux:9\"\n").unwrap(),
            "cpe:/o:redhat:enterprise_linux:9"
        );
        assert_eq!((cpe("ID=other\nVERSION_ID=1\n"), cpe("ID=debian\n")), (None, None));
        assert_eq!(cpe_text("1.0 b+c"), "1.0b\\+c");
        assert_eq!(kernel_cpe("6.1.0-18-amd64"), None);
        assert_eq!(kernel_cpe("6.6.9").unwrap(), "cpe:2.3:o:linux:linux_kernel:6.6.9:*:*:*:*:*:*:*");
    }
}
