// SPDX-License-Identifier: Apache-2.0
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;

/** The Java client before 3.0, back to the first of record batches: as client_cases.py describes. */
public class OldClient {
    private static final long FIRST_TIMESTAMP = 1_700_000_000_000L;
    private static final long WAIT_MS = 120_000;

    private static ProducerRecord<String, String> record(String topic, long i) {
        String key = i % 5 == 0 ? null : "key-" + i % 1000;
        boolean tombstone = i % 11 == 0 && i % 5 != 0;
        String value = tombstone ? null : "value-" + i + "-" + "x".repeat((int) (i % 50));
        ProducerRecord<String, String> record =
            new ProducerRecord<>(topic, 0, FIRST_TIMESTAMP + i, key, value);
        if (i % 3 == 0) {
            byte[] number = ("" + i).getBytes(StandardCharsets.UTF_8);
            record.headers().add("number", number).add("empty", new byte[0]);
        }
        return record;
    }

    private static void produce(String address, String topic, String codec, long count)
        throws Exception {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<String, String> producer =
                 Producing.producer(address, "compression.type", codec)) {
            for (long i = 0; i < count; i++) sent.add(producer.send(record(topic, i)));
        }
        for (int i = 0; i < count; i++)
            check(sent.get(i).get().offset() == i, "offset of record " + i);
    }

    /** Calls each for the first count records of partition 0. */
    private static void read(String address, String topic, long count, String isolation,
        Consumer<ConsumerRecord<String, String>> each) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", address);
        settings.put("isolation.level", isolation);
        long deadline = System.currentTimeMillis() + WAIT_MS;
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                 settings, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = List.of(new TopicPartition(topic, 0));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            for (long found = 0; found < count;) {
                for (ConsumerRecord<String, String> record : consumer.poll(1000))
                    if (found++ < count)
                        each.accept(record);
                check(System.currentTimeMillis() < deadline, "no record in time");
            }
        }
    }

    private static String text(String value) {
        return value == null ? "~" : value;
    }

    private static String line(ConsumerRecord<String, String> record) {
        List<String> headers = new ArrayList<>();
        for (Header header : record.headers())
            headers.add(header.key() + "=" + new String(header.value(), StandardCharsets.UTF_8));
        return String.join("|", "" + record.offset(), "" + record.timestamp(), text(record.key()),
            text(record.value()), String.join(",", headers));
    }

    private static void consume(String address, String topic, long count) {
        StringBuilder lines = new StringBuilder();
        read(address, topic, count, "read_uncommitted",
            record -> lines.append(line(record)).append('\n'));
        System.out.print(lines);
    }

    static void check(boolean condition, String what) {
        if (!condition)
            throw new AssertionError(what);
    }

    private static void admin(String address, String name) throws Exception {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", address);
        try (AdminClient admin = AdminClient.create(settings)) {
            NewTopic topic = new NewTopic(name, 3, (short) 1);
            admin.createTopics(List.of(topic.configs(Map.of("retention.ms", "3600000")))).all().get();
            int partitions =
                admin.describeTopics(List.of(name)).all().get().get(name).partitions().size();
            check(partitions == 3, "partitions");
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
            Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
            check(config.get("retention.ms").value().equals("3600000"), "retention.ms");
            admin.deleteTopics(List.of(name)).all().get();
            long deadline = System.currentTimeMillis() + WAIT_MS;
            while (admin.listTopics().names().get().contains(name))
                check(System.currentTimeMillis() < deadline, "it is still there");
        }
    }

    public static void main(String[] words) throws Exception {
        switch (words[0]) {
            case "produce" -> produce(words[1], words[2], words[3], Long.parseLong(words[4]));
            case "consume" -> consume(words[1], words[2], Long.parseLong(words[3]));
            case "admin" -> admin(words[1], words[2]);
            case "idempotent" -> Producing.idempotent(words[1], words[2], Long.parseLong(words[3]));
            case "transact" -> Producing.transact(words[1], words[2], words[3]);
            case "read-committed" ->
                read(words[1], words[2], Long.parseLong(words[3]), "read_committed",
                    record -> System.out.println(record.value()));
            case "large" -> Producing.large(words[1], words[2], Integer.parseInt(words[3]));
            case "times" -> Edges.times(words);
            case "errors" -> Edges.errors(words[1], words[2]);
            case "member" -> OldGroups.member(words);
            case "transfer" -> OldGroups.transfer(words[1], words[2], words[3], words[4]);
            default -> throw new IllegalArgumentException(words[0]);
        }
    }
}
