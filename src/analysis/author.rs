//! Judges who made a bundle, from what the caller knows from elsewhere, never from the bundle's own claims.
//!
//! A kit's key was on the examined host. So a signature proves less than the seal code, and proves nothing where the
//! key is revoked, or where the CERT certified it for another case or time.

use std::io::{Cursor, Read as _};
use std::path::Path;

use minisign::{PublicKey, SignatureBox};

use super::Claims;
use super::examine::Examination;
use super::finding::FindingKind;
use super::verdict::{Authorship, Judged, Remark, SigningKey};
use crate::bundle::opening::Opening;
use crate::bundle::parts::name_without_part;
use crate::bundle::receipt::{Block, receipt_name, trusted_comment};
use crate::bundle::{CertificateTerms, SealCode, key_id, signature_path};
use crate::evidence::{Digest, Utc};

/// Maximum bytes of a receipt or its signature; a receipt has one page.
const MAX_RECEIPT: u64 = 256 * 1024;

/// The input of the judgement.
pub(super) struct Evidence<'a> {
    pub(super) path: &'a Path,
    pub(super) sha256: Option<Digest>,
    pub(super) examined: &'a Examination,
}

pub(super) fn judge(claims: &Claims, evidence: &Evidence<'_>) -> Judged {
    let mut by = Vec::new();
    let mut why = Vec::new();
    let mut not_checked = None;
    let mut remarks = remarks(claims, evidence);
    let mut signing_key = None;
    if let Some(seal) = &claims.seal {
        match evidence.sha256.map(|digest| SealCode::of(&digest)) {
            Some(code) if code == *seal => by.push("seal code"),
            Some(code) => why.push(format!("the seal code of this file is {code}, not {seal}")),
            None => {
                why.push("the seal code cannot be compared: some bytes of the file could not be read".into());
            }
        }
    }
    if let Some(claimed) = &claims.signer {
        let (key, certificate) = certified(claimed, evidence);
        let doubt = doubt(claims, &key, certificate.as_ref(), evidence);
        let mut proves = false;
        match signature(&key, evidence) {
            Signed::Yes => proves = true,
            Signed::No(reason) => why.push(reason),
            Signed::Lost => not_checked = Some("the signature is in the part that is missing".to_owned()),
        }
        let mut kind = "signature";
        match receipt_signature(&key, evidence) {
            Some(Err(reason)) => why.push(reason),
            // A signed receipt of this file proves its author even where the end of the file is lost.
            Some(Ok(())) if !proves && why.is_empty() => (proves, kind) = (true, "signed receipt"),
            _ => {}
        }
        match doubt {
            _ if !proves => {}
            None => {
                by.push(kind);
                if !by.contains(&"seal code") {
                    remarks.push(Remark::SigningKeyWasOnTheHost);
                }
            }
            Some(Doubt { remark, refutes, reason }) => {
                remarks.extend(remark);
                // The seal code identifies the file regardless of the key.
                if refutes && !by.contains(&"seal code") {
                    why.push(reason);
                } else {
                    not_checked = Some(reason);
                }
            }
        }
        signing_key = Some(SigningKey { key_id: key_id(&key), certificate });
    }
    let authorship = if !why.is_empty() {
        Authorship::Refuted { why }
    } else if by.is_empty() {
        Authorship::NotChecked { why: not_checked }
    } else {
        Authorship::Proved { by }
    };
    Judged { authorship, remarks, signing_key }
}

/// Returns the key that must have signed: the one that the caller gave, or the one in the bundle that it certified.
fn certified(claimed: &PublicKey, evidence: &Evidence<'_>) -> (PublicKey, Option<CertificateTerms>) {
    let kit = evidence.examined.opening.as_ref().and_then(|opening| opening.kit.as_ref());
    let terms = kit.and_then(|kit| kit.certificate.as_ref()?.confirm(claimed).ok());
    match terms.and_then(|terms| Some((PublicKey::from_base64(&terms.public_key).ok()?, terms))) {
        Some((key, terms)) => (key, Some(terms)),
        None => (claimed.clone(), None),
    }
}

