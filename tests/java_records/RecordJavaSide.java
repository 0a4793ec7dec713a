// SPDX-License-Identifier: Apache-2.0
// Writes and dumps record batches with Kafka's own classes; cpp_side.cc does the same with ours.
//   RecordJavaSide write DIRECTORY     one file a codec and level
//   RecordJavaSide dump FILE...        what is in them, a line a batch and a line a record

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;

public class RecordJavaSide {
    static final long TIME = 1_700_000_000_000L;
    static final Header[] NO_HEADERS = {};

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("write"))
            write(Path.of(arguments[1]));
        else
            for (int n = 1; n < arguments.length; n++) dump(Path.of(arguments[n]));
    }

    static void write(Path directory) throws Exception {
        writeFile(directory.resolve("none-0"), Compression.NONE);
        writeFile(directory.resolve("snappy-0"), Compression.snappy().build());
        for (int level : new int[] {-1, 1, 9})
            writeFile(directory.resolve("gzip-" + level), Compression.gzip().level(level).build());
        for (int level : new int[] {1, 9, 17})
            writeFile(directory.resolve("lz4-" + level), Compression.lz4().level(level).build());
        for (int level : new int[] {1, 3, 19})
            writeFile(directory.resolve("zstd-" + level), Compression.zstd().level(level).build());
    }

    static void writeFile(Path file, Compression compression) throws Exception {
        ByteBuffer all = ByteBuffer.allocate(4 << 20);
        for (int shape = 0; shape < 4; shape++) {
            MemoryRecordsBuilder builder = builder(shape, compression);
            for (SimpleRecord record : records(shape)) builder.append(record);
            all.put(builder.build().buffer());
        }
        if (compression == Compression.NONE) all.put(marker().buffer());
        all.flip();
        byte[] bytes = new byte[all.remaining()];
        all.get(bytes);
        Files.write(file, bytes);
    }

    static MemoryRecordsBuilder builder(int shape, Compression compression) {
        boolean idempotent = shape == 2;
        return MemoryRecords.builder(ByteBuffer.allocate(1 << 20), (byte) 2, compression,
            shape == 3 ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
            shape == 1 ? 1000 : 0, shape == 3 ? TIME + 77 : -1, idempotent ? 42 : -1,
            (short) (idempotent ? 3 : -1), idempotent ? 5 : -1, idempotent, false,
            shape == 1 ? 7 : -1);
    }

    static List<SimpleRecord> records(int shape) {
        List<SimpleRecord> records = new ArrayList<>();
        if (shape == 0) records.add(new SimpleRecord(TIME, text("key"), text("value")));
        if (shape == 1) {
            Header[] headers = {new RecordHeader("h", new byte[] {1, 2, 3}),
                new RecordHeader("", (byte[]) null), new RecordHeader("e", new byte[0])};
            records.add(new SimpleRecord(TIME, (byte[]) null, (byte[]) null));
            records.add(new SimpleRecord(TIME - 5, new byte[0], new byte[0], headers));
            records.add(new SimpleRecord(TIME + 100_000, text("k"), null));
        }
        if (shape == 2)
            for (int n = 0; n < 1000; n++)
                records.add(new SimpleRecord(
                    TIME + n, text("key-" + n), text(("value-" + n + " ").repeat(10))));
        if (shape == 3)
            for (int n = 1; n <= 3; n++)
                records.add(new SimpleRecord(TIME, null, noise(200_000, n)));
        return records;
    }

    static MemoryRecords marker() {
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(200), (byte) 2,
            Compression.NONE, TimestampType.CREATE_TIME, 60, -1, 42, (short) 3, -1, true, true, 7);
        builder.appendEndTxnMarker(TIME, new EndTransactionMarker(ControlRecordType.COMMIT, 9));
        return builder.build();
    }

    static byte[] text(String text) { return text.getBytes(StandardCharsets.UTF_8); }

    static byte[] noise(int size, int seed) {
        byte[] bytes = new byte[size];
        for (int n = 0; n < size; n++) {
            seed = seed * 1664525 + 1013904223;
            bytes[n] = (byte) (seed >>> 24);
        }
        return bytes;
    }

    static void dump(Path file) throws Exception {
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(file)));
        StringBuilder out = new StringBuilder();
        for (MutableRecordBatch batch : records.batches()) {
            batch.ensureValid();
            out.append(String.format(
                "batch %d..%d epoch %d codec %d type %d transactional %b control %b max %d "
                    + "producer %d %d %d..%d count %d bytes=%d%n",
                batch.baseOffset(), batch.lastOffset(), batch.partitionLeaderEpoch(),
                batch.compressionType().id, batch.timestampType().id, batch.isTransactional(),
                batch.isControlBatch(), batch.maxTimestamp(), batch.producerId(),
                batch.producerEpoch(), batch.baseSequence(), batch.lastSequence(),
                batch.countOrNull(), batch.sizeInBytes()));
            for (Record record : batch) {
                out.append("record ").append(record.offset()).append(' ').append(record.timestamp());
                out.append(" key ").append(content(record.key()));
                out.append(" value ").append(content(record.value()));
                for (Header header : record.headers())
                    out.append(" header ").append(header.key()).append('=').append(
                        content(header.value() == null ? null : ByteBuffer.wrap(header.value())));
                out.append('\n');
            }
        }
        System.out.print(out);
    }

    static String content(ByteBuffer bytes) {
        if (bytes == null) return "null";
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return bytes.remaining() + ":" + Long.toHexString(crc.getValue());
    }
}
