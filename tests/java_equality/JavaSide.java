// SPDX-License-Identifier: Apache-2.0
// Java's half of the proof that messages are byte-identical: fills, writes and reads Kafka's own
// generated classes, by the schemas that they carry.
//
//   write FILE JAR... [--only NAME=LOWEST-HIGHEST]...   every message, version and case to FILE
//   check FILE JAR...                                   reads FILE, writes again, compares
//
// A case in FILE: name (2-byte length, bytes), version (2), case (1), body (4-byte length, bytes).
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarFile;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

public class JavaSide {
    static final int DEFAULTS = 0, FULL = 1, EMPTY = 2, EXTREME = 3, CASES = 4;

    public static void main(String[] arguments) throws Exception {
        Map<String, Class<?>> classes = new TreeMap<>();
        Map<String, String> only = new TreeMap<>();
        for (int i = 2; i < arguments.length; i++) {
            if (arguments[i].equals("--only")) {
                String[] parts = arguments[++i].split("=");
                only.put(parts[0], parts[1]);
            } else {
                addClasses(arguments[i], classes);
            }
        }
        if (arguments[0].equals("write")) write(Path.of(arguments[1]), classes, only);
        else check(Path.of(arguments[1]), classes);
    }

    /** The generated messages of a jar, by the names of their schemas. */
    static void addClasses(String path, Map<String, Class<?>> classes) throws Exception {
        try (JarFile jar = new JarFile(path)) {
            for (var entry : (Iterable<java.util.jar.JarEntry>) jar.stream()::iterator) {
                String name = entry.getName();
                if (!name.matches(".*/(message|common/metadata|generated)/[A-Za-z]*\\.class")) continue;
                if (name.matches(".*(JsonConverter|Type|Filter)\\.class")) continue;
                Class<?> type = Class.forName(name.replace(".class", "").replace('/', '.'));
                if (!Message.class.isAssignableFrom(type) || type.isInterface()) continue;
                if (schemas(type).length == 0) continue;
                String simple = type.getSimpleName();
                boolean suffixed = simple.matches(".*(Request|Response|Header)Data");
                classes.put(suffixed ? simple.substring(0, simple.length() - 4) : simple, type);
            }
        }
    }

    static Schema[] schemas(Class<?> type) throws Exception {
        return (Schema[]) type.getField("SCHEMAS").get(null);
    }

    static Message create(Class<?> type) throws Exception {
        return (Message) type.getConstructor().newInstance();
    }

    static void write(Path path, Map<String, Class<?>> classes, Map<String, String> only)
            throws Exception {
        try (DataOutputStream out = new DataOutputStream(
                 new BufferedOutputStream(Files.newOutputStream(path)))) {
            for (var entry : classes.entrySet()) {
                Message sample = create(entry.getValue());
                int lowest = sample.lowestSupportedVersion();
                int highest = sample.highestSupportedVersion();
                if (!only.isEmpty()) {
                    String range = only.get(entry.getKey());
                    if (range == null) continue;
                    String[] ends = range.split("-");
                    lowest = Integer.parseInt(ends[0]);
                    highest = Integer.parseInt(ends[ends.length - 1]);
                }
                for (int version = lowest; version <= highest; version++)
                    for (int kind = 0; kind < CASES; kind++)
                        writeCase(out, entry.getKey(), entry.getValue(), (short) version, kind);
            }
        }
    }

    static void writeCase(DataOutputStream out, String name, Class<?> type, short version, int kind)
            throws Exception {
        Message message = create(type);
        new Filler(kind).fill(message, schemas(type)[version]);
        byte[] bytes = bytes(message, version);
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        out.writeShort(nameBytes.length);
        out.write(nameBytes);
        out.writeShort(version);
        out.writeByte(kind);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static byte[] bytes(Message message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(buffer), cache, version);
        if (buffer.hasRemaining()) throw new IllegalStateException("size() is wrong");
        return buffer.array();
    }

    static void check(Path path, Map<String, Class<?>> classes) throws Exception {
        int count = 0, wrong = 0;
        Set<String> versions = new TreeSet<>(), names = new TreeSet<>();
        try (DataInputStream in = new DataInputStream(
                 new BufferedInputStream(Files.newInputStream(path)))) {
            while (in.available() > 0) {
                byte[] nameBytes = in.readNBytes(in.readUnsignedShort());
                String name = new String(nameBytes, StandardCharsets.UTF_8);
                short version = in.readShort();
                int kind = in.readByte();
                byte[] expected = in.readNBytes(in.readInt());
                String problem = problemOf(classes.get(name), version, expected);
                if (problem != null) {
                    System.out.println(name + " v" + version + " case " + kind + ": " + problem);
                    wrong++;
                }
                names.add(name);
                versions.add(name + " " + version);
                count++;
            }
        }
        System.out.printf("C++ to Java: %d messages, %d versions, %d cases, %d differ%n",
                          names.size(), versions.size(), count, wrong);
        System.exit(wrong == 0 && count > 0 ? 0 : 1);
    }

    static String problemOf(Class<?> type, short version, byte[] expected) {
        if (type == null) return "Java has no such message";
        try {
            Message message = create(type);
            ByteBuffer buffer = ByteBuffer.wrap(expected);
            message.read(new ByteBufferAccessor(buffer), version);
            if (buffer.hasRemaining()) return buffer.remaining() + " bytes are left";
            if (!message.unknownTaggedFields().isEmpty()) return "a tagged field is unknown";
            return Arrays.equals(bytes(message, version), expected) ? null : "other bytes";
        } catch (Exception error) {
            return error.toString();
        }
    }

