import com.sun.mail.imap.IMAPFolder;
import com.sun.mail.imap.IMAPMessage;
import com.sun.mail.imap.IMAPStore;
import com.sun.mail.imap.ResyncData;
import com.sun.mail.imap.SortTerm;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import javax.mail.FetchProfile;
import javax.mail.Flags;
import javax.mail.Folder;
import javax.mail.Message;
import javax.mail.MessagingException;
import javax.mail.Multipart;
import javax.mail.Quota;
import javax.mail.Service;
import javax.mail.Session;
import javax.mail.Store;
import javax.mail.Transport;
import javax.mail.UIDFolder;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;
import javax.mail.search.AndTerm;
import javax.mail.search.BodyTerm;
import javax.mail.search.ComparisonTerm;
import javax.mail.search.FlagTerm;
import javax.mail.search.FromStringTerm;
import javax.mail.search.HeaderTerm;
import javax.mail.search.NotTerm;
import javax.mail.search.OrTerm;
import javax.mail.search.ReceivedDateTerm;
import javax.mail.search.SearchTerm;
import javax.mail.search.SizeTerm;
import javax.mail.search.SubjectTerm;

/**
 * A mail application as JavaMail's users write it, small enough to be told what to do from the command line.
 *
 * <p>{@code Probe KEY=VALUE... VERB...} runs the verbs one after the other in one JVM and prints one line of JSON for each. A verb that fails does
 * not stop those after it. A key between verbs holds from there on. Keys: {@code smtp} and {@code imap} (host:port), {@code user}, {@code password}, {@code repeat} (how often the whole list
 * of verbs runs, 1 unless given), {@code size} (octets of the body, a short text unless given), {@code recipients} (their number), {@code journal} (the server's; {@code pause=fault} lasts until a fault stands in it), and every property of JavaMail
 * ({@code mail.smtp.timeout=1000}).
 *
 * <p>Verbs: {@code smtp-connect}, {@code smtp-send} (one message to the user), {@code smtp-send-two} (on one connection, {@code pause} milliseconds apart), {@code smtp-send-all} ({@code count} messages on one connection), {@code imap-connect},
 * {@code imap-poll} (reads what is unseen, marks it, and says the subjects), {@code imap-idle} (waits for one announcement), {@code imap-idle-patiently} (the same, for {@code patience} milliseconds).
 * {@code imap-late-poll} (the same as {@code imap-poll}, {@code pause} milliseconds after the mailbox was opened), {@code imap-idle-on} (IDLE until it fails), {@code imap-append} (one message to INBOX), {@code imap-store}, {@code imap-expunge} and {@code imap-move} (the first message), {@code wait} ({@code pause} milliseconds), {@code smtp-many}, {@code imap-many} ({@code count} connections at once), {@code smtp-crowd}, {@code imap-crowd} (sends or polls beside them), {@code imap-walk} (all that an IMAP store can be asked for, a line for each step; {@code folder} holds the mail to append).
 * A verb with {@code kinds:} before it is tried up to 2000 times, until it has come out in {@code kinds} ways; one line is printed for each, in the order of their texts.
 * A verb with {@code patiently:} before it is given up after {@code patience} milliseconds. A verb with {@code until-ok:} before it is tried up to 300 times, 100 ms apart, until it succeeds; one line is printed for each new kind of failure.
 *
 * <p>{@code Probe -} serves many at a time: it first prints one line with the versions of JavaMail and Java. Then each line of its input, a name and the words, with tabs between them,
 * is done in a thread of its own, and is answered by one line of JSON with that name and all that the words came to. It ends with its input.
 */
public final class Probe {
    private final Properties properties = new Properties();
    private final Consumer<String> out;
    private int sent;

    private Probe(Consumer<String> out) {
        this.out = out;
        // As any mail program does: the session's properties ask for a login over SMTP.
        properties.setProperty("mail.smtp.auth", "true");
    }

