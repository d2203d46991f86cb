//! CARRY: what a responder takes along.
