//! What Windows shows and asks of a program: its version, and the manifest by which it starts with the rights of whoever
//! starts it. mingw's `windres` makes the object that is linked in; no build of the product itself needs it.
//!
//! In: the version. Out: an object file; and a check that a program has both resources.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use object::LittleEndian as LE;
use object::pe::{RT_MANIFEST, RT_VERSION};
use object::read::pe::{PeFile64, ResourceDirectoryEntryData};

use crate::Result;
use crate::process::run as run_program;

/// `asInvoker`: who may not elevate still collects what he may read. The systems named are Windows 7, 8, 8.1 and 10 (and
/// 11), which else are told that they are older than they are
/// (<https://learn.microsoft.com/en-us/windows/win32/sbscs/application-manifests>).
const MANIFEST: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">
  <assemblyIdentity type="win32" name="veldkit" version="VERSION" processorArchitecture="amd64"/>
  <trustInfo xmlns="urn:schemas-microsoft-com:asm.v3">
    <security>
      <requestedPrivileges>
        <requestedExecutionLevel level="asInvoker" uiAccess="false"/>
      </requestedPrivileges>
    </security>
  </trustInfo>
  <compatibility xmlns="urn:schemas-microsoft-com:compatibility.v1">
    <application>
      <supportedOS Id="{35138b9a-5d96-4fbd-8e2d-a2440225f93a}"/>
      <supportedOS Id="{4a2f28e3-53b9-4441-ba9c-d69d4a4a6e38}"/>
      <supportedOS Id="{1f676c76-80e1-4239-95bb-83d0f6d0da78}"/>
      <supportedOS Id="{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"/>
    </application>
  </compatibility>
  <application xmlns="urn:schemas-microsoft-com:asm.v3">
    <windowsSettings>
      <longPathAware xmlns="http://schemas.microsoft.com/SMI/2016/WindowsSettings">true</longPathAware>
    </windowsSettings>
  </application>
</assembly>
"#;

/// Makes the object file in `folder`.
///
/// # Errors
///
/// `windres` is not there or refuses, or the version is not three numbers.
pub(super) fn compile(folder: &Path, version: &str) -> Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let manifest = MANIFEST.replace("VERSION", &numbers(version)?.replace(',', "."));
    std::fs::write(folder.join("veldkit.manifest"), manifest)?;
    let script = folder.join("veldkit.rc");
    std::fs::write(&script, self::script(version)?)?;
    let object = folder.join("veldkit-resources.o");
    run_program(
        Command::new("x86_64-w64-mingw32-windres")
            .current_dir(folder)
            .args(["--input-format=rc", "--output-format=coff", "veldkit.rc"])
            .arg(&object),
    )?;
    Ok(object)
}

/// `1.2.3` as the four numbers of a version resource.
fn numbers(version: &str) -> Result<String> {
    let parts: Vec<u16> = version.split('.').map(str::parse).collect::<std::result::Result<_, _>>()?;
    match parts.as_slice() {
        [major, minor, patch] => Ok(format!("{major},{minor},{patch},0")),
        _ => Err(format!("the version '{version}' is not three numbers").into()),
    }
}

/// The script that `windres` reads
/// (<https://learn.microsoft.com/en-us/windows/win32/menurc/versioninfo-resource>): 24 is a manifest, 1 the program's own.
fn script(version: &str) -> Result<String> {
    let numbers = numbers(version)?;
    let mut script = String::from("1 24 \"veldkit.manifest\"\n");
    writeln!(
        script,
        "1 VERSIONINFO\nFILEVERSION {numbers}\nPRODUCTVERSION {numbers}\nFILEOS 0x40004\nFILETYPE 1\nBEGIN"
    )?;
    writeln!(script, "BLOCK \"StringFileInfo\" BEGIN BLOCK \"040904b0\" BEGIN")?;
    for (name, value) in [
        ("CompanyName", "IBD-CERT"),
        ("FileDescription", "Veldkit: on-site triage into one sealed bundle"),
        ("FileVersion", version),
        ("InternalName", "veldkit"),
        ("LegalCopyright", "EUPL-1.2"),
        ("OriginalFilename", "veldkit.exe"),
        ("ProductName", "Veldkit"),
        ("ProductVersion", version),
    ] {
        writeln!(script, "VALUE \"{name}\", \"{value}\\0\"")?;
    }
    writeln!(script, "END END\nBLOCK \"VarFileInfo\" BEGIN VALUE \"Translation\", 0x409, 1200 END\nEND")?;
    Ok(script)
}

/// Holds that a program has a version, and one manifest that asks for no elevation.
///
/// # Errors
///
/// It has not.
pub(super) fn check(image: &[u8]) -> Result {
    let file = PeFile64::parse(image)?;
    let sections = file.section_table();
    let directory = file.data_directories().resource_directory(image, &sections)?;
    let directory = directory.ok_or("it has no resources")?;
    let mut kinds = Vec::new();
    for entry in directory.root()?.entries {
        let id = entry.name_or_id().id().unwrap_or_default();
        kinds.push(id);
        if id == RT_MANIFEST {
            // Kind, name, language: the content stands three folders deep.
            let mut data = entry.data(directory)?;
            while let ResourceDirectoryEntryData::Table(table) = data {
                data = table.entries.first().ok_or("an empty folder of resources")?.data(directory)?;
            }
            let content = data.data().ok_or("a manifest without content")?;
            let content = sections
                .pe_data_at(image, content.offset_to_data.get(LE))
                .and_then(|bytes| bytes.get(..usize::try_from(content.size.get(LE)).ok()?))
                .ok_or("a manifest that stands nowhere")?;
            if !String::from_utf8_lossy(content).contains("level=\"asInvoker\"") {
                return Err("its manifest asks for elevation".into());
            }
        }
    }
    for (kind, name) in [(RT_MANIFEST, "manifest"), (RT_VERSION, "version")] {
        if !kinds.contains(&kind) {
            return Err(format!("it has no {name}").into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{numbers, script};

    #[test]
    fn a_version_is_four_numbers_and_stands_in_the_script() {
        assert_eq!(numbers("1.2.3").unwrap(), "1,2,3,0");
        assert!(numbers("1.2").is_err() && numbers("1.2.3-rc1").is_err());
        let script = script("0.1.0").unwrap();
        assert!(script.contains("FILEVERSION 0,1,0,0") && script.contains("\"FileVersion\", \"0.1.0\\0\""));
    }
}