    public static void main(String[] arguments) throws Exception {
        if (Arrays.equals(arguments, new String[] {"-"})) {
            converse();
        } else {
            new Probe(System.out::println).all(List.of(arguments));
        }
        // JavaMail may have left threads of its own.
        System.exit(0);
    }

    private static void converse() throws Exception {
        String version = Session.class.getPackage().getImplementationVersion();
        System.out.println("{\"javamail\":" + quoted(String.valueOf(version)) + ",\"java\":" + Runtime.version().feature() + "}");
        ExecutorService threads = Executors.newCachedThreadPool();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            List<String> words = Arrays.asList(line.split("\t"));
            threads.execute(() -> {
                List<String> tried = new ArrayList<>();
                try {
                    new Probe(tried::add).all(words.subList(1, words.size()));
                } catch (InterruptedException | RuntimeException failure) {
                    tried.add("{\"ok\":false,\"chain\":[" + chain(failure) + "]}");
                }
                System.out.println("{\"name\":" + quoted(words.get(0)) + ",\"tried\":[" + String.join(",", tried) + "]}");
            });
        }
    }

    private void all(List<String> words) throws InterruptedException {
        int repeat = 1;
        for (int n = 0; n < repeat; n++) {
            for (String word : words) {
                int equals = word.indexOf('=');
                if (equals < 0) {
                    run(word);
                } else {
                    properties.setProperty(word.substring(0, equals), word.substring(equals + 1));
                    repeat = Integer.parseInt(properties.getProperty("repeat", "1"));
                }
            }
        }
    }

    private void run(String verb) throws InterruptedException {
        if (verb.startsWith("kinds:")) {
            Set<String> kinds = new TreeSet<>();
            for (int n = 0; n < 2000 && kinds.size() < Integer.parseInt(properties.getProperty("kinds")); n++) {
                kinds.add(tried(verb.substring("kinds:".length())));
            }
            kinds.forEach(out);
            return;
        }
        if (!verb.startsWith("until-ok:")) {
            out.accept(tried(verb));
            return;
        }
        String last = "";
        for (int n = 0; n < 300; n++) {
            String line = tried(verb.substring("until-ok:".length()));
            if (!line.equals(last)) {
                out.accept(line);
            }
            last = line;
            if (line.contains("\"ok\":true")) {
                return;
            }
            Thread.sleep(100);
        }
    }

    private String tried(String verb) {
        try {
            return "{\"verb\":" + quoted(verb) + ",\"ok\":true,\"said\":" + quoted(act(verb)) + "}";
        } catch (Throwable failure) {
            return "{\"verb\":" + quoted(verb) + ",\"ok\":false,\"chain\":[" + chain(failure) + "]}";
        }
    }

    private String act(String verb) throws Exception {
        if (verb.startsWith("patiently:")) {
            return patiently(verb.substring("patiently:".length()));
        }
        switch (verb) {
            case "smtp-connect":
                return smtp(0);
            case "smtp-send":
                return smtp(1);
            case "smtp-send-two":
                return smtp(2);
            case "smtp-send-all":
                return smtp(Integer.parseInt(properties.getProperty("count")));
            case "imap-connect":
                return imap(null);
            case "imap-poll":
                return imap(this::readUnseen);
            case "imap-idle":
                return imap(Probe::idle);
            case "imap-walk":
                return walk();
            case "imap-idle-on":
                return imap(Probe::idleOn);
            case "imap-late-poll":
                return imap(inbox -> {
                    pause();
                    return readUnseen(inbox);
                });
            case "imap-store":
                return imap(Probe::store);
            case "imap-expunge":
                return imap(Probe::expunge);
            case "imap-move":
                return imap(Probe::move);
            case "wait":
                pause();
                return "waited";
            case "imap-append":
                return imap(this::append);
            case "imap-many":
            case "smtp-many":
                return many(verb.substring(0, 4), "");
            case "smtp-crowd":
                return many("smtp", "smtp-send");
            case "imap-crowd":
                return many("imap", "imap-poll");
            case "imap-idle-patiently":
                return patiently("imap-idle");
            default:
                throw new IllegalArgumentException(verb);
        }
    }

    /** {@code pause} milliseconds; or until a fault has struck and what it did has arrived, at most a minute. */
    private void pause() throws Exception {
        String pause = properties.getProperty("pause", "0");
        if (!pause.equals("fault")) {
            Thread.sleep(Long.parseLong(pause));
            return;
        }
        Path journal = Path.of(properties.getProperty("journal"));
        for (int n = 0; n < 600 && !Files.readString(journal).contains("\"event\":\"fault\""); n++) {
            Thread.sleep(100);
        }
        Thread.sleep(500);
    }

    /** Connects, sends so many messages, and says QUIT. */
    private String smtp(int messages) throws Exception {
        Session session = Session.getInstance(properties);
        Transport transport = session.getTransport("smtp");
        // The three arguments make the second `Service.connect` frame of the SMTP0002 trace.
        session.getProperties().setProperty("mail.smtp.port", port("smtp"));
        transport.connect(host("smtp"), properties.getProperty("user"), properties.getProperty("password"));
        try {
            for (int n = 0; n < messages; n++) {
                if (n > 0) {
                    pause();
                }
                Message message = message(session);
                transport.sendMessage(message, message.getAllRecipients());
            }
        } finally {
            transport.close();
        }
        return messages == 0 ? "connected" : "sent " + messages;
    }

    private Message message(Session session) throws Exception {
        String user = properties.getProperty("user");
        String address = user.contains("@") ? user : user + "@mailfault.test";
        MimeMessage message = new MimeMessage(session);
        message.setFrom(new InternetAddress(address));
        message.setRecipient(Message.RecipientType.TO, new InternetAddress(address));
        for (int n = 1; n < Integer.parseInt(properties.getProperty("recipients", "1")); n++) {
            message.addRecipient(Message.RecipientType.TO, new InternetAddress("r" + n + "@mailfault.test"));
        }
        message.setSubject("probe " + ++sent);
        int size = Integer.parseInt(properties.getProperty("size", "0"));
        StringBuilder body = new StringBuilder("Hello from JavaMail.\r\n");
        while (body.length() < size) {
            body.append("All work and no play makes a mail server a dull server.\r\n");
        }
        message.setText(body.toString());
        message.saveChanges();
        return message;
    }

    /** Opens connections beside each other until one is refused, does something while they are open, and closes them all. */
    private String many(String protocol, String then) throws Exception {
        Session session = Session.getInstance(properties);
        List<Service> open = new ArrayList<>();
        int count = Integer.parseInt(properties.getProperty("count"));
        try {
            while (open.size() < count) {
                Service service = protocol.equals("smtp") ? session.getTransport("smtp") : session.getStore("imap");
                service.connect(host(protocol), Integer.parseInt(port(protocol)), properties.getProperty("user"), properties.getProperty("password"));
                open.add(service);
            }
            if (!then.isEmpty()) {
                return act(then);
            }
        } finally {
            for (Service service : open) {
                service.close();
            }
        }
        return "connected " + open.size();
    }

    private interface Work {
        String with(Folder inbox) throws Exception;
    }

    private String imap(Work work) throws Exception {
        Store store = Session.getInstance(properties).getStore("imap");
        store.connect(host("imap"), Integer.parseInt(port("imap")), properties.getProperty("user"), properties.getProperty("password"));
        try {
            if (work == null) {
                return "connected";
            }
            Folder inbox = store.getFolder("INBOX");
            inbox.open(Folder.READ_WRITE);
            String said = work.with(inbox);
            inbox.close(false);
            return said;
        } finally {
            try {
                store.close();
            } catch (MessagingException | RuntimeException afterTheFact) {
                // The failure that made us leave is the one to report.
            }
        }
    }

    private String append(Folder inbox) throws Exception {
        inbox.appendMessages(new Message[] {message(Session.getInstance(properties))});
        return "appended";
    }

    /** What an e-mail listener does: finds what is unseen, reads it, and only then marks it. */
    private String readUnseen(Folder inbox) throws Exception {
        List<String> read = new ArrayList<>();
        for (Message message : inbox.search(new FlagTerm(new Flags(Flags.Flag.SEEN), false))) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            try (InputStream content = message.getInputStream()) {
                content.transferTo(body);
            }
            read.add(message.getSubject() + (body.size() == 0 ? " (empty)" : ""));
            message.setFlag(Flags.Flag.SEEN, true);
        }
        return String.join(", ", read);
    }

    /** From login to logout, by way of all that JavaMail can do. */
    private String walk() throws Exception {
        List<String> told = new ArrayList<>();
        Session session = Session.getInstance(properties);
        IMAPStore store = (IMAPStore) session.getStore("imap");
        IMAPStore other = (IMAPStore) session.getStore("imap");
        for (IMAPStore each : List.of(store, other)) {
            each.connect(host("imap"), Integer.parseInt(port("imap")), properties.getProperty("user"), properties.getProperty("password"));
        }
        told.add("id " + store.id(Map.of("name", "probe")).get("name"));
        told.add("namespace " + store.getPersonalNamespaces()[0].getFullName() + store.getDefaultFolder().getSeparator());
        Folder archive = store.getFolder("Archive/Entw\u00fcrfe");
        told.add("create " + archive.create(Folder.HOLDS_MESSAGES | Folder.HOLDS_FOLDERS) + " " + archive.exists());
        archive.setSubscribed(true);
        told.add("subscribed " + names(store.getDefaultFolder().listSubscribed("*")));
        told.add("list " + names(store.getDefaultFolder().list("*")));
        told.add("attributes " + Arrays.toString(((IMAPFolder) store.getFolder("Archive")).getAttributes()));
        IMAPFolder inbox = (IMAPFolder) store.getFolder("INBOX");
        List<Message> mail = new ArrayList<>();
        for (String name : List.of("note", "reply", "parts", "bare")) {
            byte[] raw = Files.readAllBytes(Path.of(properties.getProperty("folder"), name + ".eml"));
            mail.add(new MimeMessage(session, new java.io.ByteArrayInputStream(raw)));
        }
        mail.get(0).setFlags(new Flags(Flags.Flag.SEEN), true);
        mail.get(0).setFlags(new Flags("$Work"), true);
        for (com.sun.mail.imap.AppendUID uid : inbox.appendUIDMessages(mail.toArray(new Message[0]))) {
            told.add("append " + uid.uid);
        }
        told.add("status " + inbox.getMessageCount() + " " + inbox.getUnreadMessageCount() + " " + inbox.getUIDNext());
        inbox.open(Folder.READ_WRITE, ResyncData.CONDSTORE);
        long modseq = inbox.getHighestModSeq();
        long validity = inbox.getUIDValidity();
        told.add("open " + inbox.getMessageCount() + " " + inbox.getPermanentFlags().contains(Flags.Flag.USER) + " " + (modseq > 0));
        Message[] all = inbox.getMessages();
        FetchProfile profile = new FetchProfile();
        for (FetchProfile.Item item : List.of(FetchProfile.Item.ENVELOPE, FetchProfile.Item.CONTENT_INFO, FetchProfile.Item.FLAGS, FetchProfile.Item.SIZE, UIDFolder.FetchProfileItem.UID)) {
            profile.add(item);
        }
        profile.add("X-Mailer");
        inbox.fetch(all, profile);
        for (Message message : all) {
            told.add("message " + inbox.getUID(message) + " " + message.getSubject() + " " + Arrays.toString(message.getFrom())
                + " " + message.getFlags().contains("$Work") + " " + message.getContentType().split(";")[0]);
        }
        told.add("cc " + Arrays.toString(all[0].getRecipients(Message.RecipientType.CC)));
        Multipart parts = (Multipart) all[2].getContent();
        told.add("alternative " + ((Multipart) parts.getBodyPart(0).getContent()).getBodyPart(0).getContent());
        try (InputStream content = parts.getBodyPart(1).getInputStream()) {
            told.add("attachment " + Arrays.toString(content.readAllBytes()) + " " + parts.getBodyPart(1).getDisposition());
        }
        told.add("inside " + ((Message) parts.getBodyPart(2).getContent()).getSubject());
        ByteArrayOutputStream raw = new ByteArrayOutputStream();
        ((IMAPMessage) all[2]).setPeek(true);
        all[2].writeTo(raw);
        told.add("whole " + Arrays.equals(raw.toByteArray(), written(mail.get(2))));
        search(inbox, told, "unseen", new FlagTerm(new Flags(Flags.Flag.SEEN), false));
        // ASCII only: with UTF8=ACCEPT this version writes other letters in ISO 8859-1, and says no charset.
        search(inbox, told, "text", new OrTerm(new SubjectTerm("NUMBERS"), new BodyTerm("drei")));
        search(inbox, told, "from", new AndTerm(new FromStringTerm("ann"), new NotTerm(new SizeTerm(ComparisonTerm.GT, 100_000))));
        search(inbox, told, "header", new HeaderTerm("Message-ID", "parts"));
        search(inbox, told, "date", new ReceivedDateTerm(ComparisonTerm.GE, new Date(0)));
        told.add("sort " + numbers(inbox.getSortedMessages(new SortTerm[] {SortTerm.REVERSE, SortTerm.SIZE})));
        inbox.setFlags(new int[] {2, 3}, new Flags("$Later"), true);
        told.add("flags " + all[1].getFlags().contains("$Later"));
        Folder drafts = store.getFolder("Archive/Entw\u00fcrfe");
        told.add("copy " + inbox.copyUIDMessages(new Message[] {all[0], all[1]}, drafts)[1].uid);
        told.add("move " + inbox.moveUIDMessages(new Message[] {all[3]}, drafts)[0].uid);
        inbox.setFlags(new int[] {1}, new Flags(Flags.Flag.DELETED), true);
        told.add("expunge " + inbox.expunge(new Message[] {all[0]}).length + " left " + inbox.getMessageCount());
        Quota quota = inbox.getQuota()[0];
        told.add("quota " + quota.quotaRoot + " " + quota.resources[0].name);
        Thread mailer = new Thread(() -> {
            try {
                ((IMAPFolder) other.getFolder("INBOX")).appendMessages(new Message[] {mail.get(0)});
            } catch (MessagingException failure) {
                throw new IllegalStateException(failure);
            }
        });
        mailer.start();
        while (inbox.getMessageCount() < 3) {
            inbox.idle(true);
        }
        mailer.join();
        told.add("idle " + inbox.getMessageCount());
        inbox.close(false);
        for (javax.mail.event.MailEvent event : inbox.open(Folder.READ_WRITE, new ResyncData(validity, modseq, 1, 4))) {
            told.add("resync " + (event instanceof com.sun.mail.imap.MessageVanishedEvent
                ? "vanished " + Arrays.toString(((com.sun.mail.imap.MessageVanishedEvent) event).getUIDs()) : event.getClass().getSimpleName()));
        }
        told.add("by modseq " + numbers(inbox.getMessagesByUIDChangedSince(1, UIDFolder.LASTUID, modseq)));
        inbox.close(true);
        told.add("rename " + archive.renameTo(store.getFolder("Old")) + " delete " + store.getFolder("Old").delete(true));
        other.close();
        store.close();
        return String.join("\n", told);
    }

    private static byte[] written(Message message) throws Exception {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        message.writeTo(octets);
        return octets.toString("ISO-8859-1").replaceAll("\r?\n", "\r\n").getBytes("ISO-8859-1");
    }

    private static void search(Folder folder, List<String> told, String name, SearchTerm term) throws Exception {
        told.add("search " + name + " " + numbers(folder.search(term)));
    }

    private static List<Integer> numbers(Message[] messages) {
        List<Integer> numbers = new ArrayList<>();
        for (Message message : messages) {
            numbers.add(message.getMessageNumber());
        }
        return numbers;
    }

    private static List<String> names(Folder[] folders) {
        List<String> names = new ArrayList<>();
        for (Folder folder : folders) {
            names.add(folder.getFullName());
        }
        Collections.sort(names);
        return names;
    }

    private static String idle(Folder inbox) throws Exception {
        int before = inbox.getMessageCount();
        ((com.sun.mail.imap.IMAPFolder) inbox).idle(true);
        return inbox.getMessageCount() > before ? "new mail" : "nothing new";
    }

    /** IDLE again and again, until it fails. */
    private static String idleOn(Folder inbox) throws Exception {
        while (true) {
            ((IMAPFolder) inbox).idle(true);
        }
    }

    private static String store(Folder inbox) throws Exception {
        inbox.setFlags(new int[] {1}, new Flags(Flags.Flag.FLAGGED), true);
        return "stored";
    }

    private static String expunge(Folder inbox) throws Exception {
        inbox.setFlags(new int[] {1}, new Flags(Flags.Flag.DELETED), true);
        return "expunged " + inbox.expunge().length;
    }

    private static String move(Folder inbox) throws Exception {
        Folder archive = inbox.getStore().getFolder("Archive");
        if (!archive.exists()) {
            archive.create(Folder.HOLDS_MESSAGES);
        }
        ((IMAPFolder) inbox).moveMessages(new Message[] {inbox.getMessage(1)}, archive);
        return "moved";
    }

    /** A verb in a thread of its own, for as long as {@code patience} lasts: JavaMail has no time-out for IDLE, and none for a whole reply. */
    private String patiently(String verb) throws Exception {
        Throwable[] failure = new Throwable[1];
        String[] said = new String[1];
        Thread thread = new Thread(() -> {
            try {
                said[0] = act(verb);
            } catch (Throwable thrown) {
                failure[0] = thrown;
            }
        });
        thread.setDaemon(true);
        thread.start();
        thread.join(Long.parseLong(properties.getProperty("patience")));
        if (thread.isAlive()) {
            return "still waiting";
        }
        if (failure[0] instanceof Exception) {
            throw (Exception) failure[0];
        }
        return said[0];
    }

    private String host(String protocol) {
        String address = properties.getProperty(protocol);
        return address.substring(0, address.lastIndexOf(':'));
    }

    private String port(String protocol) {
        String address = properties.getProperty(protocol);
        return address.substring(address.lastIndexOf(':') + 1);
    }

    private static String chain(Throwable failure) {
        StringBuilder json = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = next(cause)) {
            json.append(json.length() == 0 ? "" : ",");
            json.append("{\"class\":").append(quoted(cause.getClass().getName()));
            json.append(",\"message\":").append(quoted(String.valueOf(cause.getMessage())));
            json.append(",\"frames\":[");
            String comma = "";
            for (StackTraceElement frame : cause.getStackTrace()) {
                json.append(comma).append(quoted(frame.getClassName() + "." + frame.getMethodName()));
                comma = ",";
            }
            json.append("],\"lines\":[");
            comma = "";
            for (StackTraceElement frame : cause.getStackTrace()) {
                json.append(comma).append(frame.getLineNumber());
                comma = ",";
            }
            json.append("]}");
        }
        return json.toString();
    }

    /** JavaMail's own chain first: where it has several exceptions, the cause is only one of them. */
    private static Throwable next(Throwable failure) {
        Throwable next = failure instanceof MessagingException ? ((MessagingException) failure).getNextException() : null;
        return next != null ? next : failure.getCause();
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
