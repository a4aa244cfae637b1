//! Values such as `text/plain; charset="utf-8"` (RFC 2045 section 5.1, RFC 2183 section 2).

/// More parameters than this are not kept.
const MOST_PARAMETERS: usize = 1_000;

/// Parts a value from its parameters. Comments go, quotes and escapes are undone; names and RFC 2231 forms stay as they stand.
pub(super) fn split(value: &str) -> (String, Vec<(String, String)>) {
    let mut pieces = Pieces { rest: value };
    let head = pieces.next_piece();
    let mut parameters = Vec::new();
    while !pieces.rest.is_empty() && parameters.len() < MOST_PARAMETERS {
        if let Some(parameter) = pieces.parameter() {
            parameters.push(parameter);
        }
    }
    (head, parameters)
}

struct Pieces<'a> {
    rest: &'a str,
}

impl Pieces<'_> {
    /// All up to the next `;`, which is taken: quotes undone, comments gone, trimmed.
    fn next_piece(&mut self) -> String {
        let mut piece = String::new();
        while let Some(c) = self.bump() {
            match c {
                ';' => break,
                '"' => self.quoted(&mut piece),
                // RFC 2045 has comments anywhere, but the world has `name=report(1).pdf`.
                '(' if piece.is_empty() || piece.ends_with([' ', '\t']) => self.comment(),
                c => piece.push(c),
            }
        }
        piece.trim().to_owned()
    }

    /// `name=value` up to the next `;`, which is taken; `None` where there is no `=`.
    fn parameter(&mut self) -> Option<(String, String)> {
        let end = self.rest.find([';', '=']).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if !rest.starts_with('=') {
            self.rest = rest.get(1..).unwrap_or("");
            return None;
        }
        // `charset (as ever) = x` is allowed, too, and `(now) charset = x`.
        let mut piece = Pieces { rest: name };
        let name = piece.next_piece();
        self.rest = rest.get(1..).unwrap_or("");
        let value = self.next_piece();
        (!name.is_empty()).then_some((name, value))
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn quoted(&mut self, into: &mut String) {
        while let Some(c) = self.bump() {
            match c {
                '"' => return,
                '\\' => into.extend(self.bump()),
                c => into.push(c),
            }
        }
    }

    fn comment(&mut self) {
        let mut depth = 1_usize;
        while let Some(c) = self.bump() {
            match c {
                '\\' => drop(self.bump()),
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_in_every_shape() {
        for (value, head, parameters) in [
            ("text/plain", "text/plain", vec![]),
            ("text/plain; charset=utf-8", "text/plain", vec![("charset", "utf-8")]),
            (r#"a/b; name="x \"y\"; z" ; Q = 1"#, "a/b", vec![("name", "x \"y\"; z"), ("Q", "1")]),
            ("a/b (so (it) is); c=d (and so on)", "a/b", vec![("c", "d")]),
            ("a/b; (one) c (two (three)) =d; (four) e=f", "a/b", vec![("c", "d"), ("e", "f")]),
            ("a/b; name=report(1).pdf", "a/b", vec![("name", "report(1).pdf")]),
            ("a/b; name*0*=utf-8''%C3; name*1=x", "a/b", vec![("name*0*", "utf-8''%C3"), ("name*1", "x")]),
            ("a/b;;nothing; =x; c=", "a/b", vec![("c", "")]),
            ("a/b; c=\"never closed; d=e", "a/b", vec![("c", "never closed; d=e")]),
            ("", "", vec![]),
        ] {
            let parameters: Vec<(String, String)> = parameters.into_iter().map(|(n, v)| (n.into(), v.into())).collect();
            assert_eq!(split(value), (head.to_owned(), parameters), "{value}");
        }
    }
}
