<?php
// A conversation of Horde's IMAP client with the server named on the command line: `HOST:PORT FOLDER`, where FOLDER holds the messages to append.
//
// Prints a line for each step: what was asked, a colon, and what Horde made of the answer, as JSON. Horde uses whatever is offered: ESEARCH, SORT, THREAD,
// LIST-EXTENDED, LIST-STATUS, CONDSTORE, QRESYNC, BINARY, MULTIAPPEND, SEARCHRES, WITHIN, QUOTA.

error_reporting(E_ALL & ~E_DEPRECATED);
spl_autoload_register(function ($class) {
    $path = stream_resolve_include_path(strtr($class, '_\\', '//') . '.php');
    if ($path) {
        require_once $path;
    }
});

class_exists('Horde_Imap_Client');
use Horde_Imap_Client as I;

[, $address, $folder] = $argv;
[$host, $port] = explode(':', $address);
$names = ['note', 'reply', 'parts', 'note'];
$mail = [];
foreach ($names as $name) {
    $mail[$name] = str_replace("\n", "\r\n", file_get_contents("$folder/$name.eml"));
}
$day = new DateTime('2026-02-02 10:00:00 +0000');

function say($step, $result)
{
    echo "$step: ", json_encode($result, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR | JSON_PARTIAL_OUTPUT_ON_ERROR), "\n";
}

function connect($more = [])
{
    global $host, $port;
    // Without a cache, which may be an empty one, Horde does not ask for QRESYNC.
    $more['cache'] = ['backend' => new Horde_Imap_Client_Cache_Backend_Null()];
    $settings = ['username' => 'ann', 'password' => 'secret', 'hostspec' => $host, 'port' => $port, 'secure' => false, 'timeout' => 10];
    $client = new Horde_Imap_Client_Socket($settings + $more);
    $client->login();
    return $client;
}

// Errors of parsing are only told to the log: there must be none.
$log = tempnam(sys_get_temp_dir(), 'horde');
$client = connect(['id' => ['name' => 'probe'], 'debug' => $log]);
say('id', $client->getID());
say('namespace', array_map(fn ($space) => [$space->name, $space->delimiter], array_values(iterator_to_array($client->getNamespaces([], ['ob_return' => true])))));

foreach (['Archive/2026', 'Entwürfe & Co', '日本語', 'a "quoted" \\ name'] as $name) {
    $client->createMailbox($name);
}
$client->createMailbox('Gone');
$client->createMailbox('Posted', ['special_use' => [I::SPECIALUSE_SENT]]);
$client->subscribeMailbox('Archive/2026');
$client->renameMailbox('日本語', 'Ελληνικά');
$client->deleteMailbox('Gone');
$appended = $client->append('INBOX', [
    ['data' => $mail['note'], 'flags' => [I::FLAG_SEEN, '$Work'], 'internaldate' => $day],
    ['data' => $mail['reply'], 'internaldate' => $day],
    ['data' => $mail['parts']],
]);
say('append', (string) $appended);
say('append another', (string) $client->append('INBOX', [['data' => $mail['note'], 'flags' => [I::FLAG_DRAFT]]]));

$options = ['attributes' => true, 'children' => true, 'special_use' => true, 'status' => I::STATUS_MESSAGES | I::STATUS_UNSEEN | I::STATUS_UIDNEXT];
$list = $client->listMailboxes('*', I::MBOX_ALL_SUBSCRIBED, $options);
ksort($list);
foreach ($list as $name => $found) {
    sort($found['attributes']);
    say("list $name", [$found['attributes'], $found['delimiter'], $found['status'] ?? null]);
}
say('subscribed', array_map('strval', array_values($client->listMailboxes('*', I::MBOX_SUBSCRIBED, ['flat' => true]))));
$status = $client->status('INBOX', I::STATUS_MESSAGES | I::STATUS_RECENT | I::STATUS_UIDNEXT | I::STATUS_UNSEEN);
say('status', $status);

