//! The mail: accounts, mailboxes, messages, and what can be asked of a message. No protocol, no sockets.

mod account;
mod address;
mod addresses;
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
mod room;
mod signal;
mod special_use;
mod store;
mod transaction;

pub use account::{Account, AccountSpec, MOST_NAME, is_mailbox_name};
pub(crate) use digest::Fnv;
pub use digest::Identity;
pub use envelope::{Address, Envelope};
pub use internal_date::InternalDate;
pub use mailbox::{Entry, FlagUpdate, Flags, Mailbox, MailboxRef};
pub use message::Message;
pub use mime::{Content, Disposition, Part};
pub use mutation::{Change, FlagChange, Mutation, SequenceRange, Template};
pub use note::{Note, Notes};
pub use room::{Full, Held, Quota, Room};
pub use signal::Signal;
pub use special_use::{SPECIAL_USES, special_use};
pub use store::{Denied, InitialMail, InitialMailbox, Store, StoreSpec};
pub use transaction::{Body, Transaction};
