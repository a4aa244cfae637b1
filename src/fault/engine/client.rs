//! What the engine knows of one connection.

use std::collections::HashSet;
use std::net::IpAddr;

/// Values of `per` that are remembered for one connection, to take it out of them at its end.
const MAX_VISITED: usize = 10_000;

/// A connection, from [`super::Engine::connect`] to [`super::Engine::disconnect`].
#[derive(Debug)]
pub struct Client {
    /// In the whole server, from 1.
    pub number: u32,
    /// Among the connections of its protocol, from 1.
    pub ordinal: u32,
    /// Among those of its protocol's listeners with implicit TLS, from 1; 0 where its own is none.
    pub(super) ordinal_implicit: u32,
    /// Among those of its listener, from 1.
    pub(super) ordinal_listener: u32,
    listener: u32,
    peer: IpAddr,
    closed: bool,
    /// Made when a fault first matches on it: most connections never need it.
    own: Option<Box<Own>>,
}

/// A connection's own counts.
#[derive(Debug, Default)]
struct Own {
    /// By track, ascending: matches of `where` and `connections`. Neither depends on time, so neither do the draws that count by it.
    matched: Vec<(u32, u64)>,
    /// Tracks that fired.
    fired: Vec<u32>,
    /// Track and value of `per`.
    visited: HashSet<(u32, u64)>,
}

impl Client {
    pub(super) fn new(number: u32, listener: usize, peer: IpAddr) -> Self {
        let listener = u32::try_from(listener).unwrap_or(u32::MAX);
        // The same client over IPv4 and over an IPv6 socket that takes both is one peer.
        let peer = peer.to_canonical();
        Client { number, ordinal: 0, ordinal_implicit: 0, ordinal_listener: 0, listener, peer, closed: false, own: None }
    }

    /// Index of its listener.
    pub fn listener(&self) -> usize {
        self.listener as usize
    }

    /// Its address.
    pub fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Tracks that fired at earlier moments.
    pub(super) fn fired(&self) -> &[u32] {
        self.own.as_deref().map(|own| &*own.fired).unwrap_or_default()
    }

    pub(super) fn remember_fired(&mut self, tracks: &[u32]) {
        if tracks.is_empty() {
            return;
        }
        let own = self.own.get_or_insert_default();
        for track in tracks {
            if let Err(place) = own.fired.binary_search(track) {
                own.fired.insert(place, *track);
            }
        }
    }

    /// Counts a match of this track on this connection; its number, from 1.
    pub(super) fn matched(&mut self, track: u32) -> u64 {
        let matched = &mut self.own.get_or_insert_default().matched;
        match matched.binary_search_by_key(&track, |&(track, _)| track) {
            Err(place) => {
                matched.insert(place, (track, 1));
                1
            }
            Ok(place) => matched.get_mut(place).map_or(1, |(_, number)| {
                *number += 1;
                *number
            }),
        }
    }

    /// Remembers a value of `per`; `false` where there are too many to remember.
    pub(super) fn visit(&mut self, track: u32, key: u64) -> bool {
        let visited = &mut self.own.get_or_insert_default().visited;
        visited.contains(&(track, key)) || (visited.len() < MAX_VISITED && visited.insert((track, key)))
    }

    pub(super) fn take_visited(&mut self) -> HashSet<(u32, u64)> {
        self.own.as_deref_mut().map(|own| std::mem::take(&mut own.visited)).unwrap_or_default()
    }

    /// Marks it as over; whether it was not before.
    pub(super) fn close(&mut self) -> bool {
        !std::mem::replace(&mut self.closed, true)
    }
}
