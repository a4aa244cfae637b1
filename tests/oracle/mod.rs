//! The IMAP session against another implementation of the grammar: `imap-codec` writes the commands that the session has to understand, and reads all that
//! the session says. No sockets: octets go into the session and come out of it.
//! Logins (`sasl`) have an oracle of their own, and sockets.

mod commands;
mod email_package;
mod known;
mod mailboxes;
mod odd_mail;
mod peer;
mod sasl;
