// SPDX-License-Identifier: Apache-2.0
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.connect.mirror.RemoteClusterUtils;

/** Translate ADDRESS CLUSTER GROUP: prints "TOPIC PARTITION OFFSET", where the group of the cluster goes on here. */
public class Translate {
    public static void main(String[] words) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", words[0]);
        RemoteClusterUtils.translateOffsets(settings, words[1], words[2], Duration.ofSeconds(180))
            .forEach((partition, offset) -> System.out.println(
                partition.topic() + " " + partition.partition() + " " + offset.offset()));
    }
}
