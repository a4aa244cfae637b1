//! Commands of every verb, spoilt a little, in every state, in pieces of any size.

use super::talk::{Numbers, Talk, lines};

const MUTANTS: usize = 20_000;
/// A session takes so many of them, then another one begins.
const A_SESSION: usize = 40;

/// What was said before the mutants come.
const STATES: [&str; 8] = [
    "",
    "L LOGIN alice x\r\n",
    "L LOGIN alice x\r\nS SELECT INBOX\r\n",
    "L LOGIN alice x\r\nS EXAMINE INBOX\r\n",
    "L LOGIN alice x\r\nE ENABLE IMAP4rev2 UTF8=ACCEPT\r\nS SELECT INBOX\r\n",
    "L LOGIN alice x\r\nE ENABLE CONDSTORE QRESYNC\r\nS SELECT INBOX\r\n",
    "L LOGIN alice x\r\nE ENABLE CONDSTORE\r\nC CREATE work\r\nP COPY 1 work\r\nS SELECT work\r\nD DELETE work\r\n",
    "L LOGIN alice x\r\nS SELECT INBOX\r\nI IDLE\r\n",
];

/// Every verb that is known, with what each of its forms can hold.
const COMMANDS: [&str; 78] = [
    "CAPABILITY",
    "NOOP",
    "LOGOUT",
    "STARTTLS",
    "ID (\"name\" \"x\" \"version\" NIL)",
    "ID NIL",
    "LOGIN alice \"pass word\"",
    "LOGIN {5+}\r\nalice {1+}\r\nx",
    "AUTHENTICATE PLAIN",
    "AUTHENTICATE PLAIN AGFsaWNlAHg=",
    "AUTHENTICATE LOGIN",
    "AUTHENTICATE XOAUTH2 =",
    "ENABLE CONDSTORE",
    "ENABLE QRESYNC UTF8=ACCEPT IMAP4rev2 X-NOT",
    "SELECT INBOX",
    "SELECT INBOX (CONDSTORE)",
    "SELECT INBOX (QRESYNC (1700000001 5 1:3 (1,2 1,3)))",
    "EXAMINE \"inbox\" (CONDSTORE)",
    "CREATE new/inner",
    "CREATE sent (USE (\\Sent \\Drafts))",
    "DELETE new/inner",
    "RENAME new \"new er\"",
    "SUBSCRIBE INBOX",
    "UNSUBSCRIBE INBOX",
    "LIST \"\" *",
    "LIST \"\" (\"INBOX\" \"n%\") RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES UNSEEN SIZE))",
    "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" \"%\"",
    "LSUB \"\" \"%\"",
    "NAMESPACE",
    "STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)",
    "STATUS INBOX (SIZE HIGHESTMODSEQ DELETED DELETED-STORAGE APPENDLIMIT MAILBOXID)",
    "APPEND INBOX (\\Seen $Work) \"02-Feb-2026 10:00:00 +0000\" {12+}\r\nSubject: x\r\n",
    "APPEND INBOX {4+}\r\n\r\nab {4+}\r\n\r\ncd",
    "APPEND INBOX ~{4+}\r\n\r\n\0b",
    "APPEND INBOX UTF8 (~{4+}\r\n\r\n\0b)",
    "IDLE",
    "CHECK",
    "CLOSE",
    "UNSELECT",
    "EXPUNGE",
    "UID EXPUNGE 1:*",
    "SEARCH ALL",
    "SEARCH CHARSET UTF-8 NOT (SUBJECT {3+}\r\naß OR FROM ann LARGER 3)",
    "SEARCH RETURN (MIN MAX COUNT ALL SAVE) UNSEEN SINCE 1-Feb-2026 HEADER x \"\"",
    "SEARCH RETURN () $ YOUNGER 10 OLDER 3 KEYWORD $Work UID 1:3,5 2:*",
    "UID SEARCH RETURN (ALL) MODSEQ \"/flags/\\\\draft\" all 3",
    "SORT (REVERSE ARRIVAL SUBJECT SIZE) UTF-8 ALL",
    "UID SORT RETURN (COUNT) (DATE CC FROM TO) US-ASCII SEEN",
    "THREAD REFERENCES UTF-8 ALL",
    "UID THREAD ORDEREDSUBJECT US-ASCII SINCE 1-Feb-2026",
    "FETCH 1:* FAST",
    "FETCH 1:* FULL",
    "FETCH 2 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY MODSEQ EMAILID THREADID)",
    "FETCH 1,3 (BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT \"to\")] BODY[1.MIME]<3.5> BODY[TEXT])",
    "FETCH 2 (BINARY.PEEK[2] BINARY.SIZE[2] BINARY[2]<1.2>)",
    "FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT)",
    "FETCH 1:* FLAGS (CHANGEDSINCE 3)",
    "UID FETCH 1:* FLAGS (CHANGEDSINCE 1 VANISHED)",
    "STORE 1:3 +FLAGS.SILENT (\\Deleted $Later)",
    "STORE * FLAGS ()",
    "UID STORE 2 (UNCHANGEDSINCE 5) -FLAGS \\Flagged",
    "COPY 1:2 INBOX",
    "UID COPY 2 Archive",
    "MOVE 1 INBOX",
    "UID MOVE 2 Archive",
    "GETQUOTA \"\"",
    "GETQUOTAROOT INBOX",
    "SETQUOTA \"\" (STORAGE 512 MESSAGE 3)",
    "SETQUOTA \"\" ()",
    "UID NOOP",
    "XYZZY 1 (2 {3+}\r\nabc)",
    "SEARCH UID $",
    "FETCH $ FLAGS",
    "SEARCH NOT NOT NOT NOT OR OR ALL ALL ALL",
    "STORE 1 +FLAGS (\\Recent \\* \\XYZ)",
    "LIST \"\" \"&ZeVnLIqe-/*\"",
    "CREATE \"&AMQ-\"",
    "SELECT {5+}\r\nINBOX (CONDSTORE QRESYNC (1 1))",
];

