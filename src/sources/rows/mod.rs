//! Rows: what a system tells, or what is read out of other evidence, as the JSON lines of one item.
//!
//! In: the name of a schema, how the rows are made, limits, and a function that makes them. Out: bytes, read like those
//! of a file. The function runs on a thread of its own from the moment a worker reads the item, and rests while nobody
//! takes what it made, so memory stays bounded. Where it hangs it is left behind; the rows it made until then are kept,
//! each whole, and the item is partial with the reason. It must not panic; if it does, that is the item's outcome too.
//!
//! To make an item of rows: [`Found::rows`](super::Found) with an [`Origin::Live`](crate::evidence::Origin) or
//! [`Origin::Derived`](crate::evidence::Origin), handed out by the search for a step. The first row names the schema;
//! a row is any value that becomes a JSON object, best an enum with `#[serde(tag = "row")]`.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::evidence::{Reason, ReasonCode};
use crate::sys;
use crate::sys::time_limit;

mod pipe;
mod shortfall;

pub(crate) use pipe::RowReader;
use pipe::{Pipe, PipeEnding};
pub(crate) use shortfall::{Gaps, Shortfall, gap_reason};

/// How long the maker of one item may keep its reader waiting, all waits together, where nothing else is said.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

/// Most bytes of one item of rows: 50,000 sockets are some 20 MiB. A hostile system could tell without end.
pub(crate) const MOST: u64 = 256 << 20;

/// Longest row. Its parts have limits of their own; this one keeps a row that has forgotten them from filling memory.
const LONGEST: usize = 1 << 20;

/// Makes rows until they end, or until nobody wants more of them.
type Make = dyn Fn(&mut Lines<'_>) -> Result<(), Halt> + Send + Sync;

/// Rows that are made when they are read.
#[derive(Clone)]
pub(crate) struct Rows {
    /// For example `urn:veldkit:live:processes:1`; empty where they are lines of a text that has its own form.
    schema: &'static str,
    extension: &'static str,
    /// How they are made, for the record: for example `procfs`.
    read_by: &'static str,
    limit: Duration,
    most: u64,
    make: Arc<Make>,
    /// Where what they are made of notes what it lacks.
    also: Option<Gaps>,
}

/// Why rows end before all of them are made.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Nobody takes any more, or the limit on their bytes is reached.
    Unwanted,
    /// They cannot be made.
    Failed(Reason),
}

impl Halt {
    /// A failure of the operating system while `attempt` was made, named with what it was made on.
    pub(crate) fn of_error(attempt: &str, error: &io::Error) -> Self {
        Self::Failed(Reason::new(code_of(error), format!("{attempt}: {error}")))
    }
}

/// The kind of reason that a failure of the operating system is.
pub(crate) fn code_of(error: &io::Error) -> ReasonCode {
    match error.kind() {
        _ if sys::is_nothing(error) => ReasonCode::Vanished,
        io::ErrorKind::PermissionDenied => ReasonCode::PermissionDenied,
        io::ErrorKind::TimedOut => ReasonCode::Timeout,
        _ if sys::is_not_local(error) => ReasonCode::NotLocal,
        _ if sys::is_in_use(error) => ReasonCode::InUse,
        _ if sys::is_blocked_by_antivirus(error) => ReasonCode::BlockedByAntivirus,
        _ => ReasonCode::ReadError,
    }
}

