// SPDX-License-Identifier: Apache-2.0
// A member of a group in Java; what it says is in groups_test.py.

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class GroupMember {
    private static final Map<String, String> ASSIGNORS = Map.of(
        "range", "RangeAssignor",
        "roundrobin", "RoundRobinAssignor",
        "sticky", "StickyAssignor",
        "cooperative-sticky", "CooperativeStickyAssignor");

    private static Properties settings(String[] words) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", words[0]);
        settings.put("group.id", words[2]);
        if (words[3].equals("consumer")) {
            settings.put("group.protocol", "consumer");
        } else {
            settings.put("partition.assignment.strategy",
                "org.apache.kafka.clients.consumer." + ASSIGNORS.get(words[3]));
            settings.put("session.timeout.ms", words[4]);
            settings.put("heartbeat.interval.ms", "300");
        }
        if (words.length > 5 && !words[5].equals("-"))
            settings.put("group.instance.id", words[5]);
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        return settings;
    }

    private static void tell(KafkaConsumer<byte[], byte[]> consumer) {
        System.out.println("assigned " + consumer.assignment().stream().map(TopicPartition::partition)
            .sorted().map(String::valueOf).collect(Collectors.joining(" ")));
    }

    /** A commit that fails is none: whoever owns the partitions now reads these records again. */
    private static void commit(
        KafkaConsumer<byte[], byte[]> consumer, ConsumerRecords<byte[], byte[]> records) {
        Map<TopicPartition, OffsetAndMetadata> behind = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : records)
            behind.put(new TopicPartition(record.topic(), record.partition()),
                new OffsetAndMetadata(record.offset() + 1));
        try {
            consumer.commitSync(behind);
        } catch (CommitFailedException | RebalanceInProgressException | RetriableException problem) {
            return;
        }
        System.out.println("committed " + System.nanoTime() + behind.entrySet().stream()
            .map(place -> " " + place.getKey().partition() + ":" + place.getValue().offset())
            .collect(Collectors.joining()));
    }

    public static void main(String[] words) throws Exception {
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings(words), bytes, bytes);
        consumer.subscribe(List.of(words[1]), new ConsumerRebalanceListener() {
            public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
                tell(consumer);
            }
            public void onPartitionsRevoked(Collection<TopicPartition> revoked) {}
        });
        while (System.in.available() == 0) {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
            for (ConsumerRecord<byte[], byte[]> record : records)
                System.out.println(
                    "read " + System.nanoTime() + " " + record.partition() + " " + record.offset());
            if (!records.isEmpty())
                commit(consumer, records);
        }
        consumer.close();
        System.out.println("closed");
    }
}
