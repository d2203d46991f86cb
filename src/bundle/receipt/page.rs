//! The page for people: who collected what, when, what is in it, what to do with it, and whom to call.
//!
//! In: a [`Receipt`]. Out: a page in Dutch or English of at most 105 columns, two sheets when printed. What comes
//! from the operator or the host is escaped.

use super::Receipt;
use crate::bundle::manifest::Counts;
use crate::evidence::{Outcome, Utc};
use crate::text::layout::{data, empty, value, words};
use crate::text::phrases::Phrase;
use crate::text::receipt as text;
use crate::text::{Sentence, receipt::Megabytes};

/// Kinds of evidence that are listed; the others are counted.
const KINDS_LISTED: usize = 15;
/// Columns of the list of them.
const COLUMNS: usize = 100;

impl Receipt<'_> {
    /// Returns the page, line by line; a line may have line ends inside.
    pub(super) fn lines(&self) -> Vec<Sentence> {
        let Self { opening, manifest, .. } = self;
        let given = |given: &Option<String>| given.as_deref().map_or_else(text::not_given, data);
        let moment = |moment: Option<Utc>| moment.map_or_else(empty, |moment| value(&moment));
        let of = |outcome| manifest.items.of(outcome);
        let mut lines = vec![
            text::introduction(),
            text::row(&text::case(), &given(&opening.case)),
            text::row(&text::evidence_number(), &given(&opening.evidence_number)),
            text::row(&text::host(), &data(&opening.host_name)),
            text::row(&text::collected_by(), &given(&opening.examiner)),
            text::row(&text::started(), &moment(manifest.started)),
            text::row(&text::ended(), &moment(manifest.ended)),
            text::row(&text::place(), &text::to_fill_in()),
            text::row(&text::file(), &data(self.file_name)),
            text::row(&text::size(), &value(&Megabytes(self.bytes))),
        ];
        if self.parts > 1 {
            let last = format!("{:03}", self.parts);
            lines.push(text::row(&text::parts(), &text::parts_from_to(self.parts, &last)));
        }
        let (read, not_read) = (
            text::items_read(of(Outcome::Collected), of(Outcome::Partial), of(Outcome::Denied)),
            text::items_not_read(of(Outcome::Failed), of(Outcome::Skipped), of(Outcome::Missing)),
        );
        lines.extend([
            text::row(&text::items(), &read),
            text::row(&empty(), &not_read),
            text::row(&text::hits(), &text::items_with_hits(manifest.items_with_hits)),
            text::row(&text::all_done(), &if manifest.complete { text::yes() } else { text::no() }),
        ]);
        lines.extend(manifest.incomplete.as_deref().map(Phrase).map(text::not_all_done));
        lines.extend([
            text::row(&text::seal_code(), &data(&self.seal_code.to_string())),
            text::about_the_code(self.sha256),
        ]);
        lines.extend(self.readers());
        lines.extend([text::contents(), self.kinds(), empty()]);
        lines.extend(self.outside());
        lines.push(text::handing_over());
        lines.push(self.signed.as_deref().map_or_else(text::not_signed, text::signed));
        lines
    }

    /// The artifacts of which most was collected, with the number of items, in lines of [`COLUMNS`].
    fn kinds(&self) -> Sentence {
        let collected =
            |counts: &Counts| counts.of(Outcome::Collected).saturating_add(counts.of(Outcome::Partial));
        let artifacts = self.manifest.artifacts.iter();
        let mut kinds: Vec<_> = artifacts
            .map(|(name, counts)| (collected(counts), name))
            .filter(|(items, _)| *items > 0)
            .collect();
        kinds.sort_by(|(a, a_name), (b, b_name)| b.cmp(a).then(a_name.cmp(b_name)));
        let left_out = kinds.len().saturating_sub(KINDS_LISTED);
        let listed = kinds.into_iter().take(KINDS_LISTED);
        let mut all: Vec<_> = listed.map(|(items, name)| text::kind(name, items)).collect();
        all.extend((left_out > 0).then(|| text::more_kinds(left_out)));
        words(&all, COLUMNS)
    }
}
