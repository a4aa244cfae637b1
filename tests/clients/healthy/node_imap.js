// A conversation of node-imap (the package `imap`) with the server named on the command line: `HOST:PORT FOLDER`, where FOLDER holds the messages to append.
//
// Prints a line for each step: what was asked, a colon, and what node-imap made of the answer, as JSON.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');
const Imap = require('imap');

const [address, folder] = process.argv.slice(2);
const names = ['note', 'reply', 'parts', 'bare'];
const mail = Object.fromEntries(
    names.map((name) => [name, Buffer.from(fs.readFileSync(path.join(folder, `${name}.eml`), 'latin1').replaceAll('\n', '\r\n'), 'latin1')]),
);
const day = new Date('2026-02-02T10:00:00Z');

function say(step, result) {
    console.log(`${step}: ${JSON.stringify(result)}`);
}

function connect() {
    const [host, port] = address.split(':');
    const client = new Imap({ user: 'ann', password: 'secret', host, port: Number(port), tls: false, keepalive: { forceNoop: false } });
    return new Promise((resolve, reject) => {
        client.once('ready', () => resolve(client));
        client.on('error', reject);
        client.connect();
    });
}

// Each message's attributes and bodies, in the order of the answers.
function fetched(request) {
    return new Promise((resolve, reject) => {
        const all = [];
        request.on('message', (message, number) => {
            const one = { number, bodies: {} };
            all.push(one);
            message.on('attributes', (attributes) => Object.assign(one, attributes));
            message.on('body', (stream, { which }) => {
                const pieces = [];
                stream.on('data', (piece) => pieces.push(piece)).on('end', () => (one.bodies[which] = Buffer.concat(pieces)));
            });
        });
        request.once('error', reject);
        request.once('end', () => resolve(all));
    });
}

function structure(parts) {
    return parts.map((part) => {
        if (Array.isArray(part)) return structure(part);
        return [part.partID, part.type, part.subtype, part.size, part.encoding, part.disposition, part.language];
    });
}

// A name that was not told has no attributes.
function boxes(tree) {
    return Object.fromEntries(
        Object.entries(tree).map(([name, { attribs, delimiter, children }]) => [name, [[...(attribs ?? [])].sort(), delimiter, children && boxes(children)]]),
    );
}

async function main() {
    const client = await connect();
    const call = (name, ...words) => promisify(client[name]).call(client, ...words);
    say('namespaces', client.namespaces);
    say('id', await call('id', { name: 'probe' }));
    for (const name of ['Archive/2026', 'Entwürfe & Co', '日本語']) await call('addBox', name);
    say('rename', (await call('openBox', 'INBOX'), await call('renameBox', '日本語', 'Ελληνικά')));
    await call('subscribeBox', 'Archive/2026');
    say('boxes', boxes(await call('getBoxes')));
    say('subscribed', boxes(await call('getSubscribedBoxes')));
    const uids = [];
    for (const name of names) {
        uids.push(await call('append', mail[name], { mailbox: 'INBOX', flags: name === 'note' ? ['Seen', '$Work'] : [], date: day }));
    }
    say('append', uids);
    const status = await call('status', 'Entwürfe & Co');
    say('status', status.messages);
    await call('closeBox', false);
    const box = await call('openBox', 'INBOX');
    say('open', { flags: box.flags, permanent: box.permFlags, messages: box.messages, uidnext: box.uidnext, keywords: box.newKeywords, modseq: Number(box.highestmodseq) > 0 });
    const since = box.highestmodseq;
    for (const found of await fetched(client.seq.fetch('1:*', { bodies: '', struct: true, envelope: true, size: true }))) {
        say(`message ${found.uid}`, [found.flags, found.date.getTime() === day.getTime(), found.bodies[''].equals(mail[names[found.uid - 1]]), found.size]);
        say(`envelope ${found.uid}`, found.envelope);
        say(`structure ${found.uid}`, structure(found.struct));
    }
    const sections = ['1.1', '2.MIME', '3.HEADER', '3.TEXT', 'HEADER.FIELDS (SUBJECT TO)', 'HEADER.FIELDS.NOT (SUBJECT TO)'];
    const [parts] = await fetched(client.fetch(3, { bodies: sections }));
    for (const [which, body] of Object.entries(parts.bodies)) say(`part ${which}`, body.toString());
    say('search', await call('search', ['UNSEEN', ['!SMALLER', 200], ['SINCE', 'February 1, 2026']]));
    say('search in UTF-8', await call('search', [['SUBJECT', 'Müller']]));
    say('search or', await call('search', [['OR', ['HEADER', 'Message-ID', 'parts'], ['KEYWORD', '$Work']]]));
    say('sort', await call('sort', ['-SIZE', 'ARRIVAL'], ['ALL']));
    say('thread', await call('thread', 'REFERENCES', ['ALL']));
    say('thread by subject', await call('thread', 'ORDEREDSUBJECT', ['ALL']));
    say('esearch', await call('esearch', ['ALL'], ['MIN', 'MAX', 'COUNT', 'ALL']));
    await call('addFlags', [2, 3], ['Flagged', 'Seen']);
    await call('addKeywords', 3, '$Later');
    await call('delFlags', 2, 'Flagged');
    await call('setFlags', 4, 'Draft');
    say('flags', (await fetched(client.fetch('1:*', {}))).map((found) => [found.uid, found.flags]));
    const changed = await fetched(client.fetch('1:*', { modifiers: { changedsince: since } }));
    say('changed', changed.map((found) => [found.uid, Number(found.modseq) > Number(since)]));
    await call('copy', [1, 2], 'Archive/2026');
    await call('move', 4, 'Entwürfe & Co');
    await call('addFlags', 1, 'Deleted');
    const expunged = [];
    client.on('expunge', (number) => expunged.push(number));
    await call('expunge', [1]);
    say('expunged', expunged);
    // It idles by itself when it has nothing else to do.
    const other = await connect();
    const came = new Promise((resolve) => client.on('mail', resolve));
    await promisify(other.append).call(other, mail.note, { mailbox: 'INBOX' });
    say('idle', await came);
    other.end();
    await call('delBox', 'Ελληνικά');
    await call('closeBox', true);
    const gone = new Promise((resolve) => client.once('end', resolve));
    client.end();
    await gone;
    say('logout', client.state);
}

main();
