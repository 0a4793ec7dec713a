// SPDX-License-Identifier: Apache-2.0
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Offsets by time, and what is refused, as word_cases.py asks. */
class Edges {
    static void times(String[] words) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", words[1]);
        TopicPartition partition = new TopicPartition(words[2], 0);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                 settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            for (int i = 3; i < words.length; i++) {
                Map<TopicPartition, Long> asked = Map.of(partition, Long.parseLong(words[i]));
                System.out.println(consumer.offsetsForTimes(asked).get(partition).offset());
            }
        }
    }

    private static void tell(String what, Future<?> future) throws Exception {
        try {
            future.get();
        } catch (ExecutionException problem) {
            System.out.println(what + " " + Errors.forException(problem.getCause()).code());
            return;
        }
        throw new AssertionError(what + " was not refused");
    }

    private static Future<?> create(
        AdminClient admin, String name, int replicas, Map<String, String> configs) {
        NewTopic topic = new NewTopic(name, 1, (short) replicas).configs(configs);
        return admin.createTopics(List.of(topic)).all();
    }

    static void errors(String address, String topic) throws Exception {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", address);
        try (AdminClient admin = AdminClient.create(settings)) {
            tell("exists", create(admin, topic, 1, Map.of()));
            tell("replicas", create(admin, topic + "-replicas", 3, Map.of()));
            tell("config", create(admin, topic + "-config", 1, Map.of("retention.ms", "never")));
            tell("name", create(admin, "a b", 1, Map.of()));
            tell("unknown", admin.deleteTopics(List.of(topic + "-unknown")).all());
        }
        try (KafkaProducer<String, String> producer = Producing.producer(address)) {
            tell("large", Producing.send(producer, topic, "x".repeat(2000)));
        }
    }
}
