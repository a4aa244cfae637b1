// A mail program made of nodemailer and imapflow, told what to do by the JSON in its only argument.
//
// The argument is a list of jobs: `{"settings": {…}, "verbs": ["…"]}`. All jobs run at once, the verbs of one job one after the other, and a verb that
// fails does not stop those after it. When all is done, one line of JSON is printed for each job, in the order of the jobs: a list with
// `{"verb", "ok", "said"}` for each verb.
//
// Settings: `smtp`, `imap`, `smtps`, `imaps` (host:port), `user`, `address` (of that user), `password`. Verbs: `send` (one message to the user), `read`
// (reads what is unseen, marks it, and says the subjects); both with `-starttls` (which they then insist on) or `-tls` (from the first byte) after them;
// and `pool` (two messages through a pool of one connection, the second when the server has had time to end the first).
'use strict';

// imapflow wants it, and Debian 12's Node 18 has it only by this name.
globalThis.crypto ??= require('node:crypto').webcrypto;

const { ImapFlow } = require('imapflow');
const nodemailer = require('nodemailer');

// Milliseconds until a client gives up; only silence takes that long.
const SHORT = 3000;
// Milliseconds between the two messages of a pool: more than the server's patience, less than the client's.
const REST = 3000;

async function main() {
    const jobs = JSON.parse(process.argv[2]);
    for (const done of await Promise.all(jobs.map(run))) {
        console.log(JSON.stringify(done));
    }
}

async function run({ settings, verbs }) {
    const done = [];
    for (const [index, verb] of verbs.entries()) {
        done.push({ verb, ...(await attempt(verb, settings, index + 1)) });
    }
    return done;
}

async function attempt(verb, settings, number) {
    const [word, tls = 'none'] = verb.split('-');
    const does = { send, read, pool }[word];
    try {
        return { ok: true, said: await does(settings, tls, number) };
    } catch (failure) {
        return { ok: false, said: report(failure) };
    }
}

async function send(settings, tls, number) {
    const transport = nodemailer.createTransport(smtpOptions(settings, tls));
    try {
        return (await transport.sendMail(message(settings, number))).response;
    } finally {
        transport.close();
    }
}

async function pool(settings, tls, number) {
    const transport = nodemailer.createTransport({ ...smtpOptions(settings, tls), pool: true, maxConnections: 1 });
    try {
        const first = await transport.sendMail(message(settings, number));
        await new Promise((resolve) => setTimeout(resolve, REST));
        const second = await transport.sendMail(message(settings, number + 1));
        return [first.response, second.response].join(', ');
    } finally {
        transport.close();
    }
}

function smtpOptions(settings, tls) {
    return {
        ...hostAndPort(tls === 'tls' ? settings.smtps : settings.smtp),
        secure: tls === 'tls',
        requireTLS: tls === 'starttls',
        ignoreTLS: tls === 'none',
        auth: { user: settings.user, pass: settings.password },
        connectionTimeout: SHORT,
        greetingTimeout: SHORT,
        socketTimeout: SHORT * 2,
    };
}

function message({ address }, number) {
    return { from: address, to: address, subject: `probe ${number}`, text: 'Hello from Node.' };
}

async function read(settings, tls) {
    const client = new ImapFlow(imapOptions(settings, tls));
    // What goes wrong while nothing is awaited is told by an event.
    const events = [];
    client.on('error', (failure) => events.push(`event: ${report(failure)}`));
    try {
        return await readUnseen(client);
    } catch (failure) {
        throw new Error([report(failure), ...events].join('; '));
    } finally {
        client.close();
    }
}

async function readUnseen(client) {
    await client.connect();
    await client.mailboxOpen('INBOX');
    const subjects = [];
    for (const uid of await client.search({ seen: false }, { uid: true })) {
        const { source } = await client.fetchOne(uid, { source: true }, { uid: true });
        subjects.push(/^Subject: (.*)\r$/m.exec(source.toString())[1]);
        await client.messageFlagsAdd(uid, ['\\Seen'], { uid: true });
    }
    await client.logout();
    return subjects.join(', ');
}

function imapOptions(settings, tls) {
    return {
        ...hostAndPort(tls === 'tls' ? settings.imaps : settings.imap),
        secure: tls === 'tls',
        doSTARTTLS: { none: false, starttls: true }[tls],
        auth: { user: settings.user, pass: settings.password },
        logger: false,
        connectionTimeout: SHORT,
        socketTimeout: SHORT,
    };
}

// The message, and each of the fields by which a program tells one failure from another.
function report(failure) {
    const fields = ['code', 'command', 'responseCode', 'serverResponseCode', 'authenticationFailed', 'responseStatus', 'responseText'];
    const known = fields.filter((name) => failure[name] !== undefined && failure[name] !== null);
    return [failure.message, ...known.map((name) => `${name}=${failure[name]}`)].join(' ');
}

function hostAndPort(address) {
    const colon = address.lastIndexOf(':');
    return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

main();
