//! `mailfault replay` as it is typed.
