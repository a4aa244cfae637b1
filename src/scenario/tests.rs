//! Whole files: what good ones become, and what is said of bad ones.

mod accounts;
mod bad;
mod good;
mod impossible;
mod tls;
mod together;
mod words;