$client->openMailbox('INBOX', I::OPEN_READWRITE);
$open = $client->status('INBOX', I::STATUS_FLAGS | I::STATUS_PERMFLAGS | I::STATUS_FIRSTUNSEEN | I::STATUS_HIGHESTMODSEQ);
say('select', [$open['flags'], $open['permflags'], $open['firstunseen']]);

$query = new Horde_Imap_Client_Fetch_Query();
$query->envelope();
$query->structure();
$query->flags();
$query->imapDate();
$query->size();
foreach ($client->fetch('INBOX', $query) as $uid => $found) {
    $envelope = $found->getEnvelope();
    say("envelope $uid", [$envelope->subject, (string) $envelope->from, (string) $envelope->cc, $envelope->message_id, $envelope->in_reply_to]);
    say("flags $uid", $found->getFlags());
    say("size $uid", $found->getSize() == strlen($mail[$names[$uid - 1]]));
    say("date $uid", $uid > 2 || $found->getImapDate()->getTimestamp() == $day->getTimestamp());
    $parts = [];
    foreach ($found->getStructure()->partIterator() as $part) {
        $parts[] = [$part->getMimeId(), $part->getType(), $part->getBytes(), $part->getName(), $part->getCharset()];
    }
    say("structure $uid", $parts);
}

$query = new Horde_Imap_Client_Fetch_Query();
$query->fullText(['peek' => true]);
$whole = [];
foreach ($client->fetch('INBOX', $query) as $uid => $found) {
    $whole[$uid] = $found->getFullMsg() === $mail[$names[$uid - 1]];
}
say('whole', $whole);

$query = new Horde_Imap_Client_Fetch_Query();
$query->bodyPart('1.1', ['peek' => true, 'decode' => true]);
$query->bodyPart('2', ['peek' => true, 'decode' => true]);
$query->bodyPartSize('2');
$query->mimeHeader('2', ['peek' => true]);
$query->headerText(['id' => '3', 'peek' => true]);
$query->headers('some', ['Subject', 'To'], ['peek' => true]);
$query->bodyText(['id' => '3', 'peek' => true, 'start' => 2, 'length' => 7]);
$found = $client->fetch('INBOX', $query, ['ids' => new Horde_Imap_Client_Ids([3])])[3];
say('part 1.1', [$found->getBodyPart('1.1'), $found->getBodyPartDecode('1.1')]);
say('part 2', [bin2hex($found->getBodyPart('2')), $found->getBodyPartDecode('2'), $found->getBodyPartSize('2')]);
say('mime header', $found->getMimeHeader('2'));
say('header of part', $found->getHeaderText('3'));
say('headers', $found->getHeaders('some'));
say('text', $found->getBodyText('3'));

function search($step, $fill, $options = [])
{
    global $client;
    $query = new Horde_Imap_Client_Search_Query();
    $fill($query);
    $found = $client->search('INBOX', $query, $options);
    unset($found['save'], $found['modseq']);
    if (isset($found['match'])) {
        $found['match'] = (string) $found['match'];
    }
    say($step, $found);
}

