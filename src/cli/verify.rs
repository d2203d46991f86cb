//! `veldkit verify`: whether a bundle is as it was sealed, and whether it is from whom one believes. Two answers, and
//! never one word for both.

use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::HumanCount;
use serde_json::json;

use super::identities::Keys;
use super::reading_limits::ReadingLimits;
use super::{Console, Exit, Failure};
use crate::analysis;
use crate::analysis::{
    Authorship, Claims, Error, Integrity, Remark, RevokedKeys, SigningKey, Silent, Verdict,
};
use crate::bundle::reader::OpenError;
use crate::bundle::{Identities, SealCode};
use crate::evidence::Printable;
use crate::text::phrases::Phrase;
use crate::text::{Language, Localized as _};

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
            Failure::usage(format!(
                "the seal code cannot be right: its check characters do not fit in group {groups}"
            ))
            .hint(
                format!("lees opnieuw: laat groep {groups} nog eens voorlezen"),
                format!("read again: have group {groups} read out once more"),
            )
        })?;
        let revoked = self.revoked.as_deref().map(RevokedKeys::read).transpose().map_err(Failure::usage)?;
        Ok(Claims { signer, seal, revoked: revoked.unwrap_or_default() })
    }
}

/// Carries out `verify`: of several bundles each is judged, also after one that could not be opened.
pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let claims = arguments.claims.read()?;
    if claims.seal.is_some() && arguments.bundles.len() > 1 {
        let text = "a seal code belongs to one bundle, and several are named";
        return Err(Failure::usage(text)
            .hint("controleer ze een voor een met --seal", "verify them one by one with --seal"));
    }
    let identities = arguments.keys.read()?;
    if let [bundle] = arguments.bundles.as_slice() {
        return one(bundle, arguments, &claims, &identities, console);
    }
    let mut exits = Vec::with_capacity(arguments.bundles.len());
    for bundle in &arguments.bundles {
        if !arguments.json {
            console.result(escaped(&bundle.display().to_string()));
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
        for line in lines(&verdict, console.lang) {
            console.result(line);
        }
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
        failure.hint(
            "klopt het pad? noem een bundel zoals 'collect' hem schrijft (….zip.age); van een gesplitste welk deel ook",
            "is the path right? name a bundle as 'collect' writes it (….zip.age); of a split one, any part",
        )
    } else if wrong_key {
        failure.hint(
            "klopt de sleutel? 'veldkit.json' noemt de ontvangers pas als de bundel open is; vraag wie de kit maakte",
            "is it the right key? ask whoever made the kit to which recipient it encrypts",
        )
    } else {
        failure
    }
}

