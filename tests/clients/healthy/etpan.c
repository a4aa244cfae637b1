/* A conversation of libetpan with the server named on the command line: `HOST:PORT FOLDER`, where FOLDER holds a message to append.
 *
 * Prints a line for each step: what was asked, a colon, and how libetpan found the responses. Its parser is that of the grammar, and one octet besides it is an
 * error for the whole response. */
#include <libetpan/libetpan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mailimap *session;

/* Commands as they are; an `@` before one: it may be answered with NO. No SEARCH for MODSEQ: of `* SEARCH 1 (MODSEQ 2)` libetpan 1.9 reads no more than the
 * numbers, whoever says it. */
static const char *const commands[] = {
    "CAPABILITY",
    "NAMESPACE",
    "CREATE Archive/2026",
    "CREATE \"Entw&APw-rfe &- Co\"",
    "SUBSCRIBE Archive/2026",
    "LIST \"\" *",
    "LIST \"\" \"\"",
    "LSUB \"\" *",
    "STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)",
    "@SELECT Nowhere",
    "SELECT INBOX",
    "FETCH 1:* ALL",
    "FETCH 1:* FULL",
    "UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)",
    "FETCH 3 (BODY.PEEK[1.1] BODY.PEEK[2.MIME] BODY.PEEK[3.HEADER.FIELDS (SUBJECT TO)] BODY.PEEK[3.TEXT] BODY.PEEK[HEADER.FIELDS.NOT (TO)])",
    "FETCH 1:* (BODY.PEEK[]<5.12> RFC822.HEADER RFC822.TEXT)",
    "FETCH 1:* RFC822",
    "SEARCH NOT SEEN SMALLER 300",
    "UID SEARCH CHARSET UTF-8 SUBJECT \"M\303\274ller\"",
    "SORT (REVERSE SIZE ARRIVAL) UTF-8 ALL",
    "UID SORT (SUBJECT) US-ASCII ALL",
    "STORE 2:3 +FLAGS (\\Flagged $Later)",
    "UID STORE 4 FLAGS.SILENT (\\Draft)",
    "FETCH 2 (UID MODSEQ)",
    "FETCH 1:* (FLAGS) (CHANGEDSINCE 1)",
    "STORE 1 (UNCHANGEDSINCE 1000) +FLAGS (\\Answered)",
    "STORE 2:3 (UNCHANGEDSINCE 1) +FLAGS (\\Answered)",
    "COPY 1:2 Archive/2026",
    "@COPY 1 Nowhere",
    "MOVE 2 \"Entw&APw-rfe &- Co\"",
    "STORE 1 +FLAGS (\\Deleted)",
    "UID EXPUNGE 1",
    "STORE 1 +FLAGS (\\Deleted)",
    "EXPUNGE",
    "GETQUOTAROOT INBOX",
    "CHECK",
    "CLOSE",
    "ENABLE CONDSTORE QRESYNC",
    "EXAMINE INBOX",
    "UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)",
    "UNSELECT",
    "DELETE Archive/2026",
    "RENAME Archive Old",
};

static void say(const char *step, int code) {
    const char *text = session->imap_response ? session->imap_response : "";
    printf("%s: %s\n", step, code == MAILIMAP_NO_ERROR || code == MAILIMAP_NO_ERROR_AUTHENTICATED || code == MAILIMAP_NO_ERROR_NON_AUTHENTICATED ? "read" : text);
    fflush(stdout);
    if (code == MAILIMAP_ERROR_PARSE || code == MAILIMAP_ERROR_STREAM || code == MAILIMAP_ERROR_PROTOCOL) {
        fprintf(stderr, "%s: error %d\n%s\n", step, code, session->imap_stream_buffer ? session->imap_stream_buffer->str : "");
        exit(1);
    }
}

/* With the line ends of the wire. */
static char *mail(const char *folder, const char *name, size_t *size) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.eml", folder, name);
    FILE *file = fopen(path, "r");
    char *text = malloc(65536);
    *size = 0;
    for (int octet; file && text && *size < 65000 && (octet = fgetc(file)) != EOF;) {
        if (octet == '\n') text[(*size)++] = '\r';
        text[(*size)++] = (char)octet;
    }
    if (file) fclose(file);
    return text;
}

int main(int count, char **words) {
    if (count < 3) return 2;
    char *colon = strrchr(words[1], ':');
    *colon = 0;
    session = mailimap_new(0, NULL);
    mailimap_set_timeout(session, 10);
    say("greeting", mailimap_socket_connect(session, words[1], (uint16_t)atoi(colon + 1)));
    say("login", mailimap_login(session, "ann", "secret"));
    char *name = NULL, *version = NULL;
    say("id", mailimap_id_basic(session, "probe", "1", &name, &version));
    printf("server: %s\n", name);
    static const char *const names[] = {"note", "reply", "parts", "bare"};
    for (size_t i = 0; i < 4; i++) {
        size_t size;
        char *message = mail(words[2], names[i], &size);
        uint32_t validity, uid = 0;
        say("append", mailimap_uidplus_append_simple(session, "INBOX", message, size, &validity, &uid));
        printf("uid: %u\n", uid);
        free(message);
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const char *command = commands[i] + (*commands[i] == '@');
        int code = mailimap_custom_command(session, command);
        say(command, code);
        if (code != MAILIMAP_NO_ERROR && *commands[i] != '@') return 1;
    }
    say("logout", mailimap_logout(session));
    mailimap_free(session);
    return 0;
}