$every = ['results' => [I::SEARCH_RESULTS_COUNT, I::SEARCH_RESULTS_MATCH, I::SEARCH_RESULTS_MAX, I::SEARCH_RESULTS_MIN]];
search('search all', fn ($query) => null, $every);
search('search from', fn ($query) => $query->headerText('from', 'ann'));
search('search subject in UTF-8', function ($query) {
    $query->charset('UTF-8', false);
    $query->headerText('subject', 'Müller');
});
search('search body in UTF-8', function ($query) {
    $query->charset('UTF-8', false);
    $query->text('Käse', true);
});
search('search flag', fn ($query) => $query->flag('$Work', true));
search('search size', fn ($query) => $query->size(300, true));
search('search within', fn ($query) => $query->intervalSearch(86400, Horde_Imap_Client_Search_Query::INTERVAL_OLDER));
search('search nothing', fn ($query) => $query->headerText('subject', 'nowhere'), $every);
search('search and save', fn ($query) => $query->flag(I::FLAG_SEEN, false), ['results' => [I::SEARCH_RESULTS_SAVE, I::SEARCH_RESULTS_COUNT]]);
$query = new Horde_Imap_Client_Fetch_Query();
$query->uid();
say('saved', array_keys(iterator_to_array($client->fetch('INBOX', $query, ['ids' => new Horde_Imap_Client_Ids(Horde_Imap_Client_Ids::SEARCH_RES)]))));
search('sort by size', fn ($query) => null, ['sort' => [I::SORT_REVERSE, I::SORT_SIZE]] + $every);
search('sort by subject', fn ($query) => null, ['sort' => [I::SORT_SUBJECT, I::SORT_DATE]]);
foreach (['references' => I::THREAD_REFERENCES, 'ordered subject' => I::THREAD_ORDEREDSUBJECT] as $name => $criteria) {
    $threads = $client->thread('INBOX', ['criteria' => $criteria]);
    $seen = [];
    foreach ([1, 2, 3, 4] as $uid) {
        $seen[$uid] = array_map(fn ($level) => $level->level, $threads->getThread($uid));
    }
    say("thread by $name", $seen);
}

$ids = fn (...$uids) => new Horde_Imap_Client_Ids($uids);
$token = $client->getSyncToken('INBOX');
$modseq = $client->status('INBOX', I::STATUS_HIGHESTMODSEQ)['highestmodseq'];
$client->store('INBOX', ['ids' => $ids(2, 3), 'add' => [I::FLAG_FLAGGED]]);
say('store unchanged since', (string) $client->store('INBOX', ['ids' => $ids(1, 2), 'add' => ['$Late'], 'unchangedsince' => $modseq]));
$client->store('INBOX', ['ids' => $ids(3), 'replace' => [I::FLAG_ANSWERED]]);
$query = new Horde_Imap_Client_Fetch_Query();
$query->flags();
$query->modseq();
foreach ($client->fetch('INBOX', $query, ['changedsince' => $modseq]) as $uid => $found) {
    say("changed $uid", [$found->getFlags(), $found->getModSeq() > $modseq]);
}
search('search modseq', fn ($query) => $query->modseq($modseq + 1));
say('copy', $client->copy('INBOX', 'Archive/2026', ['ids' => $ids(1, 2), 'force_map' => true]));
say('move', $client->copy('INBOX', 'Entwürfe & Co', ['ids' => $ids(4), 'move' => true, 'force_map' => true]));
$client->store('INBOX', ['ids' => $ids(1), 'add' => [I::FLAG_DELETED]]);
say('expunge', (string) $client->expunge('INBOX', ['ids' => $ids(1), 'list' => true]));
say('vanished', (string) $client->vanished('INBOX', $modseq));

$other = connect();
$other->append('INBOX', [['data' => $mail['note']]]);
$other->store('INBOX', ['ids' => $ids(2), 'remove' => [I::FLAG_FLAGGED]]);
$other->logout();
$client->noop();
say('after noop', $client->status('INBOX', I::STATUS_MESSAGES | I::STATUS_UIDNEXT));
$sync = $client->sync(Horde_Imap_Client_Mailbox::get('INBOX'), $token, ['ids' => $ids(1, 2, 3, 4)]);
say('sync', ['new' => (string) $sync->newmsgsuids, 'flags' => (string) $sync->flagsuids, 'vanished' => (string) $sync->vanisheduids]);

say('quota root', array_map(fn ($root) => array_map(fn ($resource) => $resource['limit'] >= $resource['usage'], $root), $client->getQuotaRoot('INBOX')));
$client->close();
$client->logout();
say('logout', true);
foreach (preg_grep('/ERROR|(?<![A-Z])BAD /', file($log)) as $line) {
    echo 'log: ', $line;
}
unlink($log);
