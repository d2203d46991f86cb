//! `veldkit verify`: whether a bundle is as it was sealed, and whether it is from whom one believes. Two answers, and
//! never one word for both.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::identities::Keys;
use super::reading_limits::ReadingLimits;
use super::{Console, Exit, Failure};
use crate::analysis;
use crate::analysis::{
    Authorship, Claims, Error, Integrity, ProofCounts, Remark, RevokedKeys, SigningKey, Silent, Verdict,
};
use crate::bundle::opening::Opening;
use crate::bundle::reader::OpenError;
use crate::bundle::{Identities, SealCode};
use crate::text::layout::{counted, data, list, number, row, value};
use crate::text::phrases::Phrase;
use crate::text::verify as text;
use crate::text::{Items, Sentence};

/// Findings that a person is shown; `--json` has more.
const SHOWN: usize = 10;

/// What `verify` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[arg(required = true)]
    bundles: Vec<PathBuf>,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    limits: ReadingLimits,
    #[command(flatten)]
    claims: ClaimArguments,
    #[arg(long)]
    json: bool,
}

/// What one knows of the author from elsewhere.
#[derive(Debug, Args)]
pub(super) struct ClaimArguments {
    #[arg(long)]
    signer: Option<String>,
    #[arg(long, requires = "signer")]
    revoked: Option<PathBuf>,
    #[arg(long)]
    seal: Option<String>,
    #[arg(long)]
    require_author: bool,
}

impl ClaimArguments {
    /// The exit code of a verdict.
    pub(super) fn exit(&self, verdict: &Verdict) -> Exit {
        if self.lacks_author(verdict) { Exit::NotProved } else { exit(verdict) }
    }

    /// Whether a proof of the author was asked for and is not there.
    pub(super) fn lacks_author(&self, verdict: &Verdict) -> bool {
        self.require_author && !matches!(verdict.authorship, Authorship::Proved { .. })
    }

    /// Reads key and code. A code with a misheard letter is told from one that differs.
    pub(super) fn read(&self) -> Result<Claims, Failure> {
        let signer = self.signer.as_deref().map(analysis::signer).transpose().map_err(Failure::usage)?;
        let seal = self.seal.as_deref().map(SealCode::parse).transpose().map_err(|groups| {
            let groups: Vec<_> = groups.iter().map(ToString::to_string).collect();
            let groups = groups.join(", ");
            Failure::refused(text::wrong_group(&groups)).hint(text::read_group_again(&groups))
        })?;
        let revoked = self.revoked.as_deref().map(RevokedKeys::read).transpose().map_err(Failure::usage)?;
        Ok(Claims { signer, seal, revoked: revoked.unwrap_or_default() })
    }
}

/// Carries out `verify`: of several bundles each is judged, also after one that could not be opened.
pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let claims = arguments.claims.read()?;
    if claims.seal.is_some() && arguments.bundles.len() > 1 {
        return Err(Failure::refused(text::one_seal_code()).hint(text::one_by_one()));
    }
    let identities = arguments.keys.read(console.lang)?;
    if let [bundle] = arguments.bundles.as_slice() {
        return one(bundle, arguments, &claims, &identities, console);
    }
    let mut exits = Vec::with_capacity(arguments.bundles.len());
    for bundle in &arguments.bundles {
        if !arguments.json {
            console.answer(&data(&bundle.to_string_lossy()));
        }
        exits.push(one(bundle, arguments, &claims, &identities, console).unwrap_or_else(|failure| {
            console.fail(&failure);
            failure.exit
        }));
    }
    Ok(Exit::of_verdicts(exits))
}

/// Verifies one bundle and prints its verdict, with its name where several are named.
fn one(
    bundle: &Path,
    arguments: &Arguments,
    claims: &Claims,
    identities: &Identities,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let verdict = analysis::verify(bundle, identities, claims, &arguments.limits.read(), &mut Silent);
    let name = (arguments.bundles.len() > 1).then(|| bundle.display().to_string());
    if let (true, Some(name), Err(error)) = (arguments.json, &name, &verdict) {
        console.result(json!({ "bundle": name, "error": error.to_string() }));
    }
    let verdict = verdict.map_err(explain)?;
    if let (true, Some(name)) = (arguments.json, name) {
        let mut object = serde_json::to_value(&verdict).map_err(Failure::new)?;
        if let Some(object) = object.as_object_mut() {
            object.insert("bundle".to_owned(), json!(name));
        }
        console.result(object);
    } else if arguments.json {
        console.result(serde_json::to_string(&verdict).map_err(Failure::new)?);
    } else {
        console.answer_all(&lines(&verdict));
    }
    Ok(arguments.claims.exit(&verdict))
}

