//! The mail: accounts, mailboxes, messages, and what can be asked of a message. No protocol, no sockets.

mod address;
mod addresses;
mod date_field;
mod decode;
mod digest;
mod envelope;
mod header;
mod internal_date;
mod mailbox;
mod message;
mod message_ids;
mod mime;
mod mutation;
mod note;
mod object_id;
mod parameters;
mod pattern;
mod searching;
mod signal;
mod store;
mod transaction;

pub use decode::from_charset;
pub(crate) use digest::Fnv;
pub use digest::Identity;
pub use envelope::{Address, Envelope};
pub use internal_date::InternalDate;
pub use mailbox::{Entry, FlagUpdate, Flags, Mailbox, MailboxRef};
pub use message::Message;
pub use mime::{Content, Disposition, Part};
pub use mutation::{Change, FlagChange, Mutation, SequenceRange, Template};
pub use note::{Note, Notes};
pub use pattern::Pattern;
pub use searching::Scratch;
pub use signal::Signal;
pub use store::{Account, AccountSpec, Denied, Full, InitialMail, Store, StoreSpec};
pub use transaction::{Body, Transaction};
