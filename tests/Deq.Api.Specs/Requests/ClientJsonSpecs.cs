using System.Text;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Testing;

namespace Deq.Api.Specs.Requests;

public sealed class ClientJsonSpecs
{
    private static readonly JsonDocumentOptions s_unique = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <summary>The files that read JSON of the operator alone.</summary>
    private static readonly string[] s_operators = ["ModelFolder.cs", "KeyFile.cs", "EnsembleFile.cs"];

    [Theory]
    [InlineData("{", "line 1, byte 2")]
    [InlineData("{\n\"a\":x}", "line 2, byte 5")]
    [InlineData("[[[[[1]]]]]", "line 1, byte")]
    [InlineData("""{"a":1,"a":2}""", "'a'")]
    [InlineData("""{"\ud800":1}""", "Unicode")]
    [InlineData("""{"a":{"\ud800":1}}""", "Unicode")]
    [InlineData("""["\udc00"]""", "Unicode")]
    [InlineData("""["a\ud800b"]""", "Unicode")]
    public void What_is_wrong_with_the_text_is_one_problem(string json, string expected)
    {
        ProblemException problem = Assert.Throws<ProblemException>(() => ClientJson.Parse(Encoding.UTF8.GetBytes(json), s_unique, Refused));

        Assert.Contains(expected, problem.Message);
    }

    [Theory]
    [InlineData("""["\udc00"]""")]
    [InlineData("""["a\ud800b"]""")]
    [InlineData("""[{"\ud800":1}]""")]
    [InlineData("""[[{"\ud800":{"\udc00":1}}]]""")]
    public void A_text_that_is_read_into_a_value_is_Unicode(string json)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);

        Assert.Throws<ProblemException>(() => ClientJson.Deserialize<string[]>(bytes, JsonSerializerOptions.Default, Refused));
        Assert.Throws<ProblemException>(() => ClientJson.Deserialize<Dictionary<string, int>[]>(bytes, JsonSerializerOptions.Default, Refused));
        Assert.Throws<ProblemException>(() => ClientJson.Deserialize<ProblemKind[]>(bytes, JsonSerializerOptions.Default, Refused));
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused()
    {
        Assert.Throws<ProblemException>(() => ClientJson.Parse([(byte)'"', 0xC3, (byte)'"'], s_unique, Refused));
        Assert.Throws<ProblemException>(() => ClientJson.Deserialize<string>([(byte)'"', 0xC3, (byte)'"'], JsonSerializerOptions.Default, Refused));
    }

    [Fact]
    public void Texts_of_what_is_parsed_can_be_read()
    {
        using JsonDocument json = ClientJson.Parse("""{"\ud83d\ude00":"\u00e4"}"""u8.ToArray(), s_unique, Refused);

        JsonProperty member = Assert.Single(json.RootElement.EnumerateObject());
        Assert.Equal(("😀", "ä"), (member.Name, member.Value.GetString()));
    }

    [Fact]
    public void A_byte_order_mark_is_passed_over_once()
    {
        using JsonDocument json = ClientJson.Parse("\uFEFF{\"a\":\"\\u00e4\"}"u8.ToArray(), s_unique, Refused);
        string[] read = ClientJson.Deserialize<string[]>("\uFEFF[\"b\"]"u8, JsonSerializerOptions.Default, Refused);

        Assert.Equal("ä", json.RootElement.GetProperty("a").GetString());
        Assert.Equal("b", Assert.Single(read));
        Assert.Throws<ProblemException>(() => ClientJson.Parse("\uFEFF\uFEFF{}"u8.ToArray(), s_unique, Refused));
    }

    [Fact]
    public void Nothing_else_parses_what_clients_send()
    {
        string[] found = [.. Directory.EnumerateFiles(Repository.Folder("Deq.Api"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}") && Path.GetFileName(file) is var name && name != "ClientJson.cs" && !s_operators.Contains(name))
            .Where(file => File.ReadAllText(file) is var text && (text.Contains("JsonDocument.Parse") || text.Contains("JsonSerializer.Deserialize") || text.Contains("StrictJson.Deserialize")))];

        Assert.Empty(found);
    }

    private static ProblemException Refused(string fault) => new(ProblemKinds.MalformedRequest, fault);
}
