//! READ: a bundle becomes a verdict, files, reports.