/// Words that mean something somewhere.
const WORDS: [&[u8]; 26] = [
    b"(",
    b")",
    b"\"",
    b"\\",
    b"*",
    b"%",
    b"{",
    b"}",
    b"[",
    b"]",
    b"<0.1>",
    b"~",
    b"$",
    b":",
    b",",
    b" ",
    b"NIL",
    b"{0+}\r\n",
    b"{3+}\r\nabc",
    b"{3}\r\nabc",
    b"~{2+}\r\n\0\xff",
    b"1:*",
    b"\xc3\x9f",
    b"\xff",
    b"\t",
    b"&AMQ-",
];
const NUMBERS: [&str; 8] = [
    "0",
    "1",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999",
];

#[test]
fn a_spoilt_command_gets_one_answer_and_the_next_command_its_own() {
    let mut numbers = Numbers(0x6d75_7461);
    let mut talk = Talk::new();
    let mut stuck = 0;
    let mut obeyed = 0;
    for n in 0..MUTANTS {
        if n % A_SESSION == 0 || talk.closed {
            talk = Talk::after(numbers.pick(&STATES));
        }
        let mutant = mutant(&mut numbers, n);
        let shown = mutant.escape_ascii().to_string();
        let mut said = in_pieces(&mut talk, &mutant, &mut numbers);
        said.extend(talk.push());
        // Whatever is still open ends here: IDLE, SASL, a short literal.
        said.extend(talk.say(b"DONE\r\n"));
        let wanted = format!("Z{n} OK");
        let mut alive = talk.closed;
        for _ in 0..40 {
            if alive {
                break;
            }
            let heard = talk.say(format!("Z{n} NOOP\r\n").as_bytes());
            alive = talk.closed || heard.windows(wanted.len()).any(|octets| octets == wanted.as_bytes());
            said.extend(heard);
        }
        let tag = format!("T{n} ");
        let answers = lines(&said).iter().filter(|line| line.starts_with(&tag)).count();
        if alive {
            let bye = talk.closed && said.windows(6).any(|octets| octets == b"* BYE ");
            // The first line after IDLE is no command.
            let idle = said.windows(13).any(|octets| octets == b"IDLE is over\r");
            assert!(answers == 1 || answers == 0 && (bye || idle), "{answers} answers to {shown}\n{}", said.escape_ascii());
            obeyed += usize::from(lines(&said).iter().any(|line| line.starts_with(&format!("{tag}OK"))));
        } else {
            // It waits for a literal that was announced and never comes.
            assert!(answers <= 1 && shown.contains('{'), "the session does nothing more after {shown}\n{}", said.escape_ascii());
            stuck += 1;
            talk = Talk::after(numbers.pick(&STATES));
        }
    }
    assert!(stuck < MUTANTS / 20, "{stuck} sessions had to be left");
    assert!((MUTANTS / 20..MUTANTS).contains(&obeyed), "{obeyed} commands were obeyed all the same");
}

