//! HOW: one pass over the plan.
