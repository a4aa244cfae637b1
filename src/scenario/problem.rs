//! What is wrong with a scenario file: every problem with its place, shown as a compiler would.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Element, Level, Renderer, Snippet};

/// More problems than this are counted, not shown.
const MOST_SHOWN: usize = 100;

/// A scenario's text and where it came from.
#[derive(Clone, Debug)]
pub struct Source {
    /// What messages call it: a path, or the name of a built-in scenario.
    pub name: String,
    /// TOML.
    pub text: Arc<str>,
    /// The folder that `file = "x.eml"` and paths in `use` start from; `None` where there is none (built-in scenarios, the API).
    pub base: Option<PathBuf>,
}

impl Source {
    /// Text without a folder.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Source { name: name.into(), text: text.into(), base: None }
    }

    /// Text of the file at this path.
    pub(super) fn of_file(path: &Path, text: String) -> Self {
        let base = path.parent().map(Path::to_owned).unwrap_or_default();
        Source { name: path.display().to_string(), text: text.into(), base: Some(base) }
    }
}

/// A stretch of one of the files, in octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Which of [`Problems::sources`].
    pub file: usize,
    /// First octet.
    pub start: usize,
    /// One after the last octet.
    pub end: usize,
}

impl Span {
    pub(super) fn new(file: usize, range: Range<usize>) -> Self {
        Span { file, start: range.start, end: range.end }
    }
}

/// One problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// A few words at the caret.
    pub label: String,
    /// Another place that has to do with it, and what it is.
    pub also: Option<(Span, String)>,
    /// What to do, a line each.
    pub help: Vec<String>,
    /// Something is absent. Where the syntax is broken, it may well be there.
    pub(super) missing: bool,
}

impl Problem {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Problem { span, message: message.into(), label: String::new(), also: None, help: Vec::new(), missing: false }
    }

    pub(super) fn missing(&mut self) -> &mut Self {
        self.missing = true;
        self
    }

    pub(super) fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = label.into();
        self
    }

    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help.push(help.into());
        self
    }

    pub(super) fn maybe_help(&mut self, help: Option<String>) -> &mut Self {
        self.help.extend(help);
        self
    }

    pub(super) fn also(&mut self, span: Span, label: impl Into<String>) -> &mut Self {
        self.also = Some((span, label.into()));
        self
    }
}

/// Every problem of a scenario, in the order of their places.
#[derive(Clone, Debug)]
pub struct Problems {
    /// The files that the scenario is made of.
    pub sources: Vec<Source>,
    /// The problems, at least one.
    pub list: Vec<Problem>,
}

impl Problems {
    pub(super) fn new(sources: Vec<Source>, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| problem.span);
        list.dedup();
        Problems { sources, list }
    }

    /// All of them for people: message, `file:line:column`, the line with carets, and what to do. With `colour`, ANSI sequences.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let shown = self.list.iter().take(MOST_SHOWN);
        let mut texts: Vec<String> = shown.map(|problem| self.render_one(problem, &renderer)).collect();
        if self.list.len() > MOST_SHOWN {
            texts.push(format!("... and {} more", self.list.len() - MOST_SHOWN));
        }
        texts.join("\n\n") + "\n"
    }

    fn render_one(&self, problem: &Problem, renderer: &Renderer) -> String {
        let title = Level::ERROR.primary_title(&*problem.message);
        let mut elements: Vec<Element<'_>> = Vec::new();
        if let Some(snippet) = self.snippet(problem.span) {
            let label = (!problem.label.is_empty()).then_some(&*problem.label);
            let mut snippet = snippet.annotation(AnnotationKind::Primary.span(self.range(problem.span)).label(label));
            let mut other = None;
            if let Some((span, label)) = &problem.also {
                let note = AnnotationKind::Context.span(self.range(*span)).label(&**label);
                if span.file == problem.span.file {
                    snippet = snippet.annotation(note);
                } else {
                    other = self.snippet(*span).map(|snippet| snippet.annotation(note));
                }
            }
            elements.push(snippet.into());
            elements.extend(other.map(Element::from));
        }
        elements.extend(problem.help.iter().map(|help| Level::HELP.message(&**help).into()));
        renderer.render(&[title.elements(elements)])
    }

    fn snippet(&self, span: Span) -> Option<Snippet<'_, Annotation<'_>>> {
        let source = self.sources.get(span.file)?;
        (!source.text.is_empty()).then(|| Snippet::source(&*source.text).path(&*source.name))
    }

    /// The octets of a span, inside the text and at the borders of characters whatever happens.
    fn range(&self, span: Span) -> Range<usize> {
        let text = self.sources.get(span.file).map_or("", |source| &*source.text);
        let inside = |at: usize| {
            let at = at.min(text.len());
            (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
        };
        inside(span.start)..inside(span.end).max(inside(span.start))
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

impl std::error::Error for Problems {}

/// The candidate that is most like the word, if any is like it at all.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // A long word has room for more slips of the finger; comparing very long ones would take for ever.
    let most = (word.chars().count() / 3).clamp(1, 4);
    if word.len() > 100 {
        return None;
    }
    let distances = candidates.into_iter().map(|candidate| {
        let lower = candidate.to_lowercase();
        let alike = lower.replace('-', "_") == word.replace('-', "_");
        (if alike { 0 } else { strsim::osa_distance(&word, &lower) }, candidate)
    });
    distances.filter(|&(distance, _)| distance <= most).min_by_key(|&(distance, _)| distance).map(|(_, candidate)| candidate)
}

/// `did you mean ...?` for the nearest candidate.
pub(super) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}
