// What nodemailer reports of refusals: `with_nodemailer.js FILE`, where FILE has a list of jobs as JSON. The jobs, and what is printed, are those of `with_smtplib.py`;
// of the mechanisms for tokens nodemailer has XOAUTH2 only, and takes that.
'use strict';

const fs = require('node:fs');
const nodemailer = require('nodemailer');

const TIMEOUT = 20000;
const AT_ONCE = 16;

async function main() {
    const jobs = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
    const done = jobs.map(() => []);
    const keeps = ({ verbs }) => verbs.some(({ does }) => does === 'keep');
    for (const keep of [false, true]) {
        const waiting = [...jobs.keys()].filter((number) => keeps(jobs[number]) === keep);
        const worker = async () => {
            for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
                done[number] = await work(jobs[number]);
            }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, worker));
    }
    for (const lines of done) {
        console.log(JSON.stringify(lines));
    }
}

async function work({ settings, verbs }) {
    const lines = [];
    for (const verb of verbs) {
        await attempt({ ...settings, ...verb }, lines);
    }
    return lines;
}

async function attempt(verb, lines) {
    const keep = verb.does === 'keep';
    const transport = nodemailer.createTransport({ ...options(verb), ...(keep && { pool: true, maxConnections: 1 }) });
    try {
        for (let number = 0; number < (keep ? 2 : 1); number += 1) {
            if (number) {
                await new Promise((resolve) => setTimeout(resolve, verb.rest * 1000));
            }
            const sent = await transport.sendMail(message(verb));
            lines.push(['sent', ...(sent.rejectedErrors ?? []).map(report)].join(', '));
        }
    } catch (failure) {
        lines.push([report(failure), ...(failure.rejectedErrors ?? []).map(report)].join(', '));
    } finally {
        transport.close();
    }
}

function options(verb) {
    const implicit = verb.tls === 'implicit';
    const address = implicit ? verb.smtps : verb.smtp;
    const colon = address.lastIndexOf(':');
    const { user, password: pass } = verb;
    const auth = verb.mechanism ? { type: 'OAuth2', user, accessToken: pass } : { user, pass };
    return {
        host: address.slice(0, colon),
        port: Number(address.slice(colon + 1)),
        secure: implicit,
        requireTLS: verb.tls === 'starttls',
        ignoreTLS: verb.tls === 'none',
        ...(verb.login !== 'no' && { auth }),
        forceAuth: verb.login === 'force',
        connectionTimeout: TIMEOUT,
        greetingTimeout: TIMEOUT,
        socketTimeout: TIMEOUT,
    };
}

function message({ address, to, from, size = 0 }) {
    return { from: from ?? address, to: to ?? [address], subject: 'probe', text: 'Hello from Node.\n'.repeat(1 + size / 17) };
}

// The fields by which a program tells one failure from another, and the text.
function report(failure) {
    const known = ['code', 'command', 'responseCode'].filter((name) => failure[name] !== undefined);
    const fields = known.map((name) => `${name}=${failure[name]}`);
    const more = failure.response && !failure.message.includes(failure.response) ? [`response=${JSON.stringify(failure.response)}`] : [];
    return [...fields, ...(failure.recipient ? [`recipient=${failure.recipient}`] : []), JSON.stringify(failure.message), ...more].join(' ');
}

main();
