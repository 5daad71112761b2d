using System.Text;
using System.Text.Json.Nodes;

namespace Deq.Benchmarks.Serving.Door;

/// <summary>Requests with bytes changed, cut, repeated or added, each by its number.</summary>
internal static class Mutation
{
    /// <summary>Stand for what no writer of JSON writes: half of a pair of UTF-16, and arrays in arrays beyond what readers take.</summary>
    private const string Half = "half a pair", Deep = "deep";

    private static readonly string[] s_values =
    [
        "null", "true", "0", "-1", "1e38", "1e308", "9223372036854775808", "0.5", "\"\"", "\"\\u0000\"", $"\"{Half}\"", "\"nonesuch\"", "[]", "{}", "[[]]", "[1,[2]]", "[null]", "{\"a\":{\"b\":[]}}",
        $"\"{new string('x', 5000)}\"", $"\"{Deep}\"",
    ];

    /// <summary>A body with a few changes anywhere; every other one in JSON has members and elements that are exchanged, left out or repeated instead, and stays JSON.</summary>
    public static byte[] OfBody(string type, byte[] body, int seed)
    {
        var random = new Random(seed);
        return type == "application/json" && random.Next(2) == 0 ? OfJson(body, random) : OfBytes(body, random);
    }

    private static byte[] OfBytes(byte[] body, Random random)
    {
        List<byte> bytes = [.. body];
        for (int change = random.Next(2) == 0 ? 1 : random.Next(1, 9); change > 0 && bytes.Count > 0; change--)
        {
            int place = random.Next(bytes.Count);
            int length = random.Next(1, Math.Min(64, bytes.Count - place) + 1);
            switch (random.Next(5))
            {
                case 0: bytes[place] = (byte)random.Next(256); break;
                case 1: bytes[place] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.RemoveRange(place, length); break;
                case 3: bytes.InsertRange(place, bytes.GetRange(place, length)); break;
                default: bytes.InsertRange(place, Encoding.ASCII.GetBytes($"{random.NextInt64()}{{}}[]\"-1e999")); break;
            }
        }

        return [.. bytes];
    }

    private static byte[] OfJson(byte[] body, Random random)
    {
        JsonNode json = JsonNode.Parse(body)!;
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            JsonNode place = json;
            while (Inner(place, random) is { } inner && random.Next(3) > 0)
            {
                place = inner;
            }

            var value = JsonNode.Parse(s_values[random.Next(s_values.Length)]);
            switch (place)
            {
                case JsonObject { Count: > 0 } members:
                    string name = members.ElementAt(random.Next(members.Count)).Key;
                    JsonNode? was = random.Next(2) == 0 ? value : members[name]?.DeepClone();
                    members.Remove(name);
                    switch (random.Next(3))
                    {
                        case 0: members[name] = value; break;
                        case 1: members[name + "s"] = was; break;
                    }

                    break;
                case JsonArray { Count: > 0 } elements:
                    int element = random.Next(elements.Count);
                    switch (random.Next(3))
                    {
                        case 0: elements[element] = value; break;
                        case 1: elements.Add(elements[element]?.DeepClone()); break;
                        default: elements.RemoveAt(element); break;
                    }

                    break;
            }
        }

        string text = json.ToJsonString().Replace(Half, "\\ud800", StringComparison.Ordinal)
            .Replace($"\"{Deep}\"", new string('[', 200) + new string(']', 200), StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(text);
    }

    /// <summary>A member or an element that has some itself; null where none has.</summary>
    private static JsonNode? Inner(JsonNode of, Random random)
    {
        JsonNode?[] all = of switch { JsonObject members => [.. members.Select(member => member.Value)], JsonArray elements => [.. elements], _ => [] };
        JsonNode?[] inner = [.. all.Where(each => each is JsonObject or JsonArray)];
        return inner.Length == 0 ? null : inner[random.Next(inner.Length)];
    }

    /// <summary>A head whose target and fields have changes, by bytes and by parameters that may or may not exist. Version and length stay, so that the server knows where the body ends.</summary>
    /// <param name="head">Lines that end in CR and LF, an empty one last.</param>
    /// <param name="seed">The number of the request.</param>
    public static byte[] OfHead(byte[] head, int seed)
    {
        var random = new Random(seed);
        string[] lines = Encoding.ASCII.GetString(head).Split("\r\n");
        string target = lines[0][..^" HTTP/1.1".Length];
        if (random.Next(3) == 0)
        {
            lines[0] = $"{target}{(target.Contains('?') ? '&' : '?')}{Parameter(random)} HTTP/1.1";
        }
        else if (random.Next(2) == 0)
        {
            lines[0] = Changed(target, random) + " HTTP/1.1";
        }
        else
        {
            int field = random.Next(1, lines.Length - 2);
            lines[field] = lines[field].StartsWith("Content-Length", StringComparison.Ordinal) ? lines[field] : Changed(lines[field], random);
        }

        return Encoding.Latin1.GetBytes(string.Join("\r\n", lines));
    }

    /// <summary>A parameter that the API has, or nearly, with a value that it takes, or not.</summary>
    private static string Parameter(Random random)
    {
        string[] names = ["maxEvaluations", "tolerance", "deadlineMs", "budget", "priority", "solver", "top", "effort", "starts", "seed", "sigma", "lambda", "factor", "untilStable", "energy", "logits", "%00", "maxevaluations", "a[b]"];
        string[] values = ["1", "0", "-1", "1e999", "NaN", "9223372036854775808", "true", "fast", "high", "", "%", "%ff%fe", "%F0%9F%90%B1", "0x10", "1,5", " 7", "5&5", new string('9', 400)];
        return $"{names[random.Next(names.Length)]}={values[random.Next(values.Length)]}";
    }

    private static string Changed(string line, Random random)
    {
        var text = new StringBuilder(line);
        for (int change = random.Next(1, 5); change > 0 && text.Length > 1; change--)
        {
            int place = random.Next(text.Length);
            int length = random.Next(1, Math.Min(12, text.Length - place) + 1);
            switch (random.Next(4))
            {
                case 0: text[place] = (char)random.Next(256); break;
                case 1: text.Remove(place, length); break;
                case 2: text.Insert(place, text.ToString(place, length)); break;
                default: text.Insert(place, random.NextInt64()); break;
            }
        }

        return text.ToString();
    }
}
