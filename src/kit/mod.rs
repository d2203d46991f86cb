//! CARRY: what a responder takes along. For now the keys; the layout of a stick and its launchers come later.

pub mod keys;
