//! Compares everything that was read with the manifest at the end.

use super::Examiner;
use crate::analysis::Trust;
use crate::bundle::Manifest;
use crate::evidence::Printable;

impl Examiner<'_> {
    pub(super) fn manifest(&mut self, index: u64, text: &[u8]) -> Result<Trust, String> {
        let manifest: Manifest =
            serde_json::from_slice(text).map_err(|error| format!("cannot be read: {error}"))?;
        if !self.ever_damaged && manifest.entries_before != index {
            self.tampering(
                "manifest.json",
                format!("counts {} entries before it; there are {index}", manifest.entries_before),
            );
        }
        self.out.manifest_text = Some(text.to_vec());
        self.out.manifest = Some(manifest);
        Ok(self.trusted())
    }

    pub(super) fn signature(&mut self, text: &[u8]) -> Result<Trust, String> {
        let text = str::from_utf8(text).map_err(|_| "is not text".to_owned())?;
        if self.out.manifest.is_none() && !self.ever_damaged {
            return Err("does not follow the manifest".into());
        }
        self.out.signature = Some(text.to_owned());
        Ok(self.trusted())
    }

    /// Compares the manifest with what was read. After damage, some of it cannot be checked.
    pub(super) fn hold_against_manifest(&mut self) {
        let Some(manifest) = self.out.manifest.take() else { return };
        let mut wrong = Vec::new();
        if let Some(opening) = &self.out.opening
            && (manifest.bundle_id != opening.bundle_id || manifest.format != opening.format)
        {
            wrong.push("is that of another bundle".to_owned());
        }
        for (name, said) in &manifest.entries {
            match self.own.get(name) {
                Some(digest) if digest == said => {}
                Some(_) => wrong.push(format!("has another digest of {}", Printable(name))),
                None if self.ever_damaged => {}
                None => wrong.push(format!("lists {}, which is missing", Printable(name))),
            }
        }
        for name in self.own.keys().filter(|name| !manifest.entries.contains_key(*name)) {
            wrong.push(format!("does not list {}", Printable(name)));
        }
        let read = (self.chain.number, self.chain.last);
        if !self.damaged && read != (manifest.chain.checkpoints, manifest.chain.last) {
            wrong.push(format!(
                "says that the chain ends with checkpoint {}; what was read ends with {} or differs in it",
                manifest.chain.checkpoints, self.chain.number
            ));
        }
        if !self.ever_damaged {
            if manifest.items.all != self.items || manifest.items.outcomes != self.all_outcomes {
                wrong.push("counts other items than the records".to_owned());
            }
            if [self.pads, self.sums_read] != [self.out.checkpoints; 2] {
                wrong.push("is sealed over a checkpoint without its sums or pad".to_owned());
            }
        }
        for what in wrong {
            self.tampering("manifest.json", what);
        }
        self.out.manifest = Some(manifest);
    }
}
