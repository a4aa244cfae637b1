//! From names, paths and texts to a [`Scenario`].

use std::io::Read;
use std::path::{Path, PathBuf};

use super::merge::{Part, merge};
use super::problem::{Problem, Problems, Source};
use super::tree::{Parsed, Value, parse_toml};
use super::{Scenario, builtin, lower};

/// A scenario file is never this long; a disk image is.
const MOST_OCTETS: u64 = 4 << 20;
/// More files than this are not followed.
const MOST_FILES: usize = 100;

/// Why a SCENARIO argument gives no scenario. Its text is for people and may have several lines.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// Neither a built-in scenario nor a file.
    #[error("there is no built-in scenario and no file `{name}`{hint}")]
    Unknown {
        /// As it was given.
        name: String,
        /// What may have been meant, with a leading space or line break; may be empty.
        hint: String,
    },
    /// The file cannot be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Nothing stands before or behind a `+`.
    #[error("`{0}` names no scenario before or after a `+`")]
    Empty(String),
    /// It was read, and it is wrong.
    #[error("{0}")]
    Wrong(Box<Problems>),
}

/// The scenario of a SCENARIO argument: a built-in name, a path, or several with `+` between them, merged in that order.
///
/// Every duration but the settle time of `reset` is multiplied by `time_scale`, which is finite and above 0.
///
/// # Errors
/// See [`ResolveError`]; all problems of all files come at once.
pub fn resolve(spec: &str, time_scale: f64) -> Result<Scenario, ResolveError> {
    // A path may hold a `+` of its own.
    let parts = if Path::new(spec).is_file() { vec![spec] } else { spec.split('+').map(str::trim).collect() };
    if parts.iter().any(|part| part.is_empty()) {
        return Err(ResolveError::Empty(spec.to_owned()));
    }
    let sources = parts.into_iter().map(find).collect::<Result<Vec<Source>, ResolveError>>()?;
    load_all(spec, sources, time_scale).map_err(|problems| ResolveError::Wrong(Box::new(problems)))
}

/// The text of one built-in scenario or file.
///
/// # Errors
/// [`ResolveError::Unknown`] with a suggestion, or [`ResolveError::Read`].
pub fn find(name: &str) -> Result<Source, ResolveError> {
    if let Some(source) = builtin::get(name) {
        return Ok(source);
    }
    let path = Path::new(name);
    if path.exists() {
        return read(path);
    }
    let hint = match builtin::alike(name) {
        Some(alike) => format!("; did you mean `{alike}`?"),
        None => "\n`mailfault list` shows the built-in scenarios".to_owned(),
    };
    Err(ResolveError::Unknown { name: name.to_owned(), hint })
}

/// The text of a file.
///
/// # Errors
/// [`ResolveError::Read`].
pub fn read(path: &Path) -> Result<Source, ResolveError> {
    let text = std::fs::metadata(path).and_then(|meta| match meta.len() {
        _ if meta.is_dir() => Err(std::io::Error::other("it is a folder")),
        len if len > MOST_OCTETS => Err(std::io::Error::other("it is larger than 4 MiB")),
        _ => read_text(path),
    });
    match text {
        Ok(text) => Ok(Source::of_file(path, text)),
        Err(error) => Err(ResolveError::Read { path: path.to_owned(), error }),
    }
}

