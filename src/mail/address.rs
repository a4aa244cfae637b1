//! From an address to the names of accounts.

/// The names under which the owner of this address may have an account: the address without its plus-tag, then its local part without it.
pub fn account_names(address: &str) -> [&str; 2] {
    // The domain starts at the last `@`: a quoted local part may hold others (RFC 5321 section 4.1.2).
    match address.rsplit_once('@') {
        Some((local, _)) => [address, local.split_once('+').map_or(local, |(name, _)| name)],
        None => [address, address.split_once('+').map_or(address, |(name, _)| name)],
    }
}

/// The address without its plus-tag: `bob+news@a.test` is `bob@a.test`.
pub fn without_tag(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.split_once('+').map_or(local, |(name, _)| name)),
        None => account_names(address)[1].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_cut_and_the_local_part_is_a_name_too() {
        assert_eq!(without_tag("bob+news@a.test"), "bob@a.test");
        assert_eq!(account_names("bob+news@a.test")[1], "bob");
        assert_eq!(without_tag("bob"), "bob");
    }
}
