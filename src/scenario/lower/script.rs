//! Scripts in scenario files: `script` of a `[[dialogue]]` or a `[[wire]]`.

use super::read::Cx;
use crate::proto::script::Line;
use crate::scenario::script::{Kind, Origin, parse};
use crate::scenario::tree::Entry;

/// The lines of a script, and where they stand in the file. What is wrong in it has been reported, and the lines are the others.
pub(super) fn script(cx: &mut Cx<'_>, entry: &Entry) -> Option<(Vec<Line>, Origin)> {
    let text = cx.text(entry)?;
    let origin = Origin::string(&entry.node, &text, cx.sources);
    let (lines, slips) = parse(&text, Kind::Script);
    if lines.is_empty() && slips.is_empty() {
        cx.problem(entry.node.span, "this script has no line").help("write a line such as `S: 220 mx.example.test ESMTP`");
    }
    cx.problems.extend(slips.into_iter().map(|slip| slip.problem(&origin)));
    Some((lines, origin))
}
