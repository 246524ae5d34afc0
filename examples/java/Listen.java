import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeoutException;

/**
 * Follows all results with a queue of its own, and prints a line for each.
 *
 * <pre>java -cp "$CLASSPATH" Listen.java QUEUE [COUNT]</pre>
 *
 * Ends after COUNT results if that is given.
 */
public final class Listen {
    private static final String EXCHANGE = System.getenv().getOrDefault("AMQP_EXCHANGE", "invoices");

    /** A delivery, or the reason why there are no more. */
    private record Next(Delivery delivery, String end) {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 1 && arguments.length != 2) {
            wrongUsage("usage: java Listen.java QUEUE [COUNT]");
        }
        if (arguments.length == 2 && !arguments[1].matches("[1-9][0-9]{0,8}")) {
            wrongUsage("COUNT is " + arguments[1] + ", expected a whole number from 1");
        }
        if (System.getenv().getOrDefault("AMQP_URL", "").isEmpty()) {
            wrongUsage("AMQP_URL is not set, expected a URL like amqp://user:password@host:5672/%2f");
        }
        if (!System.getenv("AMQP_URL").contains("://")) {
            wrongUsage("AMQP_URL is no URL, expected one like amqp://user:password@host:5672/%2f");
        }
        try {
            listen(arguments[0], arguments.length == 2 ? Integer.parseInt(arguments[1]) : Integer.MAX_VALUE);
        } catch (IOException | ShutdownSignalException | TimeoutException error) {
            // Nothing is lost: what was not acknowledged is delivered again.
            failed("the connection to the broker is lost, or it refuses: " + error);
        }
    }

    private static void listen(String queue, int count) throws Exception {
        var factory = new ConnectionFactory();
        factory.setUri(System.getenv("AMQP_URL"));
        // What starts this program starts it again. A service would leave the recovery on.
        factory.setAutomaticRecoveryEnabled(false);
        try (Connection connection = factory.newConnection("bookkeeping"); Channel channel = connection.createChannel()) {
            // Durable: results are kept while this program is away.
            channel.queueDeclare(queue, true, false, false, Map.of("x-queue-type", "quorum"));
            for (var routingKey : List.of("invoice.generated", "invoice.failed")) {
                channel.queueBind(queue, EXCHANGE, routingKey);
            }
            channel.basicQos(50);
            BlockingQueue<Next> deliveries = new LinkedBlockingQueue<>();
            channel.addShutdownListener(cause -> deliveries.add(new Next(null, "the connection to the broker is lost: " + cause.getMessage())));
            channel.basicConsume(queue, false,
                    (tag, delivery) -> deliveries.add(new Next(delivery, null)),
                    tag -> deliveries.add(new Next(null, "the broker has cancelled the consumer: its queue was deleted")));
            System.out.println("listening to " + queue);
            var json = new ObjectMapper();
            // A program that stores results remembers these ids with them: events are published at least once.
            var seen = new HashSet<String>();
            while (seen.size() < count) {
                var next = deliveries.take();
                if (next.delivery() == null) {
                    failed(next.end());
                }
                var event = json.readTree(next.delivery().getBody());
                if (seen.add(event.get("id").asText())) {
                    System.out.println(described(event));
                }
                // Only after the result is kept.
                channel.basicAck(next.delivery().getEnvelope().getDeliveryTag(), false);
            }
        }
    }

    private static String described(JsonNode event) {
        var data = event.get("data");
        var subject = event.path("subject").asText("an unknown invoice");
        return event.get("type").asText().equals("invoice.generated.v1")
                ? "generated %s %s %d %s".formatted(
                        subject, data.get("currency").asText(), data.get("grossMinor").asLong(), data.get("url").asText())
                : "failed %s %s %s".formatted(subject, data.get("code").asText(), data.get("detail").asText());
    }

    private static void failed(String message) {
        System.err.println(message);
        System.exit(1);
    }

    private static void wrongUsage(String message) {
        System.err.println(message);
        System.exit(2);
    }

    private Listen() {}
}
