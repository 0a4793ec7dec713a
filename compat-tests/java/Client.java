// SPDX-License-Identifier: Apache-2.0
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The Java client: produce and consume as compat-tests/common.py describes, and word_cases.py. */
public class Client {
    private static final long FIRST_TIMESTAMP = 1_700_000_000_000L;
    private static final Duration WAIT = Duration.ofSeconds(120);

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] value) {
        return value == null ? "~" : new String(value, StandardCharsets.UTF_8);
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, long i) {
        byte[] key = i % 5 == 0 ? null : bytes("key-" + i % 1000);
        boolean tombstone = i % 11 == 0 && i % 5 != 0;
        byte[] value = tombstone ? null
                                 : bytes("value-" + i + "-"
                                       + "x".repeat((int) (i % 50)));
        ProducerRecord<byte[], byte[]> record =
            new ProducerRecord<>(topic, 0, FIRST_TIMESTAMP + i, key, value);
        if (i % 3 == 0)
            record.headers().add("number", bytes("" + i)).add("empty", new byte[0]);
        return record;
    }

    private static void produce(String address, String topic, String codec, long count)
        throws Exception {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", address);
        settings.put("compression.type", codec);
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                 settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (long i = 0; i < count; i++) sent.add(producer.send(record(topic, i)));
        }
        for (int i = 0; i < count; i++)
            check(sent.get(i).get().offset() == i, "offset of record " + i);
    }

    private static String line(ConsumerRecord<byte[], byte[]> record) {
        StringBuilder headers = new StringBuilder();
        for (Header header : record.headers())
            headers.append(headers.length() == 0 ? "" : ",")
                .append(header.key())
                .append('=')
                .append(text(header.value()));
        return String.join("|", "" + record.offset(), "" + record.timestamp(), text(record.key()),
            text(record.value()), headers);
    }

    private static void consume(String address, String topic, long count) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", address);
        settings.put("enable.auto.commit", "false");
        StringBuilder lines = new StringBuilder();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                 settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long deadline = System.nanoTime() + WAIT.toNanos();
            for (long found = 0; found < count;) {
                var records = consumer.poll(WAIT); // may return early with nothing
                check(System.nanoTime() < deadline, "no record in time");
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    if (found++ < count)
                        lines.append(line(record)).append('\n');
                }
            }
        }
        System.out.print(lines);
    }

    private static void readCommitted(String address, String topic, long count) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", address);
        settings.put("isolation.level", "read_committed");
        long deadline = System.nanoTime() + WAIT.toNanos();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                 settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = List.of(new TopicPartition(topic, 0));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            for (long found = 0; found < count;) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1)))
                    if (found++ < count)
                        System.out.println(text(record.value()));
                check(System.nanoTime() < deadline, "no record in time");
            }
        }
    }

    private static void check(boolean condition, String what) {
        if (!condition)
            throw new AssertionError(what);
    }

    private static void fails(Future<?> future, Class<? extends Exception> expected)
        throws Exception {
        try {
            future.get();
        } catch (ExecutionException problem) {
            check(expected.isInstance(problem.getCause()), problem.toString());
            return;
        }
        throw new AssertionError("no " + expected.getSimpleName());
    }

    private static void admin(String address, String name) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
            topics(admin, name);
            configs(admin, name);
            offsets(admin, address, name);
            admin.createPartitions(Map.of(name, NewPartitions.increaseTo(4))).all().get();
            check(admin.listPartitionReassignments().reassignments().get().isEmpty(),
                "reassignments");
            check(!admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1).isEmpty(),
                "log dirs");
            check(
                admin.describeMetadataQuorum().quorumInfo().get().leaderId() == 1, "quorum leader");
            check(!admin.describeFeatures().featureMetadata().get().finalizedFeatures().isEmpty(),
                "features");
            admin.deleteTopics(List.of(name)).all().get();
            fails(admin.deleteTopics(List.of(name)).all(), UnknownTopicOrPartitionException.class);
        }
    }

    private static void topics(Admin admin, String name) throws Exception {
        check(admin.describeCluster().nodes().get().size() == 1, "one node");
        NewTopic topic =
            new NewTopic(name, 2, (short) 1).configs(Map.of("retention.ms", "1234567"));
        admin.createTopics(List.of(topic)).all().get();
        fails(admin.createTopics(List.of(topic)).all(), TopicExistsException.class);
        fails(admin.createTopics(List.of(new NewTopic(name + "-3", 1, (short) 3))).all(),
            InvalidReplicationFactorException.class);
        check(admin.listTopics().names().get().contains(name), "listed");
        check(
            admin.describeTopics(List.of(name)).allTopicNames().get().get(name).partitions().size()
                == 2,
            "partitions");
    }

    private static String config(Admin admin, ConfigResource resource, String key)
        throws Exception {
        Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        return config.get(key).value();
    }

    private static void configs(Admin admin, String name) throws Exception {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, name);
        check(config(admin, topic, "retention.ms").equals("1234567"), "retention.ms");
        AlterConfigOp set =
            new AlterConfigOp(new ConfigEntry("segment.ms", "7654321"), AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Map.of(topic, List.of(set))).all().get();
        check(config(admin, topic, "segment.ms").equals("7654321"), "segment.ms");
        check(config(admin, new ConfigResource(ConfigResource.Type.BROKER, "1"), "node.id")
                  .equals("1"),
            "node.id");
    }

    private static void offsets(Admin admin, String address, String name) throws Exception {
        produce(address, name, "zstd", 100);
        TopicPartition partition = new TopicPartition(name, 0);
        admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(40))).all().get();
        check(offset(admin, partition, OffsetSpec.earliest()) == 40, "earliest");
        check(offset(admin, partition, OffsetSpec.latest()) == 100, "latest");
        check(offset(admin, partition, OffsetSpec.maxTimestamp()) == 99,
            "offset of the largest timestamp");
        check(offset(admin, partition, OffsetSpec.forTimestamp(FIRST_TIMESTAMP + 55)) == 55,
            "by time");
        check(!admin.describeProducers(List.of(partition))
                  .all()
                  .get()
                  .get(partition)
                  .activeProducers()
                  .isEmpty(),
            "producers");
    }

    private static long offset(Admin admin, TopicPartition partition, OffsetSpec spec)
        throws Exception {
        return admin.listOffsets(Map.of(partition, spec)).all().get().get(partition).offset();
    }

    public static void main(String[] words) throws Exception {
        switch (words[0]) {
            case "produce" -> produce(words[1], words[2], words[3], Long.parseLong(words[4]));
            case "consume" -> consume(words[1], words[2], Long.parseLong(words[3]));
            case "admin" -> admin(words[1], words[2]);
            case "idempotent" -> Producing.idempotent(words[1], words[2], Long.parseLong(words[3]));
            case "transact" -> Producing.transact(words[1], words[2], words[3]);
            case "read-committed" -> readCommitted(words[1], words[2], Long.parseLong(words[3]));
            case "large" -> Producing.large(words[1], words[2], Integer.parseInt(words[3]));
            case "times" -> Edges.times(words);
            case "errors" -> Edges.errors(words[1], words[2]);
            default -> throw new IllegalArgumentException(words[0]);
        }
    }
}
