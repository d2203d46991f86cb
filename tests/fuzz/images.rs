//! Whole volumes for the fuzz targets `image` and `image_ext`: made once, changed by the input, and read to their end.

use std::ops::ControlFlow;

use veldkit::evidence::{Origin, PersonalData};
use veldkit::playbook::{BilingualText, Limits, Mode, Pattern, Source, Step, Volatility};
use veldkit::sources::{Finding, TargetBuilder};

#[path = "ext.rs"]
mod ext;
#[path = "ntfs.rs"]
mod ntfs;

/// A made volume with bytes of it changed: four that tell where, one that is put there, and so on. What begins like a
/// disk is taken as one.
fn changed(data: &[u8], mut disk: Vec<u8>) -> Vec<u8> {
    if data.get(3..7) == Some(b"NTFS") || data.get(510..512) == Some(&[0x55, 0xaa]) {
        return data.to_vec();
    }
    for change in data.chunks_exact(5) {
        let place = u32::from_le_bytes([change[0], change[1], change[2], change[3]]);
        let place = usize::try_from(place).unwrap() % disk.len();
        disk[place] = change[4];
    }
    disk
}

pub fn image(data: &[u8]) {
    files(data, &mut |_, _| {});
}

pub fn image_ext(data: &[u8]) {
    ext_files(data, &mut |_, _| {});
}

/// Reads everything that an NTFS volume gives, and tells of each file, or stream of one, how many bytes came at a time.
pub fn files(data: &[u8], told: &mut dyn FnMut(&str, u64)) {
    let own = ["\\$MFT", "\\$Secure:$SDS", "\\$Extend\\$UsnJrnl:$J"];
    read_all(changed(data, ntfs::volume()), '\\', &own, told);
}

/// The same of an ext volume.
pub fn ext_files(data: &[u8], told: &mut dyn FnMut(&str, u64)) {
    read_all(changed(data, ext::volume()), '/', &["/link/a.txt"], told);
}

fn read_all(disk: Vec<u8>, separator: char, own: &[&str], told: &mut dyn FnMut(&str, u64)) {
    const MOST: u64 = 16 << 20;
    let Ok(target) = TargetBuilder::image_in_memory(disk).map(TargetBuilder::build) else { return };
    let pattern = |text: &str, whole_folders| Pattern {
        text: text.to_owned(),
        separator,
        whole_folders,
        follow: veldkit::playbook::Follow::Always,
        folder_entry: false,
    };
    let named = own.iter().map(|text| pattern(text, false));
    let patterns = named.chain([pattern(&separator.to_string(), true)]).collect();
    let step = Step {
        artifact: "X".to_owned(),
        volatility: Volatility::Files,
        personal_data: PersonalData::None,
        purpose: BilingualText::default(),
        limits: Limits::default(),
        except: Vec::new(),
        shadow_copies: false,
        sources: vec![Source::Files(patterns)],
        mode: Mode::Collect,
        named: false,
    };
    let (mut buffer, mut left) = (vec![0; 64 << 10], MOST);
    veldkit::live::find_step(&target, &step, &mut |finding| {
        if let Finding::Found(found) = finding
            && let Ok(mut opened) = target.open(&found)
        {
            let name = match &found.origin {
                Origin::File { path, stream, .. } => {
                    let stream = stream.iter().map(|stream| format!(":{}", String::from_utf8_lossy(stream)));
                    String::from_utf8_lossy(path).into_owned() + &stream.collect::<String>()
                }
                _ => String::new(),
            };
            while let Ok(count @ 1..) = opened.read(&mut buffer) {
                let count = u64::try_from(count).unwrap();
                told(&name, count);
                left = left.saturating_sub(count);
                if left == 0 {
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    });
}
