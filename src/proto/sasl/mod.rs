//! SASL mechanisms (RFC 4422), server side.
