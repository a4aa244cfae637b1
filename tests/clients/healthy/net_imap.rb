# A conversation of Ruby's net-imap with the server named on the command line: `HOST:PORT FOLDER`, where FOLDER holds the messages to append.
#
# Prints a line for each step: what was asked, a colon, and what net-imap made of the answer. What its parser does not know raises, and ends the program.
require 'net/imap'

address, folder = ARGV
host, port = address.split(':')
MAIL = %w[note reply parts bare].to_h { |name| [name, File.binread("#{folder}/#{name}.eml").gsub("\n", "\r\n")] }
DAY = Time.utc(2026, 2, 2, 10)

def say(step, result)
  puts "#{step}: #{result.inspect}"
end

def people(list)
  list&.map { |person| [person.name, person.mailbox, person.host] }
end

def structure(part)
  kind = "#{part.media_type}/#{part.subtype}"
  return [kind, part.parts.map { |inner| structure(inner) }] if part.multipart?
  return [kind, part.size, part.envelope.subject, structure(part.body)] if part.respond_to?(:envelope)
  [kind, part.size, part.encoding, part.content_id, part.disposition&.dsp_type, part.language]
end

def threads(list)
  list.map { |member| [member.seqno, threads(member.children)] }
end

client = Net::IMAP.new(host, port: port.to_i, open_timeout: 10)
client.login('ann', 'secret')
say 'capability', %w[IMAP4REV1 IDLE UIDPLUS MOVE SORT QUOTA] - client.capability
say 'id', client.id({ 'name' => 'probe' })
say 'namespace', client.namespace.personal.map { |space| [space.prefix, space.delim] }
names = ['Archive/2026', 'Entwürfe & Co', 'a "quoted" \\ name'].map { |name| Net::IMAP.encode_utf7(name) }
names.each { |name| client.create(name) }
client.subscribe('Archive/2026')
client.rename(names[2], 'Plain')
say 'list', client.list('', '*').map { |found| [found.name, found.delim, found.attr] }.sort
say 'lsub', client.lsub('', '*').map(&:name)
client.delete('Plain')
say 'append', MAIL.map { |name, message| client.append('INBOX', message, name == 'note' ? [:Seen, '$Work'] : nil, DAY).data.code.data }
say 'status', client.status('INBOX', %w[MESSAGES RECENT UIDNEXT UNSEEN])
client.select('INBOX')
say 'select', %w[EXISTS FLAGS PERMANENTFLAGS UIDNEXT].to_h { |name| [name, client.responses[name].last] }
client.fetch(1..-1, %w[UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE]).each do |found|
  uid, flags, envelope, body = found.attr.values_at('UID', 'FLAGS', 'ENVELOPE', 'BODYSTRUCTURE')
  say "flags #{uid}", [flags, found.attr['INTERNALDATE'], found.attr['RFC822.SIZE'] == MAIL.values[uid - 1].bytesize]
  say "envelope #{uid}", [envelope.date, envelope.subject, people(envelope.from), people(envelope.cc), envelope.in_reply_to, envelope.message_id]
  say "structure #{uid}", structure(body)
end
say 'whole', client.uid_fetch(1..-1, 'BODY.PEEK[]').map { |found| found.attr['BODY[]'] == MAIL.values[found.attr['UID'] - 1] }
parts = ['BODY.PEEK[1.1]', 'BODY.PEEK[3.HEADER.FIELDS (SUBJECT TO)]', 'BODY.PEEK[3.TEXT]', 'BODY.PEEK[2.MIME]', 'BODY.PEEK[]<5.12>']
client.fetch(3, parts).first.attr.each { |name, text| say "part #{name}", text }
say 'macro', client.fetch(4, 'FULL').first.attr.keys
say 'search', client.search(['NOT', 'SEEN', 'SMALLER', 300])
say 'search in UTF-8', client.uid_search(['SUBJECT', 'Müller'.b], 'UTF-8')
say 'search with quotes', client.search(['TEXT', 'a "quoted" \\ word'])
say 'store', client.store([2, 3], '+FLAGS', [:Flagged, '$Later']).map { |found| found.attr['FLAGS'] }
say 'uid store', client.uid_store(4, 'FLAGS', [:Draft]).map { |found| found.attr }
say 'silent', client.store(4, '+FLAGS.SILENT', [:Answered])
say 'copy', client.copy([1, 2], 'Archive/2026').data.code.data
client.move(4, names[1])
client.store(1, '+FLAGS', [:Deleted])
say 'expunge', client.expunge
other = Net::IMAP.new(host, port: port.to_i)
other.login('ann', 'secret')
pushed = []
mailer = Thread.new { other.append('INBOX', MAIL['note']) }
client.idle(10) do |response|
  pushed << response.data if response.is_a?(Net::IMAP::UntaggedResponse) && response.name == 'EXISTS'
  client.idle_done if pushed.any?
end
mailer.join
say 'idle', pushed
say 'search after', client.uid_search(['ALL'])
say 'sort', client.uid_sort(%w[REVERSE SIZE ARRIVAL], ['ALL'], 'UTF-8')
say 'thread', threads(client.uid_thread('REFERENCES', ['ALL'], 'UTF-8'))
root, quota = client.getquotaroot('INBOX')
say 'quota root', [root.mailbox, root.quotaroots]
say 'quota', [quota.mailbox, quota.usage.to_i, quota.quota.to_i]
say 'quota of root', client.getquota(root.quotaroots.first).length
client.close
client.examine('Archive/2026')
client.close
client.logout
say 'logout', other.logout.name