/// The verdict for a person.
pub(super) fn lines(verdict: &Verdict, lang: Language) -> Vec<String> {
    let items = &verdict.items;
    let mut lines = Vec::new();
    let integrity = match (verdict.integrity, lang) {
        (Integrity::Whole, Language::Nl) => "HEEL: verzegeld, keten en controlegetallen kloppen",
        (Integrity::Whole, Language::En) => "WHOLE: sealed, chain and digests are right",
        (Integrity::Truncated, Language::Nl) => "AFGEKAPT: het bestand eindigt te vroeg; wat er staat, klopt",
        (Integrity::Truncated, Language::En) => "TRUNCATED: the file ends early; what it holds is right",
        (Integrity::Tampered, Language::Nl) => "AANGETAST: er is iets veranderd of beschadigd",
        (Integrity::Tampered, Language::En) => "TAMPERED: something was changed, or is damaged",
    };
    lines.push(format!("{:<14}{integrity}", lang.pick("integriteit", "integrity")));
    let authorship = match (&verdict.authorship, lang) {
        // The word is kept for what nobody can have copied on the host.
        (Authorship::Proved { .. }, lang) if verdict.remarks.contains(&Remark::SigningKeyWasOnTheHost) => {
            signed(verdict.signing_key.as_ref(), lang)
        }
        (Authorship::Proved { by }, Language::Nl) => format!("BEWEZEN door {}", proofs(by, lang)),
        (Authorship::Proved { by }, Language::En) => format!("PROVED by {}", proofs(by, lang)),
        (Authorship::Refuted { why }, Language::Nl) => {
            format!("WEERLEGD: {}", Phrase(&why.join("; ")).written(lang))
        }
        (Authorship::Refuted { why }, Language::En) => format!("REFUTED: {}", escaped(&why.join("; "))),
        (Authorship::NotChecked { why }, lang) => not_checked(why.as_deref(), lang),
    };
    lines.push(format!("{:<14}{authorship}", lang.pick("herkomst", "authorship")));
    let counts = [
        (items.proved, "bewezen", "proved"),
        (
            items.relative,
            "bewezen vanaf het eerste goede controlepunt na een gat",
            "proved relative to the first good checkpoint after a hole",
        ),
        (items.unproved, "teruggehaald, niet bewezen", "recovered, unproved"),
        (items.partial, "gedeeltelijk, niet bewezen", "partial, unproved"),
        (items.lost, "verloren", "lost"),
        (items.refuted, "weerlegd", "refuted"),
    ];
    let counts: Vec<_> = counts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, nl, en)| format!("{} {}", HumanCount(count), lang.pick(nl, en)))
        .collect();
    lines.push(format!(
        "{:<14}{}",
        "items",
        if counts.is_empty() { "0".to_owned() } else { counts.join(", ") }
    ));
    if let Some(code) = &verdict.seal_code {
        lines.push(format!("{:<14}{code}", lang.pick("zegelcode", "seal code")));
    }
    for finding in verdict.findings.iter().take(SHOWN) {
        lines.push(format!("  - {}: {}", escaped(&finding.on), Phrase(&finding.what).written(lang)));
    }
    let shown = u64::try_from(verdict.findings.len().min(SHOWN)).unwrap_or(u64::MAX);
    let all =
        u64::try_from(verdict.findings.len()).unwrap_or(u64::MAX).saturating_add(verdict.findings_left_out);
    if all > shown {
        lines.push(format!("  … +{} (--json)", all.saturating_sub(shown)));
    }
    lines
}

/// What a signature alone is worth.
fn signed(key: Option<&SigningKey>, lang: Language) -> String {
    let certified = key.and_then(|key| {
        let terms = key.certificate.as_ref()?;
        let case = terms.case.as_deref().map(escaped);
        let until = terms.not_after;
        Some(match (case, lang) {
            (Some(case), Language::Nl) => format!(" (door CERT toegelaten voor zaak {case} tot {until})"),
            (Some(case), Language::En) => format!(" (certified by the CERT for case {case} until {until})"),
            (None, Language::Nl) => format!(" (door CERT toegelaten tot {until})"),
            (None, Language::En) => format!(" (certified by the CERT until {until})"),
        })
    });
    let certified = certified.unwrap_or_default();
    match lang {
        Language::Nl => format!(
            "ONDERTEKEND met de sleutel van de kit{certified}. Die sleutel was op de onderzochte computer: wie hem daar \
             kopieerde, kan dit ook. Het bewijs is de zegelcode die is voorgelezen: geef --seal"
        ),
        Language::En => format!(
            "SIGNED with the kit's key{certified}. That key was on the examined host: whoever copied it there can sign \
             as well. The proof is the seal code that was read out: give --seal"
        ),
    }
}

/// What proved the author, in a person's language.
fn proofs(by: &[&str], lang: Language) -> String {
    let words: Vec<_> = by
        .iter()
        .map(|by| match (*by, lang) {
            ("signature", Language::Nl) => "de handtekening",
            ("signature", Language::En) => "its signature",
            ("seal code", Language::Nl) => "de zegelcode",
            ("seal code", Language::En) => "its seal code",
            ("signed receipt", Language::Nl) => "het ondertekende ontvangstbewijs",
            ("signed receipt", Language::En) => "its signed receipt",
            (other, _) => other,
        })
        .collect();
    words.join(", ")
}

fn not_checked(why: Option<&str>, lang: Language) -> String {
    let why = why.map(|why| format!(" ({})", Phrase(why).written(lang))).unwrap_or_default();
    match lang {
        Language::Nl => format!(
            "NIET GECONTROLEERD{why}: iedereen met de publieke sleutel kan dit bestand gemaakt hebben; geef --signer of --seal"
        ),
        Language::En => {
            format!(
                "NOT CHECKED{why}: anyone with the public key could have made this file; give --signer or --seal"
            )
        }
    }
}

fn escaped(text: &str) -> String {
    Printable(text).to_string()
}
