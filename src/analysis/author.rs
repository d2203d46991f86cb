//! Who made a bundle: held against what the caller knows from elsewhere, never against what the bundle says.

use std::io::{Cursor, Read as _};
use std::path::Path;

use minisign::{PublicKey, SignatureBox};

use super::Claims;
use super::examine::Examination;
use super::finding::FindingKind;
use super::verdict::{Authorship, Remark};
use crate::bundle::SealCode;
use crate::bundle::opening::Opening;
use crate::bundle::parts::name_without_part;
use crate::bundle::receipt::{Block, receipt_name, signature_path, trusted_comment};
use crate::evidence::Digest;

/// Bytes of a receipt or its signature: one page.
const MAX_RECEIPT: u64 = 256 * 1024;

/// What authorship is judged by.
pub(super) struct Evidence<'a> {
    pub(super) path: &'a Path,
    pub(super) sha256: Option<Digest>,
    pub(super) examined: &'a Examination,
}

pub(super) fn judge(claims: &Claims, evidence: &Evidence<'_>) -> (Authorship, Vec<Remark>) {
    let mut by = Vec::new();
    let mut why = Vec::new();
    let mut not_checked = None;
    if let Some(seal) = &claims.seal {
        match evidence.sha256.map(|digest| SealCode::of(&digest)) {
            Some(code) if code == *seal => by.push("seal code"),
            Some(code) => why.push(format!("the seal code of this file is {code}, not {seal}")),
            None => why.push(
                "the file has no digest to hold the seal code against: the medium did not give every byte"
                    .into(),
            ),
        }
    }
    if let Some(key) = &claims.signer {
        match signature(key, evidence) {
            Signed::Yes => by.push("signature"),
            Signed::No(reason) => why.push(reason),
            Signed::Lost => not_checked = Some("the signature stands in the part that is missing".to_owned()),
        }
        match receipt_signature(key, evidence) {
            Some(Err(reason)) => why.push(reason),
            // A signed receipt that names this file proves it even where the end of the file is lost.
            Some(Ok(())) if !by.contains(&"signature") && why.is_empty() => by.push("signed receipt"),
            _ => {}
        }
    }
    let remarks = remarks(claims, evidence);
    let authorship = if !why.is_empty() {
        Authorship::Refuted { why }
    } else if by.is_empty() {
        Authorship::NotChecked { why: not_checked }
    } else {
        Authorship::Proved { by }
    };
    (authorship, remarks)
}

enum Signed {
    Yes,
    No(String),
    Lost,
}

/// Holds the signature inside the bundle against the key. Through the manifest it covers the chain, and through the
/// chain every record and the digest of every entry: so it says nothing for a bundle that contradicts itself.
fn signature(key: &PublicKey, evidence: &Evidence<'_>) -> Signed {
    let Examination { manifest_text, signature, opening, sealed, findings, .. } = evidence.examined;
    let damaged = findings.iter().any(|finding| finding.kind == FindingKind::Damage);
    let (Some(manifest), Some(signature), Some(opening)) = (manifest_text, signature, opening) else {
        // Only what was sealed and is not damaged can be known to lack a signature.
        return if *sealed && !damaged { Signed::No("it is not signed".into()) } else { Signed::Lost };
    };
    if let Err(reason) = check(key, manifest, signature, "manifest", opening, &Digest::of(manifest)) {
        return Signed::No(format!("the manifest is not signed by this key: {reason}"));
    }
    if findings.iter().any(|finding| finding.kind == FindingKind::Tampering) {
        return Signed::No("what this key signed was changed afterwards".into());
    }
    Signed::Yes
}

/// Holds the receipt beside the bundle and its signature against key and file; `None` where there is no such pair.
fn receipt_signature(key: &PublicKey, evidence: &Evidence<'_>) -> Option<Result<(), String>> {
    let receipt = receipt(evidence.path)?;
    let signature = read(&signature_path(&receipt_path(evidence.path)?))?;
    let opening = evidence.examined.opening.as_ref()?;
    let sha256 = evidence.sha256?;
    let checked = check(key, receipt.as_bytes(), &signature, "receipt", opening, &sha256)
        .map_err(|reason| format!("the receipt beside it is not signed by this key for this file: {reason}"));
    Some(checked.and_then(|()| match Block::parse(&receipt) {
        Some(block) if block.sha256 == sha256 => Ok(()),
        _ => Err("the signed receipt beside it is that of another file".to_owned()),
    }))
}

fn check(
    key: &PublicKey,
    data: &[u8],
    signature: &str,
    what: &str,
    opening: &Opening,
    sha256: &Digest,
) -> Result<(), String> {
    let signature =
        SignatureBox::from_string(signature).map_err(|_| "it is no minisign signature".to_owned())?;
    minisign::verify(key, &signature, Cursor::new(data), true, false, false)
        .map_err(|error| error.to_string().to_lowercase())?;
    let comment = signature.trusted_comment().map_err(|error| error.to_string())?;
    if comment == trusted_comment(what, opening, sha256) {
        Ok(())
    } else {
        Err("its trusted comment names another bundle".to_owned())
    }
}

fn remarks(claims: &Claims, evidence: &Evidence<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let block = receipt(evidence.path).and_then(|text| Block::parse(&text));
    if let (Some(block), Some(sha256)) = (block, evidence.sha256) {
        let fits = block.sha256 == sha256;
        remarks.push(if fits { Remark::ReceiptFits } else { Remark::ReceiptDiffers });
    }
    if claims.signer.is_none() && evidence.examined.signature.is_some() {
        remarks.push(Remark::SignedButNotChecked);
    }
    remarks
}

fn receipt(bundle: &Path) -> Option<String> {
    read(&receipt_path(bundle)?)
}

fn receipt_path(bundle: &Path) -> Option<std::path::PathBuf> {
    let bundle = name_without_part(bundle);
    let name = receipt_name(bundle.file_name()?.to_str()?);
    Some(bundle.with_file_name(name))
}

fn read(path: &Path) -> Option<String> {
    if !path.is_file() {
        return None;
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(MAX_RECEIPT).read_to_string(&mut text).ok()?;
    Some(text)
}