/// In pieces of any size, as a network brings them.
fn in_pieces(talk: &mut Talk, octets: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut said = Vec::new();
    let mut rest = octets;
    while !rest.is_empty() {
        let most = numbers.pick(&[1, 7, rest.len()]);
        let (piece, after) = rest.split_at(1 + numbers.below(most.min(rest.len())));
        said.extend(talk.say(piece));
        rest = after;
    }
    said
}

/// A whole line with its tag, which stays as it is.
fn mutant(numbers: &mut Numbers, n: usize) -> Vec<u8> {
    let mut body = numbers.pick(&COMMANDS).as_bytes().to_vec();
    // Literals keep their line ends; nothing else brings one along.
    for _ in 0..numbers.below(4) {
        spoil(&mut body, numbers);
    }
    let mut line = format!("T{n} ").into_bytes();
    line.extend(body);
    line.extend_from_slice(b"\r\n");
    line
}

fn spoil(body: &mut Vec<u8>, numbers: &mut Numbers) {
    let at = numbers.below(body.len() + 1);
    // A cut inside a literal's line end would end the command: those stay whole.
    let to = (at + 1 + numbers.below(6)).min(body.len());
    let tears = |range: &[u8]| range.iter().any(|octet| matches!(octet, b'\r' | b'\n'));
    match numbers.below(8) {
        0 => drop(body.splice(at..at, numbers.pick(&WORDS).iter().copied())),
        1 if !tears(&body[at..to]) => drop(body.drain(at..to)),
        2 if !tears(&body[at..to]) => {
            let again = body[at..to].to_vec();
            drop(body.splice(at..at, again));
        }
        3 => {
            let word = numbers.pick(&WORDS).repeat(1 + numbers.below(300));
            drop(body.splice(at..at, word));
        }
        4 => {
            let digits = body.iter().position(u8::is_ascii_digit);
            if let Some(first) = digits {
                let count = body[first..].iter().take_while(|octet| octet.is_ascii_digit()).count();
                drop(body.splice(first..first + count, numbers.pick(&NUMBERS).bytes()));
            }
        }
        5 => {
            let other = numbers.pick(&COMMANDS).as_bytes();
            let word: Vec<u8> = other.split(|&octet| octet == b' ').next_back().unwrap_or_default().to_vec();
            drop(body.splice(at..at, word));
        }
        6 if !tears(&body[at..to]) => {
            let word = body[at..to].to_vec();
            let literal = [format!("{{{}+}}\r\n", word.len()).as_bytes(), &word].concat();
            drop(body.splice(at..to, literal));
        }
        _ => {
            let octet = numbers.next() as u8;
            if let Some(place) = body.get_mut(at)
                && !matches!(*place, b'\r' | b'\n')
                && !matches!(octet, b'\r' | b'\n')
            {
                *place = octet;
            }
        }
    }
}
