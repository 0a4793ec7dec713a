// SPDX-License-Identifier: Apache-2.0
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;

/** What word_cases.py asks of a producer. */
class Producing {
    private static final int SECONDS_MAX = 120;

    static KafkaProducer<String, String> producer(String address, Object... more) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", address);
        settings.put("enable.idempotence", "true");
        settings.put("acks", "all");
        settings.put("delivery.timeout.ms", SECONDS_MAX * 1000);
        for (int i = 0; i < more.length; i += 2) settings.put((String) more[i], more[i + 1]);
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    static Future<RecordMetadata> send(
        KafkaProducer<String, String> producer, String topic, String value) {
        return producer.send(new ProducerRecord<>(topic, 0, null, value));
    }

    static void idempotent(String address, String topic, long count) throws Exception {
        try (KafkaProducer<String, String> producer = producer(address)) {
            for (long i = 0; i < count; i++) {
                send(producer, topic, "" + i).get();
                System.out.println("acknowledged " + i);
            }
        }
    }

    static void transact(String address, String topic, String id) throws Exception {
        try (KafkaProducer<String, String> producer = producer(address, "transactional.id", id)) {
            producer.initTransactions();
            for (int number = 0; number < 3; number++) {
                producer.beginTransaction();
                for (int i = 0; i < 10; i++) send(producer, topic, number + "-" + i).get();
                if (number == 1)
                    producer.abortTransaction();
                else
                    producer.commitTransaction();
            }
        }
    }

    static void large(String address, String topic, int size) throws Exception {
        char[] characters = new char[size];
        Arrays.fill(characters, 'x');
        try (KafkaProducer<String, String> producer =
                 producer(address, "max.request.size", 2 * size)) {
            for (String value : List.of("first", new String(characters), "last"))
                send(producer, topic, value).get();
        }
    }
}
