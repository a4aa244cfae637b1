use super::*;

/// The threads of messages with these header fields, in the notation of RFC 5256; numbers from 1, `-` for a dummy.
fn threads(headers: &[&str], thread: fn(&[Threadable<'_>]) -> Forest) -> String {
    let messages: Vec<Message> =
        headers.iter().map(|header| Message::new(format!("{}\r\n\r\n", header.replace('\n', "\r\n")).into())).collect();
    let given: Vec<Threadable<'_>> =
        messages.iter().map(|message| Threadable { message, arrived: Timestamp::UNIX_EPOCH }).collect();
    let forest = thread(&given);
    assert_eq!(forest.dropped, 0);
    forest.roots.iter().map(|&root| format!("({})", show(&forest, root))).collect()
}

fn show(forest: &Forest, node: usize) -> String {
    let node = &forest.nodes[node];
    let name = node.message.map_or("-".to_owned(), |place| (place + 1).to_string());
    match &node.children[..] {
        [] => name,
        [only] => format!("{name} {}", show(forest, *only)),
        children => format!("{name} {}", children.iter().map(|&child| format!("({})", show(forest, child))).collect::<String>()),
    }
}

#[test]
fn answers_stand_below_what_they_answer() {
    for (headers, expected) in [
        (
            &["Message-ID: <1@a>", "Message-ID: <2@a>\nReferences: <1@a>", "Message-ID: <3@a>\nReferences: <1@a> <2@a>"][..],
            "(1 2 3)",
        ),
        // In-Reply-To counts where References names nothing, and of it the first id only.
        (&["Message-ID: <1@a>", "In-Reply-To: <1@a> <3@a>", "Message-ID: <3@a>"], "(1 2)(3)"),
        (&["Message-ID: <1@a>", "In-Reply-To: <1@a>\nReferences: none"], "(1 2)"),
        (&["Message-ID: <1@a>", "Message-ID: <2@a>", "In-Reply-To: <1@a>\nReferences: <2@a>"], "(1)(2 3)"),
        // The order in which they come does not matter.
        (&["Message-ID: <3@a>\nReferences: <1@a> <2@a>", "Message-ID: <2@a>\nReferences: <1@a>", "Message-ID: <1@a>"], "(3 2 1)"),
        // Messages that are not there: the thread is held together.
        (&["References: <1@a> <2@a>", "References: <1@a> <3@a>"], "(- (1)(2))"),
        (&["References: <1@a> <2@a>\nMessage-ID: <3@a>", "References: <3@a>"], "(1 2)"),
        (&["Message-ID: <1@a>", "References: <1@a> <2@a>", "References: <1@a> <2@a>"], "(1 (2)(3))"),
        // Loops, and ids that two have.
        (&["Message-ID: <1@a>\nReferences: <2@a>", "Message-ID: <2@a>\nReferences: <1@a>"], "(2 1)"),
        (&["Message-ID: <1@a>\nReferences: <1@a>"], "(1)"),
        (&["Message-ID: <1@a>", "Message-ID: <1@a>", "References: <1@a>"], "(1 3)(2)"),
        (&["Message-ID: <\"1\"@a>", "References: <1@a>"], "(1 2)"),
        // What a message says of itself counts more than what another says of it.
        (
            &["Message-ID: <1@a>", "Message-ID: <2@a>", "Message-ID: <3@a>\nReferences: <1@a>", "References: <2@a> <3@a>"],
            "(1 3 4)(2)",
        ),
        (&["References: <1@a> <2@a>", "Message-ID: <1@a>", "Message-ID: <2@a>"], "(2)(3 1)"),
        (&[], ""),
    ] {
        assert_eq!(threads(headers, by_references), expected, "{headers:?}");
    }
}

#[test]
fn threads_of_one_subject_are_one() {
    for (headers, expected) in [
        (&["Subject: x", "Subject: Re: x", "Subject: RE: X"][..], "(1 (2)(3))"),
        (&["Subject: Re: x", "Subject: x"], "(2 1)"),
        (&["Subject: x", "Subject: x"], "(- (1)(2))"),
        (&["Subject: Re: x", "Subject: Fwd: x", "Subject: [a] x (fwd)"], "(- (1)(2)(3))"),
        (&["Subject: x", "Subject: x", "Subject: Re: x"], "(- (1)(2)(3))"),
        (&["Subject: x\nReferences: <1@a>", "Subject: y\nReferences: <1@a>", "Subject: Re: x"], "(- (1)(2)(3))"),
        (
            &["Subject: x\nReferences: <1@a>", "References: <1@a>", "Subject: x\nReferences: <2@a>", "References: <2@a>"],
            "(- (1)(2)(3)(4))",
        ),
        (&["Subject: ", "Subject: Re:", "X: y"], "(1)(2)(3)"),
        // Only roots are gathered.
        (&["Message-ID: <1@a>\nSubject: a", "References: <1@a>\nSubject: b", "Subject: Re: b"], "(1 2)(3)"),
    ] {
        assert_eq!(threads(headers, by_references), expected, "{headers:?}");
    }
}

#[test]
fn siblings_come_in_the_order_in_which_they_were_sent() {
    let day = |day: u32, rest: &str| format!("Date: {day} Jan 2026 00:00 +0000\n{rest}");
    let headers = [
        day(9, "Message-ID: <1@a>"),
        day(3, "References: <1@a>"),
        day(2, "References: <1@a>"),
        day(5, "References: <2@a>"),
        day(4, "References: <2@a>"),
        day(6, "Subject: z"),
    ];
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    assert_eq!(threads(&headers, by_references), "(- (5)(4))(6)(1 (3)(2))");
}

#[test]
fn by_subject_all_answer_the_first() {
    let headers = [
        "Subject: Re: a\nDate: 3 Jan 2026 00:00 +0000",
        "Subject: b\nDate: 2 Jan 2026 00:00 +0000",
        "Subject: A\nDate: 1 Jan 2026 00:00 +0000",
        "Subject: [x] a (fwd)\nDate: 2 Jan 2026 12:00 +0000",
        "Subject: Re: b\nDate: 2 Jan 2026 01:00 +0200",
    ];
    assert_eq!(threads(&headers, by_subject), "(3 (4)(1))(5 2)");
}

#[test]
fn a_hundred_thousand_references_are_no_trouble() {
    let chain: String = (0..100_000).map(|n| format!(" <{n}@a>\n")).collect();
    let backwards: String = (0..100_000).rev().map(|n| format!(" <{n}@a>\n")).collect();
    let headers = [
        format!("Message-ID: <x@a>\nReferences:{}", chain.trim_end()),
        format!("References:{}", backwards.trim_end()),
        "Message-ID: <50000@a>".to_owned(),
    ];
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let shown = threads(&headers, by_references);
    assert_eq!(shown.matches(|c: char| c.is_ascii_digit()).count(), 3, "{shown}");
}

#[test]
fn a_chain_of_many_messages_is_one_thread() {
    let headers: Vec<String> = (0..20_000).map(|n| format!("Message-ID: <{n}@a>\nIn-Reply-To: <{}@a>", n + 1)).collect();
    let messages: Vec<Message> = headers.iter().map(|header| Message::new(header.clone().into())).collect();
    let given: Vec<Threadable<'_>> =
        messages.iter().map(|message| Threadable { message, arrived: Timestamp::UNIX_EPOCH }).collect();
    let forest = by_references(&given);
    assert_eq!((forest.roots.len(), forest.dropped), (1, 0));
}