/// Why a correct signature proves nothing.
struct Doubt {
    remark: Option<Remark>,
    /// Whether the bundle itself shows that the key could not sign it.
    refutes: bool,
    reason: String,
}

/// Checks whether a key may sign this bundle. The time of the bundle comes from the clock of its host, and whoever
/// has the key can write any time there, so a revoked key proves nothing about earlier times either.
fn doubt(
    claims: &Claims,
    key: &PublicKey,
    certificate: Option<&CertificateTerms>,
    evidence: &Evidence<'_>,
) -> Option<Doubt> {
    let opening = evidence.examined.opening.as_ref()?;
    let manifest = evidence.examined.manifest.as_ref();
    let ended = manifest.and_then(|manifest| manifest.ended);
    let id = key_id(key);
    if let Some(since) = claims.revoked.since(&id) {
        let reason = format!(
            "its key {id} is revoked since {since}: whoever has that key can sign with any time; only the seal code proves this bundle"
        );
        let refutes = ended.is_none_or(|ended| ended >= since);
        return Some(Doubt { remark: Some(Remark::SigningKeyRevoked), refutes, reason });
    }
    let terms = certificate?;
    if let Some(case) = &terms.case
        && opening.case.as_ref() != Some(case)
    {
        let reason = format!("its key {id} is certified for case '{case}' only");
        return Some(Doubt { remark: None, refutes: true, reason });
    }
    let inside = |moment: Utc| terms.not_before <= moment && moment <= terms.not_after;
    if !opening.started.into_iter().chain(ended).all(inside) {
        let reason = format!(
            "its key {id} is certified from {} to {}, and by the clock of the host the bundle was not made then",
            terms.not_before, terms.not_after
        );
        return Some(Doubt { remark: Some(Remark::OutsideValidity), refutes: false, reason });
    }
    None
}

enum Signed {
    Yes,
    No(String),
    Lost,
}

/// Verifies the signature in the bundle with the key. Through the manifest it covers the chain, and through the chain
/// every record and the digest of every entry. So it proves nothing for a bundle that contradicts itself.
fn signature(key: &PublicKey, evidence: &Evidence<'_>) -> Signed {
    let Examination { manifest_text, signature, opening, sealed, findings, .. } = evidence.examined;
    let damaged = findings.iter().any(|finding| finding.kind == FindingKind::Damage);
    let (Some(manifest), Some(signature), Some(opening)) = (manifest_text, signature, opening) else {
        // Only a sealed and undamaged bundle can be known to have no signature.
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

/// Verifies the receipt next to the bundle with the key, and compares it with the file; `None` where there is no
/// receipt with a signature.
fn receipt_signature(key: &PublicKey, evidence: &Evidence<'_>) -> Option<Result<(), String>> {
    let receipt = receipt(evidence.path)?;
    let signature = read(&signature_path(&receipt_path(evidence.path)?))?;
    let opening = evidence.examined.opening.as_ref()?;
    let sha256 = evidence.sha256?;
    let checked = check(key, receipt.as_bytes(), &signature, "receipt", opening, &sha256).map_err(|reason| {
        format!("the receipt next to it is not signed by this key for this file: {reason}")
    });
    Some(checked.and_then(|()| match Block::parse(&receipt) {
        Some(block) if block.sha256 == sha256 => Ok(()),
        _ => Err("the signed receipt next to it is that of another file".to_owned()),
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
        SignatureBox::from_string(signature).map_err(|_| "it is not a minisign signature".to_owned())?;
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
    // A link next to a bundle is not followed: its target does not belong to the bundle.
    if !std::fs::symlink_metadata(path).is_ok_and(|facts| facts.is_file()) {
        return None;
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(MAX_RECEIPT).read_to_string(&mut text).ok()?;
    Some(text)
}
