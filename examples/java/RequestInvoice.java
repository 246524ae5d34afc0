import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/**
 * Requests an invoice, waits for its event, downloads the document and verifies it.
 *
 * <pre>java -cp "$CLASSPATH" RequestInvoice.java REQUEST.json INVOICE.pdf</pre>
 */
public final class RequestInvoice {
    private static final String EXCHANGE = System.getenv().getOrDefault("AMQP_EXCHANGE", "invoices");
    private static final int PERSISTENT = 2;
    private static final long CONFIRM_SECONDS = 30;
    private static final long LONGEST_WAIT_SECONDS = 60;
    private static final HttpClient HTTP = HttpClient.newBuilder()
            // The answer of the API is looked at before it is followed, see `download`.
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    /** What ends the program with code 1 and this sentence. */
    private static final class Failure extends Exception {
        private static final long serialVersionUID = 1;

        Failure(String message) {
            super(message);
        }
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2) {
            wrongUsage("usage: java RequestInvoice.java REQUEST.json INVOICE.pdf");
        }
        var examples = Map.of("AMQP_URL", "amqp://user:password@host:5672/%2f", "API_URL", "http://127.0.0.1:8080");
        for (var name : new String[] {"AMQP_URL", "API_URL"}) {
            if (System.getenv().getOrDefault(name, "").isEmpty()) {
                wrongUsage(name + " is not set, expected a URL like " + examples.get(name));
            }
            if (!System.getenv(name).contains("://")) {
                wrongUsage(name + " is no URL, expected one like " + examples.get(name));
            }
        }
        try {
            run(Path.of(arguments[0]), Path.of(arguments[1]));
        } catch (Failure failure) {
            failed(failure.getMessage());
        } catch (FileSystemException error) {
            failed("a file cannot be read or written: " + error.getMessage());
        } catch (ConnectException error) {
            failed("a server cannot be reached; AMQP_URL and API_URL name them: " + error);
        } catch (IOException | ShutdownSignalException | TimeoutException error) {
            // Whether the request was published may be unknown: the same request can be published again.
            failed("a server is lost, or it refuses: " + error);
        }
    }

    private static void run(Path requestFile, Path documentFile) throws Exception {
        var body = Files.readAllBytes(requestFile);
        var factory = new ConnectionFactory();
        factory.setUri(System.getenv("AMQP_URL"));
        // An exclusive queue ends with its connection, so a connection that recovers would wait for ever.
        factory.setAutomaticRecoveryEnabled(false);
        JsonNode event;
        try (Connection connection = factory.newConnection("order-service"); Channel channel = connection.createChannel()) {
            event = request(channel, body);
        }
        var data = event.get("data");
        for (var warning : data.get("warnings")) {
            System.out.println("warning " + problem(warning));
        }
        var subject = event.path("subject").asText("this request");
        if (event.get("type").asText().equals("invoice.failed.v1")) {
            for (var error : data.get("errors")) {
                System.out.println(problem(error));
            }
            throw new Failure("no document for " + subject + ": " + data.get("code").asText() + ": " + data.get("detail").asText());
        }
        var document = download(subject);
        // The digest in the event is that of the issued document.
        var digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(document));
        if (!digest.equals(data.get("sha256").asText())) {
            throw new Failure(subject + ": the download is not the document that was issued");
        }
        Files.write(documentFile, document);
        System.out.printf("%s: %d page(s), %d bytes, in %s%n", subject, data.get("pages").asInt(), document.length, documentFile);
    }

    /** Publishes a request, and returns the event that answers it. */
    private static JsonNode request(Channel channel, byte[] body) throws Exception {
        // An exclusive queue for the answers, which ends with the connection. It is there before the request is.
        var replies = channel.queueDeclare().getQueue();
        var correlationId = UUID.randomUUID().toString();
        var answered = new CompletableFuture<byte[]>();
        channel.addShutdownListener(answered::completeExceptionally);
        channel.basicConsume(replies, true, (tag, answer) -> {
            if (correlationId.equals(answer.getProperties().getCorrelationId())) {
                answered.complete(answer.getBody());
            }
        }, tag -> answered.completeExceptionally(new IOException("the broker has cancelled the queue for the answers")));
        var properties = new AMQP.BasicProperties.Builder()
                .contentType("application/json")
                .deliveryMode(PERSISTENT)
                .messageId(UUID.randomUUID().toString())
                .correlationId(correlationId)
                .replyTo(replies)
                .build();
        // Mandatory: it must reach a queue. The broker returns it before it confirms.
        var isReturned = new AtomicBoolean();
        channel.addReturnListener(returned -> isReturned.set(true));
        channel.confirmSelect();
        channel.basicPublish(EXCHANGE, "invoice.requested", true, properties, body);
        if (!channel.waitForConfirms(TimeUnit.SECONDS.toMillis(CONFIRM_SECONDS))) {
            throw new Failure("the queue of requests is full: publish the same request again later");
        }
        if (isReturned.get()) {
            throw new Failure("no queue takes requests from the exchange " + EXCHANGE + ": has a worker run on this broker?");
        }
        try {
            return new ObjectMapper().readTree(answered.get(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS));
        } catch (TimeoutException late) {
            // Nothing is lost: a worker processes the request when it can, and the same request gives the same document.
            throw new Failure("no answer within " + LONGEST_WAIT_SECONDS + " s");
        } catch (ExecutionException lost) {
            throw new IOException(lost.getCause());
        }
    }

    /** Downloads a document. The API answers with a presigned URL, which needs no token and must not be sent one. */
    private static byte[] download(String subject) throws Exception {
        var path = Arrays.stream(subject.split("/"))
                .map(part -> URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"))
                .collect(Collectors.joining("/"));
        var call = HttpRequest.newBuilder(URI.create(System.getenv("API_URL") + "/v1/invoices/" + path + "/document"))
                .timeout(Duration.ofSeconds(30));
        var token = System.getenv().getOrDefault("API_TOKEN", "");
        if (!token.isEmpty()) {
            call.header("Authorization", "Bearer " + token);
        }
        var answer = HTTP.send(call.build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 302) {
            throw new Failure("the API has answered " + answer.statusCode() + ": " + answer.body());
        }
        var location = answer.headers().firstValue("Location").orElseThrow(() -> new Failure("the API has answered without a URL"));
        var stored = HTTP.send(
                HttpRequest.newBuilder(URI.create(location)).timeout(Duration.ofSeconds(30)).build(),
                HttpResponse.BodyHandlers.ofByteArray());
        if (stored.statusCode() != 200) {
            throw new Failure("the bucket has answered " + stored.statusCode());
        }
        return stored.body();
    }

    private static String problem(JsonNode problem) {
        return problem.get("code").asText() + " " + problem.get("pointer").asText() + ": " + problem.get("detail").asText();
    }

    private static void failed(String message) {
        System.err.println(message);
        System.exit(1);
    }

    private static void wrongUsage(String message) {
        System.err.println(message);
        System.exit(2);
    }

    private RequestInvoice() {}
}
