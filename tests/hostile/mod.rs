//! What no client says: commands that were spoilt, and literals of any size. The same octets on every run.

mod literals;
mod mutants;
mod talk;
