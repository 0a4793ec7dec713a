// SPDX-License-Identifier: Apache-2.0
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Consume, produce, commit: as transactions_test.py describes. */
public class Transfer {
    private static final int RECORDS_MAX = 20;  // of a transaction

    private static Map<String, Object> settings(String address) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", address);
        settings.put("key.serializer", ByteArraySerializer.class);
        settings.put("value.serializer", ByteArraySerializer.class);
        settings.put("key.deserializer", ByteArrayDeserializer.class);
        settings.put("value.deserializer", ByteArrayDeserializer.class);
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        settings.put("session.timeout.ms", "6000");
        settings.put("max.poll.records", RECORDS_MAX);
        return settings;
    }

    private static Map<TopicPartition, OffsetAndMetadata> behind(
        ConsumerRecords<byte[], byte[]> records) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : records)
            offsets.put(new TopicPartition(record.topic(), record.partition()),
                new OffsetAndMetadata(record.offset() + 1));
        return offsets;
    }

    private static void rewind(KafkaConsumer<byte[], byte[]> consumer,
        ConsumerRecords<byte[], byte[]> records) {
        for (TopicPartition partition : records.partitions())
            consumer.seek(partition, records.records(partition).get(0).offset());
    }

    public static void main(String[] words) throws Exception {
        String address = words[0], id = words[1], source = words[2], target = words[3];
        Map<String, Object> ofProducer = settings(address);
        ofProducer.put("transactional.id", id);
        ofProducer.put("transaction.timeout.ms", "10000");
        Map<String, Object> ofConsumer = settings(address);
        ofConsumer.put("group.id", id);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(ofProducer);
             KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(ofConsumer)) {
            producer.initTransactions();
            consumer.subscribe(List.of(source));
            for (int number = 0;; ++number) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(500));
                if (records.isEmpty()) continue;
                producer.beginTransaction();
                for (ConsumerRecord<byte[], byte[]> record : records)
                    producer.send(
                        new ProducerRecord<>(target, record.partition(), null, record.value()));
                producer.sendOffsetsToTransaction(behind(records), consumer.groupMetadata());
                if (number % 5 == 4) {
                    producer.abortTransaction();
                    rewind(consumer, records);
                } else {
                    producer.commitTransaction();
                    System.out.println("committed " + records.count());
                }
            }
        }
    }
}
