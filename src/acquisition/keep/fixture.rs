//! A writer for the unit tests of this module.

use crate::acquisition::fixture::Fixture;
use crate::bundle::{Opening, Recipients, Sink, Writer, WriterOptions};

const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

pub(in crate::acquisition) fn writer(fixture: &Fixture, sink: Sink) -> Writer {
    let clock = *fixture.run().clock;
    let mut recipients = Recipients::new();
    recipients.add(RECIPIENT, "test").unwrap();
    let options = WriterOptions::new(Box::new(move || clock.now()));
    Writer::create(sink, &recipients, &Opening::default(), options).unwrap()
}
