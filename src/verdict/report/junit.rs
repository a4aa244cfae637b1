//! For CI: JUnit XML.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::{Check, FaultReport, Report};

/// A report and what its test suite is called.
#[derive(Clone, Copy, Debug)]
pub struct NamedReport<'a> {
    /// The scenario's name, say; unique in the file.
    pub name: &'a str,
    /// How long the run took, where it is known.
    pub took: Option<Duration>,
    /// The report.
    pub report: &'a Report,
}

/// A test suite a report, its property `time-scale` where there is one, with a case for every expectation, every fault and whatever else makes the verdict inconclusive. A failed expectation is a failure and carries its evidence;
/// what was not tested is an error. An optional fault that did not fire is skipped.
///
/// # Errors
/// The XML could not be written: never seen for text, which is cleaned of what XML cannot hold.
pub fn junit(reports: &[NamedReport<'_>]) -> Result<String, quick_junit::SerializeError> {
    let mut junit = Junit::new("mailfault");
    for named in reports {
        let mut suite = TestSuite::new(named.name);
        if let Some(took) = named.took {
            suite.set_time(took);
        }
        if named.report.time_scale != 1.0 {
            suite.add_property(("time-scale", named.report.time_scale.to_string().as_str()));
        }
        for check in &named.report.checks {
            let mut case = check_case(check);
            case.set_classname(named.name);
            suite.add_test_case(case);
        }
        let cases = named.report.faults.iter().map(fault_case);
        let decisive = named.report.notices.iter().filter(|notice| notice.inconclusive);
        let cases = cases.chain(decisive.map(|notice| {
            let status = error("inconclusive", &notice.text, String::new());
            ("the run is whole".to_owned(), status)
        }));
        for (name, status) in cases {
            let mut case = TestCase::new(name, status);
            case.set_classname(named.name);
            suite.add_test_case(case);
        }
        junit.add_test_suite(suite);
    }
    junit.to_string()
}

fn check_case(check: &Check) -> TestCase {
    let name = format!("{} = {}", check.name(), check.expected);
    let message = format!("expected {}, found {}", check.expected, check.found);
    let status = if check.uncertain {
        error("inconclusive", &format!("{message}, but the journal is not whole"), check.evidence.join("\n"))
    } else if check.held {
        TestCaseStatus::success()
    } else {
        non_success(NonSuccessKind::Failure, "expectation", &message, check.evidence.join("\n"))
    };
    let mut case = TestCase::new(name, status);
    if check.is_time() && check.held && !check.uncertain {
        case.set_system_out(format!("found {}", check.found));
    }
    case
}

fn fault_case(fault: &FaultReport) -> (String, TestCaseStatus) {
    let fired = fault.fired > 0 || fault.unseen;
    let status = match (fired, fault.optional) {
        (true, _) => TestCaseStatus::success(),
        (false, true) => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message("an optional fault that did not fire");
            skipped
        }
        (false, false) => error("inconclusive", "the fault never fired, so nothing was tested", fault.nearest.join("\n")),
    };
    (format!("fault {} fires", fault.name), status)
}

fn error(kind: &str, message: &str, description: String) -> TestCaseStatus {
    non_success(NonSuccessKind::Error, kind, message, description)
}

fn non_success(what: NonSuccessKind, kind: &str, message: &str, description: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(what);
    status.set_type(kind).set_message(message);
    if !description.is_empty() {
        status.set_description(description);
    }
    status
}