/// What was opened, or `None` where nothing has that name.
pub(crate) fn there<T>(opened: io::Result<T>) -> io::Result<Option<T>> {
    match opened {
        Ok(opened) => Ok(Some(opened)),
        Err(error) if sys::is_nothing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Rows {
    /// Rows by the function `make`, with the usual limits.
    pub(crate) fn new(
        schema: &'static str,
        read_by: &'static str,
        make: impl Fn(&mut Lines<'_>) -> Result<(), Halt> + Send + Sync + 'static,
    ) -> Self {
        Self {
            schema,
            extension: "jsonl",
            read_by,
            limit: LIMIT,
            most: MOST,
            make: Arc::new(make),
            also: None,
        }
    }

    /// Lines of a text that has a form of its own, at most `most` bytes of them.
    pub(crate) fn text(
        read_by: &'static str,
        most: u64,
        make: impl Fn(&mut Lines<'_>) -> Result<(), Halt> + Send + Sync + 'static,
    ) -> Self {
        Self { extension: "txt", most, ..Self::new("", read_by, make) }
    }

    /// How the name of such an item ends.
    pub(crate) const fn extension(&self) -> &'static str {
        self.extension
    }

    /// The same with another ending of its name.
    pub(crate) fn named(self, extension: &'static str) -> Self {
        Self { extension, ..self }
    }

    /// The same with another limit of time.
    pub(crate) fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// The same; what is noted there while they are made is lacking of them.
    pub(crate) fn lacking(self, also: Gaps) -> Self {
        Self { also: Some(also), ..self }
    }

    /// Most bytes that will come.
    pub(crate) const fn most(&self) -> u64 {
        self.most
    }

    /// How they are made.
    pub(crate) const fn read_by(&self) -> &'static str {
        self.read_by
    }

    /// Begins to make them.
    pub(crate) fn open(&self) -> io::Result<RowReader> {
        let pipe = Arc::new(Pipe::default());
        let (mine, rows) = (Arc::clone(&pipe), self.clone());
        let thread = time_limit::start(move || rows.fill(&mine))?;
        Ok(RowReader::new(pipe, thread, self.limit))
    }

    /// What the maker's thread does.
    fn fill(&self, pipe: &Pipe) {
        let ending = PipeEnding::of(pipe);
        let mut lines =
            Lines { pipe, rows: self, begun: false, left: self.most, short: Shortfall::default() };
        let made = (self.make)(&mut lines).and_then(|()| lines.begin());
        if let Err(Halt::Failed(reason)) = made {
            lines.short(reason.code, reason.detail);
        }
        let mut short = lines.short;
        if let Some(also) = &self.also {
            short.merge(also.noted());
        }
        ending.whole(short.reason());
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// The first row of every item of rows.
#[derive(Serialize)]
struct SchemaRow {
    row: &'static str,
    schema: &'static str,
}

/// Where rows go.
pub(crate) struct Lines<'a> {
    pipe: &'a Pipe,
    rows: &'a Rows,
    /// Whether the first row is written.
    begun: bool,
    left: u64,
    short: Shortfall,
}

impl Lines<'_> {
    /// Adds a row; waits while enough is made ahead.
    ///
    /// # Errors
    /// [`Halt::Unwanted`] where nobody takes it, or the limit on all bytes is reached.
    pub(crate) fn row(&mut self, row: &impl Serialize) -> Result<(), Halt> {
        self.begin()?;
        self.push(row)
    }

    /// Names the schema, before the first row; where there is none, at the end, so that what holds no rows is told from
    /// what could not be made.
    fn begin(&mut self) -> Result<(), Halt> {
        if self.begun || self.rows.schema.is_empty() {
            return Ok(());
        }
        self.begun = true;
        self.push(&SchemaRow { row: "schema", schema: self.rows.schema })
    }

    fn push(&mut self, row: &impl Serialize) -> Result<(), Halt> {
        let internal = |detail: String| Halt::Failed(Reason::new(ReasonCode::Internal, detail));
        let line = serde_json::to_vec(row).map_err(|error| internal(format!("writing a row: {error}")))?;
        self.line(&line)
    }

    /// Adds a line of a text that has a form of its own, which has no line break.
    ///
    /// # Errors
    /// As [`Self::row`].
    pub(crate) fn line(&mut self, line: &[u8]) -> Result<(), Halt> {
        self.raw(&[line, b"\n"].concat())
    }

    /// Adds bytes of a text that has a form of its own.
    ///
    /// # Errors
    /// As [`Self::row`].
    pub(crate) fn raw(&mut self, line: &[u8]) -> Result<(), Halt> {
        if line.len() > LONGEST {
            self.short(ReasonCode::SizeLimit, format!("a row of {} bytes was left out", line.len()));
            return Ok(());
        }
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let Some(left) = self.left.checked_sub(length) else {
            self.short(
                ReasonCode::SizeLimit,
                format!("no more than {} bytes of rows are kept", self.rows.most),
            );
            return Err(Halt::Unwanted);
        };
        self.left = left;
        self.pipe.push(line)
    }

    /// Says that the rows lack something: the item is partial, with this reason among others.
    #[cfg_attr(feature = "drop-gaps", track_caller)]
    pub(crate) fn short(&mut self, code: ReasonCode, detail: impl Into<String>) {
        self.short.add(code, detail);
    }

    /// Says that the rows lack all of this.
    pub(crate) fn lack(&mut self, shortfall: Shortfall) {
        self.short.merge(shortfall);
    }

    /// Says that a file could not be read; one that has gone meanwhile is no fault.
    #[cfg_attr(feature = "drop-gaps", track_caller)]
    pub(crate) fn unread(&mut self, path: &[u8], error: &io::Error) {
        if !sys::is_nothing(error) {
            self.short(code_of(error), format!("reading '/{}': {error}", String::from_utf8_lossy(path)));
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Mutex;

    use super::pipe::AHEAD;
    use super::*;

    #[derive(Serialize)]
    struct Number {
        n: usize,
    }

    const FIRST: &str = "{\"row\":\"schema\",\"schema\":\"urn:t:1\"}\n";

    fn rows(make: impl Fn(&mut Lines<'_>) -> Result<(), Halt> + Send + Sync + 'static) -> Rows {
        Rows::new("urn:t:1", "test", make)
    }

    fn read(rows: &Rows) -> (String, Option<Reason>) {
        let (all, short) = read_all(rows);
        (String::from_utf8(all).unwrap(), short)
    }

    /// All that comes, and what it lacks.
    pub(crate) fn read_all(rows: &Rows) -> (Vec<u8>, Option<Reason>) {
        let mut reader = rows.open().unwrap();
        let (mut all, mut buffer) = (Vec::new(), [0; 1000]);
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => all.extend_from_slice(&buffer[..count]),
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::Interrupted),
            }
        }
        crate::evidence::rows::check(&all);
        (all, reader.finish())
    }

    #[test]
    fn rows_come_as_json_lines_after_the_name_of_their_schema_each_time_they_are_read() {
        let rows = rows(|lines| (0..3).try_for_each(|n| lines.row(&Number { n })));
        for _ in 0..2 {
            assert_eq!(read(&rows), (format!("{FIRST}{{\"n\":0}}\n{{\"n\":1}}\n{{\"n\":2}}\n"), None));
        }
    }

    #[test]
    fn rows_are_made_no_further_ahead_than_memory_is_given_to_them() {
        let made = Arc::new(Mutex::new(0));
        let count = Arc::clone(&made);
        let rows = rows(move |lines| {
            (0..100_000).try_for_each(|n| {
                *count.lock().unwrap() = n;
                lines.row(&Number { n })
            })
        });
        let mut reader = rows.open().unwrap();
        let mut buffer = [0; 10];
        while reader.read(&mut buffer).is_err() {}
        drop(reader);
        let ahead = *made.lock().unwrap();
        assert!(ahead < 3 * AHEAD / "{\"n\":10000}\n".len(), "{ahead}");
        assert_eq!(read(&rows).0.lines().count(), 100_001);
    }

    #[test]
    fn a_maker_that_hangs_is_left_behind_and_what_it_made_is_kept() {
        let (silent, _speaking) = io::pipe().unwrap();
        let rows = rows(move |lines| {
            lines.row(&Number { n: 7 })?;
            io::read_to_string(&silent).map_err(|error| Halt::of_error("waiting", &error))?;
            Ok(())
        });
        let (text, short) = read(&rows.within(Duration::from_millis(50)));
        assert_eq!(text, format!("{FIRST}{{\"n\":7}}\n"));
        assert_eq!(short.unwrap().code, ReasonCode::Timeout);
    }

    #[test]
    fn what_is_lacking_is_told_with_its_number_and_a_panic_is_no_silence() {
        let (text, short) = read(&rows(|lines| {
            lines.short(ReasonCode::ReadError, "reading 'b': broken");
            lines.short(ReasonCode::PermissionDenied, "opening 'a': refused");
            lines.short(ReasonCode::PermissionDenied, "opening 'c': refused");
            lines.row(&Number { n: 1 })
        }));
        assert_eq!(text, format!("{FIRST}{{\"n\":1}}\n"));
        let detail = "opening 'a': refused (the first of 2); reading 'b': broken";
        assert_eq!(short, Some(Reason::new(ReasonCode::PermissionDenied, detail)));

        let failed = read(&rows(|_| Err(Halt::of_error("opening 'x'", &io::ErrorKind::NotFound.into()))));
        assert_eq!((failed.0.as_str(), failed.1.unwrap().code), ("", ReasonCode::Vanished));
        assert_eq!(read(&rows(|_| Ok(()))), (FIRST.to_owned(), None));
        let (text, short) = read(&rows(|_| panic!("on purpose")));
        assert_eq!((text.as_str(), short.unwrap().code), ("", ReasonCode::Internal));
    }

    #[test]
    fn rows_without_end_and_rows_too_long_are_cut_and_say_so() {
        let endless = Rows {
            most: 100_000,
            ..rows(|lines| {
                loop {
                    lines.row(&Number { n: 1 })?;
                }
            })
        };
        let (text, short) = read(&endless);
        assert!(text.len() <= 100_000 && text.len() > 99_000, "{}", text.len());
        assert_eq!(short.unwrap().code, ReasonCode::SizeLimit);
        let (text, short) = read(&rows(|lines| lines.row(&"x".repeat(LONGEST))));
        assert_eq!((text.as_str(), short.unwrap().code), (FIRST, ReasonCode::SizeLimit));
    }
}