/// The exit code of a verdict.
pub(super) fn exit(verdict: &Verdict) -> Exit {
    if verdict.stands() { Exit::Done } else { Exit::NotProved }
}

/// What a person can do where nothing could be judged.
pub(super) fn explain(error: Error) -> Failure {
    let no_bundle = match &error {
        Error::Open { .. } => true,
        Error::Decrypt { source, .. } => matches!(source, OpenError::Header(_)),
        Error::Format(_) | Error::Signer(_) => false,
    };
    let wrong_key = matches!(error, Error::Decrypt { .. });
    let failure = Failure::new(error);
    if no_bundle {
        failure.hint(text::what_a_bundle_is())
    } else if wrong_key {
        failure.hint(text::right_key())
    } else {
        failure
    }
}

/// The verdict for a person.
pub(super) fn lines(verdict: &Verdict) -> Vec<Sentence> {
    let mut lines = vec![row(&text::integrity(), &integrity(verdict.integrity))];
    if !verdict.parts_missing.is_empty() {
        lines.push(row(&text::parts_missing(), &value(&Items::all(&verdict.parts_missing))));
    }
    lines.push(row(&text::authorship(), &authorship(verdict)));
    if let Some(opening) = &verdict.opening {
        lines.extend(whose(opening, verdict));
    }
    lines.push(row(&text::items(), &items(&verdict.items)));
    if verdict.items.proved > 0 {
        lines.push(row(&text::hits(), &text::items_with_hits(verdict.items_with_hits)));
    }
    lines.extend(verdict.seal_code.as_deref().map(|code| row(&text::seal_code(), &data(code))));
    let findings = verdict.findings.iter().take(SHOWN);
    lines.extend(findings.map(|finding| text::finding(&finding.on, Phrase(&finding.what))));
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    let all = count(verdict.findings.len()).saturating_add(verdict.findings_left_out);
    let more = all.saturating_sub(count(verdict.findings.len().min(SHOWN)));
    lines.extend((more > 0).then(|| text::more_findings(more)));
    lines
}

/// Whose the bundle is: host, case, examiner, times, tool and rights, as its opening has them.
fn whose(opening: &Opening, verdict: &Verdict) -> Vec<Sentence> {
    let mut lines = vec![row(&text::host(), &data(&opening.host_name))];
    let case = opening.case.as_deref().map(|case| match &opening.evidence_number {
        Some(number) => text::case_and_evidence(case, number),
        None => data(case),
    });
    lines.extend(case.map(|case| row(&text::case(), &case)));
    lines.extend(opening.examiner.as_deref().map(|examiner| row(&text::examiner(), &data(examiner))));
    let made = match (opening.started, verdict.ended) {
        (Some(started), Some(ended)) => Some(text::from_to(started, ended)),
        (Some(started), None) => Some(text::from(started)),
        (None, _) => None,
    };
    lines.extend(made.map(|made| row(&text::collected(), &made)));
    lines.push(row(&text::tool(), &text::tool_version(&opening.tool.name, &opening.tool.version)));
    let rights = opening.privileges.get("privileged").and_then(serde_json::Value::as_bool);
    let rights = rights.map(|all| if all { text::all_rights() } else { text::limited_rights() });
    lines.extend(rights.map(|rights| row(&text::rights(), &rights)));
    let complete =
        verdict.complete.map(|complete| if complete { text::complete() } else { text::incomplete() });
    lines.extend(complete.map(|complete| row(&text::task(), &complete)));
    lines
}

fn integrity(integrity: Integrity) -> Sentence {
    match integrity {
        Integrity::Whole => text::whole(),
        Integrity::Truncated => text::truncated(),
        Integrity::Tampered => text::tampered(),
    }
}

