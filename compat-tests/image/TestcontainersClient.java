// SPDX-License-Identifier: Apache-2.0
// The stock Kafka modules of Testcontainers, with the image that the argument names in Kafka's place.
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.testcontainers.kafka.ConfluentKafkaContainer;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

public class TestcontainersClient {
    public static void main(String[] arguments) throws Exception {
        DockerImageName image = DockerImageName.parse(arguments[0]);
        try (var kafka = new KafkaContainer(image.asCompatibleSubstituteFor("apache/kafka"))
                .withImagePullPolicy(name -> false)) {
            kafka.start();
            roundTrip(kafka.getBootstrapServers());
        }
        try (var kafka = new ConfluentKafkaContainer(image.asCompatibleSubstituteFor("confluentinc/cp-kafka"))
                .withImagePullPolicy(name -> false)) {
            kafka.start();
            roundTrip(kafka.getBootstrapServers());
        }
        System.out.println("round trip done");
    }

    private static void roundTrip(String address) throws Exception {
        Map<String, Object> where = Map.of("bootstrap.servers", address);
        try (var producer = new KafkaProducer<>(where, new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>("greetings", "hello")).get();
        }
        Map<String, Object> reading = Map.of("bootstrap.servers", address, "group.id", "readers",
                "auto.offset.reset", "earliest");
        try (var consumer = new KafkaConsumer<>(reading, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of("greetings"));
            Instant deadline = Instant.now().plusSeconds(60);
            while (Instant.now().isBefore(deadline))
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1)))
                    if (record.value().equals("hello")) return;
        }
        throw new IllegalStateException("the record did not come back");
    }
}
