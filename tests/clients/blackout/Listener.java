import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

import javax.mail.Flags;
import javax.mail.Folder;
import javax.mail.Message;
import javax.mail.MessagingException;
import javax.mail.Session;
import javax.mail.Store;
import javax.mail.search.FlagTerm;

/**
 * The listener of the support article: after each failure it sleeps for {@code EXCEPTION_BLACKOUT + optimalTimeValue(retries)}, and then polls again, until a poll has
 * worked. Real JavaMail, and a clock that can be scaled.
 *
 * <p>{@code Listener 'KEY=VALUE KEY=VALUE...'...}: a listener for each argument. The first one runs alone, so that what a JVM does only once is done; the others run at the
 * same time. Keys:
 *
 * <ul>
 *   <li>{@code imap} (host:port), {@code user}, {@code password}
 *   <li>{@code scale}: what every pause is multiplied by
 *   <li>{@code timeout}: how long an answer may take, in milliseconds that are not scaled, 10000 unless given
 *   <li>{@code exceptionLatency}, {@code initialLatencyTime}: the settings, absent unless given, in minutes and in seconds
 *   <li>{@code retriesFrom}: what RETRY is at the first failure, 1 unless given
 *   <li>{@code blackout=own}: the blackout is its default, whatever exceptionLatency is
 *   <li>{@code latency=multiplied}: exceptionLatency is multiplied by the retries, too
 *   <li>{@code units=seconds}: both settings are in seconds, and 5 unless they are set
 * </ul>
 */
public final class Listener implements Runnable {
    private static final int ENOUGH = 12;

    private final Properties settings = new Properties();
    private int failures;

    public static void main(String[] arguments) throws InterruptedException {
        List<Thread> listeners = new ArrayList<>();
        for (String argument : arguments) {
            Thread listener = new Thread(new Listener(argument));
            listener.start();
            if (listeners.isEmpty()) {
                listener.join();
            }
            listeners.add(listener);
            // Not all at the same moment.
            Thread.sleep(2);
        }
        for (Thread listener : listeners) {
            listener.join();
        }
    }

    private Listener(String argument) {
        for (String word : argument.split(" ")) {
            int equals = word.indexOf('=');
            settings.setProperty(word.substring(0, equals), word.substring(equals + 1));
        }
    }

    @Override
    public void run() {
        while (failures < ENOUGH) {
            try {
                poll();
                return;
            } catch (Exception failure) {
                int retries = Integer.parseInt(settings.getProperty("retriesFrom", "1")) + failures;
                failures++;
                sleep(blackout() + optimalTimeValue(retries));
            }
        }
    }

    /** In seconds, as all that follows. */
    private double blackout() {
        return set("exceptionLatency") && !is("blackout", "own") ? exceptionLatency() : 5 * unit();
    }

    private double optimalTimeValue(int retries) {
        if (set("exceptionLatency")) {
            return is("latency", "multiplied") ? exceptionLatency() * retries : exceptionLatency();
        }
        double initialLatency = is("units", "seconds") ? 5 : 300;
        return (set("initialLatencyTime") ? Double.parseDouble(settings.getProperty("initialLatencyTime")) : initialLatency) * retries;
    }

    private double exceptionLatency() {
        return Double.parseDouble(settings.getProperty("exceptionLatency")) * unit();
    }

    private double unit() {
        return is("units", "seconds") ? 1 : 60;
    }

    private boolean set(String key) {
        return settings.getProperty(key) != null;
    }

    private boolean is(String key, String value) {
        return value.equals(settings.getProperty(key));
    }

    private void sleep(double seconds) {
        try {
            Thread.sleep(Math.round(seconds * 1000 * Double.parseDouble(settings.getProperty("scale"))));
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    private void poll() throws Exception {
        String[] address = settings.getProperty("imap").split(":");
        Properties properties = new Properties();
        properties.setProperty("mail.imap.connectiontimeout", "10000");
        properties.setProperty("mail.imap.timeout", settings.getProperty("timeout", "10000"));
        Store store = Session.getInstance(properties).getStore("imap");
        store.connect(address[0], Integer.parseInt(address[1]), settings.getProperty("user"), settings.getProperty("password"));
        try {
            Folder inbox = store.getFolder("INBOX");
            inbox.open(Folder.READ_WRITE);
            for (Message message : inbox.search(new FlagTerm(new Flags(Flags.Flag.SEEN), false))) {
                if (message.getContent().toString().isEmpty()) {
                    throw new MessagingException("an empty message");
                }
                message.setFlag(Flags.Flag.SEEN, true);
            }
            inbox.close(false);
        } finally {
            store.close();
        }
    }
}
