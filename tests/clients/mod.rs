//! Clients that this project did not write, each with the texts in which it reports the core faults.

mod blackout;
mod careless;
pub mod curl;
mod healthy;
pub mod javamail;
mod keytool;
mod listener;
mod node;
mod packages;
mod provider_dovecot;
mod provider_gmail;
mod provider_microsoft;
mod provider_postfix;
mod provider_words;
pub mod python;
mod refusals;
mod rust;
mod sasl;
mod steady;
mod sync;
