//! Texts of a scenario with holes in them.

/// So many characters of a value are said, however long a name a client has chosen.
const MOST_CHARACTERS: usize = 250;

/// Puts values in place of `{name}`; braces that are none of these stay.
pub(super) fn fill(text: &str, values: &[(&str, &dyn Fn() -> String)]) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let found = values.iter().find_map(|(name, value)| Some((value, after.strip_prefix(name)?.strip_prefix('}')?)));
        rest = match found {
            Some((value, behind)) => {
                // What a client wrote must not end the line.
                out.extend(value().chars().filter(|c| !c.is_control()).take(MOST_CHARACTERS));
                behind
            }
            None => {
                out.push('{');
                after
            }
        };
    }
    out.push_str(rest);
    out
}

/// The first `{name}` that is none of these.
pub fn unknown_hole<'t>(text: &'t str, holes: &[&str]) -> Option<&'t str> {
    let names = text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name);
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    names.filter(is_name).find(|name| !holes.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_once_and_other_braces_stay() {
        let sender = || "{id}\r\n<a@b>".to_owned();
        let id = || "7".to_owned();
        let values: [(&str, &dyn Fn() -> String); 2] = [("sender", &sender), ("id", &id)];
        for (text, filled) in
            [("250 ok", "250 ok"), ("250 {sender} {id}", "250 {id}<a@b> 7"), ("{ {x} {id {id}} {", "{ {x} {id 7} {")]
        {
            assert_eq!(fill(text, &values), filled);
        }
    }

    #[test]
    fn a_hole_that_nothing_fills_is_found() {
        assert_eq!(unknown_hole("{id} {ID} {} {x} {", &["id"]), Some("x"));
        assert_eq!(unknown_hole("{id}", &["id"]), None);
    }
}
