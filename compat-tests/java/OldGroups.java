// SPDX-License-Identifier: Apache-2.0
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** The old client as a member of a group: groups_test.py and transactions_test.py describe it. */
class OldGroups {
    private static final int RECORDS_MAX = 20; // of a transaction
    private static final Map<String, String> ASSIGNORS = Map.of("range", "RangeAssignor",
        "roundrobin", "RoundRobinAssignor", "sticky", "StickyAssignor", "cooperative-sticky",
        "CooperativeStickyAssignor");

    private static KafkaConsumer<String, String> consumer(
        String address, String group, Object... more) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", address);
        settings.put("group.id", group);
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        for (int i = 0; i < more.length; i += 2) settings.put((String) more[i], more[i + 1]);
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }

    private static ConsumerRebalanceListener telling(KafkaConsumer<String, String> consumer) {
        return new ConsumerRebalanceListener() {
            public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
                System.out.println("assigned "
                    + consumer.assignment()
                          .stream()
                          .map(TopicPartition::partition)
                          .sorted()
                          .map(String::valueOf)
                          .collect(Collectors.joining(" ")));
            }

            public void onPartitionsRevoked(Collection<TopicPartition> revoked) {}
        };
    }

    static void member(String[] words) throws Exception {
        String assignor = "org.apache.kafka.clients.consumer." + ASSIGNORS.get(words[4]);
        String instance = words[6].equals("-") ? null : words[6];
        KafkaConsumer<String, String> consumer = consumer(words[1], words[3],
            "partition.assignment.strategy", assignor, "session.timeout.ms", words[5],
            "heartbeat.interval.ms", "300", "group.instance.id", instance);
        consumer.subscribe(List.of(words[2]), telling(consumer));
        while (System.in.available() == 0) {
            ConsumerRecords<String, String> records = consumer.poll(100);
            for (ConsumerRecord<String, String> record : records)
                System.out.println("record " + record.partition() + " " + record.offset());
            if (!records.isEmpty())
                consumer.commitSync();
        }
        consumer.close();
        System.out.println("closed");
    }

    static void transfer(String address, String id, String source, String target) {
        try (KafkaProducer<String, String> producer = Producing.producer(
                 address, "transactional.id", id, "transaction.timeout.ms", "10000");
             KafkaConsumer<String, String> consumer = consumer(address, id, "isolation.level",
                 "read_committed", "session.timeout.ms", "6000", "max.poll.records", RECORDS_MAX)) {
            producer.initTransactions();
            consumer.subscribe(List.of(source));
            for (int number = 0;;) {
                ConsumerRecords<String, String> records = consumer.poll(500);
                if (!records.isEmpty())
                    move(producer, consumer, id, target, records, number++ % 5 != 4);
            }
        }
    }

    private static void move(KafkaProducer<String, String> producer,
        KafkaConsumer<String, String> consumer, String group, String target,
        ConsumerRecords<String, String> records, boolean isCommitted) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        producer.beginTransaction();
        for (ConsumerRecord<String, String> record : records) {
            producer.send(new ProducerRecord<>(
                target, record.partition(), null, record.value()));
            offsets.put(new TopicPartition(record.topic(), record.partition()),
                new OffsetAndMetadata(record.offset() + 1));
        }
        producer.sendOffsetsToTransaction(offsets, group);
        if (isCommitted) {
            producer.commitTransaction();
            System.out.println("committed " + records.count());
            return;
        }
        producer.abortTransaction();
        for (TopicPartition partition : records.partitions())
            consumer.seek(partition, records.records(partition).get(0).offset());
    }
}
