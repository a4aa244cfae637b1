//! The mail: accounts, mailboxes, messages, and what can be asked of a message. No protocol, no sockets.

mod address;
mod addresses;
mod decode;
mod digest;
mod envelope;
mod header;
mod internal_date;
mod mailbox;
mod message;
mod mime;
mod mutation;
mod note;
mod parameters;
mod signal;
mod store;
mod transaction;

pub(crate) use digest::Fnv;
pub use digest::Identity;
pub use envelope::{Address, Envelope};
pub use internal_date::InternalDate;
pub use mailbox::{Entry, FlagUpdate, Flags, Mailbox, MailboxRef};
pub use message::Message;
pub use mime::{Content, Disposition, Part};
pub use mutation::{Change, FlagChange, Mutation, SequenceRange, Template};
pub use note::{Note, Notes};
pub use signal::Signal;
pub use store::{Account, AccountSpec, Denied, Full, InitialMail, Store, StoreSpec};
pub use transaction::{Body, Transaction};
