//! Figures with the journal lines that made them.

/// A check quotes at most so many lines.
pub(super) const MOST_LINES: usize = 20;

/// A journal line and when it was written.
pub(super) type Line = (u64, String);

/// A count and its first lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Count {
    pub n: u64,
    lines: Vec<Line>,
}

impl Count {
    /// Counts one more; the line is made only if it is kept.
    pub fn add(&mut self, ns: u64, wanted: bool, line: impl FnOnce() -> String) {
        self.add_many(1, ns, wanted, line);
    }

    /// Counts so many more, all of one line; none is nothing.
    pub fn add_many(&mut self, n: u64, ns: u64, wanted: bool, line: impl FnOnce() -> String) {
        self.n += n;
        let wanted = wanted && n > 0;
        if wanted && self.lines.len() < MOST_LINES {
            self.lines.push((ns, line()));
        }
    }

    /// Both together, lines by time.
    pub fn merged(counts: &[&Count]) -> Count {
        let mut merged = Count { n: counts.iter().map(|count| count.n).sum(), lines: Vec::new() };
        merged.lines = counts.iter().flat_map(|count| count.lines.iter().cloned()).collect();
        merged.lines.sort_by_key(|(ns, _)| *ns);
        merged.lines.truncate(MOST_LINES);
        merged
    }

    /// The lines, and how many there would be more.
    pub fn evidence(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.lines.iter().map(|(_, line)| line.clone()).collect();
        let more = self.n.saturating_sub(lines.len() as u64);
        if more > 0 && !lines.is_empty() {
            lines.push(format!("... and {more} more"));
        }
        lines
    }
}
