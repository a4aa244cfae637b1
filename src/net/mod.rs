//! Sockets: listeners and the driver of connections.
