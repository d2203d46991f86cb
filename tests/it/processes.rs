//! Processes that end while they are looked at: that is what processes do, and no failure of a run.

use std::ops::ControlFlow;
use std::process::{Child, Command, Stdio};

use veldkit::evidence::{Outcome, ReasonCode};
use veldkit::playbook::{Catalogue, Request};
use veldkit::sources::{Finding, Found, Target};
use veldkit::sys::is_gone;

use crate::made::Made;

/// A process of the test's own.
fn child() -> Child {
    Command::new("sleep").arg("600").stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

/// What the live target finds at a path.
fn find(target: &Target, path: &str) -> Found {
    let request = Request { paths: vec![path.to_owned()], ..Request::default() };
    let plan = Catalogue::embedded().unwrap().plan(&request, target.os()).unwrap();
    let mut found = None;
    for step in &plan.steps {
        veldkit::live::find_step(target, step, &mut |finding| {
            if let Finding::Found(one) = finding {
                found = Some(one);
            }
            ControlFlow::Continue(())
        });
    }
    found.unwrap()
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_process_that_ends_before_it_is_opened_has_vanished() {
    let child = child();
    let target = Target::live().unwrap();
    let found = find(&target, &format!("/proc/{}/status", child.id()));
    end(child);
    let gap = target.open(&found).err().unwrap();
    assert_eq!((gap.outcome, gap.reason.code), (Outcome::Missing, ReasonCode::Vanished), "{gap:?}");
}

#[test]
fn a_process_that_ends_before_it_is_read_is_gone() {
    let child = child();
    let status = format!("/proc/{}/status", child.id());
    let mut file = std::fs::File::open(status).unwrap();
    end(child);
    let error = std::io::Read::read(&mut file, &mut [0; 64]).unwrap_err();
    assert!(is_gone(&error), "{error:?}");
}

#[test]
fn a_running_process_is_collected_whole() {
    let made = Made::new();
    let child = child();
    let path = format!("/proc/{}/cmdline", child.id());
    let recipient = made.recipient();
    let arguments = ["collect", "--out", "out/", "-r", &recipient, "--json", "--quiet", "--path", &path];
    let output = made.veldkit(arguments);
    end(child);
    assert_eq!(output.status.code(), Some(0), "{}", crate::made::text(&output.stderr));
    let record = made.record(path.trim_start_matches('/'));
    assert_eq!((&record["outcome"], &record["content"]["size_stored"]), (&"collected".into(), &10.into()));
}
