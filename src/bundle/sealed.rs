//! The result of sealing a bundle: its digest, its seal code, and its receipt and signature files.
//!
//! In: the complete file, and the account of its content. Out: receipt and signature in the operator's directory, and
//! everything that a caller reports. A receipt that cannot be written is reported; the bundle is sealed nevertheless.

use std::path::{Path, PathBuf};

use super::error::Error;
use super::manifest::Manifest;
use super::minisign_files::signature_path;
use super::opening::Opening;
use super::options::WriterOptions;
use super::receipt;
use super::receipt::Receipt;
use super::seal_code::SealCode;
use super::signer::Signer;
use super::sink::{Finished, write_sidecar};
use crate::evidence::Digest;

/// A sealed bundle.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sealed {
    /// The files of the bundle, in order; empty for a stream.
    pub paths: Vec<PathBuf>,
    /// Receipt and signature, where they could be written.
    pub sidecars: Vec<PathBuf>,
    /// Why they could not be written; the bundle is sealed nevertheless.
    pub sidecar_error: Option<Error>,
    /// SHA-256 of the bundle (of its joined parts).
    pub sha256: Digest,
    /// The seal code.
    pub seal_code: SealCode,
    /// Length of the bundle in bytes.
    pub bytes: u64,
    /// Text of the receipt.
    pub receipt: String,
    /// The closing account.
    pub manifest: Manifest,
}

impl Sealed {
    /// Writes the receipt and signature of a finished file; `path` is the requested name, absent for a stream.
    pub(super) fn of(
        finished: &Finished,
        path: Option<&Path>,
        opening: &Opening,
        manifest: Manifest,
        options: &WriterOptions,
    ) -> Self {
        let file_name = match path.and_then(Path::file_name) {
            Some(name) => name.to_string_lossy().into_owned(),
            None => receipt::bundle_name(opening.case.as_deref(), &opening.host_name, opening.started),
        };
        let seal_code = SealCode::of(&finished.sha256);
        let mut manifest = manifest;
        if let Some(limit) = options.file_size_limit.filter(|_| finished.paths.len() > 1) {
            manifest.limits_reached.push("file-size".to_owned());
            let parts = finished.paths.len();
            manifest.fall_short(format!(
                "files of this process are limited to {limit} bytes (ulimit -f): the bundle is complete, in {parts} parts"
            ));
        }
        let receipt = |manifest: &Manifest| {
            let receipt = Receipt {
                opening,
                manifest,
                file_name: &file_name,
                parts: finished.paths.len(),
                bytes: finished.bytes,
                sha256: finished.sha256,
                seal_code,
                signed: options.signer.as_ref().map(Signer::public_key),
            };
            receipt.text(options.language)
        };
        let mut sealed = Self {
            receipt: receipt(&manifest),
            paths: finished.paths.clone(),
            sidecars: Vec::new(),
            sidecar_error: None,
            sha256: finished.sha256,
            seal_code,
            bytes: finished.bytes,
            manifest,
        };
        if let Some(directory) = options.sidecar.as_deref().or_else(|| path?.parent()) {
            let place = directory.join(receipt::receipt_name(&file_name));
            let signed =
                options.signer.as_ref().map_or(Ok(()), |signer| sealed.sign(&place, signer, opening));
            if let Err(error) = signed {
                sealed.manifest.fall_short(format!("the receipt could not be signed: {error}"));
                sealed.receipt = receipt(&sealed.manifest);
                sealed.sidecar_error = Some(error);
            }
            match write_sidecar(&place, sealed.receipt.as_bytes()) {
                Ok(()) => sealed.sidecars.insert(0, place),
                Err(error) => {
                    sealed.manifest.fall_short(format!("the receipt could not be written: {error}"));
                    sealed.sidecar_error = Some(error);
                }
            }
        }
        sealed
    }

    /// Writes the signature of the receipt, before the receipt itself, which states whether it could be signed.
    fn sign(&mut self, receipt: &Path, signer: &Signer, opening: &Opening) -> Result<(), Error> {
        let comment = receipt::trusted_comment("receipt", opening, &self.sha256);
        let signature = signer.sign("receipt", self.receipt.as_bytes(), &comment)?;
        let place = signature_path(receipt);
        write_sidecar(&place, signature.as_bytes())?;
        self.sidecars.push(place);
        Ok(())
    }
}