/// A device or a pipe has no size beforehand, and perhaps no end.
fn read_text(path: &Path) -> std::io::Result<String> {
    let mut octets = Vec::new();
    std::fs::File::open(path)?.take(MOST_OCTETS + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > MOST_OCTETS {
        return Err(std::io::Error::other("it is larger than 4 MiB"));
    }
    String::from_utf8(octets).map_err(|_| std::io::Error::other("it is no text in UTF-8"))
}

/// The scenario of one text and of all that it uses.
///
/// # Errors
/// All problems at once.
pub fn load(source: &Source, time_scale: f64) -> Result<Scenario, Problems> {
    load_all(&source.name, vec![source.clone()], time_scale)
}

/// The scenario of several texts, merged in that order.
///
/// # Errors
/// All problems at once.
pub fn load_all(name: &str, sources: Vec<Source>, time_scale: f64) -> Result<Scenario, Problems> {
    let mut loader = Loader::default();
    for source in sources {
        loader.add(source, true);
    }
    let Loader { sources, mut problems, broken, parts, .. } = loader;
    let root = merge(parts, &sources, &mut problems);
    let mut cx = lower::Cx { problems: Vec::new(), sources: &sources, scale: time_scale };
    let scenario = lower::scenario(&mut cx, name, &root);
    // What is absent may be in a part that could not be read.
    problems.extend(cx.problems.into_iter().filter(|problem| !broken || !problem.missing));
    if problems.is_empty() { Ok(scenario) } else { Err(Problems::new(sources, problems)) }
}

#[derive(Default)]
struct Loader {
    sources: Vec<Source>,
    /// What tells two files apart, for each source.
    ids: Vec<String>,
    /// Those whose `use` is being followed.
    open: Vec<String>,
    problems: Vec<Problem>,
    /// The syntax of a file is broken.
    broken: bool,
    parts: Vec<Part>,
}

impl Loader {
    /// Reads a file, once, and those that it uses before it. The answer is its number.
    fn add(&mut self, source: Source, asked_for: bool) -> usize {
        let id = identity(&source);
        if let Some(known) = self.ids.iter().position(|other| *other == id) {
            if let Some(part) = self.parts.iter_mut().find(|part| part.root.span.file == known) {
                part.asked_for |= asked_for;
            }
            return known;
        }
        let file = self.sources.len();
        let Parsed { root, problems, broken } = parse_toml(file, &source.text);
        self.broken |= broken;
        self.problems.extend(problems);
        let base = source.base.clone();
        self.sources.push(source);
        self.ids.push(id.clone());
        self.open.push(id);
        let mut uses: Vec<usize> = Vec::new();
        for item in root.get("use").map_or(&[][..], |entry| entry.node.items()) {
            match &item.value {
                Value::Text(name) => {
                    let Some(used) = self.follow(name, item.span, base.as_deref()) else { continue };
                    let more = self.parts.iter().find(|part| part.root.span.file == used).map_or(&[][..], |part| &part.uses);
                    uses.extend(more.iter().copied().chain([used]));
                }
                _ => {
                    let message = format!("`use` must be a string or a list of strings, not {}", item.kind());
                    self.problems.push(Problem::new(item.span, message));
                }
            }
        }
        self.open.pop();
        self.parts.push(Part { root, asked_for, uses });
        file
    }

    fn follow(&mut self, name: &str, span: super::Span, base: Option<&Path>) -> Option<usize> {
        let source = match (builtin::get(name), base) {
            (Some(source), _) => Ok(source),
            (None, Some(base)) if base.join(name).exists() => read(&base.join(name)),
            _ => Err(ResolveError::Unknown { name: name.to_owned(), hint: String::new() }),
        };
        let mut problem = match source {
            Ok(source) if self.open.contains(&identity(&source)) => {
                let mut problem = Problem::new(span, format!("`{name}` uses this file in turn"));
                problem.help("leave one of the two out");
                problem
            }
            Ok(_) if self.sources.len() >= MOST_FILES => Problem::new(span, format!("more than {MOST_FILES} files")),
            Ok(source) => return Some(self.add(source, false)),
            Err(error) => Problem::new(span, error.to_string()),
        };
        if let Some(alike) = builtin::alike(name).filter(|alike| *alike != name) {
            problem.help(format!("did you mean `{alike}`?"));
        }
        self.problems.push(problem);
        None
    }
}

fn identity(source: &Source) -> String {
    let path = source.base.as_ref().and_then(|_| std::fs::canonicalize(&source.name).ok());
    path.map_or_else(|| format!("built-in {}", source.name), |path| path.display().to_string())
}
