//! Chooses among the rule engines that are built in.
//!
//! In: the engine by name, and rule texts. Out: that engine with the rules compiled, and what could not be used.

use super::boreal::Boreal;
use super::engine::{Engine, Failures};
#[cfg(feature = "libyara")]
use super::libyara::Libyara;
use super::{EngineKind, Error};

/// Compiles texts, each in the namespace of its name.
pub(super) fn compile(
    kind: EngineKind,
    texts: &[(String, String)],
) -> Result<(Box<dyn Engine>, Failures), Error> {
    match kind {
        EngineKind::Boreal => {
            let (engine, failures) = Boreal::compile(texts);
            Ok((Box::new(engine), failures))
        }
        #[cfg(feature = "libyara")]
        EngineKind::Libyara => {
            let (engine, failures) = Libyara::compile(texts)?;
            Ok((Box::new(engine), failures))
        }
        #[cfg(not(feature = "libyara"))]
        EngineKind::Libyara => Err(Error::NotBuiltIn),
    }
}