fn authorship(verdict: &Verdict) -> Sentence {
    match &verdict.authorship {
        // The word is kept for what nobody can have copied on the host.
        Authorship::Proved { .. } if verdict.remarks.contains(&Remark::SigningKeyWasOnTheHost) => {
            signed(verdict.signing_key.as_ref())
        }
        Authorship::Proved { by } => {
            let by: Vec<_> = by.iter().map(|by| proof(by)).collect();
            text::proved(Items::all(&by))
        }
        Authorship::Refuted { why } => text::refuted(Phrase(&why.join("; "))),
        Authorship::NotChecked { why: None } => text::not_checked(),
        Authorship::NotChecked { why: Some(why) } => text::not_checked_because(Phrase(why)),
    }
}

fn items(items: &ProofCounts) -> Sentence {
    let counts: Vec<_> = [
        (items.proved, text::items_proved()),
        (items.relative, text::items_relative()),
        (items.unproved, text::items_unproved()),
        (items.partial, text::items_partial()),
        (items.lost, text::items_lost()),
        (items.refuted, text::items_refuted()),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| counted(count, &what))
    .collect();
    if counts.is_empty() { number(0) } else { list(Items::all(&counts)) }
}

/// What a signature alone is worth.
fn signed(key: Option<&SigningKey>) -> Sentence {
    let Some(terms) = key.and_then(|key| key.certificate.as_ref()) else { return text::signed() };
    text::signed_certified(&match &terms.case {
        Some(case) => text::certified_for(case, terms.not_after),
        None => text::certified(terms.not_after),
    })
}

/// What proved the author.
fn proof(by: &str) -> Sentence {
    match by {
        "signature" => text::by_signature(),
        "seal code" => text::by_seal_code(),
        "signed receipt" => text::by_receipt(),
        other => data(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{FindingKind, VerdictFinding};
    use crate::bundle::CertificateTerms;
    use crate::cli::console::assert_printed;
    use crate::evidence::Utc;

    fn verdict(integrity: Integrity, authorship: Authorship, items: ProofCounts) -> Verdict {
        Verdict {
            integrity,
            authorship,
            signing_key: None,
            findings: Vec::new(),
            findings_left_out: 0,
            items,
            outcomes: std::collections::BTreeMap::new(),
            items_with_hits: 0,
            checkpoints: 1,
            relative_to: Vec::new(),
            complete: None,
            ended: None,
            parts_missing: Vec::new(),
            cut_at: None,
            remarks: Vec::new(),
            opening: None,
            sha256: None,
            seal_code: Some("1234 5678 9abc def0 1234".to_owned()),
            bytes: 1,
        }
    }

    #[test]
    fn every_verdict_is_the_golden_text() {
        let moment = |text: &str| Utc::try_from(text.to_owned()).unwrap();
        let whole = |authorship| {
            verdict(Integrity::Whole, authorship, ProofCounts { proved: 9_407, ..ProofCounts::default() })
        };
        let mut signed = whole(Authorship::Proved { by: vec!["signature"] });
        signed.remarks = vec![Remark::SigningKeyWasOnTheHost];
        let mut certified = signed.clone();
        let terms = CertificateTerms {
            public_key: "RW".to_owned(),
            key_id: "00".to_owned(),
            kit: None,
            case: Some("2026-017".to_owned()),
            not_before: moment("2026-12-01T00:00:00Z"),
            not_after: moment("2027-03-01T00:00:00Z"),
        };
        certified.signing_key = Some(SigningKey { key_id: "00".to_owned(), certificate: Some(terms) });
        let finding = VerdictFinding {
            kind: FindingKind::Damage,
            on: "file\u{1b}".to_owned(),
            what: "bytes 1 to 2 cannot be authenticated".to_owned(),
        };
        let each = ProofCounts { proved: 1, relative: 1, unproved: 1, partial: 1, lost: 1, refuted: 1 };
        let mut tampered = verdict(
            Integrity::Tampered,
            Authorship::Refuted { why: vec!["the seal code is another".to_owned()] },
            each,
        );
        tampered.findings = vec![finding; 12];
        tampered.findings_left_out = 1_000;
        let why = Some("no signature".to_owned());
        let cut = verdict(Integrity::Truncated, Authorship::NotChecked { why }, ProofCounts::default());
        let verdicts = [
            whole(Authorship::NotChecked { why: None }),
            whole(Authorship::Proved { by: vec!["seal code", "signature", "signed receipt"] }),
            signed,
            certified,
            cut,
            tampered,
        ];
        assert_printed("verify_verdicts", |console| {
            for verdict in &verdicts {
                console.answer_all(&lines(verdict));
                console.result("");
            }
        });
    }
}
