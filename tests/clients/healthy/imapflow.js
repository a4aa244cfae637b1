// A conversation of imapflow with the server named on the command line: `HOST:PORT FOLDER`, where FOLDER holds the messages to append.
//
// Prints a line for each step: what was asked, a colon, and what imapflow made of the answer, as JSON. imapflow uses what is offered: ENABLE CONDSTORE and UTF8=ACCEPT,
// LIST with STATUS and special uses, ESEARCH, QUOTA, OBJECTID, MOVE, BINARY.
'use strict';

// imapflow wants it, and Debian 12's Node 18 has it only by this name.
globalThis.crypto ??= require('node:crypto').webcrypto;

const fs = require('node:fs');
const path = require('node:path');
const { ImapFlow } = require('imapflow');

const [address, folder] = process.argv.slice(2);
const names = ['note', 'reply', 'parts', 'bare'];
const mail = Object.fromEntries(
    names.map((name) => [name, Buffer.from(fs.readFileSync(path.join(folder, `${name}.eml`), 'latin1').replaceAll('\n', '\r\n'), 'latin1')]),
);
const day = new Date('2026-02-02T10:00:00Z');

function say(step, result) {
    const plain = (key, value) => {
        if (value instanceof Set) return [...value];
        if (value instanceof Map) return Object.fromEntries(value);
        if (typeof value === 'bigint') return Number(value);
        if (Buffer.isBuffer(value)) return value.toString();
        return value?.type === 'Buffer' ? Buffer.from(value.data).toString() : value;
    };
    console.log(`${step}: ${JSON.stringify(result, plain)}`);
}

async function connect() {
    const [host, port] = address.split(':');
    const client = new ImapFlow({
        host,
        port: Number(port),
        secure: false,
        doSTARTTLS: false,
        auth: { user: 'ann', pass: 'secret' },
        logger: false,
        clientInfo: { name: 'probe' },
        qresync: true,
        disableAutoIdle: true,
        socketTimeout: 20000,
    });
    await client.connect();
    return client;
}

function structure(part) {
    return [part.part, part.type, part.size, part.encoding, part.disposition, part.dispositionParameters, part.childNodes?.map(structure)];
}

async function main() {
    const client = await connect();
    say('server', client.serverInfo);
    say('enabled', [...client.enabled].sort());
    for (const name of ['Archive/2026', 'Entwürfe & Co', '日本語']) {
        say('create', await client.mailboxCreate(name));
    }
    say('rename', await client.mailboxRename('日本語', 'Ελληνικά'));
    say('subscribe', await client.mailboxSubscribe('Archive/2026'));
    for (const name of names) {
        const { destination, uid, seq } = await client.append('INBOX', mail[name], name === 'note' ? ['\\Seen', '$Work'] : [], day);
        say('append', { destination, uid, seq });
    }
    const query = { messages: true, recent: true, uidNext: true, unseen: true, size: true };
    say('status', await client.status('INBOX', query));
    for (const box of await client.list({ statusQuery: query })) {
        const { uidValidity, ...status } = box.status ?? {};
        say(`list ${box.path}`, { flags: [...box.flags].sort(), delimiter: box.delimiter, specialUse: box.specialUse, subscribed: box.subscribed, status });
    }
    const box = await client.mailboxOpen('INBOX');
    say('select', { exists: box.exists, flags: box.flags, permanent: box.permanentFlags, uidNext: box.uidNext, modseq: box.highestModseq > 0n, noModseq: box.noModseq, id: typeof box.mailboxId });
    const since = box.highestModseq;
    for await (const found of client.fetch('1:*', { uid: true, flags: true, internalDate: true, size: true, envelope: true, bodyStructure: true, threadId: true })) {
        const { envelope } = found;
        say(`flags ${found.uid}`, [found.flags, found.internalDate.getTime() === day.getTime(), found.size === mail[names[found.uid - 1]].length, typeof found.emailId]);
        say(`envelope ${found.uid}`, envelope);
        say(`structure ${found.uid}`, structure(found.bodyStructure));
    }
    const whole = [];
    for await (const found of client.fetch('1:*', { source: true })) {
        whole.push(found.source.equals(mail[names[found.uid - 1]]));
    }
    say('whole', whole);
    const parts = await client.fetchOne('3', { bodyParts: ['1.1', '2', '2.mime', '3.text'], headers: ['subject', 'to'], source: { start: 5, maxLength: 12 } });
    say('parts', { ...Object.fromEntries(parts.bodyParts), headers: parts.headers, source: parts.source });
    const { meta, content } = await client.download('3', '2');
    const pieces = [];
    for await (const piece of content) pieces.push(piece);
    say('download', [meta.contentType, meta.filename, Buffer.concat(pieces).toString('hex')]);
    say('search', await client.search({ seen: false, smaller: 300 }));
    say('search in UTF-8', await client.search({ subject: 'Müller' }));
    say('search or', await client.search({ or: [{ from: 'ann' }, { header: { 'message-id': 'parts' } }], since: '2026-02-01' }, { uid: true }));
    say('search keyword', await client.search({ keyword: '$Work' }));
    say('+flags', await client.messageFlagsAdd('2:3', ['\\Flagged', '$Later']));
    say('-flags', await client.messageFlagsRemove('2', ['\\Flagged'], { uid: true }));
    say('flags', await client.messageFlagsSet({ seen: false, subject: 'Numbers' }, ['\\Answered']));
    const changed = [];
    for await (const found of client.fetch('1:*', { uid: true, flags: true }, { changedSince: since })) {
        changed.push([found.uid, found.flags, found.modseq > since]);
    }
    say('changed', changed);
    const copied = await client.messageCopy('1:2', 'Archive/2026');
    say('copy', [copied.destination, copied.uidMap]);
    const moved = await client.messageMove('4', 'Entwürfe & Co', { uid: true });
    say('move', [moved.destination, moved.uidMap]);
    say('delete', await client.messageDelete('1', { uid: true }));
    say('quota', Object.keys(await client.getQuota('INBOX')).sort());
    const news = new Promise((resolve) => client.once('exists', resolve));
    const other = await connect();
    const idle = client.idle();
    await other.append('INBOX', mail.note);
    const { path: where, count, prevCount } = await news;
    say('idle', { where, count, prevCount });
    await client.noop();
    await idle;
    await other.mailboxOpen('INBOX');
    const expunged = new Promise((resolve) => client.once('expunge', resolve));
    await other.messageDelete('5', { uid: true });
    await client.noop();
    const gone = await expunged;
    say('expunge', { path: gone.path, vanished: gone.vanished, uid: gone.uid, seq: gone.seq });
    await other.logout();
    say('close', await client.mailboxClose());
    say('delete mailbox', (await client.mailboxDelete('Ελληνικά')).path);
    await client.logout();
    say('logout', client.usable);
}

main();