    /** Sets the fields that a version has, by the version's schema. */
    static class Filler {
        final int kind;
        int counter = 0;

        Filler(int kind) { this.kind = kind; }

        void fill(Message message, Schema schema) throws Exception {
            for (BoundField field : schema.fields()) {
                if (field.def.type instanceof TaggedFields tagged) {
                    for (var inner : fieldsOf(tagged)) fill(message, inner.name, inner.type);
                } else {
                    fill(message, field.def.name, field.def.type);
                }
            }
        }

        /** Before 4.0 they have no accessor. */
        static Collection<org.apache.kafka.common.protocol.types.Field> fieldsOf(TaggedFields tagged)
                throws Exception {
            Field fields = TaggedFields.class.getDeclaredField("fields");
            fields.setAccessible(true);
            @SuppressWarnings("unchecked")
            var byTag = (Map<Integer, org.apache.kafka.common.protocol.types.Field>) fields.get(tagged);
            return byTag.values();
        }

        void fill(Message message, String name, Type type) throws Exception {
            Field field = fieldOf(message.getClass(), name);
            if (kind != DEFAULTS) {
                field.set(message, value(field.getType(), field.getGenericType(), type));
            } else if (nameOf(type).endsWith("RECORDS") && !type.isNullable()) {
                field.set(message, records(new byte[0]));  // their default cannot be written
            }
        }

        static Field fieldOf(Class<?> type, String name) {
            String wanted = name.replace("_", "");
            for (Field field : type.getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers())) continue;
                if (field.getName().equalsIgnoreCase(wanted)) {
                    field.setAccessible(true);
                    return field;
                }
            }
            throw new IllegalStateException(type + " has no field " + name);
        }

        Object value(Class<?> javaType, java.lang.reflect.Type generic, Type type) throws Exception {
            if (kind == EMPTY && type.isNullable()) return null;
            if (type.isArray()) return array(javaType, generic, type.arrayElementType().get());
            if (type instanceof Schema schema) {
                Message inner = create(javaType);
                fill(inner, schema);
                return inner;
            }
            return primitive(javaType, nameOf(type));
        }

        static String nameOf(Type type) {
            return type instanceof Type.DocumentedType documented ? documented.typeName() : "";
        }

        Object array(Class<?> javaType, java.lang.reflect.Type generic, Type elementType)
                throws Exception {
            Class<?> javaElement = elementClass(javaType, generic);
            @SuppressWarnings("unchecked")
            Collection<Object> array = javaType == List.class
                ? new ArrayList<>() : (Collection<Object>) javaType.getConstructor().newInstance();
            boolean structs = elementType instanceof Schema;
            int size = kind == EMPTY ? 0 : kind == FULL ? 2 : structs ? 1 : 200;
            for (int i = 0; i < size; i++) array.add(value(javaElement, null, elementType));
            return array;
        }

        static Class<?> elementClass(Class<?> javaType, java.lang.reflect.Type generic) {
            java.lang.reflect.Type holder =
                javaType == List.class ? generic : javaType.getGenericSuperclass();
            return (Class<?>) ((ParameterizedType) holder).getActualTypeArguments()[0];
        }

        Object primitive(Class<?> javaType, String name) throws Exception {
            int n = kind == EMPTY ? 0 : ++counter;
            boolean extreme = kind == EXTREME;
            switch (name) {
                case "BOOLEAN": return kind == FULL ? n % 3 != 0 : extreme;
                case "INT8": return extreme ? Byte.MIN_VALUE : (byte) n;
                case "INT16": return extreme ? Short.MIN_VALUE : (short) (n + 300);
                case "UINT16": return extreme ? 65535 : n + 300;
                case "INT32": return extreme ? Integer.MIN_VALUE : n + 100_000;
                case "UINT32": return extreme ? 0xffffffffL : n + 100_000L;
                case "INT64": return extreme ? Long.MIN_VALUE : n + 10_000_000_000L;
                case "FLOAT64": return extreme ? -Double.MAX_VALUE : n + 0.5;
                case "UUID": return new Uuid(extreme ? -1 : n, extreme ? -1 : ~n);
                default:
            }
            if (name.contains("STRING"))
                return kind == EMPTY ? "" : extreme ? "\u00e9\u20ac".repeat(100) : "text " + n;
            byte[] bytes = new byte[kind == EMPTY ? 0 : extreme ? 300 : 5];
            Arrays.fill(bytes, (byte) n);
            if (name.contains("RECORDS")) return records(bytes);
            if (name.contains("BYTES"))
                return javaType == ByteBuffer.class ? ByteBuffer.wrap(bytes) : bytes;
            throw new IllegalStateException("unknown type " + name);
        }

        static Object records(byte[] bytes) throws Exception {
            Class<?> type;
            try {
                type = Class.forName("org.apache.kafka.common.record.internal.MemoryRecords");
            } catch (ClassNotFoundException before44) {
                type = Class.forName("org.apache.kafka.common.record.MemoryRecords");
            }
            return type.getMethod("readableRecords", ByteBuffer.class)
                .invoke(null, ByteBuffer.wrap(bytes));
        }
    }
}
